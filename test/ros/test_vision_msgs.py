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
"""The vision_msgs that we compile are the original ones on the wire, and travel over DDS."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import pytest

rclpy = pytest.importorskip('rclpy')
vision_msgs = pytest.importorskip('vision_msgs.msg')
typesys = pytest.importorskip('rosbags.typesys')

# Of vision_msgs 4.1.1, as ROS 2 Jazzy ships it.
ORIGINAL_HASHES = {
    'Detection2DArray': '214274120007f4a683866481336b70310268cfa107aebe9d594a6acf75bda968',
    'Detection3DArray': '793f5eab9595ac1c0da07873cc859db42eae51f0ee76056db8562515d830e018',
    'LabelInfo': '3d37df4015cdf660cc851c51897f2acd957e1ca6205ba0a99aebffb9406b0783',
}


@pytest.mark.parametrize('name', ORIGINAL_HASHES)
def test_our_definitions_have_the_type_hash_of_the_original(name: str) -> None:
    store = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)
    definitions = {}
    for path in (files('depth_seg_ros') / 'interfaces' / 'vision_msgs' / 'msg').iterdir():
        definitions.update(typesys.get_types_from_msg(
            path.read_text(), f'vision_msgs/msg/{path.name.removesuffix(".msg")}'))
    store.register(definitions)
    assert store.hash_rihs01(f'vision_msgs/msg/{name}') == f'RIHS01_{ORIGINAL_HASHES[name]}'


@pytest.mark.parametrize('name', ORIGINAL_HASHES)
def test_the_installed_messages_announce_the_hash_of_the_original(
        name: str, ros_context: None) -> None:
    node = rclpy.create_node('announcer')
    node.create_publisher(getattr(vision_msgs, name), 'announced', 1)
    info, = node.get_publishers_info_by_topic('announced')
    if not hasattr(info, 'topic_type_hash'):
        pytest.skip('this ROS 2 distribution has no type hashes')
    assert bytes(info.topic_type_hash.value).hex() == ORIGINAL_HASHES[name]
    node.destroy_node()


def detections() -> object:
    """Return an array of two detections, one of them with a hypothesis."""
    hypothesis = vision_msgs.ObjectHypothesisWithPose()
    hypothesis.hypothesis = vision_msgs.ObjectHypothesis(class_id='object', score=0.75)
    hypothesis.pose.pose.position.z = 2.5
    first = vision_msgs.Detection2D(id='7', results=[hypothesis])
    first.header.frame_id = 'camera'
    first.bbox.center.position.x = 12.5
    first.bbox.center.theta = -0.5
    first.bbox.size_x, first.bbox.size_y = 30.0, 40.0
    message = vision_msgs.Detection2DArray(
        detections=[first, vision_msgs.Detection2D(id='no result')])
    message.header.stamp.sec = 3
    return message


def test_a_detection_array_arrives_over_dds_as_it_was_sent(
        ros_context: None, spin_until: Callable[..., None]) -> None:
    sender, receiver = rclpy.create_node('sender'), rclpy.create_node('receiver')
    publisher = sender.create_publisher(vision_msgs.Detection2DArray, 'regions', 1)
    received: list[object] = []
    receiver.create_subscription(vision_msgs.Detection2DArray, 'regions', received.append, 1)
    spin_until([sender, receiver], lambda: publisher.get_subscription_count() == 1)

    sent = detections()
    publisher.publish(sent)
    spin_until([receiver], lambda: len(received) == 1)

    assert received == [sent]
    sender.destroy_node()
    receiver.destroy_node()
