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
"""One frame as pictures: gray and color depth, the overlay, the explaining panel."""

from depth_seg_ros.drawing.colors import class_color, region_color
from depth_seg_ros.drawing.explain import explain
from depth_seg_ros.drawing.figure import panel
from depth_seg_ros.drawing.maps import color_map, gray_map
from depth_seg_ros.drawing.painting import overlay

__all__ = ['class_color', 'color_map', 'explain', 'gray_map', 'overlay', 'panel', 'region_color']
