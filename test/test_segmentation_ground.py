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
"""Facts about the ground: which plane is taken for it, and how it follows the floor."""

from __future__ import annotations

from typing import Any

from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.frame import Frame
from depth_seg_ros.segmentation.ground import find_ground, Ground
from depth_seg_ros.segmentation.methods import _raised
import numpy as np
from numpy.typing import NDArray
import pytest

SHAPE = (126, 168)
V, U = (np.indices(SHAPE) + 0.5) / np.array(SHAPE)[:, None, None]


def plane(a: float, b: float, c: float) -> NDArray[np.float32]:
    """Return a plane with u, v = 0 .. 1 over the image."""
    return (a * U + b * V + c).astype(np.float32)


def ground_of(near: NDArray[np.float32], noise: float = 0.0, **params: Any) -> Ground | None:
    """Return the ground of a map whose infinity is 0."""
    near = near + np.random.default_rng(0).normal(0, noise, near.shape).astype(np.float32)
    frame = Frame(near, np.ones(near.shape, bool), 0.0, 0.0, 1.0)
    return find_ground(frame, near < 0.015, noise, SegmentationParams(**params))


@pytest.mark.parametrize('true', [(0.0, 1.2, -0.3), (0.2, 0.8, 0.1), (-0.4, 1.0, 0.0)])
def test_a_plane_is_found_as_it_is(true: tuple[float, float, float]) -> None:
    ground = ground_of(plane(*true))
    assert ground is not None
    assert ground.plane == pytest.approx(true, abs=1e-5)
    assert ground.inlier_share == 1.0
    np.testing.assert_allclose(ground.surface, plane(*true), atol=1e-5)
    assert ground.noise < 1e-5


def test_things_on_the_floor_do_not_move_it() -> None:
    near = plane(0.0, 1.2, -0.3)
    near[30:90, 20:60] = 0.6
    near[50:120, 100:140] = 0.85
    ground = ground_of(near, noise=0.002)
    assert ground is not None
    assert ground.plane == pytest.approx((0.0, 1.2, -0.3), abs=0.01)
    assert ground.sigmas[60, 120] > 6 and abs(ground.sigmas[110, 80]) < 6


def test_noise_is_measured_as_a_share_of_the_clearance() -> None:
    near = plane(0.0, 0.9, 0.1)
    rough = near * (1 + np.random.default_rng(1).normal(0, 0.005, SHAPE).astype(np.float32))
    ground = ground_of(rough)
    assert ground is not None
    assert ground.noise == pytest.approx(0.005, rel=0.15)
    assert ground.clearance[100, 80] == pytest.approx(near[100, 80], abs=0.01)


@pytest.mark.parametrize(('columns', 'steepness'), [(84, 1.2), (140, 1.2), (160, 1.5)])
def test_of_two_floors_the_lower_is_ground_unless_too_few_see_it(
        columns: int, steepness: float) -> None:
    near = plane(0.0, 1.2, -0.3)
    near[:, :columns] = plane(0.0, 1.5, -0.3)[:, :columns]
    ground = ground_of(near)
    assert ground is not None and ground.plane[1] == pytest.approx(steepness, abs=0.02)


def test_a_seat_behind_a_small_floor_is_no_ground() -> None:
    near = np.full(SHAPE, 0.1, np.float32)
    near[40:95] = plane(0.0, 1.5, -0.375)[40:95]
    near[95:] = plane(0.0, 1.0, -0.25)[95:]  # the same horizon: parallel, and lower
    ground = ground_of(near)
    assert ground is not None and ground.plane[1] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(('columns', 'steepness'), [(168, 1.8), (110, 1.2)])
def test_what_fills_the_foot_of_the_image_carries_the_camera(
        columns: int, steepness: float) -> None:
    near = plane(0.0, 1.2, -0.3)
    near[90:, :columns] = plane(0.0, 1.8, -0.45)[90:, :columns]
    ground = ground_of(near)
    assert ground is not None and ground.plane[1] == pytest.approx(steepness, abs=0.02)


def test_points_below_weigh_as_the_parameter_says() -> None:
    near = plane(0.0, 1.2, -0.3)
    near[:, :100] = plane(0.0, 1.5, -0.3)[:, :100]
    chosen = {}
    for weight in (0.0, 2.0):
        ground = ground_of(near, ground_below_weight=weight)
        assert ground is not None
        chosen[weight] = ground.plane[1]
    assert chosen[0.0] == pytest.approx(1.5, abs=0.02)
    assert chosen[2.0] == pytest.approx(1.2, abs=0.02)


@pytest.mark.parametrize('wall', [
    plane(0.0, 0.0, 0.5), plane(0.0, -0.8, 0.9), plane(0.9, 0.2, 0.1), plane(0.0, 0.05, 0.5)],
    ids=['upright', 'ceiling', 'side wall', 'nearly upright'])
def test_what_does_not_come_nearer_downward_is_no_ground(wall: NDArray[np.float32]) -> None:
    assert ground_of(wall) is None


def test_rough_things_are_no_ground() -> None:
    near = np.random.default_rng(0).uniform(0.1, 1.0, SHAPE).astype(np.float32)
    assert ground_of(near) is None


def test_a_small_plane_is_ground_only_when_few_inliers_are_asked_for() -> None:
    near = np.full(SHAPE, 0.9, np.float32)
    near[:, 40:120] = plane(0.0, 1.2, -0.3)[:, 40:120]
    assert ground_of(near, ground_min_inliers=0.7) is None
    ground = ground_of(near, ground_min_inliers=0.05)
    assert ground is not None and ground.plane[1] == pytest.approx(1.2, abs=0.01)


def test_sky_is_no_point_of_the_ground() -> None:
    assert ground_of(np.zeros(SHAPE, np.float32)) is None
    ground = ground_of(np.maximum(plane(0.0, 2.0, -1.2), 0))  # sky down to 60 % of the height
    assert ground is not None and ground.inlier_share == 1.0


def test_a_ramp_joins_the_ground() -> None:
    near = np.maximum(plane(0.0, 1.6, -0.6), plane(0.0, 0.8, -0.06))
    ground = ground_of(near)
    assert ground is not None
    np.testing.assert_allclose(ground.surface, near, atol=0.01)
    single = ground_of(near, ground_planes=1, ground_refine=False)
    assert single is not None and np.abs(single.surface - near).max() > 0.1


def test_a_narrow_slope_is_no_ramp() -> None:
    near = plane(0.0, 1.6, -0.6)
    near[:, 60:100] = np.maximum(near, plane(0.0, 0.8, -0.06))[:, 60:100]
    ground = ground_of(near, ground_refine=False)
    assert ground is not None
    np.testing.assert_allclose(ground.surface, plane(0.0, 1.6, -0.6), atol=0.02)


def test_a_table_over_the_whole_width_is_no_ramp() -> None:
    near = plane(0.0, 1.2, -0.3)
    near[60:80] = plane(0.0, 1.8, -0.45)[60:80]  # the same horizon: parallel, and nearer
    ground = ground_of(near, ground_refine=False)
    assert ground is not None
    np.testing.assert_allclose(ground.surface, plane(0.0, 1.2, -0.3), atol=0.01)


def test_a_floor_of_six_percent_of_the_image_is_found() -> None:
    near = np.full((252, 336), 1.0, np.float32)
    v = (np.arange(252, dtype=np.float32)[:, None] + 0.5) / 252
    near[200:, 120:220] = 1.2 * v[200:] - 0.3
    ground = ground_of(near, noise=0.002)
    assert ground is not None and ground.plane[1] == pytest.approx(1.2, abs=0.05)


@pytest.mark.parametrize(('spread', 'found'), [(0.018, True), (0.034, True), (0.06, False)])
def test_the_tolerance_is_widened_once_where_nothing_is_found(spread: float, found: bool) -> None:
    rough = np.random.default_rng(2).uniform(-spread, spread, SHAPE).astype(np.float32)
    near = plane(0.0, 1.2, 0.1) * (1 + rough)
    assert (ground_of(near, ground_min_inliers=0.7) is not None) is found


def test_a_wall_that_the_camera_looks_up_at_is_no_ground() -> None:
    wall = plane(0.0, 0.2, 0.9)  # its horizon is 4.5 image heights above the image
    assert ground_of(wall) is None
    straight_down = ground_of(wall, ground_horizon=10.0)
    assert straight_down is not None and straight_down.inlier_share == 1.0
    assert ground_of(plane(0.0, 0.4, 0.9)) is not None  # 2.25 above: steeply down


@pytest.mark.parametrize('known', [np.s_[1::2], np.s_[:, 1::2], np.s_[::3]])
def test_gaps_between_known_rows_or_columns_hide_no_ground(known: Any) -> None:
    valid = np.zeros(SHAPE, bool)
    valid[known] = True
    near = plane(0.0, 1.2, -0.3)
    ground = find_ground(Frame(near, valid, 0.0, 0.0, 1.0), near < 0.015, 0.0,
                         SegmentationParams())
    assert ground is not None and ground.plane == pytest.approx((0.0, 1.2, -0.3), abs=0.01)


def test_gentle_unevenness_is_followed_when_asked() -> None:
    near = plane(0.0, 1.2, -0.3) * (1 + 0.015 * np.sin(5 * U)).astype(np.float32)
    bent, flat = ground_of(near), ground_of(near, ground_refine=False)
    assert bent is not None and flat is not None
    below = np.s_[60:]
    assert np.abs(near - bent.surface)[below].max() < 0.006
    assert np.abs(near - flat.surface)[below].max() > 0.01
    assert bent.noise < 0.5 * flat.noise


@pytest.mark.parametrize('shape', [(1, 60), (60, 1), (2, 2), (3, 40)])
def test_a_map_too_small_for_a_plane_has_no_ground(shape: tuple[int, int]) -> None:
    assert ground_of(np.random.default_rng(0).random(shape).astype(np.float32) + 0.1) is None


def test_the_same_map_gives_the_same_ground() -> None:
    near = plane(0.0, 1.2, -0.3)
    near[30:90, 20:60] = 0.6
    first, again = ground_of(near, 0.003), ground_of(near, 0.003)
    assert first is not None and again is not None
    assert again.plane == first.plane
    np.testing.assert_array_equal(again.surface, first.surface)


@pytest.mark.parametrize(('waves', 'noise_low', 'grown'), [
    (0.0, 3.0, [0, 0, 1, 1, 1]), (0.25, 3.0, [0, 0, 0, 1, 1]), (1.0, 3.0, [0, 0, 0, 0, 1]),
    (1.0, 1.2, [0, 1, 1, 1, 1]), (1.0, 4.0, [0, 0, 0, 0, 1])])
def test_in_waves_an_obstacle_does_not_grow_as_far_down(
        waves: float, noise_low: float, grown: list[int]) -> None:
    """Twice as far up, where waves are full; never above what starts an obstacle."""
    over = np.array([[2.0, 2.9, 3.5, 4.2, 5.0, 7.0]], np.float32)
    frame = Frame(over, np.ones(over.shape, bool), 0.0, 0.0, 1.0)
    ground = Ground((0.0, 1.0, 0.0), 1.0, over * 0, 1.0, over, over * 0 + 1)
    params = SegmentationParams(noise_low=noise_low, noise_high=4.8)
    raised = _raised(frame, ground, frame.valid, waves, params)
    assert raised[0].tolist() == [bool(k) for k in [*grown, 1]]
