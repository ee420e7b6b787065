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
"""How the camera is held: which way is down, and how far the ground."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
from depth_seg_ros.geometry.camera import CameraModel
import numpy as np
from numpy.typing import NDArray

__all__ = ['Attitude', 'attitude_of_mount', 'attitude_of_plane', 'Mount']

_LEAST_FORWARD = math.sin(math.radians(5.0))
"""A camera within 5 degrees of straight up or down has no forward direction to speak of."""


@dataclass(frozen=True)
class Attitude:
    """
    The camera over level ground.

    Parameters
    ----------
    down : tuple of float
        Unit vector toward the ground, in optical axes.
    height : float
        Of the camera over the ground in meters; NaN where unknown.

    """

    down: tuple[float, float, float]
    height: float

    @property
    def axes(self) -> NDArray[np.float64]:
        """
        Return the level axes in optical ones.

        Returns
        -------
        float64 ndarray of shape (3, 3)
            Rows: forward (the optical axis laid level), left, up. It turns optical into level
            coordinates. Of a camera that looks straight down forward is up in the image, of one
            that looks straight up down in the image, as of those that nearly do.

        """
        down = np.array(self.down)
        axis = np.array([0.0, 0.0, 1.0])
        if math.hypot(*self.down[:2]) < 1e-6:
            axis = np.array([0.0, -math.copysign(1.0, self.down[2]), 0.0])
        forward = axis - (axis @ down) * down
        forward /= np.linalg.norm(forward)
        return np.stack([forward, np.cross(forward, down), -down])

    @property
    def quaternion(self) -> tuple[float, float, float, float]:
        """Return (x, y, z, w) of the level frame as seen from the optical one."""
        # Never the zero rotation: forward has a part along the optical axis, z.
        turn = cv2.Rodrigues(self.axes.T)[0].ravel()
        angle = float(np.linalg.norm(turn))
        x, y, z = (float(value) for value in turn * (math.sin(angle / 2) / angle))
        return x, y, z, math.cos(angle / 2)


@dataclass(frozen=True)
class Mount:
    """
    How the camera is held, as far as it is told and not seen.

    Parameters
    ----------
    attitude : Attitude
        From parameters or sensors; its height is NaN where nothing tells it.
    is_tilt_told : bool
        Whether something vouches for the tilt of `attitude`: a parameter that was set, or a
        message of the sensor that should tell it. A rangefinder does not.
    follows_ground : bool
        Whether the ground plane of metric depth, where one is seen, counts more.

    """

    attitude: Attitude = Attitude((0.0, 1.0, 0.0), math.nan)
    is_tilt_told: bool = False
    follows_ground: bool = True


def attitude_of_mount(pitch: float, roll: float, height: float) -> Attitude:
    """
    Return the attitude of a fixed mount.

    Parameters
    ----------
    pitch : float
        How far the optical axis points below the horizon, in radians.
    roll : float
        How far the camera is turned clockwise, as seen from behind it, in radians.
    height : float
        Over the ground in meters; NaN where unknown.

    """
    return Attitude((math.cos(pitch) * math.sin(roll), math.cos(pitch) * math.cos(roll),
                     math.sin(pitch)), height)


def attitude_of_plane(a: float, b: float, c: float, camera: CameraModel) -> Attitude | None:
    """
    Return the attitude and height from which a plane is seen as it is.

    Parameters
    ----------
    a, b, c : float
        1 / Z = a * column + b * row + c of the ground, in 1/m, in pixels of `camera`.
    camera : CameraModel
        At the size of the depth map.

    Returns
    -------
    Attitude or None
        None when the camera looks straight at the plane, or its numbers make none.

    """
    # n . P = height with P = Z (x, y, 1) gives 1 / Z = (n / height) . (x, y, 1).
    scaled = np.array([a * camera.fx, b * camera.fy, c + a * camera.cx + b * camera.cy])
    length = float(np.linalg.norm(scaled))
    if not (math.isfinite(length) and length > 0.0):
        return None
    x, y, z = (float(value) for value in scaled / length)
    return Attitude((x, y, z), 1.0 / length) if math.hypot(x, y) > _LEAST_FORWARD else None
