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
import sys

from depth_seg_ros.bench import backends
import pytest

sys.modules.setdefault('openvino_telemetry', None)  # type: ignore[arg-type]
pytest.importorskip('openvino')
pytest.importorskip('torch')


def test_engines_run_in_turn_and_what_cannot_run_is_named(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(backends, '_RUNS', (('torch', 'fp32'), ('openvino', 'int8')))
    parser = argparse.ArgumentParser()
    backends.add_arguments(parser)
    assert backends.main(parser.parse_args(['--frames', '2', '--threads', '1'])) == 0
    said = capsys.readouterr().out
    assert 'openvino int8: left out: embedded: no int8 model' in said
    row = said.splitlines()[-1].split()
    assert row[:2] == ['torch', 'fp32']
    assert row[4] == '1.00'
    assert all(float(value) > 0 for value in row[2:])
