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
"""Play a recording into the node: `ros2 launch depth_seg_ros demo.launch.py source:=my_bag`."""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

DRIVE = PathJoinSubstitution([FindPackageShare('depth_seg_ros'), 'demo', 'drive'])
DRIVE_TOPIC = '/camera/image_raw/compressed'
PASSED_ON = ('model', 'device', 'params_file', 'rviz', 'log_level')


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the node with RViz, and the player."""
    share = FindPackageShare('depth_seg_ros')
    return LaunchDescription([
        DeclareLaunchArgument(
            'source', default_value='',
            description='What to play: bag, video, folder of images, image, or the number of a '
                        'camera; empty takes the drive that ships with the package.'),
        DeclareLaunchArgument(
            'topic', default_value='', description='Image topic of a bag that has several.'),
        DeclareLaunchArgument(
            'rate', default_value='1.0', description='Speed: 1 is real time; 0 waits for each '
            'result.'),
        DeclareLaunchArgument(
            'loop', default_value='true', choices=['true', 'false'],
            description='Start again at the end.'),
        DeclareLaunchArgument(
            'model', default_value='embedded',
            description='Model id on the hub, local folder, embedded or recorded:FOLDER.'),
        DeclareLaunchArgument(
            'device', default_value='',
            description='cpu, cuda or cuda:N; empty takes that of params_file.'),
        DeclareLaunchArgument(
            'params_file', default_value=PathJoinSubstitution([share, 'config', 'depth_seg.yaml']),
            description='YAML file with parameters of the node.'),
        DeclareLaunchArgument(
            'rviz', default_value='false', choices=['true', 'false'],
            description='Show overlay, depth and mask in RViz (needs rviz2).'),
        DeclareLaunchArgument(
            'log_level', default_value='info', choices=['debug', 'info', 'warn', 'error', 'fatal'],
            description='Least severity that the node logs.'),
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(
                PathJoinSubstitution([share, 'launch', 'depth_seg.launch.py'])),
            launch_arguments=[(name, LaunchConfiguration(name)) for name in PASSED_ON]),
        OpaqueFunction(function=_player),
    ])


def _player(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    given = context.launch_configurations
    source, topic = given['source'], given['topic']
    if not source:
        source, topic = DRIVE.perform(context), DRIVE_TOPIC
    return [Node(
        package='depth_seg_ros', executable='player', name='player', output='screen',
        parameters=[{'source': source, 'topic': topic, 'rate': float(given['rate']),
                     'loop': given['loop'] == 'true'}])]
