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
"""The benchmark of meters: what it takes, what it scores, what it prints."""

from __future__ import annotations

import argparse
from itertools import islice
import math
import os
from pathlib import Path

from depth_seg_ros.bench.depth_sets import open_set
from depth_seg_ros.bench.scale import add_arguments, evaluate, main
from depth_seg_ros.bench.scale_scenes import EXACT, ground_error, scene_table, world_of
from depth_seg_ros.depth import load_estimator
from depth_seg_ros.params import ModelParams, MountParams
from depth_seg_ros.synthetic import render, to_inverse
import numpy as np
import pytest
from test_bench_depth import millimeters, recorded, TRUTH, write_set

DATA = Path(os.environ.get('DEPTH_SEG_DATA', Path(__file__).parents[2] / 'shared' / 'data'))
"""Public sets with truth, for who has them."""


def arguments(*given: str) -> argparse.Namespace:
    """Parse arguments as the command line does."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(given)


def lines_of(capsys: pytest.CaptureFixture[str], *given: str) -> list[list[str]]:
    """Return the words of the lines that a call prints, without the name of the model."""
    assert main(arguments(*given)) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    return lines[next(i for i, line in enumerate(lines) if line[0] == 'data'):]


def test_exact_depth_comes_out_exact(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head, after, best = lines_of(capsys, '--model', 'exact', '--outliers', '0.2', '--data',
                                 str(millimeters(tmp_path / 'rooms', count=2)))
    assert head == ['data', 'images', 'meters', 'method', 'AbsRel', 'delta1', 'flicker', 'ms']
    assert after[:7] == ['rooms', '2', '100.0%', 'after', '0.000', '1.000', '-']
    assert best == ['best', 'fit', '0.000', '1.000', '-']


def test_a_metric_model_is_scored_before_and_after(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = recorded(tmp_path / 'maps', TRUTH * 1.5, '_depth.npy')
    data = millimeters(tmp_path / 'rooms')
    _, before, after, _ = lines_of(capsys, '--model', name, '--data', str(data))
    assert before[2:6] == ['100.0%', 'before', '0.500', '0.000']
    assert after[:3] == ['after', '0.000', '1.000']


def test_frames_of_a_video_tell_flicker(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stored = np.round(TRUTH * 1000).astype(np.uint16)
    data = write_set(tmp_path / 'video', '*.color.jpg', '*.depth.png', stored, count=3)
    _, after, _ = lines_of(capsys, '--model', 'exact', '--data', str(data))
    assert after[4:7] == ['0.000', '1.000', '0.00%']


def test_what_fails_is_told_with_the_reason(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = recorded(tmp_path / 'maps', -1 / TRUTH)
    lines = lines_of(capsys, '--model', name, '--data', str(millimeters(tmp_path / 'rooms')))
    assert lines[1] == ['rooms', '1', '0.0%']
    assert ' '.join(lines[2]).startswith('no meters: depth does not follow the points')


def test_measured_points_are_not_scored_and_half_of_the_truth_is_left(tmp_path: Path) -> None:
    depth_set = open_set(millimeters(tmp_path / 'rooms'))
    estimator = load_estimator(ModelParams(name=recorded(tmp_path / 'maps', 1 / TRUTH)))
    args = arguments('--anchors', '100000000')
    judged, = evaluate(estimator, depth_set, args)
    assert judged.frame.scaling is not None and judged.frame.scaling.anchors == 1000
    assert judged.scores['after'].abs_rel < 1e-3


def test_other_seeds_draw_other_points(tmp_path: Path) -> None:
    depth_set = open_set(millimeters(tmp_path / 'rooms'))
    noisy = 1 / TRUTH + np.random.default_rng(0).normal(0, 0.05, TRUTH.shape).astype(np.float32)
    estimator = load_estimator(ModelParams(name=recorded(tmp_path / 'maps', noisy, count=3)))
    scores = [next(iter(evaluate(estimator, depth_set, arguments('--seed', seed)))).scores
              for seed in ('0', '1')]
    assert scores[0]['after'].abs_rel != scores[1]['after'].abs_rel


@pytest.mark.parametrize('given, message', [
    (('--frames', '0'), '--frames: expected at least 1, got 0'),
    (('--limit', '0'), '--frames: expected at least 1, got 0'),
    (('--anchors', '0'), '--anchors: expected at least 1, got 0'),
    (('--outliers', '1.5'), '--outliers: expected 0 to 1, got 1.5'),
    (('--source', 'ground'), '--source ground needs --camera FX FY CX CY')])
def test_bad_arguments_are_refused(
        given: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        main(arguments('--data', str(tmp_path), '--model', 'exact', *given))


def test_a_set_without_unit_is_refused(tmp_path: Path) -> None:
    stored = np.full((40, 60), 200, np.uint8)
    folder = write_set(tmp_path, '*_rgb.png', '*_disparity_x64.png', stored)
    with pytest.raises(ValueError, match='depth of Middlebury has no unit'):
        main(arguments('--data', str(folder), '--model', 'exact'))


# Rendered scenes


def ground_errors(off: float, noise: dict[str, float], scenes: int = 12) -> tuple[float, float]:
    """Return the median errors of objects and of all, with the pitch off by some degrees."""
    errors = []
    for number in range(scenes):
        world = world_of(5, number)
        scene = render(world)
        depth = to_inverse(scene, np.random.default_rng(number), s=3.7, t=0.9, **noise)
        errors.append(ground_error(scene, depth, MountParams(
            attitude='fixed', height=-world.position[1],
            pitch=world.pitch + math.radians(off), roll=world.roll)))
    return (float(np.nanmedian([each.objects for each in errors])),
            float(np.nanmedian([each.everything for each in errors])))


def test_meters_by_the_ground_are_exact_where_all_is_exact() -> None:
    assert max(ground_errors(0.0, EXACT)) < 0.003


def test_meters_by_the_ground_are_good_to_three_percent_with_noise() -> None:
    assert ground_errors(0.0, {})[1] < 0.03


def test_meters_by_the_ground_are_good_to_seven_percent_with_a_degree_of_error() -> None:
    assert 0.02 < ground_errors(1.0, {})[1] < 0.07


def test_without_images_scenes_are_rendered(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments('--scenes', '2')) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1][:5] == ['exact', '0.0', '0.0', '2', '100.0%']
    assert len(lines) == 1 + 3 * 6
    with pytest.raises(ValueError, match='--scenes: expected at least 1, got 0'):
        scene_table(0, 0)


# Real images: floors well below what was measured


@pytest.mark.skipif(not (DATA / 'metric_kitti_demo').is_dir(), reason='needs KITTI')
def test_half_of_a_lidar_makes_meters_of_the_other_half() -> None:
    estimator = load_estimator(ModelParams(name='embedded'))
    judged, = evaluate(estimator, open_set(DATA / 'metric_kitti_demo'),
                       arguments('--anchors', '100000'))
    assert judged.scores['after'].abs_rel < 1.15 * judged.scores['best fit'].abs_rel


@pytest.mark.skipif(not (DATA / '7scenes_redkitchen').is_dir(), reason='needs 7-Scenes')
def test_some_points_make_steady_meters_of_a_room() -> None:
    estimator = load_estimator(ModelParams(name='embedded'))
    every = evaluate(estimator, open_set(DATA / '7scenes_redkitchen'), arguments())
    found = list(islice(every, 12))
    assert np.mean([each.scores['after'].abs_rel for each in found]) < 1.2 * np.mean(
        [each.scores['best fit'].abs_rel for each in found])
