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
A depth node the way most are written; the other side of `depth_seg bench dds --against eager`.

Up to ten images wait in the queue of the subscription, best effort; the network runs inside the
callback; every image is converted to and fro through copies; depth at the size of the image and a
heat map, scaled to the extremes of each frame, are made and sent whether or not anyone listens.
"""

from __future__ import annotations

import sys
from typing import Any

import cv2
from depth_seg_ros.backends.eager import EagerNetwork
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

__all__ = ['EagerNode', 'main']

QUEUE = 10


class EagerNode(Node):
    """
    Depth and a heat map of every image that is taken out of the queue.

    Parameters
    ----------
    **options
        As for rclpy.node.Node; ROS parameters are `model.name` and `model.input_size`.

    """

    def __init__(self, **options: Any) -> None:
        super().__init__('eager', **options)
        name = self.declare_parameter('model.name', '').value
        size = self.declare_parameter('model.input_size', 252).value
        self._network = EagerNetwork(name, size)
        self._depth = self.create_publisher(Image, '~/depth', QUEUE)
        self._color = self.create_publisher(Image, '~/depth_color', QUEUE)
        self.create_subscription(Image, 'image', self._on_image, QoSProfile(
            depth=QUEUE, reliability=ReliabilityPolicy.BEST_EFFORT))

    def _on_image(self, message: Image) -> None:
        bgr = np.array(message.data, np.uint8).reshape(message.height, message.width, 3)
        depth = self._network(bgr)
        low, high = depth.min(), depth.max()
        gray = ((depth - low) / max(high - low, 1e-6) * 255).astype(np.uint8)
        self._publish(self._depth, message, depth, '32FC1')
        self._publish(self._color, message, cv2.applyColorMap(gray, cv2.COLORMAP_INFERNO), 'bgr8')

    def _publish(self, publisher: Any, source: Image, image: NDArray[np.generic],
                 encoding: str) -> None:
        message = Image(header=source.header, height=image.shape[0], width=image.shape[1],
                        encoding=encoding, step=image.strides[0])
        message.data = image.tobytes()
        publisher.publish(message)


def main(args: list[str] | None = None) -> int:
    """Run the node until Ctrl-C or SIGTERM."""
    rclpy.init(args=args)
    try:
        rclpy.spin(EagerNode())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
