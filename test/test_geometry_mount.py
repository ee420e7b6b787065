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
"""How the camera is held: by parameters, an imu, and a sensor that looks down."""

from __future__ import annotations

import math
from typing import Any

from depth_seg_ros.geometry import Attitude, attitude_of_mount, Mount, mount_of
from depth_seg_ros.params import MountParams
from depth_seg_ros.readings import NOTHING, Readings
import pytest

COS, SIN = math.cos(0.3), math.sin(0.3)
LEVEL = (0.0, 0.0, -1.0)
"""Gravity in the axes of a level body: x forward, y left, z up."""


def held(down: tuple[float, float, float] | None = None, beam: float = math.nan, /,
         **params: Any) -> Mount:
    """Return the mount for some of `mount.*` and what sensors say."""
    return mount_of(MountParams(**params), Readings(down=down, height=beam))


def by_imu(down: tuple[float, float, float], **params: Any) -> Attitude:
    """Return the attitude where an imu tells it."""
    made = held(down, attitude='imu', **params)
    assert made.is_tilt_told and not made.follows_ground
    return made.attitude


def test_a_fixed_mount_is_as_the_parameters_say() -> None:
    made = held(attitude='fixed', pitch=0.2, roll=-0.1, height=1.4)
    assert made.attitude == attitude_of_mount(0.2, -0.1, 1.4)
    assert made.is_tilt_told and not made.follows_ground


def test_by_default_the_ground_counts_and_the_mount_once_its_height_is_set() -> None:
    unset = mount_of(MountParams(), NOTHING)
    assert unset.follows_ground and not unset.is_tilt_told
    assert math.isnan(unset.attitude.height)
    told = mount_of(MountParams(height=0.5, pitch=0.2), NOTHING)
    assert told.follows_ground and told.is_tilt_told
    assert told.attitude == attitude_of_mount(0.2, 0.0, 0.5)


def test_a_fixed_mount_of_no_height_has_a_tilt() -> None:
    made = mount_of(MountParams(attitude='fixed', pitch=0.2), NOTHING)
    assert made.is_tilt_told and math.isnan(made.attitude.height)


# The imu


def test_a_level_body_with_a_camera_that_looks_forward() -> None:
    assert by_imu(LEVEL).down == pytest.approx((0.0, 1.0, 0.0))


def test_a_nose_that_points_down_has_gravity_forward() -> None:
    assert by_imu((SIN, 0.0, -COS)).down == pytest.approx(attitude_of_mount(0.3, 0.0, 1.0).down)


def test_a_body_that_leans_to_its_right_has_gravity_there() -> None:
    # Right is -y; seen from behind the body is turned clockwise.
    assert by_imu((0.0, -SIN, -COS)).down == pytest.approx(attitude_of_mount(0.0, 0.3, 1.0).down)


@pytest.mark.parametrize('pitch, roll', [(0.4, 0.0), (0.0, 0.4), (-0.3, 0.2), (1.2, -0.7)])
def test_on_a_level_body_the_camera_is_turned_as_the_parameters_say(
        pitch: float, roll: float) -> None:
    down = by_imu(LEVEL, pitch=pitch, roll=roll).down
    assert down == pytest.approx(attitude_of_mount(pitch, roll, 1.0).down)


def test_pitch_of_body_and_camera_add_up() -> None:
    down = by_imu((SIN, 0.0, -COS), pitch=0.2).down
    assert down == pytest.approx(attitude_of_mount(0.5, 0.0, 1.0).down)


def test_a_camera_that_looks_down_sees_a_body_lean_to_its_right_as_gravity_on_its_right() -> None:
    down = by_imu((0.0, -SIN, -COS), pitch=1.4).down
    assert down == pytest.approx((SIN, COS * math.cos(1.4), COS * math.sin(1.4)))


def test_an_imu_in_the_camera_is_taken_as_it_is() -> None:
    down = (0.6, 0.0, 0.8)
    assert by_imu(down, imu_axes='optical', pitch=0.5, roll=0.2).down == down


def test_without_a_message_of_the_imu_nothing_is_told() -> None:
    made = held(None, 2.0, attitude='imu', height_from='range', height=0.5)
    assert not made.is_tilt_told and not made.follows_ground
    assert math.isnan(made.attitude.height)


@pytest.mark.parametrize('attitude', ['fixed', 'ground'])
def test_an_imu_that_is_not_asked_for_does_not_count(attitude: str) -> None:
    assert held((SIN, 0.0, -COS), attitude=attitude).attitude.down == (0.0, 1.0, 0.0)


# The height


@pytest.mark.parametrize('attitude', ['fixed', 'ground'])
def test_height_is_that_of_the_sensor_and_how_far_the_camera_is_over_it(attitude: str) -> None:
    made = held(None, 2.0, attitude=attitude, height_from='range', height=0.25)
    assert made.attitude.height == 2.25


def test_a_sensor_that_tells_the_height_does_not_tell_the_pitch() -> None:
    assert not held(None, 2.0, attitude='ground', height_from='range').is_tilt_told
    assert not held(None, 2.0, attitude='ground', height_from='range', height=0.5).is_tilt_told
    assert held(None, 2.0, attitude='fixed', height_from='range').is_tilt_told


def test_the_beam_of_a_body_that_tilts_is_longer_than_it_is_high() -> None:
    made = held((SIN, 0.0, -COS), 2.0, attitude='imu', height_from='range', height=0.1)
    assert made.attitude.height == pytest.approx(2.0 * COS + 0.1)


def test_the_turn_of_the_camera_from_the_body_does_not_turn_the_beam() -> None:
    made = held(LEVEL, 2.0, attitude='imu', height_from='range', pitch=0.8, roll=0.3)
    assert made.attitude.height == pytest.approx(2.0)
    optical = held((0.0, COS, SIN), 2.0, attitude='imu', height_from='range', pitch=0.3,
                   imu_axes='optical')
    assert optical.attitude.height == pytest.approx(2.0)


def test_with_an_imu_a_height_may_be_fixed() -> None:
    assert held((SIN, 0.0, -COS), 9.0, attitude='imu', height=1.5).attitude.height == 1.5


@pytest.mark.parametrize('attitude', ['fixed', 'ground', 'imu'])
@pytest.mark.parametrize('beam', [math.nan, 0.0, -1.0])
def test_a_sensor_that_says_no_height_leaves_it_unknown(attitude: str, beam: float) -> None:
    made = held(LEVEL, beam, attitude=attitude, height_from='range')
    assert math.isnan(made.attitude.height)
    assert made.is_tilt_told == (attitude != 'ground')


def test_upside_down_a_beam_does_not_meet_the_ground() -> None:
    made = held((0.0, 0.0, 1.0), 2.0, attitude='imu', height_from='range', height=3.0)
    assert math.isnan(made.attitude.height)
