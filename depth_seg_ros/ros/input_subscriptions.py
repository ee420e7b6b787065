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

from depth_seg_ros.calibration import camera_model
from depth_seg_ros.ros.cameras import local_name
from depth_seg_ros.ros.conversions import AnyImage
from depth_seg_ros.ros.diagnostics import InputSource
from depth_seg_ros.ros.frame_processor import Camera
from rclpy.node import Node
from rclpy.qos import (
    HistoryPolicy, qos_check_compatible, QoSCompatibility, QoSPolicyKind, QoSProfile,
    ReliabilityPolicy)
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

__all__ = ['InputSubscriptions']

TRANSPORTS: dict[str, tuple[str, type]] = {
    'raw': ('image', Image),
    'compressed': ('image/compressed', CompressedImage),
}
# Seconds between two looks at who publishes.
ADAPT_PERIOD = 0.5


class InputSubscriptions:
    """
    Keep last 1, volatile; of the image reliable where every publisher is, best effort else.

    Best effort matches any publisher, but at its default settings Fast DDS then loses nearly all
    images from another process (87 of 90 at 640x480); reliable, it loses none. So the
    subscription begins as best effort, and follows what the publishers offer. A reliability in
    `qos_overrides` is kept instead.

    Parameters
    ----------
    node : rclpy.node.Node
    transport : str
        A key of `TRANSPORTS`.
    on_image : callable
        Gets every image message; must return at once.
    on_lost : callable
        Gets how many more images were sent and did not arrive.

    Attributes
    ----------
    camera : tuple or None
        The latest calibration; None before the first, and from a camera without one.

    """

    def __init__(self, node: Node, transport: str, on_image: Callable[[AnyImage], None],
                 on_lost: Callable[[int], None]) -> None:
        self._node = node
        self._on_image = on_image
        self._on_lost = on_lost
        self.camera: Camera | None = None
        topic, self._type = TRANSPORTS[transport]
        self.image_topic = str(node.resolve_topic_name(topic))
        self._is_adaptive = not node.has_parameter(
            f'qos_overrides.{self.image_topic}.subscription.reliability')
        with ExitStack() as undo:
            self._subscribe(ReliabilityPolicy.BEST_EFFORT)
            undo.callback(self._unsubscribe)
            info = node.create_subscription(
                CameraInfo, 'camera_info', self._on_info, _qos(ReliabilityPolicy.BEST_EFFORT),
                qos_overriding_options=QoSOverridingOptions.with_default_policies())
            undo.callback(node.destroy_subscription, info)
            timer = node.create_timer(ADAPT_PERIOD, self._adapt)
            undo.callback(node.destroy_timer, timer)
            self._undo = undo.pop_all()

    def destroy(self) -> None:
        """End both subscriptions."""
        self._undo.close()

    def source(self) -> InputSource:
        """Return who publishes images, and why they cannot be received where that is so."""
        mismatch = ''
        offers = self._node.get_publishers_info_by_topic(self.image_topic)
        expected = f'sensor_msgs/msg/{self._type.__name__}'
        for offer in offers:
            level, reason = qos_check_compatible(offer.qos_profile, self._qos)
            if offer.topic_type != expected:
                mismatch = (f'{offer.topic_type} is published there, {expected} is expected; '
                            f'remap `{local_name(self._node, "image")}`, or set input.transport')
            elif level == QoSCompatibility.ERROR:
                mismatch = (f'its QoS does not match: {reason}; change '
                            f'qos_overrides.{self.image_topic}')
            else:
                return InputSource(self.image_topic, len(offers))
        return InputSource(self.image_topic, len(offers), mismatch)

    def _subscribe(self, reliability: ReliabilityPolicy) -> None:
        self._reliability = reliability
        self._qos = _qos(reliability)
        # rclpy declares each kind as a parameter once, and keeps to it from then on.
        kinds = [QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH]
        if not self._is_adaptive:
            kinds.append(QoSPolicyKind.RELIABILITY)
        self._image = self._node.create_subscription(
            self._type, self.image_topic, self._on_image, self._qos,
            event_callbacks=SubscriptionEventCallbacks(
                message_lost=lambda event: self._on_lost(event.total_count_change)),
            qos_overriding_options=QoSOverridingOptions(kinds))

    def _unsubscribe(self) -> None:
        self._node.destroy_subscription(self._image)

    def _adapt(self) -> None:
        offers = self._node.get_publishers_info_by_topic(self.image_topic)
        if not offers or not self._is_adaptive:
            return
        best_effort = any(offer.qos_profile.reliability != ReliabilityPolicy.RELIABLE
                          for offer in offers)
        wanted = ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE
        if wanted != self._reliability:
            self._unsubscribe()
            self._subscribe(wanted)

    def _on_info(self, message: CameraInfo) -> None:
        model = None
        try:
            model = camera_model(message)
        except ValueError as error:
            self._node.get_logger().warning(
                f'camera_info is not used: {error}', throttle_duration_sec=60.0)
        # Set once: the worker reads it at any time.
        self.camera = None if model is None else (message, model)


def _qos(reliability: ReliabilityPolicy) -> QoSProfile:
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=reliability)
