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
Pixels and meters: camera, attitude, points, angles. No ROS, no segmentation.

Optical axes are those of REP 103: x right, y down, z forward. Level axes: x forward, y left, z up,
from the camera's place, whatever its pitch and roll.
"""

from depth_seg_ros.geometry.angles import CIRCLE, full_circle, nearest_by_bin
from depth_seg_ros.geometry.attitude import (
    Attitude, attitude_of_mount, attitude_of_plane, Mount)
from depth_seg_ros.geometry.camera import CameraModel
from depth_seg_ros.geometry.mount import mount_of
from depth_seg_ros.geometry.points import box_around, in_voxels, points_of, without_flying

__all__ = ['Attitude', 'attitude_of_mount', 'attitude_of_plane', 'box_around', 'CameraModel',
           'CIRCLE', 'full_circle', 'in_voxels', 'Mount', 'mount_of', 'nearest_by_bin',
           'points_of', 'without_flying']
