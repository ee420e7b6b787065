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
Every parameter, declared once: default, unit, bounds, help, and whether it may change live.

One frozen dataclass per stage; each validates itself when it is made. The ROS parameters, their
descriptors, `config/depth_seg.yaml` and the table in the README all come from here.
"""

from depth_seg_ros.declarations import flatten, ParamSpec, specs, updated
from depth_seg_ros.params.display import DiagnosticsParams, DrawingParams
from depth_seg_ros.params.intake import InputParams, QualityParams
from depth_seg_ros.params.metric import MountParams, NavigationParams, ScaleParams
from depth_seg_ros.params.model import ModelParams
from depth_seg_ros.params.segmentation import SegmentationParams
from depth_seg_ros.params.stream import SteadyParams, TrackingParams
from depth_seg_ros.params.whole import NodeParams, PipelineParams

__all__ = [
    'DiagnosticsParams', 'DrawingParams', 'flatten', 'InputParams', 'ModelParams', 'MountParams',
    'NavigationParams', 'NodeParams', 'ParamSpec', 'PipelineParams', 'QualityParams',
    'ScaleParams', 'SegmentationParams', 'specs', 'SteadyParams', 'TrackingParams', 'updated',
]
