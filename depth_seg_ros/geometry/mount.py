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
"""How the camera is held, from parameters and what other sensors say."""

from __future__ import annotations

from dataclasses import replace
import math

from depth_seg_ros.geometry.attitude import Attitude, attitude_of_mount, Mount
from depth_seg_ros.params import MountParams
from depth_seg_ros.readings import Readings

__all__ = ['mount_of']


def mount_of(params: MountParams, readings: Readings) -> Mount:
    """
    Return how the camera is held at the time of the readings.

    Parameters
    ----------
    params : MountParams
        Of `mount.*`.
    readings : Readings
        Its `down` counts with mount.attitude imu, its `height` with mount.height_from range.

    Returns
    -------
    Mount
        Its height is NaN where nothing tells it. Where the message that should tell the tilt is
        missing, the height is NaN, too, and the tilt not told.

    """
    # Down in axes of the camera while the body is level.
    level = attitude_of_mount(params.pitch, params.roll, math.nan)
    if params.attitude == 'imu':
        if readings.down is None:
            return Mount(level, False, False)
        down = _in_camera(readings.down, params)
        upright = sum(one * other for one, other in zip(down, level.down))
        return Mount(Attitude(down, _height(params, readings, upright)), True, False)
    height = _height(params, readings, 1.0)
    follows = params.attitude == 'ground'
    # Who sets the height has measured how the camera is mounted; a rangefinder knows no pitch.
    told = not follows or (params.height_from == 'fixed' and not math.isnan(height))
    return Mount(replace(level, height=height), told, follows)


def _height(params: MountParams, readings: Readings, upright: float) -> float:
    """Return meters over the ground, NaN if unknown, with the cosine of the body's tilt."""
    if params.height_from == 'fixed':
        return params.height or math.nan
    height = readings.height * upright + params.height
    return height if upright > 0.0 and height > 0.0 else math.nan


def _in_camera(down: tuple[float, float, float], params: MountParams
               ) -> tuple[float, float, float]:
    """Return a vector in the axes of mount.imu_axes in optical ones of the camera."""
    if params.imu_axes == 'optical':
        return down
    # Forward, left, up to right, down, forward; then pitched downward, then rolled clockwise.
    x, y, z = -down[1], -down[2], down[0]
    cos, sin = math.cos(params.pitch), math.sin(params.pitch)
    y, z = cos * y - sin * z, sin * y + cos * z
    cos, sin = math.cos(params.roll), math.sin(params.roll)
    return cos * x + sin * y, cos * y - sin * x, z
