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
"""Everything that goes into a depth_seg node and comes out of it, into a bag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import struct
import time

from depth_seg_ros.bag import BagWriter
from depth_seg_ros.outputs import IMAGES, LABEL_INFO, REGIONS
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo, Image
from vision_msgs.msg import Detection2DArray, LabelInfo

__all__ = ['RecordedFrame', 'Recorder']

DEPTH = 100
"""Messages that may wait per topic while others are written."""


@dataclass
class RecordedFrame:
    """
    One image and when its results came. Times of the system clock in nanoseconds.

    Parameters
    ----------
    sent_ns : int
        When it was published.
    results : dict of str to int
        When each result was received, by topic below the node's name.

    """

    sent_ns: int
    results: dict[str, int] = field(default_factory=dict)


class Recorder(Node):
    """
    Writes input and output of a node as they are on the wire.

    Parameters
    ----------
    writer : BagWriter
    observed : str
        Full name of the depth_seg node.

    Attributes
    ----------
    frames : dict of int to RecordedFrame
        By the stamp of the image, in the order of publishing.
    diagnostics : dict of str to str
        The last status of the node.
    diagnostics_ns : int
        When it was received.
    heard : float
        When the last message of an image or result was read, by the monotonic clock.
    failure : str
        What the node says it cannot do; empty while it is well.

    """

    def __init__(self, writer: BagWriter, observed: str = '/depth_seg') -> None:
        super().__init__('recorder')
        self._writer = writer
        self._observed = observed
        self.frames: dict[int, RecordedFrame] = {}
        self.diagnostics: dict[str, str] = {}
        self.diagnostics_ns = 0
        self.heard = time.monotonic()
        self.failure = ''
        self._record(Image, 'image', self._on_image)
        self._record(CameraInfo, 'camera_info')
        for output in IMAGES:
            self._record(Image, f'{observed}/{output.topic}', self._on_result)
        self._record(CameraInfo, f'{observed}/depth/camera_info')
        self._record(Detection2DArray, f'{observed}/{REGIONS}', self._on_result)
        self._record(LabelInfo, f'{observed}/{LABEL_INFO}', latched=True)
        self._record(DiagnosticArray, '/diagnostics', self._on_diagnostics)

    def _record(self, kind: type, topic: str,
                also: Callable[[str, bytes, Mapping[str, int]], None] | None = None,
                latched: bool = False) -> None:
        module, name = kind.__module__.split('.')[0], kind.__name__
        durability = DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
        qos = QoSProfile(depth=DEPTH, reliability=ReliabilityPolicy.RELIABLE,
                         durability=durability)
        full_name = self.resolve_topic_name(topic)

        def on_message(data: bytes, info: Mapping[str, int]) -> None:
            self._writer.write(full_name, f'{module}/msg/{name}', info['received_timestamp'], data)
            if also is not None:
                also(topic, data, info)

        self.create_subscription(kind, topic, on_message, qos, raw=True)

    def _on_image(self, _: str, data: bytes, info: Mapping[str, int]) -> None:
        self._frame(data).sent_ns = info['source_timestamp']

    def _on_result(self, topic: str, data: bytes, info: Mapping[str, int]) -> None:
        name = topic.removeprefix(f'{self._observed}/')
        self._frame(data).results[name] = info['received_timestamp']

    def _frame(self, data: bytes) -> RecordedFrame:
        self.heard = time.monotonic()
        return self.frames.setdefault(_stamp_ns(data), RecordedFrame(0))

    def _on_diagnostics(self, _: str, data: bytes, info: Mapping[str, int]) -> None:
        for status in deserialize_message(data, DiagnosticArray).status:
            if status.name == f'{self._observed.lstrip("/")}: pipeline':
                self.diagnostics = {item.key: item.value for item in status.values}
                self.diagnostics_ns = info['received_timestamp']
                self.failure = status.message if status.level == DiagnosticStatus.ERROR else ''


def _stamp_ns(data: bytes) -> int:
    """Return the stamp of a serialized message that begins with a header."""
    # CDR: two bytes of representation (1: little-endian), two of options, then the fields.
    seconds, nanoseconds = struct.unpack_from('<iI' if data[1] & 1 else '>iI', data, 4)
    return int(seconds) * 10**9 + int(nanoseconds)
