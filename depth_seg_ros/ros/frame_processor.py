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
"""What the worker does with one image message: check, decode, look; understand, publish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
import math
from time import monotonic, perf_counter
import traceback

from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.images import ImageError, UnsupportedEncodingError
from depth_seg_ros.params import NodeParams
from depth_seg_ros.pipeline import Look, Pipeline
from depth_seg_ros.ros.conversions import AnyImage, rgb_array, stamp_ns
from depth_seg_ros.ros.frame_statistics import DropCause, FrameDropped, FrameStatistics
from depth_seg_ros.ros.publishers import ResultPublishers
from depth_seg_ros.sensing import Sensing
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

__all__ = ['Begun', 'Camera', 'FrameProcessor']

Camera = tuple[CameraInfo, CameraModel]
"""The latest calibration message, and the model it gives."""

# Seconds between two log lines about the same kind of error.
LOG_PERIOD = 5.0
SENSOR_LOG_PERIOD = 60.0


@dataclass(frozen=True, eq=False)
class Begun:
    """
    One image that the network has seen, and what else its messages take.

    Parameters
    ----------
    look : Look
    header : std_msgs/Header
        Of its message.
    wanted : frozenset of str
        Topics to publish.
    params : NodeParams
        As of this image.
    info : sensor_msgs/CameraInfo or None
        Its calibration.
    start : float
        When the work began, as `perf_counter`.

    """

    look: Look
    header: Header
    wanted: frozenset[str]
    params: NodeParams
    info: CameraInfo | None
    start: float


class FrameProcessor:
    """
    The chain from one image message to all messages about it, in two steps.

    `begin` runs in one thread, and `finish` may run in another.

    Parameters
    ----------
    node : rclpy.node.Node
        For its clock and logger.
    pipeline : Pipeline
    publishers : ResultPublishers
    statistics : FrameStatistics
    sensing : Sensing
        What came from other sensors.
    params : callable
        Returns the parameters as of now.
    camera : callable
        Returns the latest calibration, or None before the first.

    """

    def __init__(self, node: Node, pipeline: Pipeline, publishers: ResultPublishers,
                 statistics: FrameStatistics, sensing: Sensing, params: Callable[[], NodeParams],
                 camera: Callable[[], Camera | None]) -> None:
        self._node = node
        self._pipeline = pipeline
        self._publishers = publishers
        self._statistics = statistics
        self._sensing = sensing
        self._params = params
        self._camera = camera
        self._last_stamp = 0
        self._restarts = pipeline.id_restarts
        self._logged: dict[DropCause | str, float] = {}

    def begin(self, message: AnyImage) -> Begun:
        """
        Take one image as far as the network.

        Raises
        ------
        FrameDropped
            When nothing is to be published for it, with the cause.

        """
        start = perf_counter()
        wanted = self._publishers.wanted()
        if not wanted:
            raise FrameDropped(DropCause.UNWATCHED)
        params = self._params()
        self._check_age(message.header, params.input.max_age)
        self._note_rewind(message.header)
        self._pipeline.update(params)
        with _as_drop():
            rgb = rgb_array(message, params.input.max_megapixels)
            readings = self._sensing.readings(stamp_ns(message.header), params.input)
        self._log_problems()
        info, model = self._camera_of(rgb.shape[1], rgb.shape[0])
        try:
            look = self._pipeline.look(rgb, stamp_ns(message.header) * 1e-9, model, readings)
        except RuntimeError as error:  # EstimationError, and torch's own, out of memory included
            raise FrameDropped(DropCause.MODEL_ERROR, str(error)) from error
        return Begun(look, message.header, wanted, params, info, start)

    def finish(self, begun: Begun) -> None:
        """Take one image from the network to its messages."""
        result = self._pipeline.understand(begun.look)
        if not result.quality.is_fit:
            self._node.get_logger().warning(f'all is unknown: {result.quality.problem}',
                                            throttle_duration_sec=LOG_PERIOD)
        self._note_restart()
        missing = self._publishers.publish(
            result, begun.header, begun.wanted, begun.params, begun.info)
        self._statistics.image_processed(
            result, perf_counter() - begun.start, self._age(begun.header), missing)

    def on_error(self, error: Exception) -> None:
        """Count and log what either raised, one line per cause and period."""
        if not self._node.context.ok():
            return  # Ctrl-C: what fails now fails because ROS is gone.
        if isinstance(error, FrameDropped):
            cause, text = error.cause, str(error)
        else:
            cause, text = DropCause.INTERNAL_ERROR, f'{type(error).__name__}: {error}'
        self._statistics.image_dropped(cause, text)
        if not cause.is_error or not self._may_log(cause, LOG_PERIOD):
            return
        if cause is DropCause.INTERNAL_ERROR:
            text += '\n' + ''.join(traceback.format_exception(error))
        self._node.get_logger().error(f'image dropped, {cause.value}: {text}')

    def _log_problems(self) -> None:
        for topic, problem in self._sensing.problems().items():
            if self._may_log(topic, SENSOR_LOG_PERIOD):
                self._node.get_logger().warning(f'{topic}: {problem}')

    def _may_log(self, what: DropCause | str, period: float) -> bool:
        now = monotonic()
        if now - self._logged.get(what, -math.inf) < period:
            return False
        self._logged[what] = now
        return True

    def _camera_of(self, width: int, height: int) -> Camera | tuple[None, None]:
        camera = self._camera()
        if camera is None or camera[1].fits(width, height):
            return camera or (None, None)
        model = camera[1]
        self._node.get_logger().warning(
            f'camera_info is not used: expected the view of a {width}x{height} image, got '
            f'{model.width}x{model.height}; it has to be that of the image topic',
            throttle_duration_sec=60.0)
        return None, None

    def _age(self, header: Header) -> float:
        return (self._node.get_clock().now().nanoseconds - stamp_ns(header)) * 1e-9

    def _check_age(self, header: Header, max_age: float) -> None:
        if max_age > 0 and self._age(header) > max_age:
            raise FrameDropped(DropCause.TOO_OLD)

    def _note_rewind(self, header: Header) -> None:
        stamp, last = stamp_ns(header), self._last_stamp
        self._last_stamp = stamp
        if stamp < last:
            self._statistics.stamp_went_back()
            self._pipeline.reset()
            self._node.get_logger().warning(
                f'the stamp went back by {(last - stamp) * 1e-9:.3f} s (a bag that starts again, '
                'or a simulation reset); the image is processed as the first of a new stream, its '
                'regions have new ids',
                throttle_duration_sec=LOG_PERIOD)

    def _note_restart(self) -> None:
        if self._pipeline.id_restarts > self._restarts:
            self._restarts = self._pipeline.id_restarts
            self._node.get_logger().warning(
                'the region ids up to 65535 do not suffice: every region is new, '
                'and ids begin at 1 again')


@contextmanager
def _as_drop() -> Iterator[None]:
    try:
        yield
    except UnsupportedEncodingError as error:
        raise FrameDropped(DropCause.UNSUPPORTED_ENCODING, str(error)) from error
    except ImageError as error:
        raise FrameDropped(DropCause.BAD_IMAGE, str(error)) from error
