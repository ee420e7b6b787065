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
"""What navigation stacks take as it is: clouds, scans, boxes. Depth in meters, camera known."""

from depth_seg_ros.navigation.clouds import (
    Box3D, boxes, FIELDS, obstacles, PointCloud, points)
from depth_seg_ros.navigation.scans import (
    level_frame, obstacle_distance, px4_obstacle_distance, Scan, scan, Sectors)
from depth_seg_ros.navigation.view import Rays, View, view_of

__all__ = ['Box3D', 'boxes', 'FIELDS', 'level_frame', 'obstacle_distance', 'obstacles',
           'PointCloud', 'points', 'px4_obstacle_distance', 'Rays', 'scan', 'Scan', 'Sectors',
           'View', 'view_of']
