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
"""
What the messages of other sensors say about an image, without ROS: for bags and the node.

A message is any object with the fields of its type, whichever library made it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import math
import threading
from typing import Any

from depth_seg_ros.depth import DEPTH_IN, DepthKind, DepthMap
from depth_seg_ros.images import decode_depth, ImageError
from depth_seg_ros.matching import Missed, Recent
from depth_seg_ros.params import InputParams, PipelineParams
from depth_seg_ros.readings import LATE_IMAGES, LatePoints, Readings

__all__ = ['depth_of_image', 'down_of_imu', 'height_of_range', 'Sensing', 'Sensor', 'SENSORS',
           'stamp_ns']

GRAVITY = (8.0, 11.6)
"""m/s^2. An acceleration outside is not gravity alone: a fall, a hard maneuver."""

PATIENCE = 0.5
"""Seconds of images without a message before somebody should look. Slow sensors have gaps."""


def stamp_ns(header: Any) -> int:
    """Return the stamp of a message in nanoseconds."""
    return int(header.stamp.sec) * 10**9 + int(header.stamp.nanosec)


def _newest(newest_ns: int | None, image_ns: int) -> str:
    """Return how the last message lies to an image, in words."""
    if newest_ns is None:
        return 'none came'
    side = 'older' if newest_ns < image_ns else 'newer'
    return f'the newest is {abs(newest_ns - image_ns) * 1e-9:.3g} s {side}'


def depth_of_image(image: Any, max_megapixels: float) -> DepthMap:
    """
    Return the depth of a sensor_msgs/Image (REP 118).

    Raises
    ------
    ImageError
        When it is damaged, too large, or of an encoding that is not one of depth.

    """
    return DepthMap(decode_depth(image.data, image.height, image.width, image.encoding, image.step,
                                 bool(image.is_bigendian), max_megapixels), DepthKind.METRIC)


def down_of_imu(imu: Any, _: float = 0.0) -> tuple[float, float, float]:
    """
    Return the direction of gravity from a sensor_msgs/Imu (REP 145).

    Its orientation counts; where its covariance begins with -1 it has none, and its acceleration
    does.

    Returns
    -------
    tuple of float
        Unit vector in the axes of the message.

    Raises
    ------
    ValueError
        When neither tells it.

    """
    if imu.orientation_covariance[0] == -1.0:
        return _down_of_acceleration(imu)
    q = imu.orientation
    norm = math.sqrt(q.x**2 + q.y**2 + q.z**2 + q.w**2)
    if not abs(norm - 1.0) <= 0.01:
        raise ValueError(
            f'orientation: expected a quaternion of length 1, got {norm:.3g}; a driver that has '
            'no orientation has to set orientation_covariance[0] to -1')
    x, y, z, w = q.x / norm, q.y / norm, q.z / norm, q.w / norm
    return 2 * (w * y - x * z), -2 * (y * z + w * x), 2 * (x * x + y * y) - 1


def _down_of_acceleration(imu: Any) -> tuple[float, float, float]:
    if imu.linear_acceleration_covariance[0] == -1.0:
        raise ValueError('expected an orientation or an acceleration, got neither (both '
                         'covariances begin with -1); use another IMU, or mount.attitude fixed')
    # What holds the sensor against its fall: at rest it points up.
    up = imu.linear_acceleration
    norm = math.sqrt(up.x**2 + up.y**2 + up.z**2)
    low, high = GRAVITY
    if not low <= norm <= high:
        raise ValueError(
            f'linear_acceleration: expected {low:g} to {high:g} m/s^2, got {norm:.3g}; in a fall '
            'or a hard maneuver it does not tell what is down, an orientation would')
    return -up.x / norm, -up.y / norm, -up.z / norm


def height_of_range(message: Any, _: float = 0.0) -> float:
    """
    Return the distance of a sensor_msgs/Range in meters.

    Raises
    ------
    ValueError
        When it is not between its limits (REP 117): nothing was measured.

    """
    low, high, got = float(message.min_range), float(message.max_range), float(message.range)
    if not (0.0 < got < math.inf and low <= got <= high):
        raise ValueError(f'expected {low:g} to {high:g} m, got {got:g}: the height is unknown')
    return got


@dataclass(frozen=True)
class Sensor:
    """
    One kind of message that tells something about an image.

    Parameters
    ----------
    topic : str
        Name of its topic at the node.
    kind : str
        Type of the message.
    reading : str
        The field of `Readings` that it fills.
    read : callable
        (message, largest image in 10^6 px) -> that field; raises ValueError.
    is_wanted : callable
        PipelineParams -> whether these ask for it.
    wanted_by : str
        The parameter and value that do.
    kept : int
        How many of the last messages are kept: for half a second, while an image waits its turn.
    least_skew : float
        Its stamp may differ from that of the image by so many seconds, if not by more.
    late_reading : str
        The field of `Readings` for what it said about an earlier image; empty where that is of
        no use to a later one.

    """

    topic: str
    kind: str
    reading: str
    read: Callable[[Any, float], Any]
    is_wanted: Callable[[PipelineParams], bool]
    wanted_by: str
    kept: int
    least_skew: float = 0.0
    late_reading: str = ''

    def max_skew(self, params: InputParams) -> float:
        """Return by how many seconds its stamp may differ from that of the image."""
        return max(self.least_skew, params.max_skew)


SENSORS: tuple[Sensor, ...] = (
    Sensor('depth_in', 'sensor_msgs/msg/Image', 'depth', depth_of_image,
           lambda params: params.model.name == DEPTH_IN, f'model.name={DEPTH_IN}', 15),
    Sensor('sparse_depth', 'sensor_msgs/msg/Image', 'sparse', depth_of_image,
           lambda params: params.scale.source == 'sparse', 'scale.source=sparse', 15,
           late_reading='late_sparse'),
    Sensor('imu', 'sensor_msgs/msg/Imu', 'down', down_of_imu,
           lambda params: params.mount.attitude == 'imu', 'mount.attitude=imu', 400),
    # A height changes slowly, and such sensors are slow: 10 Hz are usual.
    Sensor('range', 'sensor_msgs/msg/Range', 'height', height_of_range,
           lambda params: params.mount.height_from == 'range', 'mount.height_from=range', 50,
           least_skew=0.5),
)
"""Every sensor but the camera itself, in the order of the README."""


class Sensing:
    """
    The last messages of the sensors that the parameters ask for. For any thread.

    Parameters
    ----------
    params : PipelineParams

    Attributes
    ----------
    sensors : tuple of Sensor
        Those that are asked for.

    """

    def __init__(self, params: PipelineParams) -> None:
        self.sensors = tuple(sensor for sensor in SENSORS if sensor.is_wanted(params))
        self._lock = threading.Lock()
        self._recent: dict[str, Recent[Any]] = {
            sensor.topic: Recent(sensor.kept) for sensor in self.sensors}
        self._matched: dict[str, int] = {}
        self._problems: dict[str, str] = {}
        self._missed: Missed[Any] = Missed(LATE_IMAGES)

    def add(self, topic: str, message: Any) -> None:
        """Keep a message."""
        with self._lock:
            self._recent[topic].add(stamp_ns(message.header), message)

    def newest_ns(self, topic: str) -> int | None:
        """Return the stamp of the last message of a topic; None before the first."""
        return self._recent[topic].newest_ns

    def match(self, sensor: Sensor, image_ns: int, params: InputParams) -> Any:
        """Return the message of a sensor that belongs to an image; None where none does."""
        skew = sensor.max_skew(params)
        with self._lock:
            found = self._recent[sensor.topic].nearest(image_ns, round(skew * 1e9))
            if found is not None:
                self._matched[sensor.topic] = image_ns
                if sensor.late_reading:
                    self._missed.clear()
            # Its first image counts as if it had matched: a sensor may begin later.
            elif abs(image_ns - self._matched.setdefault(sensor.topic, image_ns)) > PATIENCE * 1e9:
                self._problems[sensor.topic] = (
                    f'no message within {skew:g} s of the stamp of the image '
                    f'({_newest(self.newest_ns(sensor.topic), image_ns)}); publish it without '
                    'delay and with the time of its measurement, by the clock of the camera; '
                    'raise input.max_skew only where it is measured more rarely than that')
        return found

    def readings(self, image_ns: int, params: InputParams) -> Readings:
        """
        Return what the sensors say about an image; what cannot be read is a problem.

        Parameters
        ----------
        image_ns : int
            Stamp of the image in nanoseconds.
        params : InputParams
            By how much stamps may differ, and how large images may be.

        Raises
        ------
        ImageError
            When it is `depth_in` that cannot be read: without it there is nothing.

        """
        read: dict[str, Any] = {}
        for sensor in self.sensors:
            message = self.match(sensor, image_ns, params)
            if message is not None:
                read[sensor.reading] = self._read(sensor, message, params)
            elif sensor.late_reading:
                read[sensor.late_reading] = self._late(sensor, image_ns, params)
        return Readings(**{name: value for name, value in read.items() if value is not None})

    def _read(self, sensor: Sensor, message: Any, params: InputParams) -> Any:
        """Return what a message says; None, and a problem, where it cannot be read."""
        try:
            value = sensor.read(message, params.max_megapixels)
        except ValueError as error:
            with self._lock:
                self._problems[sensor.topic] = str(error)
            if sensor.reading == 'depth':
                raise ImageError(f'{sensor.topic}: {error}') from error
            return None
        with self._lock:
            self._problems.pop(sensor.topic, None)
        return value

    def _late(self, sensor: Sensor, image_ns: int, params: InputParams) -> LatePoints | None:
        """Return what came by now of the newest image before this one that went without."""
        with self._lock:
            found = self._missed.add(image_ns, self._recent[sensor.topic],
                                     round(sensor.max_skew(params) * 1e9))
            if found is None:
                return None
            self._matched[sensor.topic] = image_ns
        points = self._read(sensor, found[1], params)
        return None if points is None else LatePoints(found[0] * 1e-9, points)

    def problems(self) -> dict[str, str]:
        """Return, by topic, what is wrong with it and what to do; only of those that came."""
        with self._lock:
            return dict(self._problems)
