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
"""A subscription of images, as reliable as those who publish them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from depth_seg_ros.ros.diagnostics import InputSource
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import (
    HistoryPolicy, qos_check_compatible, QoSCompatibility, QoSPolicyKind, QoSProfile,
    ReliabilityPolicy)
from rclpy.qos_overriding_options import QoSOverridingOptions

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

__all__ = ['AdaptiveSubscription']

# Seconds between two looks at who publishes.
ADAPT_PERIOD = 0.5


class AdaptiveSubscription:
    """
    Keep last 1, volatile; reliable where every publisher is, best effort else.

    Best effort matches any publisher, but at its default settings Fast DDS then loses nearly all
    images from another process (87 of 90 at 640x480); reliable, it loses none. So the
    subscription begins as best effort, and follows what the publishers offer. A reliability in
    `qos_overrides` is kept instead.

    Parameters
    ----------
    node : rclpy.node.Node
    kind : type
        Of the messages.
    topic : str
        As the node knows it, before remapping.
    way_out : str
        What to do where another type is published there.
    callback : callable
        Gets every message; must return at once.
    on_lost : callable, optional
        Gets how many more messages were sent and did not arrive.

    Attributes
    ----------
    topic : str
        Full name.

    """

    def __init__(self, node: Node, kind: type, topic: str, way_out: str,
                 callback: Callable[[Any], None],
                 on_lost: Callable[[int], None] | None = None) -> None:
        self._node, self._kind, self._way_out = node, kind, way_out
        self._callback, self._on_lost = callback, on_lost
        self.topic = str(node.resolve_topic_name(topic))
        self._is_adaptive = not node.has_parameter(
            f'qos_overrides.{self.topic}.subscription.reliability')
        with ExitStack() as undo:
            self._subscribe(ReliabilityPolicy.BEST_EFFORT)
            undo.callback(self._unsubscribe)
            timer = node.create_timer(  # that of a simulation may stand still
                ADAPT_PERIOD, self._adapt, clock=Clock(clock_type=ClockType.STEADY_TIME))
            undo.callback(node.destroy_timer, timer)
            self._undo = undo.pop_all()

    def destroy(self) -> None:
        """End it."""
        self._undo.close()

    def source(self) -> InputSource:
        """Return who publishes, and why that cannot be received where that is so."""
        mismatch = ''
        offers = self._node.get_publishers_info_by_topic(self.topic)
        expected = f'sensor_msgs/msg/{self._kind.__name__}'
        for offer in offers:
            level, reason = qos_check_compatible(offer.qos_profile, self._qos)
            if offer.topic_type != expected:
                mismatch = (f'{offer.topic_type} is published there, {expected} is expected; '
                            f'{self._way_out}')
            elif level == QoSCompatibility.ERROR:
                mismatch = (f'its QoS does not match: {reason}; change '
                            f'qos_overrides.{self.topic}')
            else:
                return InputSource(self.topic, len(offers))
        return InputSource(self.topic, len(offers), mismatch)

    def _subscribe(self, reliability: ReliabilityPolicy) -> None:
        self._reliability = reliability
        self._qos = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, reliability=reliability)
        # rclpy declares each kind as a parameter once, and keeps to it from then on.
        kinds = [QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH]
        if not self._is_adaptive:
            kinds.append(QoSPolicyKind.RELIABILITY)
        on_lost = self._on_lost
        events = None if on_lost is None else SubscriptionEventCallbacks(
            message_lost=lambda event: on_lost(event.total_count_change))
        self._subscription = self._node.create_subscription(
            self._kind, self.topic, self._callback, self._qos, event_callbacks=events,
            qos_overriding_options=QoSOverridingOptions(kinds))

    def _unsubscribe(self) -> None:
        self._node.destroy_subscription(self._subscription)

    def _adapt(self) -> None:
        offers = self._node.get_publishers_info_by_topic(self.topic)
        if not offers or not self._is_adaptive:
            return
        best_effort = any(offer.qos_profile.reliability != ReliabilityPolicy.RELIABLE
                          for offer in offers)
        wanted = ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE
        if wanted != self._reliability:
            self._unsubscribe()
            self._subscribe(wanted)
