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
"""What the node takes in: images, their calibration, other sensors, while it is active."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from depth_seg_ros.calibration import camera_model
from depth_seg_ros.ros.adaptive_subscription import AdaptiveSubscription
from depth_seg_ros.ros.cameras import local_name
from depth_seg_ros.ros.conversions import AnyImage
from depth_seg_ros.ros.diagnostics import InputSource
from depth_seg_ros.ros.frame_processor import Camera
from depth_seg_ros.sensing import Sensor
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Imu, Range

__all__ = ['InputSubscriptions']

TRANSPORTS: dict[str, tuple[str, type]] = {
    'raw': ('image', Image),
    'compressed': ('image/compressed', CompressedImage),
}
SENSOR_TYPES: dict[str, type] = {'sensor_msgs/msg/Imu': Imu, 'sensor_msgs/msg/Range': Range}
"""Of small messages."""

# An IMU gives more messages than the executor has turns: 20 are 0.1 s at 200 Hz.
SENSOR_QUEUE = 20


class InputSubscriptions:
    """
    Images as `AdaptiveSubscription`; the rest best effort, volatile.

    Parameters
    ----------
    node : rclpy.node.Node
    transport : str
        A key of `TRANSPORTS`.
    sensors : tuple of Sensor
        Which others to subscribe to.
    on_image : callable
        Gets every image message; must return at once.
    on_lost : callable
        Gets how many more images were sent and did not arrive.
    on_sensor : callable
        Gets the topic of a sensor and each of its messages; must return at once.

    Attributes
    ----------
    camera : tuple or None
        The latest calibration; None before the first, and from a camera without one.

    """

    def __init__(self, node: Node, transport: str, sensors: tuple[Sensor, ...],
                 on_image: Callable[[AnyImage], None], on_lost: Callable[[int], None],
                 on_sensor: Callable[[str, Any], None]) -> None:
        self._node = node
        self._on_sensor = on_sensor
        self.camera: Camera | None = None
        topic, kind = TRANSPORTS[transport]
        with ExitStack() as undo:
            self._image = AdaptiveSubscription(
                node, kind, topic, f'remap `{local_name(node, "image")}`, or set input.transport',
                on_image, on_lost)
            undo.callback(self._image.destroy)
            self._subscribe(undo, CameraInfo, 'camera_info', self._on_info, 1)
            self._sources = {sensor.topic: self._subscribe_sensor(undo, sensor)
                             for sensor in sensors}
            self._undo = undo.pop_all()

    @property
    def image_topic(self) -> str:
        """Return the full name of the topic that images come from."""
        return self._image.topic

    def destroy(self) -> None:
        """End all subscriptions."""
        self._undo.close()

    def source(self) -> InputSource:
        """Return who publishes images, and why they cannot be received where that is so."""
        return self._image.source()

    def sensor_source(self, topic: str) -> InputSource:
        """Return the same of a sensor."""
        return self._sources[topic]()

    def _subscribe_sensor(self, undo: ExitStack, sensor: Sensor) -> Callable[[], InputSource]:
        def take(message: Any) -> None:
            self._on_sensor(sensor.topic, message)

        if sensor.kind not in SENSOR_TYPES:
            images = AdaptiveSubscription(
                self._node, Image, sensor.topic,
                f'remap `{local_name(self._node, sensor.topic)}`', take)
            undo.callback(images.destroy)
            return images.source
        self._subscribe(undo, SENSOR_TYPES[sensor.kind], sensor.topic, take, SENSOR_QUEUE)
        topic = str(self._node.resolve_topic_name(sensor.topic))
        return lambda: InputSource(topic, self._node.count_publishers(topic))

    def _subscribe(self, undo: ExitStack, kind: type, topic: str, callback: Callable[[Any], None],
                   depth: int) -> None:
        subscription = self._node.create_subscription(
            kind, topic, callback,
            QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=depth,
                       reliability=ReliabilityPolicy.BEST_EFFORT),
            qos_overriding_options=QoSOverridingOptions.with_default_policies())
        undo.callback(self._node.destroy_subscription, subscription)

    def _on_info(self, message: CameraInfo) -> None:
        model = None
        try:
            model = camera_model(message)
        except ValueError as error:
            self._node.get_logger().warning(
                f'camera_info is not used: {error}', throttle_duration_sec=60.0)
        # Set once: the worker reads it at any time.
        self.camera = None if model is None else (message, model)
