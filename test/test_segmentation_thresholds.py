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
"""Facts about the statistics that set thresholds."""

from __future__ import annotations

from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.thresholds import layer_thresholds, thresholds
import numpy as np
from numpy.typing import NDArray
import pytest

PARAMS = SegmentationParams()
STATISTICS = ('median', 'quantile', 'median_mad', 'otsu', 'multiotsu', 'fixed')


def heaps(*heaps: tuple[float, int], width: float = 0.02) -> NDArray[np.float32]:
    """Return values in heaps, each given by its middle and its size."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(middle, width, size) for middle, size in heaps]
                          ).astype(np.float32)


def between_variance(near: NDArray[np.float32], edges: list[float]) -> float:
    """Return the variance between the classes that edges make."""
    classes = np.digitize(near, edges)
    return float(sum((classes == c).mean() * (near[classes == c].mean() - near.mean()) ** 2
                     for c in np.unique(classes)))


def test_the_simple_statistics_are_what_they_are_called() -> None:
    near = np.arange(101, dtype=np.float32) / 100
    assert thresholds(near, 'median', PARAMS) == [0.5]
    assert thresholds(near, 'quantile', SegmentationParams(quantile=0.9)) == pytest.approx([0.9])
    assert thresholds(near, 'median_mad', SegmentationParams(mads=1.2)) == pytest.approx([0.8])
    assert thresholds(near, 'fixed', SegmentationParams(fixed=0.3)) == [0.3]


def test_otsu_separates_two_heaps_and_multiotsu_three() -> None:
    edge, = thresholds(heaps((0.2, 900), (0.7, 300)), 'otsu', PARAMS)
    assert 0.27 < edge < 0.63
    first, second = thresholds(heaps((0.1, 500), (0.4, 300), (0.9, 200)), 'multiotsu', PARAMS)
    assert 0.15 < first < 0.35 and 0.45 < second < 0.85


def test_in_an_empty_gap_the_threshold_lies_in_the_middle() -> None:
    near = np.array([0.2] * 30 + [0.8] * 10, np.float32)
    assert thresholds(near, 'otsu', PARAMS) == pytest.approx([0.5], abs=0.02)


@pytest.mark.parametrize('seed', range(5))
def test_otsu_is_as_good_as_trying_every_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    near = rng.beta(*rng.uniform(0.5, 4, 2), 400).astype(np.float32)
    grid = [edge / 16 for edge in range(1, 16)]
    best = max(between_variance(near, [a, b]) for a in grid for b in grid if a < b)
    found = thresholds(near, 'multiotsu', PARAMS)
    assert found == sorted(found)
    assert between_variance(near, found) > 0.995 * best
    one = max(between_variance(near, [a]) for a in grid)
    assert between_variance(near, thresholds(near, 'otsu', PARAMS)) > 0.995 * one


@pytest.mark.parametrize('statistic', STATISTICS)
@pytest.mark.parametrize('near', [[0.4], [0.4] * 9, [-900.0, 900.0]])
def test_few_or_equal_values_have_a_threshold(near: list[float], statistic: str) -> None:
    found = thresholds(np.array(near, np.float32), statistic, PARAMS)
    assert len(found) == (2 if statistic == 'multiotsu' else 1)
    assert np.isfinite(found).all()


def test_layers_are_cut_where_there_are_gaps() -> None:
    near = heaps((0.15, 500), (0.5, 400), (0.85, 300))
    first, second = layer_thresholds(near, 'auto', PARAMS)
    assert 0.2 < first < 0.45 and 0.55 < second < 0.8
    assert len(layer_thresholds(heaps((0.2, 500), (0.7, 300)), 'auto', PARAMS)) == 1


def test_of_many_gaps_the_two_deepest_cut() -> None:
    near = heaps((0.1, 500), (0.3, 500), (0.7, 500), (0.95, 500), width=0.03)
    assert len(layer_thresholds(near, 'auto', PARAMS)) == 2


@pytest.mark.parametrize('near', [
    heaps((0.5, 900), width=0.1), np.linspace(0, 1, 900, dtype=np.float32),
    heaps((0.2, 1000), (0.8, 20)), np.zeros(0, np.float32), np.zeros(1, np.float32)],
    ids=['one heap', 'even', 'heap and crumbs', 'empty', 'one value'])
def test_without_a_gap_there_is_one_layer(near: NDArray[np.float32]) -> None:
    assert layer_thresholds(near, 'auto', PARAMS) == []


def test_a_named_statistic_cuts_layers_as_it_cuts_all() -> None:
    near = heaps((0.15, 500), (0.5, 400), (0.85, 300))
    assert layer_thresholds(near, 'multiotsu', PARAMS) == thresholds(near, 'multiotsu', PARAMS)
    assert layer_thresholds(np.zeros(0, np.float32), 'otsu', PARAMS) == []
