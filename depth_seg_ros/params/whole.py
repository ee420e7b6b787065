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
"""All parameters of the pipeline, and of the node around it."""

from __future__ import annotations

from dataclasses import dataclass, field

from depth_seg_ros.declarations import option, Validated
from depth_seg_ros.params.display import DiagnosticsParams, DrawingParams
from depth_seg_ros.params.intake import InputParams, QualityParams
from depth_seg_ros.params.metric import MountParams, NavigationParams, ScaleParams
from depth_seg_ros.params.model import ModelParams
from depth_seg_ros.params.segmentation import SegmentationParams
from depth_seg_ros.params.stream import SteadyParams, TrackingParams

__all__ = ['NodeParams', 'PipelineParams']


@dataclass(frozen=True)
class PipelineParams(Validated):
    """Everything that decides what comes out for one image, with or without ROS."""

    model: ModelParams = field(default_factory=ModelParams)
    input: InputParams = field(default_factory=InputParams)
    quality: QualityParams = field(default_factory=QualityParams)
    segmentation: SegmentationParams = field(default_factory=SegmentationParams)
    steady: SteadyParams = field(default_factory=SteadyParams)
    tracking: TrackingParams = field(default_factory=TrackingParams)
    scale: ScaleParams = field(default_factory=ScaleParams)
    mount: MountParams = field(default_factory=MountParams)
    navigation: NavigationParams = field(default_factory=NavigationParams)
    drawing: DrawingParams = field(default_factory=DrawingParams)


@dataclass(frozen=True)
class NodeParams(PipelineParams):
    """The pipeline's parameters and those of the ROS node around it."""

    diagnostics: DiagnosticsParams = field(default_factory=DiagnosticsParams)
    autostart: bool = option(True, 'Configure and activate at the start, without being asked.',
                             live=False)
    cameras: str = option(
        '', 'Names of several cameras that share the network: NAME takes NAME/image and '
        'NAME/camera_info and publishes below ~/NAME. Empty is one camera without a name. '
        'mount.* is one for all.', unit='different names of letters, digits and _, that begin '
        'with a letter, separated by commas',
        pattern=r'(?a)(?!.*\b(\w+)\b.*\b\1\b)([A-Za-z]\w*( *, *[A-Za-z]\w*)*)?', live=False)
