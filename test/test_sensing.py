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
"""What messages of other sensors say about an image: units, signs, limits, refusals."""

from __future__ import annotations

import math
from types import SimpleNamespace as Message
from typing import Any

from depth_seg_ros.depth import DepthKind
from depth_seg_ros.images import ImageError
from depth_seg_ros.params import InputParams, PipelineParams, updated
from depth_seg_ros.readings import NOTHING
from depth_seg_ros.sensing import (
    depth_of_image, down_of_imu, height_of_range, Sensing, SENSORS, stamp_ns)
import numpy as np
import pytest

INPUT = InputParams()
ALL = updated(PipelineParams(), {
    'model.name': 'depth_in', 'scale.source': 'sparse', 'mount.attitude': 'imu',
    'mount.height_from': 'range'})
SECOND = 10**9


def header(ns: int) -> Message:
    return Message(stamp=Message(sec=ns // SECOND, nanosec=ns % SECOND))


def image(values: Any, kind: str = '32FC1', ns: int = 0, **changes: Any) -> Message:
    rows = np.asarray(values, '<f4' if kind == '32FC1' else '<u2')
    return Message(**{'header': header(ns), 'data': rows.tobytes(), 'height': rows.shape[0],
                      'width': rows.shape[1], 'encoding': kind, 'step': rows.strides[0],
                      'is_bigendian': 0, **changes})


def imu(q: tuple[float, ...] | None = None, up: tuple[float, ...] | None = None,
        ns: int = 0) -> Message:
    """Return a message with an orientation (x, y, z, w), an acceleration, or both."""
    x, y, z, w = q or (0.0, 0.0, 0.0, 0.0)
    a = up or (0.0, 0.0, 0.0)
    return Message(
        header=header(ns), orientation=Message(x=x, y=y, z=z, w=w),
        orientation_covariance=[0.0 if q else -1.0] + [0.0] * 8,
        linear_acceleration=Message(x=a[0], y=a[1], z=a[2]),
        linear_acceleration_covariance=[0.0 if up else -1.0] + [0.0] * 8)


def distance(got: float, low: float = 0.2, high: float = 8.0, ns: int = 0) -> Message:
    return Message(header=header(ns), range=got, min_range=low, max_range=high)


def test_a_stamp_is_in_nanoseconds() -> None:
    assert stamp_ns(header(12 * SECOND + 345)) == 12 * SECOND + 345


@pytest.mark.parametrize('kind', ['16UC1', 'mono16'])
def test_integers_are_millimeters_and_zero_is_nothing(kind: str) -> None:
    depth = depth_of_image(image([[1500, 0, 65535]], kind), 1.0)
    assert depth.kind is DepthKind.METRIC
    np.testing.assert_array_equal(depth.valid, [[True, False, True]])
    np.testing.assert_allclose(depth.values[depth.valid], [1.5, 65.535])


def test_floats_are_meters_and_what_is_not_finite_and_positive_is_nothing() -> None:
    depth = depth_of_image(image([[2.5, 0.0, math.nan, math.inf, -1.0]]), 1.0)
    np.testing.assert_array_equal(depth.valid, [[True, False, False, False, False]])
    assert depth.values[0, 0] == 2.5


def test_byte_order_and_row_padding_are_those_of_the_message() -> None:
    rows = np.array([[1000, 2000, 7], [3000, 4000, 7]], '>u2')
    depth = depth_of_image(image([[0, 0], [0, 0]], '16UC1', data=rows.tobytes(), step=6,
                                 is_bigendian=1), 1.0)
    np.testing.assert_allclose(depth.values, [[1, 2], [3, 4]])


@pytest.mark.parametrize(('changes', 'said'), [
    ({'encoding': 'rgb8'}, "expected one of 32FC1, 16UC1, mono16, got 'rgb8'"),
    ({'data': b'abc'}, 'got 3'), ({'step': 3}, 'got 3'), ({'height': 0}, 'got 2x0'),
    ({'height': 10**6, 'width': 10**6}, 'at most 1 megapixels')])
def test_damaged_depth_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ImageError, match=said):
        depth_of_image(image([[1.0, 2.0]], **changes), 1.0)


def turned(axis: tuple[float, float, float], angle: float) -> tuple[float, ...]:
    return (*(math.sin(angle / 2) * each for each in axis), math.cos(angle / 2))


@pytest.mark.parametrize(('q', 'down'), [
    (turned((0, 0, 1), 0.0), (0, 0, -1)),
    (turned((0, 0, 1), 2.0), (0, 0, -1)),  # heading does not matter
    (turned((0, 1, 0), 0.3), (math.sin(0.3), 0, -math.cos(0.3))),  # nose down: down is ahead
    (turned((1, 0, 0), 0.3), (0, -math.sin(0.3), -math.cos(0.3))),  # right side down
    (turned((1, 0, 0), math.pi), (0, 0, 1))])
def test_orientation_tells_what_is_down_in_the_axes_of_the_body(
        q: tuple[float, ...], down: tuple[float, ...]) -> None:
    assert down_of_imu(imu(q)) == pytest.approx(down, abs=1e-12)
    # At rest the acceleration points up, against gravity, and says the same.
    assert down_of_imu(imu(up=tuple(-9.81 * each for each in down))) == pytest.approx(
        down, abs=1e-12)


def test_an_orientation_counts_more_than_an_acceleration() -> None:
    assert down_of_imu(imu((0, 0, 0, 1), up=(9.81, 0, 0))) == (0, 0, -1)


def test_a_slightly_long_quaternion_still_gives_a_unit_vector() -> None:
    down = down_of_imu(imu((0.0, 0.15, 0.0, 0.996)))
    assert math.hypot(*down) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize('q', [(0, 0, 0, 1e-9), (0, 0, 0, 2), (math.nan, 0, 0, 1)])
def test_a_quaternion_that_is_none_is_refused(q: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match='orientation: expected a quaternion of length 1, got'):
        down_of_imu(imu(q))


@pytest.mark.parametrize('norm', [0.5, 7.9, 11.7, math.nan, math.inf])
def test_an_acceleration_that_is_not_gravity_alone_is_refused(norm: float) -> None:
    with pytest.raises(ValueError, match='linear_acceleration: expected 8 to 11.6 m/s'):
        down_of_imu(imu(up=(0, 0, norm)))


def test_an_imu_that_measures_neither_is_refused() -> None:
    with pytest.raises(ValueError, match='got neither'):
        down_of_imu(imu())


def test_a_range_between_its_limits_is_a_height() -> None:
    assert height_of_range(distance(1.25)) == 1.25
    assert height_of_range(distance(8.0)) == 8.0


@pytest.mark.parametrize('got', [0.1, 8.1, math.inf, -math.inf, math.nan, -1.0, 0.0])
def test_a_range_outside_its_limits_is_unknown(got: float) -> None:
    with pytest.raises(ValueError, match='expected .* to 8 m, got .*: the height is unknown'):
        height_of_range(distance(got, low=0.0 if got == 0.0 else 0.2))


def test_only_what_the_parameters_ask_for_is_taken() -> None:
    assert Sensing(PipelineParams()).sensors == ()
    assert Sensing(ALL).sensors == SENSORS
    for sensor in SENSORS:
        name, value = sensor.wanted_by.split('=')
        assert Sensing(updated(PipelineParams(), {name: value})).sensors == (sensor,)


def test_every_reading_is_that_of_the_message_nearest_to_the_image() -> None:
    sensing = Sensing(ALL)
    for ns in (0, SECOND, 2 * SECOND):
        meters = 1.0 + ns / SECOND
        sensing.add('depth_in', image([[meters]], ns=ns))
        sensing.add('sparse_depth', image([[meters + 0.5]], ns=ns))
        sensing.add('imu', imu(turned((0, 1, 0), meters), ns=ns))
        sensing.add('range', distance(meters, ns=ns))
    readings = sensing.readings(SECOND + 10**7, INPUT)
    assert readings.depth is not None and readings.sparse is not None
    assert (readings.depth.values[0, 0], readings.sparse.values[0, 0]) == (2.0, 2.5)
    assert readings.down == pytest.approx((math.sin(2.0), 0.0, -math.cos(2.0)))
    assert readings.height == 2.0
    assert sensing.problems() == {}


def test_a_range_may_be_half_a_second_away_and_others_max_skew() -> None:
    sensing = Sensing(ALL)
    sensing.add('sparse_depth', image([[1.0]]))
    sensing.add('range', distance(1.0))
    readings = sensing.readings(5 * 10**8, INPUT)
    assert readings.sparse is None
    assert readings.height == 1.0
    assert math.isnan(sensing.readings(5 * 10**8 + 1, INPUT).height)
    assert sensing.readings(6 * 10**8, InputParams(max_skew=0.6)).height == 1.0


def test_what_is_missing_is_nothing_and_after_a_while_a_problem() -> None:
    sensing = Sensing(ALL)
    assert sensing.newest_ns('imu') is None
    assert vars(sensing.readings(0, INPUT)) == vars(NOTHING)
    sensing.readings(5 * 10**8, INPUT)
    assert sensing.problems() == {}
    sensing.readings(5 * 10**8 + 1, INPUT)
    assert set(sensing.problems()) == {sensor.topic for sensor in SENSORS}
    assert sensing.problems()['imu'] == (
        'no message within 0.05 s of the stamp of the image (none came); publish it without delay '
        'and with the time of its measurement, by the clock of the camera; raise input.max_skew '
        'only where it is measured more rarely than that')
    assert sensing.problems()['range'].startswith('no message within 0.5 s')
    sensing.add('imu', imu((0, 0, 0, 1), ns=SECOND))
    sensing.readings(SECOND, INPUT)
    assert 'imu' not in sensing.problems()


@pytest.mark.parametrize(('off', 'said'), [
    (-3 * 10**8, 'the newest is 0.3 s older'), (2 * 10**8, 'the newest is 0.2 s newer')])
def test_a_problem_tells_on_which_side_of_the_image_the_newest_message_is(
        off: int, said: str) -> None:
    sensing = Sensing(updated(PipelineParams(), {'mount.attitude': 'imu'}))
    sensing.readings(0, INPUT)
    sensing.add('imu', imu((0, 0, 0, 1), ns=SECOND + off))
    sensing.readings(SECOND, INPUT)
    assert said in sensing.problems()['imu']


def points(ns: int, meters: float) -> Message:
    return image([[meters]], ns=ns)


def test_points_that_come_after_their_image_are_told_with_the_next_one_and_are_no_problem(
        ) -> None:
    sensing = Sensing(updated(PipelineParams(), {'scale.source': 'sparse'}))
    for number in range(12):  # each comes 60 ms after its image, ten images a second
        readings = sensing.readings(number * 10**8, INPUT)
        assert readings.sparse is None
        late = readings.late_sparse
        if number == 0:
            assert late is None
        else:
            assert late is not None and late.stamp == (number - 1) * 10**8 * 1e-9
            assert late.points.values[0, 0] == number
        sensing.add('sparse_depth', points(number * 10**8, number + 1.0))
    assert sensing.problems() == {}


def test_late_points_do_not_count_once_an_image_has_its_own() -> None:
    sensing = Sensing(updated(PipelineParams(), {'scale.source': 'sparse'}))
    sensing.readings(0, INPUT)
    sensing.add('sparse_depth', points(0, 1.0))
    sensing.add('sparse_depth', points(10**8, 2.0))
    readings = sensing.readings(10**8, INPUT)
    assert readings.sparse is not None and readings.late_sparse is None
    assert sensing.readings(2 * 10**8, INPUT).late_sparse is None


def test_late_points_that_cannot_be_read_are_a_problem() -> None:
    sensing = Sensing(updated(PipelineParams(), {'scale.source': 'sparse'}))
    sensing.readings(0, INPUT)
    sensing.add('sparse_depth', image([[1.0]], encoding='rgb8'))
    assert sensing.readings(10**8, INPUT).late_sparse is None
    assert "got 'rgb8'" in sensing.problems()['sparse_depth']


def test_what_cannot_be_read_is_a_problem_until_something_can() -> None:
    sensing = Sensing(updated(PipelineParams(), {'scale.source': 'sparse'}))
    sensing.add('sparse_depth', image([[1.0]], encoding='rgb8'))
    assert sensing.readings(0, INPUT).sparse is None
    assert "got 'rgb8'" in sensing.problems()['sparse_depth']
    assert sensing.match(sensing.sensors[0], 0, INPUT) is not None  # that it came is not enough
    assert "got 'rgb8'" in sensing.problems()['sparse_depth']
    sensing.add('sparse_depth', image([[1.0]], ns=1))
    assert sensing.readings(1, INPUT).sparse is not None
    assert sensing.problems() == {}


def test_depth_that_stands_for_the_network_cannot_be_done_without() -> None:
    sensing = Sensing(updated(PipelineParams(), {'model.name': 'depth_in'}))
    sensing.add('depth_in', image([[1.0]], encoding='rgb8'))
    with pytest.raises(ImageError, match="depth_in: image encoding: .* got 'rgb8'"):
        sensing.readings(0, INPUT)
    assert "got 'rgb8'" in sensing.problems()['depth_in']


def test_a_larger_depth_image_than_allowed_is_refused() -> None:
    sensing = Sensing(updated(PipelineParams(), {'scale.source': 'sparse'}))
    sensing.add('sparse_depth', image(np.ones((101, 100))))
    sensing.readings(0, InputParams(max_megapixels=0.01))
    assert 'at most 0.01 megapixels' in sensing.problems()['sparse_depth']
