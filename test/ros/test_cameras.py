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
"""Names of cameras, and what each sees of the node and of the parameters."""

from __future__ import annotations

from depth_seg_ros.params import MountParams, NavigationParams, NodeParams
import pytest

rclpy = pytest.importorskip('rclpy')
cameras = pytest.importorskip('depth_seg_ros.ros.cameras')
Image = pytest.importorskip('sensor_msgs.msg').Image


@pytest.fixture
def node(ros_context):
    made = rclpy.create_node('depth_seg', namespace='robot', cli_args=[
        '--ros-args', '-r', 'left/image:=/port/image_raw'])
    yield made
    made.destroy_node()


@pytest.mark.parametrize('text, names', [
    ('', ('',)), ('front', ('front',)), ('front , left,rear', ('front', 'left', 'rear'))])
def test_names_are_in_order_and_without_names_there_is_one_camera(text, names):
    assert cameras.camera_names(NodeParams(cameras=text)) == names


def test_without_a_name_a_camera_has_the_node_and_the_parameters_themselves(node):
    params = NodeParams(navigation=NavigationParams(level_frame='level'))
    assert cameras.camera_node(node, '') is node
    assert cameras.local_name(node, 'image') == 'image'
    assert cameras.camera_params(params, '') is params


def test_a_level_frame_belongs_to_one_camera():
    params = NodeParams(navigation=NavigationParams(level_frame='level', voxel=0.2))
    front = cameras.camera_params(params, 'front')
    assert front.navigation == NavigationParams(level_frame='front_level', voxel=0.2)
    assert cameras.camera_params(params, 'front') is front
    assert cameras.camera_params(NodeParams(), 'front') == NodeParams()


@pytest.mark.parametrize('text, attitude, is_one', [
    ('', 'imu', False), ('front', 'imu', False), ('front, left', 'fixed', False),
    ('front, left', 'imu', True)])
def test_an_imu_knows_the_attitude_of_one_camera_only(text, attitude, is_one):
    problems = cameras.camera_problems(
        NodeParams(cameras=text, mount=MountParams(attitude=attitude)))
    assert bool(problems) == is_one
    assert all(problem.startswith('mount.attitude: ') for problem in problems)


@pytest.mark.parametrize('topic, local, full', [
    ('image', 'left/image', '/port/image_raw'),
    ('camera_info', 'left/camera_info', '/robot/left/camera_info'),
    ('sparse_depth', 'left/sparse_depth', '/robot/left/sparse_depth'),
    ('~/mask', '~/left/mask', '/robot/depth_seg/left/mask'),
    ('/tf', '/tf', '/tf'), ('imu', 'imu', '/robot/imu'), ('range', 'range', '/robot/range')])
def test_topics_are_below_the_name_but_those_of_the_body(node, topic, local, full):
    left = cameras.camera_node(node, 'left')
    assert cameras.local_name(left, topic) == local
    assert left.resolve_topic_name(topic) == full
    publisher = left.create_publisher(Image, topic, 1)
    subscription = left.create_subscription(Image, topic, print, 1)
    assert publisher.topic_name == subscription.topic_name == full


def test_a_camera_logs_in_its_own_name_and_has_all_else_of_the_node(node):
    left = cameras.camera_node(node, 'left')
    assert left.get_logger().name == 'robot.depth_seg.left'
    assert left.get_clock() is node.get_clock()


def test_a_throttled_message_of_one_camera_does_not_silence_another(node, capfd):
    both = [cameras.camera_node(node, name) for name in ('front', 'left')]
    for camera in both + both:
        camera.get_logger().warning('dark', throttle_duration_sec=60.0)
    printed = capfd.readouterr().err
    assert [printed.count(f'depth_seg.{name}') for name in ('front', 'left')] == [1, 1]
