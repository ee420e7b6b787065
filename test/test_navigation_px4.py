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
"""What PX4's collision prevention reads out of the sectors."""

from __future__ import annotations

import math

from depth_seg_ros.navigation import obstacle_distance, px4_obstacle_distance, Sectors
import numpy as np
import pytest
from seen_worlds import box, mounted, view, wall, world

UNKNOWN = 65535


def read_by_px4(sectors: Sectors, increment: float = 5.0) -> list[int]:
    """
    Return PX4's own 72 bins: the distance in centimeters, 65535 unknown.

    As CollisionPrevention::_addObstacleSensorData fills them from a message in MAV_FRAME_BODY_FRD,
    in single precision, with BIN_SIZE 5 and angle_offset 0.
    """
    factor = np.float32(1.0) / np.float32(increment)
    return [int(sectors.distances[math.ceil(np.float32(np.float32(5 * number) * factor))])
            for number in range(72)]


def test_px4_reads_every_sector_where_it_lies() -> None:
    # Rounded up: an increment a little under 5 would turn everything by one sector.
    marked = Sectors(np.arange(72, dtype=np.uint16), 10, 800)
    for increment in (5.0, math.degrees(np.float32(math.radians(5.0)))):
        assert read_by_px4(marked, increment) == list(range(72))


def test_px4_and_mavros_get_the_same() -> None:
    seen = mounted(world(box(0.6, 2.5, half=0.25), wall(5.0), pitch=0.1))
    sectors, scan = px4_obstacle_distance(seen), obstacle_distance(seen)
    assert (sectors.distances.dtype, sectors.distances.shape) == (np.uint16, (72,))
    known = np.isfinite(scan.ranges)
    assert known.sum() > 8
    np.testing.assert_array_equal(sectors.distances == UNKNOWN, ~known)
    np.testing.assert_allclose(sectors.distances[known], scan.ranges[known] * 100, atol=1.01)


def test_a_distance_is_never_rounded_up() -> None:
    seen = mounted(world(wall(2.557)))
    ahead = px4_obstacle_distance(seen).distances[0]
    assert ahead in (254, 255)
    assert ahead <= obstacle_distance(seen).ranges[0] * 100


def test_what_is_on_the_right_is_in_the_first_sectors() -> None:
    sectors = px4_obstacle_distance(mounted(world(box(0.6, 2.5, half=0.25), wall(5.0))))
    bins = read_by_px4(sectors)
    assert bins[3] == pytest.approx(100 * math.hypot(0.6, 2.25), rel=0.05)
    assert bins[72 - 3] > 480


@pytest.mark.parametrize('range_max', [2.0, 2.555, 8.0, 8.29, 200.0])
def test_what_is_free_is_one_centimeter_over_the_farthest(range_max: float) -> None:
    sectors = px4_obstacle_distance(view(world(), range_max=range_max))
    assert sectors.farthest == math.floor(100 * range_max + 1e-6)
    seen = set(sectors.distances.tolist()) - {UNKNOWN}
    if range_max < 9.0:  # farther the ground is too thin to vouch for it
        assert sectors.distances[0] == sectors.farthest + 1
    assert all(sectors.nearest <= each <= sectors.farthest + 1 for each in seen)


def test_beside_and_behind_the_view_is_unknown() -> None:
    distances = px4_obstacle_distance(view(world(wall(3.0)))).distances
    assert set(distances[18:55].tolist()) == {UNKNOWN}


@pytest.mark.parametrize('range_min, nearest', [(0.0, 0), (0.1, 10), (0.29, 29), (0.299, 29)])
def test_the_nearest_distance_is_in_whole_centimeters(range_min: float, nearest: int) -> None:
    assert px4_obstacle_distance(view(world(), range_min=range_min)).nearest == nearest
