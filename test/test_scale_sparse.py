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
"""Meters from measured points: the right ones, or a reason."""

from __future__ import annotations

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.params import ScaleParams
from depth_seg_ros.scale.sparse import anchors_of, scaling_of_sparse
from depth_seg_ros.synthetic import random_scene, to_inverse
import numpy as np
from numpy.typing import NDArray
import pytest

PARAMS = ScaleParams(source='sparse')
SHAPE = (60, 80)
METERS = (1.0 + np.add.outer(np.linspace(5, 0, 60), np.linspace(0, 2, 80) ** 2)
          ).astype(np.float32)
"""1 to 10 m."""


def relative(meters: NDArray[np.float32], scale: float = 2.5, shift: float = 0.3) -> DepthMap:
    """Return what an exact network says of meters."""
    return DepthMap(scale / meters + np.float32(shift), DepthKind.RELATIVE_INVERSE)


def measured(meters: NDArray[np.float32], count: int = 200, seed: int = 0) -> DepthMap:
    """Return meters at some pixels."""
    picked = np.random.default_rng(seed).choice(meters.size, count, replace=False)
    sparse = np.full(meters.shape, np.nan, np.float32)
    sparse.ravel()[picked] = meters.ravel()[picked]
    return DepthMap(sparse, DepthKind.METRIC)


def with_outliers(sparse: DepthMap, share: float) -> DepthMap:
    """Return the points with a share of them anywhere between 0.5 and 12 m."""
    rng = np.random.default_rng(1)
    values = sparse.values.copy()
    points = np.flatnonzero(sparse.valid)
    wrong = rng.choice(points, round(share * len(points)), replace=False)
    values.ravel()[wrong] = rng.uniform(0.5, 12.0, len(wrong))
    return DepthMap(values, DepthKind.METRIC)


@pytest.mark.parametrize('scale, shift', [(1.0, 0.0), (2.5, 0.3), (0.01, -4.0), (300.0, 70.0)])
def test_exact_depth_is_exact_in_meters(scale: float, shift: float) -> None:
    depth = relative(METERS, scale, shift)
    found = scaling_of_sparse(depth, measured(METERS), PARAMS)
    assert found.reason == '' and found.source == 'sparse'
    assert (found.anchors, found.inlier_share, found.age) == (200, 1.0, 0.0)
    assert found.error < 1e-4
    metric = found.metric(depth)
    assert metric is not None
    np.testing.assert_allclose(metric.values, METERS, rtol=5e-3)


def test_another_scale_and_shift_of_depth_gives_the_same_meters() -> None:
    scene = random_scene(np.random.default_rng(3), 'indoor')
    depth = to_inverse(scene, np.random.default_rng(4))
    other = DepthMap(depth.values * np.float32(3.7) + np.float32(0.9), depth.kind)
    sparse = with_outliers(measured(scene.depth), 0.2)
    one, two = (scaling_of_sparse(each, sparse, PARAMS).metric(each) for each in (depth, other))
    assert one is not None and two is not None
    np.testing.assert_allclose(one.values, two.values, rtol=1e-3)


@pytest.mark.parametrize('kind', ['indoor', 'outdoor', 'uav'])
def test_a_third_of_the_points_may_be_wrong(kind: str) -> None:
    for seed in range(3):
        scene = random_scene(np.random.default_rng(seed), kind)
        depth = to_inverse(scene, np.random.default_rng(seed), s=3.7, t=0.9)
        meters = np.where(scene.depth < 60.0, scene.depth, np.float32(np.nan))
        known = np.flatnonzero(np.isfinite(meters))
        sparse = np.full(meters.shape, np.nan, np.float32)
        picked = np.random.default_rng(seed).choice(known, 200, replace=False)
        sparse.ravel()[picked] = meters.ravel()[picked]
        found = scaling_of_sparse(
            depth, with_outliers(DepthMap(sparse, DepthKind.METRIC), 0.33), PARAMS)
        metric = found.metric(depth)
        assert metric is not None, found.reason
        assert 0.55 < found.inlier_share < 0.85
        assert np.nanmean(np.abs(metric.values / meters - 1.0)) < 0.04


def test_points_that_parallax_puts_on_the_wrong_side_of_an_edge_do_not_count() -> None:
    meters = np.full(SHAPE, 6.0, np.float32)
    meters[20:] = np.linspace(5.0, 3.0, 40)[:, None]
    meters[10:50, 30:45] = 1.5
    shifted = np.roll(meters, 4, axis=1)
    found = scaling_of_sparse(relative(meters), measured(shifted, 400), PARAMS)
    assert found.reason == '' and found.inlier_share < 0.95
    assert found.scale == pytest.approx(1 / 2.5, rel=0.01)
    assert found.shift == pytest.approx(-0.3 / 2.5, abs=0.005)


def test_a_few_rows_of_a_lidar_do() -> None:
    rows = np.full(SHAPE, np.nan, np.float32)
    rows[[28, 31, 34]] = METERS[[28, 31, 34]]
    found = scaling_of_sparse(relative(METERS), DepthMap(rows, DepthKind.METRIC), PARAMS)
    assert (found.scale, found.shift) == pytest.approx((0.4, -0.12), abs=1e-4)


@pytest.mark.parametrize('shape', [(60, 80), (120, 160), (480, 640), (15, 20), (120, 40)])
def test_points_of_any_size_are_where_their_pixel_centers_are(shape: tuple[int, int]) -> None:
    marks = np.arange(60 * 80, dtype=np.float32).reshape(60, 80)
    depth = DepthMap(marks, DepthKind.RELATIVE_INVERSE)
    sparse = np.full(shape, np.nan, np.float32)
    row, column = shape[0] // 3, shape[1] * 3 // 4
    sparse[row, column] = 4.0
    anchors = anchors_of(depth, DepthMap(sparse, DepthKind.METRIC))
    expected = (int((row + 0.5) * 60 / shape[0]), int((column + 0.5) * 80 / shape[1]))
    assert anchors.inverse.tolist() == [marks[expected]]
    assert anchors.near.tolist() == [0.25]


def test_of_many_points_some_of_all_rows_are_used() -> None:
    rows = np.broadcast_to(np.arange(480, dtype=np.float32)[:, None], (480, 640))
    depth = DepthMap(rows.copy(), DepthKind.RELATIVE_INVERSE)
    anchors = anchors_of(depth, DepthMap(np.ones((480, 640), np.float32), DepthKind.METRIC))
    assert len(anchors.near) == 1000
    assert anchors.inverse[0] == 0 and anchors.inverse[-1] == 479
    assert np.diff(anchors.inverse).max() <= 1


def test_points_on_unknown_depth_do_not_count() -> None:
    meters = METERS.copy()
    meters[:, 40:] = np.nan
    sparse = measured(METERS)
    found = scaling_of_sparse(relative(meters), sparse, PARAMS)
    assert found.anchors == np.count_nonzero(sparse.valid[:, :40])
    assert found.scale == pytest.approx(0.4)


def test_too_few_points_are_a_reason() -> None:
    found = scaling_of_sparse(relative(METERS), measured(METERS, 29), PARAMS)
    assert found.reason == ('29 points of sparse_depth fall on known depth; scale.min_anchors '
                            'asks for 30')
    assert found.metric(relative(METERS)) is None
    few = ScaleParams(source='sparse', min_anchors=3)
    assert scaling_of_sparse(relative(METERS), measured(METERS, 3), few).reason == ''


@pytest.mark.parametrize('noise', [0.0, 0.01])
def test_points_at_one_distance_tell_no_shift(noise: float) -> None:
    near = METERS.copy()
    near[30:] = 2.0
    sparse = near * np.random.default_rng(0).normal(1.0, noise, SHAPE).astype(np.float32)
    sparse[:30] = np.nan
    found = scaling_of_sparse(relative(near), DepthMap(sparse, DepthKind.METRIC), PARAMS)
    assert 'all at about one distance, which tells no shift' in found.reason
    assert found.anchors == 1000


def test_wrong_points_at_other_distances_do_not_tell_the_shift_either() -> None:
    flat = np.full(SHAPE, 2.0, np.float32)
    flat += np.random.default_rng(0).normal(0, 0.01, SHAPE).astype(np.float32)
    found = scaling_of_sparse(relative(flat), with_outliers(measured(flat), 0.2), PARAMS)
    assert found.reason != ''


def test_a_metric_model_has_no_shift_where_points_tell_none() -> None:
    depth = DepthMap(np.full(SHAPE, 3.0, np.float32), DepthKind.METRIC)
    found = scaling_of_sparse(depth, measured(np.full(SHAPE, 2.0, np.float32)), PARAMS)
    assert (found.scale, found.shift, found.reason) == (pytest.approx(1.5), 0.0, '')


def test_a_metric_model_is_corrected() -> None:
    depth = DepthMap(METERS * np.float32(1.3), DepthKind.METRIC)
    found = scaling_of_sparse(depth, measured(METERS), PARAMS)
    assert (found.scale, found.shift) == pytest.approx((1.3, 0.0), abs=1e-4)
    metric = found.metric(depth)
    assert metric is not None
    np.testing.assert_allclose(metric.values, METERS, rtol=1e-3)


SHUFFLED = np.random.default_rng(0).permutation(METERS.ravel()).reshape(SHAPE)


@pytest.mark.parametrize('other', [METERS[::-1, ::-1], 11.0 - METERS, SHUFFLED],
                         ids=['turned around', 'far for near', 'shuffled'])
def test_points_of_another_view_are_told(other: NDArray[np.float32]) -> None:
    found = scaling_of_sparse(relative(METERS), measured(other.copy()), PARAMS)
    assert 'is that the same view, registered to this camera?' in found.reason


def test_too_few_that_agree_are_a_reason() -> None:
    sparse = with_outliers(measured(METERS), 0.4)
    strict = ScaleParams(source='sparse', min_inliers=0.9)
    found = scaling_of_sparse(relative(METERS), sparse, strict)
    assert found.reason == (f'{found.inlier_share:.0%} of the points of sparse_depth agree with '
                            'depth; scale.min_inliers asks for 90%')
    assert 0.6 <= found.inlier_share < 0.9 and found.error < 0.05
    assert scaling_of_sparse(relative(METERS), sparse, PARAMS).reason == ''


def test_too_large_an_error_is_a_reason() -> None:
    noisy = METERS * np.random.default_rng(0).normal(1.0, 0.1, SHAPE).astype(np.float32)
    strict = ScaleParams(source='sparse', max_error=0.02)
    found = scaling_of_sparse(relative(METERS), measured(noisy), strict)
    assert found.reason == (f'points of sparse_depth that agree with depth are off by '
                            f'{found.error:.1%}; scale.max_error allows 2.0%')
    assert 0.04 < found.error < 0.1
    assert scaling_of_sparse(relative(METERS), measured(noisy), PARAMS).reason == ''


@pytest.mark.parametrize('share, reason', [
    (0.05, ''),
    (0.4, 'much of the image would be farther than infinity; sparse_depth has to have points in '
     'all of the view')])
def test_a_fit_that_puts_much_of_the_view_beyond_infinity_is_refused(
        share: float, reason: str) -> None:
    # The network errs in rows without points: what is there would count as seen, and free.
    depth, rows = relative(METERS), round(share * SHAPE[0])
    values = depth.values.copy()
    values[:rows] = 0.0
    sparse = measured(METERS, 1000)
    known = sparse.valid.copy()
    known[:rows] = False
    found = scaling_of_sparse(DepthMap(values, depth.kind), DepthMap(
        sparse.values, sparse.kind, known), PARAMS)
    assert found.reason == reason
    assert found.inlier_share == 1.0 and found.error < 1e-4
