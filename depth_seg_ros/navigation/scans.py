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
"""The nearest obstacle per angle, with the ground removed, as scans."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import TypeAlias

from depth_seg_ros.geometry import full_circle
from depth_seg_ros.navigation.view import View
import numpy as np
from numpy.typing import NDArray

__all__ = ['level_frame', 'obstacle_distance', 'px4_obstacle_distance', 'scan', 'Scan', 'Sectors']

_Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scan:
    """
    A sensor_msgs/LaserScan.

    Parameters
    ----------
    angle_min, angle_step : float
        Of ray i: angle_min + i * angle_step, in radians.
    range_min, range_max : float
        Meters.
    ranges : float32 ndarray of shape (N,)
        Level distance to the nearest obstacle in meters, NaN where unknown.
    clockwise : bool
        Angles count clockwise from forward (axes forward, right, down) where True, else
        counterclockwise (forward, left, up).

    """

    angle_min: float
    angle_step: float
    range_min: float
    range_max: float
    ranges: _Floats
    clockwise: bool = False

    @property
    def angle_max(self) -> float:
        """Return the angle of the last ray."""
        return self.angle_min + (len(self.ranges) - 1) * self.angle_step


@dataclass(frozen=True, eq=False)
class Sectors:
    """
    A px4_msgs/ObstacleDistance.

    Parameters
    ----------
    distances : uint16 ndarray of shape (72,)
        Level distance to the nearest obstacle in whole centimeters, of sectors of 5 degrees,
        clockwise from forward. `farthest` + 1 where free, 65535 where unknown.
    nearest, farthest : int
        Least and largest distance of an obstacle, in centimeters.

    """

    distances: NDArray[np.uint16]
    nearest: int
    farthest: int


def scan(view: View) -> Scan:
    """Return the half circle before the camera, in level axes."""
    params, rays = view.params, view.rays
    ranges = rays.ranges.copy()
    if params.scan_free == 'over_range_max':
        ranges[np.isposinf(ranges)] = params.range_max + 0.01
    return Scan(float(rays.angles[0]), rays.step, params.range_min, params.range_max, ranges)


def obstacle_distance(view: View) -> Scan:
    """
    Return the whole circle in 72 sectors, as MAVROS takes it to make an OBSTACLE_DISTANCE.

    The plugin cuts ranges to whole centimeters, sends NaN as unknown, and takes +inf for unknown,
    too; what is free has to be `range_max` and one centimeter. Sector 0 is forward, the others
    follow clockwise.
    """
    params, rays = view.params, view.rays
    # A little more, so that rounding to float32 does not lose a whole centimeter.
    farthest = math.floor(params.range_max * 100.0 + 1e-6) / 100.0
    sectors = full_circle(rays.angles, rays.ranges)
    sectors[np.isposinf(sectors)] = farthest + 0.015
    return Scan(0.0, math.radians(5.0), params.range_min, farthest + 1e-4, sectors,
                clockwise=True)


def px4_obstacle_distance(view: View) -> Sectors:
    """Return the sectors of `obstacle_distance` as PX4 takes them without MAVROS."""
    seen = obstacle_distance(view)
    # As the plugin of MAVROS: nearer rather than farther, and what is free is one centimeter over
    # the farthest. A little more, so that float32 does not lose a whole centimeter.
    centimeters = np.floor(seen.ranges.astype(np.float64) * 100.0 + 1e-3)
    unknown = np.iinfo(np.uint16).max
    return Sectors(np.where(np.isnan(centimeters), unknown, centimeters).astype(np.uint16),
                   math.floor(seen.range_min * 100.0 + 1e-6), math.floor(seen.range_max * 100.0))


def level_frame(image_frame: str, name: str, clockwise: bool = False) -> str:
    """
    Return the name of the frame of a scan.

    Parameters
    ----------
    image_frame : str
        Of the image.
    name : str
        What the user calls it; empty for the frame of the image and `_level`.
    clockwise : bool
        With axes forward, right, down: the same name and `_frd`.

    Raises
    ------
    ValueError
        When one of the two names is that of the image's frame, whose axes are others.

    """
    level = name or f'{image_frame or "camera"}_level'
    if image_frame in (level, f'{level}_frd'):
        raise ValueError(f'navigation.level_frame: expected a frame that is not that of the image '
                         f'({image_frame}), got {name}; set it to a name that nothing else has, '
                         'or leave it empty')
    return f'{level}_frd' if clockwise else level
