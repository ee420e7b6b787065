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
"""The image and camera_info subscriptions of an active node."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from depth_seg_ros.calibration import camera_model
from depth_seg_ros.ros.conversions import AnyImage
from depth_seg_ros.ros.diagnostics import InputSource
from depth_seg_ros.ros.frame_processor import Camera
from rclpy.node import Node
from rclpy.qos import (
    HistoryPolicy, qos_check_compatible, QoSCompatibility, QoSProfile, ReliabilityPolicy)
from rclpy.qos_overriding_options import QoSOverridingOptions
from rclpy.subscription import Subscription
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

__all__ = ['InputSubscriptions']

TRANSPORTS: dict[str, tuple[str, type]] = {
    'raw': ('image', Image),
    'compressed': ('image/compressed', CompressedImage),
}


class InputSubscriptions:
    """
    Best effort, keep last 1: whatever the publisher offers matches, and nothing old waits.

    Parameters
    ----------
    node : rclpy.node.Node
    transport : str
        A key of `TRANSPORTS`.
    on_image : callable
        Gets every image message; must return at once.

    Attributes
    ----------
    camera : tuple or None
        The latest calibration; None before the first.

    """

    def __init__(self, node: Node, transport: str, on_image: Callable[[AnyImage], None]) -> None:
        self._node = node
        self.camera: Camera | None = None
        topic, kind = TRANSPORTS[transport]
        self._type_name = f'sensor_msgs/msg/{kind.__name__}'
        self._qos = _qos()
        with ExitStack() as undo:
            self._image = self._subscribe(undo, kind, topic, on_image, self._qos)
            self._subscribe(undo, CameraInfo, 'camera_info', self._on_info, _qos())
            self._undo = undo.pop_all()

    def _subscribe(self, undo: ExitStack, kind: type, topic: str,
                   callback: Callable[[Any], None], qos: QoSProfile) -> Subscription:
        subscription = self._node.create_subscription(
            kind, topic, callback, qos,
            qos_overriding_options=QoSOverridingOptions.with_default_policies())
        undo.callback(self._node.destroy_subscription, subscription)
        return subscription

    @property
    def image_topic(self) -> str:
        """Return the full name of the topic that images should come on."""
        return str(self._image.topic_name)

    def source(self) -> InputSource:
        """Return who publishes images, and why they cannot be received where that is so."""
        topic = self.image_topic
        mismatch = ''
        offers = self._node.get_publishers_info_by_topic(topic)
        for offer in offers:
            level, reason = qos_check_compatible(offer.qos_profile, self._qos)
            if offer.topic_type != self._type_name:
                mismatch = (f'{offer.topic_type} is published there, {self._type_name} is '
                            'expected; remap `image`, or set input.transport')
            elif level == QoSCompatibility.ERROR:
                mismatch = f'its QoS does not match: {reason}; change qos_overrides.{topic}'
            else:
                return InputSource(topic, len(offers))
        return InputSource(topic, len(offers), mismatch)

    def _on_info(self, message: CameraInfo) -> None:
        try:
            self.camera = message, camera_model(message)
        except ValueError as error:
            self.camera = None
            self._node.get_logger().warning(
                f'camera_info is not used: {error}', throttle_duration_sec=60.0)

    def destroy(self) -> None:
        """End both subscriptions."""
        self._undo.close()


def _qos() -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1,
                      reliability=ReliabilityPolicy.BEST_EFFORT)
