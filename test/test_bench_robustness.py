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
"""Facts about the cost of corruptions, and about the table that the benchmark prints."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import cv2
from depth_seg_ros.bench.corruptions import KINDS, LEVELS
from depth_seg_ros.bench.depth_sets import open_set
from depth_seg_ros.bench.robustness import (
    add_arguments, CLEAN, Costs, depth_error, evaluate, main, mean_costs, resilience, table)
from depth_seg_ros.depth import DepthKind, DepthMap, EstimatorInfo
import numpy as np
from numpy.typing import NDArray
import pytest

HEIGHT, WIDTH = 240, 320


class GrayIsNear:
    """Takes gray values for nearness: what changes the picture changes the depth."""

    info = EstimatorInfo('gray', 'test', 'cpu', 'fp32', DepthKind.RELATIVE_INVERSE)

    def load(self) -> None:
        """Do nothing."""

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return half of the size."""
        small = cv2.resize(rgb[:, :, 1], (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
        return DepthMap(small.astype(np.float32), DepthKind.RELATIVE_INVERSE)

    def close(self) -> None:
        """Do nothing."""


def nearness() -> NDArray[np.float64]:
    """Return 20 to 200 of a floor before a wall, with two boxes on it."""
    near = np.repeat(np.maximum(20.0, np.linspace(-100, 180, HEIGHT))[:, None], WIDTH, axis=1)
    near[100:200, 50:110] = near[199, 0]
    near[115:190, 200:260] = near[189, 0]
    return near


def write_views(folder: Path, count: int = 1, instances: bool = True) -> Path:
    """Write pictures as gray as they are near, their depth, and what is in them."""
    near = nearness()
    labels = np.ones(near.shape, np.uint8)
    labels[100:200, 50:110], labels[115:190, 200:260] = 2, 3
    files = {'rgb/*.jpg': cv2.merge([near.round().astype(np.uint8)] * 3),
             'depth_mm/*.png': (100_000 / near).astype(np.uint16)}
    if instances:
        files['instance/*.png'] = labels
    for name, image in files.items():
        (folder / name).parent.mkdir(parents=True)
        for index in range(count):
            assert cv2.imwrite(str(folder / name.replace('*', str(index))), image)
    return folder


def test_true_depth_and_regions_cost_nothing_and_worse_pictures_more(tmp_path: Path) -> None:
    data = open_set(write_views(tmp_path / 'views'))
    cases = [('gaussian', 1), ('gaussian', 5), ('fog', 5)]
    costs, = evaluate(GrayIsNear(), data, cases, with_instances=True)
    assert list(costs) == [CLEAN, *cases]
    assert costs[CLEAN].dee < 0.02
    assert costs[CLEAN].overlap_f > 0.9 and costs[CLEAN].recall == 1.0
    assert costs[CLEAN].dee < costs['gaussian', 1].dee < costs['gaussian', 5].dee
    assert costs['fog', 5].dee > 0.1 and costs['fog', 5].recall < 1.0


def test_without_instances_the_clean_regions_are_the_truth(tmp_path: Path) -> None:
    data = open_set(write_views(tmp_path / 'views', instances=False))
    costs, = evaluate(GrayIsNear(), data, [('jpeg', 1), ('fog', 5)], with_instances=False)
    assert (costs[CLEAN].overlap_f, costs[CLEAN].recall) == (1.0, 1.0)
    assert 0.4 < costs['jpeg', 1].overlap_f < 1.0
    assert costs['fog', 5].overlap_f < 0.6


def test_what_an_occluder_hides_costs_nothing(tmp_path: Path) -> None:
    data = open_set(write_views(tmp_path / 'views', count=2))
    for costs in evaluate(GrayIsNear(), data, [('occluder', 1), ('occluder', 2)], True):
        for level in (1, 2):
            assert costs['occluder', level].dee < costs[CLEAN].dee + 0.02


def test_the_corruptions_are_seeded_and_differ_between_images(tmp_path: Path) -> None:
    data = open_set(write_views(tmp_path / 'views', count=2))
    cases = [('gaussian', 3)]
    first, second = evaluate(GrayIsNear(), data, cases, True)
    again = next(evaluate(GrayIsNear(), data, cases, True))
    other = next(evaluate(GrayIsNear(), data, cases, True, seed=1))
    assert first == again and first[CLEAN] == second[CLEAN] == other[CLEAN]
    assert len({each['gaussian', 3].dee for each in (first, second, other)}) == 3


def test_an_image_that_cannot_be_scored_is_named_with_what_was_done_to_it(tmp_path: Path) -> None:
    class Blind(GrayIsNear):
        def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
            unknown = np.full((HEIGHT, WIDTH), np.nan, np.float32)
            return DepthMap(unknown, DepthKind.RELATIVE_INVERSE)

    data = open_set(write_views(tmp_path / 'views'))
    with pytest.raises(ValueError, match=r'0\.jpg, clean 0: no pixel has both'):
        list(evaluate(Blind(), data, [], with_instances=True))


def test_the_depth_error_by_hand() -> None:
    # The fit is exact at two values; a third is 50 % off in one of four pixels.
    truth = np.array([[1.0, 2.0, 1.0, 2.0]], np.float32)
    assert depth_error(DepthMap(1 / truth, DepthKind.RELATIVE_INVERSE), truth, 10.0) == (
        pytest.approx(0.0, abs=1e-6))
    flat = DepthMap(np.ones((1, 4), np.float32), DepthKind.RELATIVE_INVERSE)
    # All get 1 / 0.75 = 1.333: AbsRel (1/3 + 1/3) / 2, no pixel within 25 %.
    assert depth_error(flat, truth, 10.0) == pytest.approx((1 / 3 + 1) / 2)


MEANS = {CLEAN: Costs(0.2, 0.8, 0.5), ('fog', 1): Costs(0.2, 0.8, 0.5),
         ('fog', 3): Costs(0.6, 0.4, 0.1), ('dark', 1): Costs(0.2, 0.4, 0.5),
         ('dark', 3): Costs(0.2, 0.4, 0.5)}


def test_resilience_is_the_mean_share_of_the_clean_score() -> None:
    assert resilience(MEANS, 'fog') == Costs(
        pytest.approx(0.75), pytest.approx(0.75), pytest.approx(0.6))
    assert resilience(MEANS, 'dark') == Costs(1.0, pytest.approx(0.5), 1.0)


def test_a_share_of_next_to_nothing_is_unknown() -> None:
    poor = {CLEAN: Costs(0.2, 0.09, math.nan), ('fog', 1): Costs(0.2, 0.09, 0.0)}
    rate = resilience(poor, 'fog')
    assert rate.dee == 1.0 and math.isnan(rate.overlap_f) and math.isnan(rate.recall)


def test_frames_without_objects_count_for_depth_alone() -> None:
    frames = [{CLEAN: Costs(0.1, 0.8, 0.5)}, {CLEAN: Costs(0.3, math.nan, math.nan)}]
    assert mean_costs(frames)[CLEAN] == Costs(pytest.approx(0.2), 0.8, 0.5)
    assert math.isnan(mean_costs(frames[1:])[CLEAN].recall)


def test_the_table_has_every_kind_the_means_and_the_worst() -> None:
    lines = list(table(MEANS, ['fog', 'dark'], [1, 3]))
    rows = {line[:12].strip(): [part.split() for part in line[14:].split('|')] for line in lines}
    assert list(rows) == ['', 'kind', 'clean', 'fog', 'dark', 'mean weather', 'mean light', 'mRR',
                          'worst kind']
    assert rows['kind'] == [['1', '3', 'RR']] * 3
    assert rows['clean'] == [['20'], ['80'], ['50']]
    assert rows['fog'] == [['20', '60', '75.0'], ['80', '40', '75.0'], ['50', '10', '60.0']]
    assert rows['mean light'] == [['100.0'], ['50.0'], ['100.0']]
    assert rows['mRR'] == [['87.5'], ['62.5'], ['80.0']]
    assert rows['worst kind'] == [['fog'], ['dark'], ['fog']]


def test_the_table_says_what_is_not_known() -> None:
    poor = {CLEAN: Costs(0.2, 0.05, math.nan), ('fog', 1): Costs(0.2, 0.1, math.nan)}
    rows = {line[:12].strip(): line[14:].replace('|', '').split()
            for line in table(poor, ['fog'], [1])}
    assert rows['clean'] == ['20', '5', '-']
    assert rows['fog'] == ['20', '100.0', '10', '-', '-', '-']
    assert rows['mRR'] == ['100.0', '-', '-'] and rows['worst kind'] == ['fog', '-', '-']


@pytest.mark.parametrize('levels', [(1,), (1, 3), LEVELS])
def test_no_line_is_wider_than_a_hundred_columns(levels: tuple[int, ...]) -> None:
    means = {(kind, level): Costs(1.23, 1.0, 1.0) for kind in KINDS for level in levels}
    lines = list(table({CLEAN: Costs(0.2, 1.0, 1.0), **means}, list(KINDS), levels))
    assert max(map(len, lines)) <= 100
    assert len({line.index('|') for line in lines}) == 1


def arguments(*given: str) -> argparse.Namespace:
    """Parse arguments as the command line does."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(given)


def recorded(folder: Path, count: int) -> str:
    """Write the true depth for a recorded model, so many times; return its name."""
    folder.mkdir()
    for index in range(count):
        np.save(folder / f'{index}_inverse_depth.npy', nearness().astype(np.float32))
    return f'recorded:{folder}'


@pytest.mark.parametrize(('instances', 'flags', 'against'), [
    (True, (), 'true objects'), (True, ('--agreement',), 'those of the clean image: agreement'),
    (False, (), 'those of the clean image: agreement')])
def test_the_command_says_what_regions_are_judged_against(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], instances: bool,
        flags: tuple[str, ...], against: str) -> None:
    folder = write_views(tmp_path / 'views', 3, instances)
    model = recorded(tmp_path / 'maps', 2 * 3)
    assert main(arguments('--data', str(folder), '--model', model, '--frames', '2', '--kinds',
                          'jpeg', 'contrast', '--levels', '5', *flags)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f'{model}: relative_inverse')
    assert lines[2] == f'views, images: 2; percent; regions against {against}'
    assert [line.split()[0] for line in lines[4:8]] == ['kind', 'clean', 'jpeg', 'contrast']
    assert lines[-4].split() == ['mRR', '|', '100.0', '|', '100.0', '|', '100.0']
    assert all(f'{term}: ' in ' '.join(lines[-2:]) for term in ('DEE', 'RR', 'mRR'))


def test_of_a_set_with_classes_regions_are_judged_against_the_clean_ones(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_views(tmp_path / 'rooms')
    (folder / 'instance').rename(folder / 'class40')
    (folder / 'depth_mm').rename(folder / 'depth')
    assert cv2.imwrite(str(folder / 'depth' / '0.png'), (2550 / nearness()).astype(np.uint8))
    model = recorded(tmp_path / 'maps', 2)
    assert main(arguments('--data', str(folder), '--model', model, '--kinds', 'dark',
                          '--levels', '1')) == 0
    assert 'rooms, images: 1; percent; regions against those of the clean' in (
        capsys.readouterr().out)


def test_everything_is_measured_unless_told_otherwise() -> None:
    args = arguments('--data', 'somewhere')
    assert (tuple(args.kinds), tuple(args.levels), args.frames) == (tuple(KINDS), LEVELS, 10)
    assert (args.seed, args.agreement) == (0, False)


@pytest.mark.parametrize(('words', 'message'), [
    (('--frames', '0'), '--frames: expected 1 or more, got 0'),
    (('--seed', '-1'), '--seed: expected 0 or more, got -1')])
def test_arguments_that_make_no_sense_are_refused(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        main(arguments('--data', 'somewhere', *words))


@pytest.mark.parametrize(('words', 'choices'), [
    (('--kinds', 'rain'), 'occluder'), (('--levels', '6'), '5')])
def test_an_unknown_kind_or_level_lists_the_choices(
        words: tuple[str, ...], choices: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments('--data', 'somewhere', *words)
    assert choices in capsys.readouterr().err
