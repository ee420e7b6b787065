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
Seeded scenes with exact depth, instances and classes, to test and to measure geometry.

About 10 ms a scene. `to_inverse` turns exact depth into what a network would say of it.
"""

from depth_seg_ros.synthetic.drops import drop_world, DROPS
from depth_seg_ros.synthetic.raycast import CAMERA, render, Scene, Solid, Surface, World
from depth_seg_ros.synthetic.scenes import (
    HEAVY_NOISE, KINDS, random_scene, random_world, to_inverse)
from depth_seg_ros.synthetic.sequences import moving_world, sequence

__all__ = ['CAMERA', 'drop_world', 'DROPS', 'HEAVY_NOISE', 'KINDS', 'moving_world',
           'random_scene', 'random_world', 'render', 'Scene', 'sequence', 'Solid', 'Surface',
           'to_inverse', 'World']
