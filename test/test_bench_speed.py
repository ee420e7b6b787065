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
"""The speed benchmark: it runs, names every stage, and repeats its frames."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

from depth_seg_ros import cli
from depth_seg_ros.bench.speed import measure, synthetic_frames, SyntheticDepth
from depth_seg_ros.depth import DepthKind
from depth_seg_ros.outputs import IMAGES, NAVIGATION
from depth_seg_ros.params import PipelineParams
from depth_seg_ros.pipeline import Pipeline
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def same_cores() -> object:
    """Give the cores back that a test took."""
    cores = os.sched_getaffinity(0)
    yield
    os.sched_setaffinity(0, cores)


def test_a_table_names_the_machine_and_every_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['bench', 'speed', '--model', 'none', '--frames', '2', '--one-core']) == 0
    out = capsys.readouterr().out
    assert f'1 of {os.cpu_count()} cores' in out and f'numpy {np.__version__}' in out
    assert 'model none: synthetic on cpu' in out and '640x480, 2 frames' in out
    totals = [f'{part}: {outputs}' for part in ('without the network', 'whole')
              for outputs in ('mask, labels and regions', 'every output')]
    stages = ['decode bgr8', 'depth', 'segmentation', 'regions', 'fill mask', 'fill regions',
              *totals, *(f'draw {output.topic}' for output in IMAGES)]
    for stage in stages:
        assert any(line.startswith(f'{stage} ') for line in out.splitlines()), stage


def test_speed_is_the_default_benchmark_and_memory_is_told(
        capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['bench', '--model', 'none', '--frames', '4', '--size', '64x48',
                     '--memory']) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if 'before frame' in line]
    assert [line.split(':')[0].split()[-1] for line in lines] == ['0', '2', '3']


def test_all_figures_can_be_had_as_json(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / 'speed.json'
    assert cli.main(['bench', 'speed', '--model', 'none', '--frames', '3', '--size', '64x48',
                     '--json', str(file)]) == 0
    content = json.loads(file.read_text())
    assert (content['model'], content['size'], content['frames']) == ('none', [64, 48], 3)
    assert 0 < content['memory'] <= content['peak'] and content['cpu_percent'] >= 0
    whole = content['stages']['whole: mask, labels and regions']
    assert 0 < whole['p50'] <= whole['p95'] <= whole['p99']
    assert whole['mean'] > content['stages']['segmentation']['mean']
    rate, = (line for line in capsys.readouterr().out.splitlines() if 'frames per second' in line)
    assert float(rate.split()[0]) == pytest.approx(1e3 / whole['mean'], abs=0.06)


@pytest.mark.parametrize('arguments, message', [
    (['--size', '640'], "--size: expected WIDTHxHEIGHT, such as 640x480, got '640'"),
    (['--frames', '2.5'], "--frames: expected a whole number above 0, got '2.5'"),
    (['--size', '0x9'], "got '0x9'"),
    (['--frames', '0'], "--frames: expected a whole number above 0, got '0'")])
def test_arguments_that_make_no_sense_are_told(
        arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match='2'):
        cli.main(['bench', 'speed', '--model', 'none', *arguments])
    assert message in capsys.readouterr().err


def test_the_frames_are_the_same_every_time_but_not_all_alike() -> None:
    images, maps = synthetic_frames(64, 48)
    again, _ = synthetic_frames(64, 48)
    np.testing.assert_array_equal(images[0], again[0])
    assert images[0].shape == (48, 64, 3) and images[0].dtype == np.uint8
    assert not np.array_equal(images[0], images[1])
    assert maps[0].kind is DepthKind.RELATIVE_INVERSE


def test_every_stage_is_measured_once_per_frame() -> None:
    images, maps = synthetic_frames(64, 48)
    with Pipeline(SyntheticDepth(maps), PipelineParams()) as pipeline:
        seconds = measure(pipeline, itertools.cycle(images), 3)
    assert {len(each) for stage, each in seconds.items() if stage != 'draw depth/image'} == {3}
    assert min(min(each) for each in seconds.values()) >= 0
    assert not any(stage.startswith('make ') for stage in seconds)


def test_with_meters_what_navigation_gets_is_measured_too(
        capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['bench', '--model', 'none', '--metric', '--frames', '1']) == 0
    lines = capsys.readouterr().out.splitlines()
    stages = [f'{step} {output.topic}' for output in NAVIGATION for step in ('make', 'fill')]
    for stage in [*stages, 'fill depth/image', 'for navigation: every output']:
        assert any(line.startswith(f'{stage} ') for line in lines), stage


def test_metric_frames_are_the_room_in_meters() -> None:
    _, maps = synthetic_frames(64, 48, metric=True)
    assert maps[0].kind is DepthKind.METRIC
    nearest, farthest = np.quantile(maps[0].values, (0.02, 0.98))
    assert 0.5 < nearest < 5.0 < farthest < 15.0
