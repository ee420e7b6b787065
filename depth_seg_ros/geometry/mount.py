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
"""How the camera is held, from parameters and what other sensors say."""

from __future__ import annotations

import math

from depth_seg_ros.geometry.attitude import attitude_of_mount, Mount
from depth_seg_ros.params import MountParams
from depth_seg_ros.readings import Readings

__all__ = ['mount_of']


def mount_of(params: MountParams, readings: Readings) -> Mount:
    """Return how the camera is held at the time of the readings."""
    height = params.height or math.nan
    told = attitude_of_mount(params.pitch, params.roll, height)
    follows = params.attitude == 'ground'
    return Mount(told, not follows or not math.isnan(height), follows)
