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
"""Meters from the ground plane: exact where all is exact, or a reason."""

from __future__ import annotations

from dataclasses import replace
import math
from typing import Any

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.geometry import (
    Attitude, attitude_of_mount, attitude_of_plane, CameraModel, Mount)
from depth_seg_ros.params import ScaleParams
from depth_seg_ros.scale import Scaling
from depth_seg_ros.scale.ground import scaling_of_ground
from depth_seg_ros.segmentation import GroundPlane
from depth_seg_ros.synthetic import CAMERA
import numpy as np
import pytest

PARAMS = ScaleParams(source='ground')
SCALE, SHIFT = 2.5, 0.3
STRETCHED = CameraModel(192, 192, 160.0, 213.0, 100.0, 90.0)
POSES = [(0.0, 0.0), (0.3, 0.0), (0.1, 0.25), (0.6, -0.2), (1.2, 0.4)]


def mount(pitch: float = 0.2, roll: float = 0.0, height: float = 1.2, **fields: Any) -> Mount:
    """Return a mount of which all is told."""
    return replace(Mount(attitude_of_mount(pitch, roll, height), True, False), **fields)


def plane_seen(held: Mount, camera: CameraModel = CAMERA, scale: float = SCALE,
               shift: float = SHIFT) -> GroundPlane:
    """Return the ground by hand: 1 / Z = (n / h) . (x, y, 1), times scale, and shift."""
    x, y, z = (value / held.attitude.height for value in held.attitude.down)
    a, b = x / camera.fx, y / camera.fy
    return GroundPlane(scale * a, scale * b,
                       scale * (z - a * camera.cx - b * camera.cy) + shift, 0.8)


def depth_of(plane: GroundPlane, camera: CameraModel = CAMERA, infinity: float = SHIFT
             ) -> DepthMap:
    """Return the ground, and sky over its horizon."""
    values = np.maximum(plane.at((camera.height, camera.width)), np.float32(infinity))
    return DepthMap(values, DepthKind.RELATIVE_INVERSE)


def scaled(seen: Mount, told: Mount, camera: CameraModel = CAMERA) -> Scaling:
    """Return what is found where the camera is held otherwise than it is told."""
    plane = plane_seen(seen, camera)
    return scaling_of_ground(depth_of(plane, camera), plane, told, camera, PARAMS)


def attitude_after(seen: Mount, found: Scaling, camera: CameraModel = CAMERA) -> Attitude:
    """Return the attitude of the plane in meters."""
    plane = plane_seen(seen, camera)
    made = attitude_of_plane(found.scale * plane.a, found.scale * plane.b,
                             found.nearness(plane.c), camera)
    assert made is not None
    return made


@pytest.mark.parametrize('camera', [CAMERA, STRETCHED], ids=['usual', 'stretched'])
@pytest.mark.parametrize('pitch, roll', POSES)
@pytest.mark.parametrize('height', [0.3, 2.0, 50.0])
def test_exact_depth_gives_the_exact_scale_and_shift(
        camera: CameraModel, pitch: float, roll: float, height: float) -> None:
    held = mount(pitch, roll, height)
    found = scaled(held, held, camera)
    assert found.scale == pytest.approx(1 / SCALE)
    assert found.shift == pytest.approx(-SHIFT / SCALE)
    assert (found.source, found.reason, found.inlier_share) == ('ground', '', 0.8)
    assert found.error < 1e-6
    after = attitude_after(held, found, camera)
    assert after.height == pytest.approx(height)
    assert after.down == pytest.approx(held.attitude.down)


def test_a_wrong_height_scales_all_distances_alike() -> None:
    found = scaled(mount(height=1.0), mount(height=1.1))
    assert found.nearness(2.0) == pytest.approx((2.0 - SHIFT) / SCALE / 1.1)


def test_a_wrong_roll_changes_neither_height_nor_pitch_and_is_reported() -> None:
    seen, told = mount(0.3, 0.1), mount(0.3, 0.2)
    found = scaled(seen, told)
    assert (found.scale, found.shift) == pytest.approx((1 / SCALE, -SHIFT / SCALE))
    after = attitude_after(seen, found)
    assert after.height == pytest.approx(1.2) and after.down == pytest.approx(seen.attitude.down)
    assert 0.01 < found.error < 0.1
    assert found.error > scaled(seen, mount(0.3, 0.15)).error > 0.0


def test_a_roll_that_is_far_off_is_a_reason() -> None:
    found = scaled(mount(0.1, 0.0), mount(0.1, 0.7))
    assert found.reason == ('the ground is seen turned by 40 degrees from where the mount has '
                            'it; check roll, or the network bends the ground')
    assert found.error > PARAMS.max_error and math.isnan(found.scale)


def test_a_pitch_one_degree_off_costs_what_geometry_says() -> None:
    seen = mount(0.2, height=1.0)
    found = scaled(seen, mount(0.2 + math.radians(1.0), height=1.0))
    # 1 / Z is off by a degree over the height, but for a share of the pitch itself.
    near = found.scale * (SCALE / 3.0 + SHIFT) + found.shift
    assert near - 1 / 3.0 == pytest.approx(math.radians(1.0), rel=0.06)


def test_a_pitch_with_much_of_the_image_beyond_infinity_is_a_reason() -> None:
    plane = plane_seen(mount(0.3))
    depth = depth_of(plane, infinity=SHIFT)
    found = scaling_of_ground(depth, plane, mount(0.1), CAMERA, PARAMS)
    assert 'would be farther than infinity; check the pitch of the mount' in found.reason
    assert scaling_of_ground(depth, plane, mount(0.29), CAMERA, PARAMS).reason == ''


def test_a_metric_model_needs_the_height_alone() -> None:
    held = mount(0.2, height=1.5)
    plane = plane_seen(held, scale=1.0, shift=0.0)
    depth = DepthMap(np.ones((252, 336), np.float32), DepthKind.METRIC)
    told = mount(0.0, height=1.2, is_tilt_told=False)
    found = scaling_of_ground(depth, plane, told, CAMERA, PARAMS)
    assert (found.scale, found.shift, found.reason) == (pytest.approx(1.5 / 1.2), 0.0, '')


def test_ground_in_view_needs_no_one_to_vouch_for_the_pitch_that_parameters_say() -> None:
    held = mount(0.2)
    told = replace(held, is_tilt_told=False, follows_ground=True)  # the height is from a sensor
    assert scaled(held, told).reason == ''
    assert attitude_after(held, scaled(held, told)).height == pytest.approx(1.2)


PLANE = plane_seen(mount())


@pytest.mark.parametrize('plane, held, camera, reason', [
    (PLANE, mount(), None, 'the camera is not calibrated'),
    (PLANE, mount(height=math.nan), CAMERA, 'the height of the camera is unknown: set mount.'),
    (None, mount(), CAMERA, 'no ground is seen'),
    (PLANE, mount(is_tilt_told=False), CAMERA, 'the tilt of the camera is unknown'),
    (PLANE, mount(pitch=1.55), CAMERA, 'the camera looks straight at the ground'),
    (GroundPlane(0.0, 0.0, 1.0, 0.9), mount(), CAMERA, 'the camera looks straight at the ground'),
    (GroundPlane(0.0, -0.004, 1.0, 0.9), mount(), CAMERA, 'turned by 180 degrees'),
    (GroundPlane(0.0, math.nan, 1.0, 0.9), mount(), CAMERA, 'looks straight'),
])
def test_what_is_missing_is_the_reason(
        plane: GroundPlane | None, held: Mount, camera: CameraModel | None, reason: str) -> None:
    found = scaling_of_ground(depth_of(PLANE), plane, held, camera, PARAMS)
    assert reason in found.reason
    assert math.isnan(found.scale) and found.metric(depth_of(PLANE)) is None


def test_a_metric_model_that_looks_straight_at_the_ground_has_a_reason() -> None:
    depth = DepthMap(np.ones((252, 336), np.float32), DepthKind.METRIC)
    found = scaling_of_ground(depth, GroundPlane(0.0, 0.0, 1.0, 0.9), mount(), CAMERA, PARAMS)
    assert found.reason == 'the camera looks straight at the ground'


def test_where_the_mount_has_no_ground_in_view_nothing_agrees() -> None:
    assert 'where the mount has none; check' in scaled(mount(0.3), mount(-1.0)).reason
