# Copyright 2026 The depth_seg_ros Authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""`depth_seg bench dds` runs and prints its table; no time is judged."""

from __future__ import annotations

import argparse
import os
import re
import sys

import pytest

node_rig = pytest.importorskip('node_rig')
bench = pytest.importorskip('depth_seg_ros.ros.bench')

ENVIRONMENT = ('ROS_DOMAIN_ID', 'ROS_AUTOMATIC_DISCOVERY_RANGE', 'FASTDDS_BUILTIN_TRANSPORTS')


def arguments(*given):
    parser = argparse.ArgumentParser()
    bench.add_arguments(parser)
    return parser.parse_args(given)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """Put back what the benchmark sets for its processes."""
    for name in ENVIRONMENT:
        if name in os.environ:
            monkeypatch.setenv(name, os.environ[name])
        else:
            monkeypatch.delenv(name, raising=False)


def test_the_table_has_a_line_for_every_size_and_kind_of_run(tmp_path, capsys):
    model = node_rig.recorded(tmp_path / 'maps', node_rig.scene())
    assert bench.main(arguments('--model', model, '--frames', '3', '--size', '64x48')) == 0
    answered, at_rate = capsys.readouterr().out.strip().splitlines()[-2:]
    # Size, kind, sent, results, dropped, five times in ms, memory before and after.
    numbers = r'(\s+-?\d+\.\d){5}\s+\d+ -> \d+ MB'
    assert re.fullmatch(r'\s*64x48\s+answered\s+3\s+3\s+0' + numbers, answered)
    assert re.fullmatch(r'\s*64x48\s+30 Hz\s+3\s+\d\s+\d' + numbers, at_rate)


@pytest.mark.parametrize('given, text', [
    (('--size', '640x480', '640'), "--size: expected WIDTHxHEIGHT, such as 640x480, got '640'"),
    (('--frames', '0'), "--frames: expected a whole number above 0, got '0'"),
    (('--rate', '-1'), '--rate: expected')])
def test_arguments_that_make_no_sense_are_refused(given, text, capsys):
    with pytest.raises(SystemExit, match='2'):
        arguments(*given)
    assert text in capsys.readouterr().err


def test_a_node_that_ends_is_reported(monkeypatch):
    monkeypatch.setattr(sys, 'executable', '/bin/false')
    with pytest.raises(ChildProcessError, match='the node ended; the end of .*node.log'):
        bench.main(arguments('--size', '64x48'))


def test_a_model_that_cannot_be_had_is_reported(tmp_path):
    model = f'recorded:{tmp_path / "nowhere"}'
    with pytest.raises(ChildProcessError, match='the node: configure failed: .* no folder'):
        bench.main(arguments('--size', '64x48', '--model', model))
