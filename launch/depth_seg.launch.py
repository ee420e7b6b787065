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

SHOWN_IN_RVIZ = ('overlay', 'depth_color', 'mask', 'points', 'obstacles', 'scan', 'regions_3d')
SENSORS = ('depth_in', 'sparse_depth')
SHARED = ('imu', 'range')
METRIC_MODEL = 'depth-anything/Depth-Anything-V2-Metric-Indoor-Small-hf'
SENT = ('obstacle_distance', 'px4_obstacle_distance')


def generate_launch_description() -> LaunchDescription:
    """Return the arguments, the node, and RViz where it is asked for."""
    config = PathJoinSubstitution([FindPackageShare('depth_seg_ros'), 'config'])
    return LaunchDescription([
        *_node_arguments(config),
        *_meters_arguments(),
        # The default of Fast DDS loses large images (README); what the user has set stays.
        SetEnvironmentVariable(
            'FASTDDS_BUILTIN_TRANSPORTS', EnvironmentVariable(
                'FASTDDS_BUILTIN_TRANSPORTS', default_value='DEFAULT?sockets_size=16MB')),
        OpaqueFunction(function=_node),
        OpaqueFunction(function=_rviz),
    ])


def _node_arguments(config: PathJoinSubstitution) -> list[LaunchDescriptionEntity]:
    return [
        DeclareLaunchArgument(
            'image', default_value='image',
            description='Topic of the camera image (without /compressed).'),
        DeclareLaunchArgument(
            'camera_info', default_value='',
            description='Topic of its calibration; empty takes camera_info beside the image.'),
        DeclareLaunchArgument(
            'cameras', default_value='',
            description='Names of several cameras, "front, left". Then topics of cameras have '
                        '{camera} in them: image:=/{camera}/image_raw. RViz shows the first.'),
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
            'use_sim_time', default_value='', choices=['', 'true', 'false'],
            description='Take the time from /clock (simulation, replayed bags), RViz too; empty '
                        'takes that of params_file.'),
        DeclareLaunchArgument(
            'log_level', default_value='info', choices=['debug', 'info', 'warn', 'error', 'fatal'],
            description='Least severity that the node logs.'),
        DeclareLaunchArgument(
            'rviz', default_value='false', choices=['true', 'false'],
            description='Show the results in RViz (needs rviz2).'),
        DeclareLaunchArgument(
            'rviz_config', default_value=PathJoinSubstitution([config, 'depth_seg.rviz']),
            description='What RViz shows.'),
    ]


def _meters_arguments() -> list[LaunchDescriptionEntity]:
    return [
        DeclareLaunchArgument(
            'meters', default_value='',
            choices=['', 'model', 'sparse', 'ground', 'depth_in', 'none'],
            description='Where meters come from: a metric model; the topic sparse_depth; the '
                        'ground plane (needs camera_height or range); another camera, on the '
                        'topic depth_in; or none. Empty takes what params_file says.'),
        DeclareLaunchArgument(
            'metric_model', default_value=METRIC_MODEL,
            description='Model of meters:=model where model is not given. The cards of these '
                        'weights name no license.'),
        DeclareLaunchArgument(
            'camera_height', default_value='',
            description='Height of the camera over the ground in meters; with range, over that '
                        'sensor. Empty takes that of params_file.'),
        DeclareLaunchArgument(
            'camera_pitch', default_value='',
            description='How far the camera looks below the horizon, in radians; empty takes '
                        'that of params_file.'),
        DeclareLaunchArgument(
            'depth_in', default_value='', description='Topic of the depth of another camera.'),
        DeclareLaunchArgument(
            'sparse_depth', default_value='',
            description='Topic of a registered depth image with few pixels.'),
        DeclareLaunchArgument(
            'imu', default_value='',
            description='Topic of a sensor_msgs/Imu that pitch and roll are taken from.'),
        DeclareLaunchArgument(
            'range', default_value='',
            description='Topic of a sensor_msgs/Range that looks down, for the height.'),
        DeclareLaunchArgument(
            'obstacle_distance', default_value='',
            description='Where the sectors go: /mavros/obstacle/send.'),
        DeclareLaunchArgument(
            'px4_obstacle_distance', default_value='',
            description='Where those of PX4 go: /fmu/in/obstacle_distance (needs px4_msgs).'),
    ]


def _node(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    given = context.launch_configurations
    return [LifecycleNode(
        package='depth_seg_ros', executable='depth_seg_node',
        namespace=given['namespace'], name=given['name'], output='screen',
        parameters=[given['params_file'], _overrides(given) | _meters(given)],
        remappings=[*_remapped(given), *((name, given[name]) for name in SHARED if given[name])],
        arguments=['--ros-args', '--log-level', given['log_level']])]


def _remapped(given: dict[str, str]) -> list[tuple[str, str]]:
    """Return where the topics of every camera are; that of the only one has no name."""
    remapped = []
    for camera in _cameras(given):
        below = f'{camera}/' if camera else ''
        topics = {name: _topic(given, name, camera)
                  for name in ('image', 'camera_info', *SENSORS, *SENT)}
        image = topics.pop('image')
        folder, slash, _ = image.rpartition('/')
        info = topics.pop('camera_info') or f'{folder}{slash}camera_info'
        remapped += [(f'{below}image', image), (f'{below}image/compressed', f'{image}/compressed'),
                     (f'{below}camera_info', info)]
        remapped += [(f'~/{below}{name}' if name in SENT else f'{below}{name}', topic)
                     for name, topic in topics.items() if topic]
    return remapped


def _topic(given: dict[str, str], name: str, camera: str) -> str:
    topic = given[name]
    if len(_cameras(given)) > 1 and topic.startswith('/') and '{camera}' not in topic:
        raise RuntimeError(f'{name}: expected a topic with {{camera}} in it, as there are '
                           f'several, got {topic}; give {name}:=/{{camera}}/..., or an empty one')
    if not camera or not topic or topic.startswith('/') or '{camera}' in topic:
        return topic.replace('{camera}', camera)
    return f'{camera}/{topic}'


def _cameras(given: dict[str, str]) -> list[str]:
    return [camera.strip() for camera in given['cameras'].split(',')]


def _overrides(given: dict[str, str]) -> dict[str, str | bool | float]:
    overrides: dict[str, str | bool | float] = {
        parameter: given[argument] for argument, parameter in (
            ('model', 'model.name'), ('device', 'model.device'),
            ('transport', 'input.transport'), ('cameras', 'cameras')) if given[argument]}
    return overrides | _switches(given, 'autostart', 'use_sim_time')


def _switches(given: dict[str, str], *names: str) -> dict[str, bool]:
    return {name: given[name] == 'true' for name in names if given[name]}


def _meters(given: dict[str, str]) -> dict[str, str | bool | float]:
    meters = given['meters']
    overrides: dict[str, str | bool | float] = {
        parameter: _number(given, argument) for argument, parameter in (
            ('camera_height', 'mount.height'), ('camera_pitch', 'mount.pitch'))
        if given[argument]}
    if meters:
        overrides['scale.source'] = meters if meters in ('sparse', 'ground') else 'none'
    if meters == 'model' and not given['model']:
        overrides['model.name'] = given['metric_model']
    if meters == 'depth_in':
        overrides['model.name'] = 'depth_in'
    if given['imu']:
        overrides['mount.attitude'] = 'imu'
    elif meters == 'ground':
        # The ground of relative depth does not tell how the camera is held.
        overrides['mount.attitude'] = 'fixed'
    if given['range']:
        overrides['mount.height_from'] = 'range'
    return overrides


def _number(given: dict[str, str], argument: str) -> float:
    try:
        return float(given[argument])
    except ValueError:
        raise RuntimeError(f'{argument}: expected a number, got {given[argument]}') from None


def _rviz(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    given = context.launch_configurations
    node = '/'.join(('', *filter(None, (
        given['namespace'].strip('/'), given['name'], _cameras(given)[0]))))
    return [Node(
        package='rviz2', executable='rviz2', name='rviz2', output='log',
        condition=IfCondition(LaunchConfiguration('rviz')),
        arguments=['-d', LaunchConfiguration('rviz_config')],
        parameters=[_switches(given, 'use_sim_time')],
        remappings=[(f'/depth_seg/{topic}', f'{node}/{topic}') for topic in SHOWN_IN_RVIZ])]
