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
"""Start the node in the air: `ros2 launch depth_seg_ros uav.launch.py image:=...`."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare


def generate_launch_description() -> LaunchDescription:
    """Return the arguments that differ, and the node."""
    share = FindPackageShare('depth_seg_ros')
    return LaunchDescription([
        DeclareLaunchArgument(
            'meters', default_value='model',
            choices=['model', 'sparse', 'ground', 'depth_in', 'none'],
            description='Where meters come from: a metric model; the topic sparse_depth; the '
                        'ground plane (needs imu and range); another camera, on the topic '
                        'depth_in; or none.'),
        DeclareLaunchArgument(
            'params_file', default_value=PathJoinSubstitution([share, 'config', 'uav.yaml']),
            description='YAML file with parameters.'),
        DeclareLaunchArgument(
            'rviz_config', default_value=PathJoinSubstitution(
                [share, 'config', 'navigation.rviz']), description='What RViz shows.'),
        DeclareLaunchArgument(
            'metric_model',
            default_value='depth-anything/Depth-Anything-V2-Metric-Outdoor-Small-hf',
            description='Model of meters:=model where model is not given. The cards of these '
                        'weights name no license.'),
        DeclareLaunchArgument(
            'imu', default_value='/mavros/imu/data',
            description='Topic of a sensor_msgs/Imu that pitch and roll are taken from.'),
        DeclareLaunchArgument(
            'range', default_value='/mavros/rangefinder/rangefinder',
            description='Topic of a sensor_msgs/Range that looks down, for the height.'),
        DeclareLaunchArgument(
            'obstacle_distance', default_value='/mavros/obstacle/send',
            description='Where the sectors go; MAVROS takes them there.'),
        # It declares the others, and takes these as its own.
        IncludeLaunchDescription(PythonLaunchDescriptionSource(
            PathJoinSubstitution([share, 'launch', 'depth_seg.launch.py']))),
    ])
