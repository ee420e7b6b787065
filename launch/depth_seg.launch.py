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
"""Start the node: `ros2 launch depth_seg_ros depth_seg.launch.py image:=/camera/image_raw`."""

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode, Node
from launch_ros.substitutions import FindPackageShare

SHOWN_IN_RVIZ = ('overlay', 'depth_color', 'mask')


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the node, and RViz where it is asked for."""
    config = PathJoinSubstitution([FindPackageShare('depth_seg_ros'), 'config'])
    return LaunchDescription([
        DeclareLaunchArgument(
            'image', default_value='image',
            description='Topic of the camera image (without /compressed).'),
        DeclareLaunchArgument(
            'camera_info', default_value='',
            description='Topic of its calibration; empty takes camera_info beside the image.'),
        DeclareLaunchArgument(
            'model', default_value='',
            description='Model id on the hub, local folder, embedded or recorded:FOLDER; '
                        'empty takes that of params_file.'),
        DeclareLaunchArgument(
            'device', default_value='',
            description='cpu, cuda or cuda:N; empty takes that of params_file.'),
        DeclareLaunchArgument(
            'transport', default_value='', choices=['', 'raw', 'compressed'],
            description='Which of image and image/compressed; empty takes that of params_file.'),
        DeclareLaunchArgument(
            'params_file', default_value=PathJoinSubstitution([config, 'depth_seg.yaml']),
            description='YAML file with parameters.'),
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of the node.'),
        DeclareLaunchArgument(
            'name', default_value='depth_seg', description='Name of the node.'),
        DeclareLaunchArgument(
            'autostart', default_value='', choices=['', 'true', 'false'],
            description='Configure and activate without being asked; empty takes that of '
                        'params_file.'),
        DeclareLaunchArgument(
            'use_sim_time', default_value='false', choices=['true', 'false'],
            description='Take the time from /clock (simulation, replayed bags).'),
        DeclareLaunchArgument(
            'log_level', default_value='info', choices=['debug', 'info', 'warn', 'error', 'fatal'],
            description='Least severity that the node logs.'),
        DeclareLaunchArgument(
            'rviz', default_value='false', choices=['true', 'false'],
            description='Show overlay, depth and mask in RViz (needs rviz2).'),
        # The default of Fast DDS loses large images (README); what the user has set stays.
        SetEnvironmentVariable(
            'FASTDDS_BUILTIN_TRANSPORTS', EnvironmentVariable(
                'FASTDDS_BUILTIN_TRANSPORTS', default_value='DEFAULT?sockets_size=16MB')),
        OpaqueFunction(function=_node),
        OpaqueFunction(function=_rviz),
    ])


def _node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    given = context.launch_configurations
    image = given['image']
    beside = image.rpartition('/')[0]
    camera_info = given['camera_info'] or (f'{beside}/camera_info' if '/' in image
                                           else 'camera_info')
    overrides: dict[str, str | bool] = {
        parameter: given[argument] for argument, parameter in (
            ('model', 'model.name'), ('device', 'model.device'),
            ('transport', 'input.transport')) if given[argument]}
    if given['autostart']:
        overrides['autostart'] = given['autostart'] == 'true'
    overrides['use_sim_time'] = given['use_sim_time'] == 'true'
    return [LifecycleNode(
        package='depth_seg_ros', executable='depth_seg_node',
        namespace=given['namespace'], name=given['name'], output='screen',
        parameters=[given['params_file'], overrides],
        remappings=[('image', image), ('image/compressed', f'{image}/compressed'),
                    ('camera_info', camera_info)],
        arguments=['--ros-args', '--log-level', given['log_level']])]


def _rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    given = context.launch_configurations
    node = '/'.join(('', *filter(None, (given['namespace'].strip('/'), given['name']))))
    return [Node(
        package='rviz2', executable='rviz2', name='rviz2', output='log',
        condition=IfCondition(LaunchConfiguration('rviz')),
        arguments=['-d', PathJoinSubstitution(
            [FindPackageShare('depth_seg_ros'), 'config', 'depth_seg.rviz'])],
        parameters=[{'use_sim_time': given['use_sim_time'] == 'true'}],
        remappings=[(f'/depth_seg/{topic}', f'{node}/{topic}') for topic in SHOWN_IN_RVIZ])]
