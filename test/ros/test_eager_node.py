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
"""The node the usual way: an image in, depth and a heat map of its size and stamp out."""

from __future__ import annotations

import numpy as np
import pytest

node_rig = pytest.importorskip('node_rig')
eager_node = pytest.importorskip('depth_seg_ros.ros.eager_node')


def test_every_image_gives_depth_and_a_heat_map_of_its_size(monkeypatch, spin_until):
    import rclpy
    from sensor_msgs.msg import Image
    asked = []
    ramp = np.linspace(1, 2, 48 * 64, dtype=np.float32).reshape(48, 64)

    def network(name, size):
        asked.append((name, size))
        return lambda bgr: ramp

    monkeypatch.setattr(eager_node, 'EagerNetwork', network)
    rclpy.init(args=['--ros-args', '-p', 'model.name:=some', '-p', 'model.input_size:=98'])
    node, client = eager_node.EagerNode(), rclpy.create_node('client')
    try:
        results = {topic: [] for topic in ('depth', 'depth_color')}
        for topic, received in results.items():
            client.create_subscription(Image, f'eager/{topic}', received.append, 10)
        publisher = client.create_publisher(Image, 'image', 1)

        def sent():
            publisher.publish(node_rig.image(stamp_ns=77))
            return all(results.values())

        spin_until([node, client], sent, node_rig.TIMEOUT)
        depth, color = (received[0] for received in results.values())
    finally:
        node.destroy_node()
        client.destroy_node()
        rclpy.shutdown()
    assert asked == [('some', 98)]
    for message, encoding, step in ((depth, '32FC1', 256), (color, 'bgr8', 192)):
        assert (message.height, message.width) == (48, 64)
        assert (message.encoding, message.step) == (encoding, step)
        assert node_rig.ns(message) == 77 and message.header.frame_id == node_rig.FRAME
    np.testing.assert_array_equal(np.frombuffer(depth.data, np.float32), ramp.ravel())
    ends = np.frombuffer(color.data, np.uint8).reshape(-1, 3)[[0, -1]]
    assert ends[0].max() < 20 and ends[1].min() > 100  # its extremes take the whole map
