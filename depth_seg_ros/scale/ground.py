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
"""Meters from the ground plane, the height of the camera, and how it is held."""

from __future__ import annotations

import math

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.geometry import attitude_of_plane, CameraModel, Mount
from depth_seg_ros.params import ScaleParams
from depth_seg_ros.scale.scaling import Scaling
from depth_seg_ros.segmentation import GroundPlane
import numpy as np

__all__ = ['scaling_of_ground']

_LEAST_FORWARD = math.sin(math.radians(5.0))
"""A plane that is looked straight at has no slope to tell a scale by."""

_STRIDE = 8

_PAST_INFINITY, _MOST_PAST = math.sin(math.radians(3.0)), 0.1
"""
Share of the image that may lie beyond infinity by what a pitch wrong by 3 degrees makes.

Noise puts half of the sky a little beyond it.
"""


def scaling_of_ground(depth: DepthMap, plane: GroundPlane | None, mount: Mount,
                      camera: CameraModel | None, params: ScaleParams) -> Scaling:
    """
    Return the scale and shift that put the ground where the mount says it is.

    Ground at height h below a camera that sees down as n is at 1 / Z = (n / h) . (x, y, 1). The
    slope of the plane tells the scale, the pitch of the mount the shift; roll is left over. The
    steepness of slopes is matched, so that a wrong roll changes neither height nor pitch. A
    metric model has no shift: its plane tells the height it thinks it is at, and needs no tilt.

    Parameters
    ----------
    depth : DepthMap
        On the network's grid.
    plane : GroundPlane or None
        Of its inverse depth.
    mount : Mount
        How the camera is held, as far as it is told.
    camera : CameraModel or None
        On the same grid.
    params : ScaleParams
        What the plane has to fulfill.

    Returns
    -------
    Scaling
        `error` is the median share by which ground in view differs from where the mount has
        it. With a reason where there is no scale.

    """
    height = mount.attitude.height
    if camera is None:
        return _none('the camera is not calibrated: no camera_info has come')
    if math.isnan(height):
        return _none('the height of the camera is unknown: set mount.height, or let '
                     'mount.height_from take it from a sensor that works')
    if plane is None:
        return _none('no ground is seen')
    if depth.kind is DepthKind.METRIC:
        seen = attitude_of_plane(plane.a, plane.b, plane.c, camera)
        if seen is None:
            return _none('the camera looks straight at the ground')
        return Scaling('ground', seen.height / height, 0.0, inlier_share=plane.inlier_share)
    if not mount.is_tilt_told and not mount.follows_ground:
        return _none('the tilt of the camera is unknown: no imu message belongs to this image')
    return _of_relative(depth, plane, mount, camera, params)


def _of_relative(depth: DepthMap, plane: GroundPlane, mount: Mount, camera: CameraModel,
                 params: ScaleParams) -> Scaling:
    down_x, down_y, down_z = mount.attitude.down
    height, share = mount.attitude.height, plane.inlier_share
    slope_x, slope_y = plane.a * camera.fx, plane.b * camera.fy
    steepness, forward = math.hypot(slope_x, slope_y), math.hypot(down_x, down_y)
    if forward < _LEAST_FORWARD or not steepness > 0.0:
        return _none('the camera looks straight at the ground', share)
    scale = forward / (height * steepness)
    center = plane.c + plane.a * camera.cx + plane.b * camera.cy
    shift = down_z / height - scale * center
    error = _disagreement(scale * slope_x * height, scale * slope_y * height, mount, camera)
    if math.isinf(error):
        return _none('ground is seen where the mount has none; check its pitch and roll', share)
    if not error <= params.max_error:
        turn = math.degrees(math.atan2(down_x * slope_y - down_y * slope_x,
                                       down_x * slope_x + down_y * slope_y))
        return _none(f'the ground is seen turned by {abs(turn):.0f} degrees from where the mount '
                     'has it; check roll, or the network bends the ground', share, error)
    grid = (slice(_STRIDE // 2, None, _STRIDE),) * 2
    near = scale * depth.values[grid][depth.valid[grid]] + shift
    if np.count_nonzero(near * height < -_PAST_INFINITY) > _MOST_PAST * near.size:
        return _none('much of the image would be farther than infinity; check the pitch of the '
                     'mount, the camera looks down by more', share, error)
    return Scaling('ground', scale, shift, inlier_share=share, error=error)


def _disagreement(seen_x: float, seen_y: float, mount: Mount, camera: CameraModel) -> float:
    """
    Return the median of |Z - told| / told over where the mount has the ground; inf if nowhere.

    `seen_x` and `seen_y` are slopes of the ground in view, at the height of the mount.
    """
    down_x, down_y, down_z = mount.attitude.down
    x, y = (ray[_STRIDE // 2::_STRIDE] for ray in camera.rays())
    told = down_x * x + (down_y * y + down_z)[:, None]
    seen = seen_x * x + (seen_y * y + down_z)[:, None]
    ground = told > _PAST_INFINITY
    if not ground.any():
        return math.inf
    ratio = told[ground] / np.maximum(seen[ground], 1e-6)
    return float(np.median(np.abs(ratio - 1.0)))


def _none(reason: str, share: float = math.nan, error: float = math.nan) -> Scaling:
    return Scaling('ground', inlier_share=share, error=error, reason=reason)
