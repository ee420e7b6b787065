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
"""Points, voxels, boxes and sectors, drawn by hand."""

from __future__ import annotations

import math

from depth_seg_ros.geometry import (
    box_around, CameraModel, full_circle, in_voxels, nearest_by_bin, points_of, without_flying)
from depth_seg_ros.geometry import points as points_module
import numpy as np
from numpy.typing import NDArray
import pytest

CAMERA = CameraModel(8, 6, 4.0, 2.0, 3.0, 2.0)


def test_a_pixel_goes_where_its_ray_ends() -> None:
    meters = np.full((6, 8), 2.0, np.float32)
    meters[5, 7] = 8.0
    points = points_of(meters, CAMERA)
    assert (points.dtype, points.shape) == (np.float32, (3, 48))
    np.testing.assert_array_equal(points[:, [2 * 8 + 3, 5 * 8 + 7]].T, [[0, 0, 2], [8, 12, 8]])


def test_rays_are_those_of_bearing_and_elevation() -> None:
    x, y = CAMERA.rays()
    assert math.atan(x[7]) == pytest.approx(CAMERA.bearing(7))
    assert -math.atan(y[0]) == pytest.approx(CAMERA.elevation(0))


def test_what_lies_right_behind_an_edge_flies_and_the_near_side_stays() -> None:
    meters = np.repeat(np.float32([[2, 2, 3, 5, 6, 6]]), 5, axis=0)
    kept = without_flying(meters, np.ones(meters.shape, bool), 0.1)
    assert kept[2].tolist() == [True, True, False, False, False, True]


def test_a_thin_thing_stays_whole() -> None:
    meters = np.full((7, 7), 6.0, np.float32)
    meters[:, 3] = 2.0
    kept = without_flying(meters, np.ones(meters.shape, bool), 0.1)
    assert kept[:, 3].all() and not kept[:, [2, 4]].any()


@pytest.mark.parametrize('jump, stays', [(0.05, False), (0.2, True)])
def test_a_step_within_the_jump_is_no_edge(jump: float, stays: bool) -> None:
    meters = np.float32([[2.0, 2.0, 2.2, 2.2]])
    assert without_flying(meters, np.ones((1, 4), bool), jump)[0, 2] == stays


def test_unknown_depth_makes_no_edge_and_is_no_point() -> None:
    meters = np.float32([[0.0, 5.0, np.nan, 5.0]])
    valid = np.array([[False, True, False, True]])
    np.testing.assert_array_equal(without_flying(meters, valid, 0.1), valid)


def cloud(count: int = 5000, seed: int = 0) -> NDArray[np.float32]:
    """Return points of a room."""
    return np.random.default_rng(seed).uniform(-3.0, 3.0, (3, count)).astype(np.float32)


@pytest.mark.parametrize('size', [0.1, 0.5, 2.0])
def test_one_point_per_voxel_is_kept_and_every_voxel_has_one(size: float) -> None:
    points = cloud(1500)
    kept = in_voxels(points, size, 10**6)
    assert (np.diff(kept) > 0).all()
    # Cubes start at the origin; float32 may put a point that is on a face on either side.
    cells = np.floor(points.astype(np.float64) * np.float32(1.0 / size))
    assert len(kept) == pytest.approx(len(np.unique(cells, axis=1).T), abs=2)
    distance = np.abs(points[:, :, None] - points[:, None, kept]).max(axis=0).min(axis=1)
    assert distance.max() <= size * 1.0001


def test_few_points_far_apart_are_reduced_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    points = cloud()
    from_table = in_voxels(points, 0.4, 10**6)
    monkeypatch.setattr(points_module, '_TABLE_CELLS', 0)
    np.testing.assert_array_equal(in_voxels(points, 0.4, 10**6), from_table)


def test_a_voxel_of_zero_keeps_all() -> None:
    assert in_voxels(cloud(50), 0.0, 10**6).tolist() == list(range(50))


@pytest.mark.parametrize('size', [0.0, 0.05])
def test_no_more_than_the_bound_are_kept_and_not_far_fewer(size: float) -> None:
    plane = cloud(40000)
    plane[2] = 2.0
    kept = in_voxels(plane, size, 1000)
    assert 500 < len(kept) <= 1000
    assert plane[0, kept].max() - plane[0, kept].min() > 5.7


@pytest.mark.parametrize('size', [0.0, 0.05])
def test_no_points_are_no_points(size: float) -> None:
    assert in_voxels(np.empty((3, 0), np.float32), size, 100).tolist() == []


def test_a_box_leaves_out_five_percent_at_either_end() -> None:
    along = np.arange(101, dtype=np.float32)
    center, size = box_around(np.stack([along, 2 * along[::-1], np.full(101, 7, np.float32)]))
    assert center.tolist() == [50, 100, 7]
    assert size.tolist() == [90, 180, 0]


def test_the_box_of_one_point_is_that_point() -> None:
    center, size = box_around(np.float32([[1], [2], [3]]))
    assert (center.tolist(), size.tolist()) == ([1, 2, 3], [0, 0, 0])


def test_the_nearest_of_each_bin_is_found() -> None:
    nearest = nearest_by_bin(np.array([1, 1, 3]), np.float32([5, 4, 7]), 5)
    np.testing.assert_array_equal(nearest, np.float32([np.nan, 4, np.nan, 7, np.nan]))


def rays(**ranges: float) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Return rays every degree from -30 to 30, free but for those given as d10, minus d_10."""
    angles = np.radians(np.arange(-30, 31))
    found = np.full(61, np.inf, np.float32)
    for name, value in ranges.items():
        found[30 + int(name[1:].replace('_', '-'))] = value
    return angles, found


def test_sectors_count_clockwise_from_forward() -> None:
    sectors = full_circle(*rays(d10=4.0, d_20=3.0, d0=6.0))
    assert (sectors[0], sectors[72 - 2], sectors[4]) == (6.0, 4.0, 3.0)
    assert np.isfinite(sectors).sum() == 3


def test_a_sector_is_centered_on_its_angle() -> None:
    assert full_circle(*rays(d2=4.0))[0] == 4.0
    assert full_circle(*rays(d_2=4.0))[0] == 4.0
    assert full_circle(*rays(d3=4.0))[71] == 4.0


def test_what_has_no_ray_is_unknown() -> None:
    sectors = full_circle(*rays())
    assert np.isposinf(sectors[:7]).all() and np.isposinf(sectors[-6:]).all()
    assert np.isnan(sectors[7:-6]).all()


def test_one_unknown_ray_makes_a_sector_unknown_unless_an_obstacle_is_in_it() -> None:
    sectors = full_circle(*rays(d1=math.nan, d10=math.nan, d11=4.0))
    assert np.isnan(sectors[0])
    assert sectors[72 - 2] == 4.0
