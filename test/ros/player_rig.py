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
"""A player in this process, and a subscriber in a thread that hears it over DDS."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from depth_seg_ros.ros import player
from depth_seg_ros.ros.conversions import rgb_array, stamp_ns
from depth_seg_ros.ros.player import main, Player
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from sensor_msgs.msg import CameraInfo, Image

__all__ = ['ExternalShutdownException', 'init', 'Listener', 'main', 'pixels', 'player', 'Player',
           'rclpy', 'stamps']


def init(**parameters: Any) -> None:
    """Start rclpy with the parameters of a player."""
    rclpy.init(args=['--ros-args', *(part for name, value in parameters.items()
                                     for part in ('-p', f'{name}:={value}'))])


def stamps(messages: list[Any]) -> list[int]:
    """Return the stamps of messages in nanoseconds."""
    return [stamp_ns(message.header) for message in messages]


def pixels(message: Image) -> Any:
    """Return an image message as RGB array."""
    return rgb_array(message, 36.0)


class Listener:
    """Subscribes to what a player publishes, spins in a thread, and answers so many images."""

    def __init__(self, answer: float) -> None:
        self.images: list[Image] = []
        self.infos: list[CameraInfo] = []
        self._most = answer
        self._node = rclpy.create_node('listener')
        self._answers = self._node.create_publisher(Image, 'depth_seg/mask', 1) if answer else None
        self._node.create_subscription(Image, 'image', self._on_image, 50)
        self._node.create_subscription(CameraInfo, 'camera_info', self._on_info, 50)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()

    def _on_image(self, message: Image) -> None:
        self.images.append(message)
        if self._answers is not None and len(self.images) <= self._most:
            self._answers.publish(Image(header=message.header))

    def _on_info(self, message: CameraInfo) -> None:
        self.infos.append(message)

    def close(self) -> None:
        """Stop spinning."""
        self._executor.shutdown()
        self._thread.join()
        self._node.destroy_node()
