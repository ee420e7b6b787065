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
"""The table of engines: ratios to the first, and what cannot run is named."""

from __future__ import annotations

import argparse
from multiprocessing import get_context
from multiprocessing.connection import Connection
import os
import signal
import sys

from depth_seg_ros.bench import backends
from depth_seg_ros.params import ModelParams
import pytest

sys.modules.setdefault('openvino_telemetry', None)  # type: ignore[arg-type]
pytest.importorskip('openvino')
pytest.importorskip('torch')


def run(*arguments: str) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser()
    backends.add_arguments(parser)
    return backends.main(parser.parse_args(arguments))


def dies(line: Connection, params: ModelParams, size: tuple[int, int]) -> None:
    """Stand for an engine that takes its process down: bf16 while loading, int8 at a frame."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)   # a fork has what ROS tests before it left
    if params.precision == 'bf16':
        os.kill(os.getpid(), signal.SIGKILL)
    while True:
        word = line.recv()
        if word == 'frame' and params.precision == 'int8':
            os._exit(7)
        line.send({'load': '', 'frame': 0.25, 'end': (1.5, 99.0)}[word])


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put those in place of engines, in processes that start at once."""
    monkeypatch.setattr(backends, '_serve', dies)
    monkeypatch.setattr(backends, 'get_context', lambda _: get_context('fork'))


@pytest.mark.usefixtures('dying')
def test_an_engine_that_dies_is_named_with_its_exit_code_and_the_others_go_on(
        capsys: pytest.CaptureFixture[str]) -> None:
    assert run('--frames', '2') == 0
    said = capsys.readouterr().out.splitlines()
    assert 'torch bf16: left out: its process ended with exit code -9' in said
    assert 'openvino bf16: left out: its process ended with exit code -9' in said
    assert 'openvino int8: left out: its process ended with exit code 7' in said
    assert [line.split() for line in said[-2:]] == [
        [backend, 'fp32', '250.0', '250.0', '1.00', '1.50', '99']
        for backend in ('torch', 'openvino')]


@pytest.mark.usefixtures('dying')
def test_without_any_engine_the_benchmark_has_failed(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(backends, '_RUNS', (('torch', 'bf16', False),))
    assert run('--frames', '2') == 1
    assert 'left out' in capsys.readouterr().out


@pytest.mark.usefixtures('dying')
def test_compiled_torch_runs_only_where_it_is_asked_for(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(backends, '_RUNS', (('openvino', 'fp32', False),))
    run('--frames', '1')
    assert 'compiled' not in capsys.readouterr().out
    run('--frames', '1', '--compile')
    assert capsys.readouterr().out.splitlines()[-1].split()[:3] == ['torch', 'fp32', 'compiled']


def test_engines_run_in_turn_and_what_cannot_run_is_named(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(backends, '_RUNS', (
        ('torch', 'fp32', False), ('openvino', 'int8', False)))
    assert run('--frames', '2', '--threads', '1') == 0
    said = capsys.readouterr().out
    assert 'openvino int8: left out: embedded: no int8 model' in said
    row = said.splitlines()[-1].split()
    assert row[:2] == ['torch', 'fp32']
    assert row[4] == '1.00'
    assert all(float(value) > 0 for value in row[2:])
