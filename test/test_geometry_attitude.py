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
"""Which way is down, and how far, against rendered ground."""

from __future__ import annotations

import math

from depth_seg_ros.geometry import Attitude, attitude_of_mount, attitude_of_plane, CameraModel
from depth_seg_ros.synthetic import CAMERA
import numpy as np
import pytest
from seen_worlds import frame, NARROW, WIDE, world

LEVEL = attitude_of_mount(0.0, 0.0, 1.0)


def test_a_level_camera_looks_forward_with_its_right_to_the_right() -> None:
    right, down, forward = np.eye(3)
    np.testing.assert_allclose(LEVEL.axes @ forward, [1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(LEVEL.axes @ right, [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(LEVEL.axes @ down, [0, 0, -1], atol=1e-12)


def test_pitch_is_downward() -> None:
    forward, _, up = attitude_of_mount(math.radians(30), 0.0, 1.0).axes @ [0.0, 0.0, 1.0]
    assert (forward, up) == pytest.approx((math.cos(math.radians(30)), -0.5))


def test_roll_is_clockwise() -> None:
    _, left, up = attitude_of_mount(0.0, math.radians(30), 1.0).axes @ [1.0, 0.0, 0.0]
    assert (left, up) == pytest.approx((-math.cos(math.radians(30)), -0.5))


@pytest.mark.parametrize('pitch', [-1.3, -0.4, 0.0, 0.7, 1.3])
@pytest.mark.parametrize('roll', [-1.3, 0.0, 0.3, 1.3])
def test_axes_are_those_of_a_rotation_with_forward_level(pitch: float, roll: float) -> None:
    attitude = attitude_of_mount(pitch, roll, 1.0)
    np.testing.assert_allclose(attitude.axes @ attitude.axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(attitude.axes) == pytest.approx(1.0)
    assert attitude.axes[0] @ attitude.down == pytest.approx(0.0, abs=1e-12)
    assert (attitude.axes @ [0.0, 0.0, 1.0])[1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize('pitch, roll', [(0.0, 0.0), (0.7, -0.4), (-1.3, 1.3), (1.3, 1.3)])
def test_the_quaternion_turns_level_axes_into_optical_ones(pitch: float, roll: float) -> None:
    attitude = attitude_of_mount(pitch, roll, 1.0)
    x, y, z, w = attitude.quaternion
    assert math.hypot(x, y, z, w) == pytest.approx(1.0)
    vector = np.array([0.3, -1.2, 2.0])
    turn = np.array([x, y, z])
    across = 2.0 * np.cross(turn, vector)
    np.testing.assert_allclose(vector + w * across + np.cross(turn, across),
                               attitude.axes.T @ vector, atol=1e-9)


def test_the_quaternion_of_a_level_camera_is_the_known_one() -> None:
    # As every URDF has it the other way round: rpy="-pi/2 0 -pi/2" from body to optical.
    assert LEVEL.quaternion == pytest.approx((0.5, -0.5, 0.5, 0.5))


@pytest.mark.parametrize('camera', [CAMERA, NARROW, WIDE], ids=['usual', 'narrow', 'wide'])
@pytest.mark.parametrize('pitch, roll', [(0.0, 0.0), (0.3, 0.0), (0.2, -0.2), (0.9, 0.4)])
def test_the_ground_plane_tells_pitch_roll_and_height(
        camera: CameraModel, pitch: float, roll: float) -> None:
    plane = frame(world(height=1.3, pitch=pitch, roll=roll), camera).segmentation.plane
    assert plane is not None
    found = attitude_of_plane(plane.a, plane.b, plane.c, camera)
    assert found is not None
    assert found.height == pytest.approx(1.3, rel=1e-4)
    assert found.down == pytest.approx(attitude_of_mount(pitch, roll, 1.3).down, abs=1e-4)


@pytest.mark.parametrize('plane', [
    (0.0, 0.0, 0.0), (0.0, 0.0, 0.5), (math.nan, 0.0, 1.0), (0.0, math.inf, 1.0)])
def test_a_plane_that_tells_no_forward_direction_gives_no_attitude(
        plane: tuple[float, float, float]) -> None:
    assert attitude_of_plane(*plane, CAMERA) is None


def test_an_attitude_may_lack_the_height() -> None:
    assert math.isnan(attitude_of_mount(0.1, 0.0, math.nan).height)
    assert Attitude((0.0, 1.0, 0.0), 2.0).height == 2.0


@pytest.mark.parametrize('sign', [1.0, -1.0])
def test_straight_down_and_up_have_the_axes_of_what_nearly_is(sign: float) -> None:
    straight = Attitude((0.0, 0.0, sign), 1.0)
    nearly = attitude_of_mount(sign * (0.5 * math.pi - 1e-4), 0.0, 1.0)
    np.testing.assert_allclose(straight.axes, nearly.axes, atol=1e-3)
    assert np.linalg.det(straight.axes) == pytest.approx(1.0)
    assert all(map(math.isfinite, straight.quaternion))
