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

from __future__ import annotations

from dataclasses import dataclass, field

from depth_seg_ros.declarations import (
    flatten, option, ParamSpec, specs, updated, Validated)

__all__ = [
    'DiagnosticsParams', 'DrawingParams', 'flatten', 'InputParams', 'ModelParams',
    'NavigationParams', 'NodeParams', 'ParamSpec', 'PipelineParams', 'SegmentationParams',
    'specs', 'SteadyParams', 'TrackingParams', 'updated',
]


@dataclass(frozen=True)
class ModelParams(Validated):
    """Which network turns the image into depth, and how it runs."""

    name: str = option(
        'depth-anything/Depth-Anything-V2-Small-hf',
        'A model id on the hub, a local folder, embedded (the small model inside the package), '
        'or recorded:FOLDER (depth maps from files).', live=False)
    revision: str = option(
        '', 'Commit, tag or branch of a hub model. Empty takes the revision pinned by this '
        'package, and main for a model it does not know.', live=False)
    kind: str = option(
        'auto', 'What the model puts out. auto reads it from the model; set it only for a model '
        'that does not say.', choices=('auto', 'relative_inverse', 'metric'), live=False)
    backend: str = option('auto', 'Inference engine. auto takes the fastest that is installed.',
                          choices=('auto', 'torch'), live=False)
    device: str = option('auto', 'Where it runs. auto takes CUDA when there is one.',
                         unit='auto, cpu, cuda or cuda:N', pattern=r'auto|cpu|cuda(:\d+)?',
                         live=False)
    precision: str = option(
        'auto', 'Arithmetic of the network. auto takes fp16 on CUDA, fp32 on a CPU.',
        choices=('auto', 'fp32', 'bf16', 'fp16'), live=False)
    input_size: int = option(
        252, 'Short side of the image that the network sees, rounded to what the model takes. '
        'Larger is finer and slower. Networks of one fixed size, such as embedded, ignore it.',
        unit='px', low=32, high=1036, live=False)
    threads: int = option(0, 'CPU threads of the network; 0 leaves the choice to the engine.',
                          low=0, high=256, live=False)


@dataclass(frozen=True)
class InputParams(Validated):
    """What is accepted from the camera."""

    transport: str = option('raw', 'Subscribe to image (raw) or image/compressed (compressed).',
                            choices=('raw', 'compressed'), live=False)
    max_megapixels: float = option(36.0, 'A larger image is refused, not scaled.',
                                   unit='10^6 px', low=0.01, high=500.0)
    max_age: float = option(
        0.0, 'Drop an image whose stamp is older than this when its turn comes; 0 takes any age '
        '(replayed bags carry old stamps).', unit='s', low=0.0, high=3600.0)


@dataclass(frozen=True)
class SegmentationParams(Validated):
    """
    How depth becomes obstacles and regions.

    Shares of the *spread* mean shares of the distance between the 2 % and 98 % quantiles of the
    frame's inverse depth, so that no unknown scale or shift of a relative map matters; *nearness*
    is inverse depth over that at infinity.
    """

    method: str = option(
        'ground', 'ground: height over the fitted ground, then a split at depth edges. '
        'threshold: one threshold from the statistics of the frame. local: an adaptive '
        'threshold per neighborhood.', choices=('ground', 'threshold', 'local'))
    work_width: int = option(336, 'Wider depth is reduced to this width before segmentation.',
                             unit='px', low=160, high=640)
    min_area: float = option(0.0005, 'Smaller regions are dropped.', unit='share of the image',
                             low=0.0, high=0.2)
    far: float = option(0.015, 'What is this close to infinity is background.',
                        unit='share of the spread', low=0.0, high=0.2)
    ground_tolerance: float = option(
        0.02, 'Distance to the ground plane that counts as on it; 1.75 times as much where no '
        'ground is found with it.', unit='share of the nearness', low=0.005, high=0.1)
    ground_below_weight: float = option(
        4.0, 'What a point clearly below a candidate plane, beside or before it, '
        'costs it, in inliers.', low=0.0, high=10.0)
    ground_min_inliers: float = option(
        0.03, 'A plane with fewer inliers is not ground.', unit='share of the points',
        low=0.01, high=0.9)
    ground_horizon: float = option(
        3.0, 'A plane whose horizon is higher over the middle of the image is a wall: 3 lets a '
        'lens of 60 degrees look down by up to 74. Raise it for a camera that looks straight '
        'down. Tells in metric depth, where infinity is known.', unit='image heights',
        low=0.5, high=1000.0)
    ground_planes: int = option(2, 'Planes that make up the ground: 2 follows a ramp.',
                                low=1, high=2)
    ground_refine: bool = option(True, 'Follow gentle unevenness of the ground.')
    noise_high: float = option(6.0, 'Height over the ground that starts an obstacle.',
                               unit='ground noise (sigma)', low=2.0, high=20.0)
    noise_low: float = option(3.0, 'Height over the ground down to which an obstacle grows.',
                              unit='ground noise (sigma)', low=1.0, high=20.0)
    min_height: float = option(0.0, 'Lower things are not obstacles.',
                               unit='camera heights', low=0.0, high=1.0)
    edge_step: float = option(0.05, 'Relative depth step that separates two things.',
                              unit='share of the nearness', low=0.01, high=0.3)
    edge_noise: float = option(6.0, 'Noise floor of that step.', unit='pixel noise (sigma)',
                               low=2.0, high=40.0)
    crease: float = option(
        0.015, 'Bend between two surfaces that meet in a valley (a thing and the wall or table '
        'that it touches) that separates them, over four pixels of the work grid.',
        unit='share of the nearness', low=0.002, high=0.3)
    join_loss: float = option(
        0.0, 'Touching parts are joined when the share of the outline that stands out in depth '
        'falls by this at most.', unit='share of the outline', low=0.0, high=1.0)
    thin_length: float = option(
        0.08, 'What is thinner than three pixels of the work grid is kept from this length on.',
        unit='share of the width', low=0.0, high=1.0)
    ownership: float = option(
        0.5, 'Share of its outline that must stand out in depth for a region to be an object; '
        'less is structure (wall, slope).', unit='share of the outline', low=0.0, high=1.0)
    max_area: float = option(0.35, 'What fills more than this is structure.',
                             unit='share of the image', low=0.01, high=1.0)
    drop_off: bool = option(True, 'Report what lies below the ground, behind an edge.')
    threshold: str = option(
        'multiotsu', 'Statistic of method threshold.',
        choices=('median', 'quantile', 'median_mad', 'otsu', 'multiotsu', 'fixed'))
    quantile: float = option(0.75, 'Quantile of threshold quantile.', low=0.01, high=0.99)
    mads: float = option(1.0, 'Distance over the median of threshold median_mad.',
                         unit='median absolute deviations', low=0.0, high=10.0)
    fixed: float = option(0.5, 'Threshold fixed: 0 is the far end of the spread, 1 the near.',
                          unit='share of the spread', low=0.0, high=1.0)
    local_window: float = option(0.15, 'Neighborhood of method local.',
                                 unit='share of the width', low=0.02, high=0.5)
    local_offset: float = option(0.02, 'How far above its neighborhood an obstacle stands.',
                                 unit='share of the spread', low=0.0, high=0.5)
    layers: str = option(
        'auto', 'How obstacles are sorted into near, mid and far. auto looks for gaps.',
        choices=('auto', 'quantile', 'median_mad', 'otsu', 'multiotsu', 'fixed'))


@dataclass(frozen=True)
class SteadyParams(Validated):
    """What is carried from frame to frame of a stream, and when that is dropped."""

    enable: bool = option(True, 'Carry scale, shift and thresholds. Without it every frame stands '
                          'for itself.')
    memory: float = option(
        2.0, 'How slowly scale and shift of relative depth go back to what the network says.',
        unit='s', low=0.1, high=60.0)
    cut_share: float = option(
        0.6, 'A frame of which less agrees with the one before is a scene cut: all starts anew.',
        unit='share of the points', low=0.0, high=1.0)
    hold: float = option(
        0.5, 'How much lower the bars are for what was an obstacle in the frame before. It still '
        'has to pass them.', unit='share of each bar', low=0.0, high=0.6)
    layer_frames: int = option(5, 'Frames that must agree on another number of layers.',
                               low=1, high=100)
    max_gap: float = option(2.0, 'All starts anew after a longer time without a frame.',
                            unit='s', low=0.05, high=60.0)


@dataclass(frozen=True)
class TrackingParams(Validated):
    """Which regions of successive frames are the same thing."""

    enable: bool = option(True, 'Keep the id of a thing over time. Off, ids are per frame.')
    min_overlap: float = option(
        0.15, 'Regions whose masks share less than this are two things.',
        unit='intersection over union', low=0.01, high=0.9)
    confirm: int = option(3, 'A thing counts as confirmed when it was seen this often.',
                          unit='frames', low=1, high=30)
    coast: float = option(0.5, 'A thing that comes back within this time keeps its id.',
                          unit='s', low=0.0, high=10.0)
    max_gap: float = option(2.0, 'After a longer time without a frame every thing is new.',
                            unit='s', low=0.0, high=60.0)


@dataclass(frozen=True)
class NavigationParams(Validated):
    """What navigation stacks get, where depth is in meters and the camera is calibrated."""

    attitude: str = option(
        'ground', 'Where pitch, roll and height of the camera come from. ground: the ground '
        'plane of the frame, and camera_* where it has none. mount: always camera_*.',
        choices=('ground', 'mount'))
    camera_height: float = option(0.0, 'Height of the camera over the ground; 0 is unknown.',
                                  unit='m', low=0.0, high=200.0)
    camera_pitch: float = option(0.0, 'How far the camera looks below the horizon.', unit='rad',
                                 low=-1.4, high=1.4)
    camera_roll: float = option(0.0, 'How far the camera is turned clockwise, seen from behind.',
                                unit='rad', low=-1.4, high=1.4)
    level_frame: str = option(
        '', 'Name of the frame of ~/scan: at the camera, x forward, y left, z up; not a frame of '
        'yours while publish_tf is on, and never that of the image. Empty takes the frame of the '
        'image and _level.')
    publish_tf: bool = option(True, 'Publish on /tf where that frame is, with every ~/scan and '
                              '~/obstacle_distance.')
    range_min: float = option(0.1, 'What is nearer is reported at this distance.', unit='m',
                              low=0.0, high=0.4)
    range_max: float = option(
        8.0, 'What is farther is left out. A direction is free only where the ground, or what '
        'lies behind it, is seen this far.', unit='m', low=0.5, high=200.0)
    height_over: str = option('ground', 'What min_height and max_height are measured from; '
                              'camera suits a UAV.', choices=('ground', 'camera'))
    min_height: float = option(
        0.05, 'Lower obstacles are not in ~/scan and ~/obstacle_distance; drop-offs are. Not '
        'applied where the height is unknown.', unit='m', low=-200.0, high=0.2)
    max_height: float = option(
        2.0, 'Higher obstacles are not in ~/scan and ~/obstacle_distance. Not applied where the '
        'height is unknown.', unit='m', low=0.25, high=200.0)
    scan_step: float = option(
        0.0087, 'Angle between two rays of ~/scan; never finer than 1.5 pixels of the depth map.',
        unit='rad', low=0.001, high=0.1)
    scan_free: str = option(
        'inf', 'Range of a free ray in ~/scan: inf (REP 117), or 1 cm over range_max for what '
        'cannot read that.', choices=('inf', 'over_range_max'))
    voxel: float = option(0.05, 'Clouds hold one point per cube of this edge; 0 keeps all.',
                          unit='m', low=0.0, high=2.0)
    max_points: int = option(20000, 'Where a cloud has more, its cubes are made larger.',
                             low=100, high=1000000)
    edge_jump: float = option(
        0.1, 'A pixel that lies this much behind a neighbor is no point: at edges networks '
        'invent them.', unit='share of the depth', low=0.01, high=10.0)


@dataclass(frozen=True)
class DrawingParams(Validated):
    """What pictures look like. Nothing else depends on it."""

    colormap: str = option(
        'turbo', 'Colors of the heat map.',
        choices=('turbo', 'inferno', 'magma', 'plasma', 'viridis', 'cividis', 'bone'))
    overlay_alpha: float = option(0.45, 'Opacity of the region colors over the image.',
                                  low=0.0, high=1.0)
    overlay_text: bool = option(True, 'Write id and class beside each region.')


@dataclass(frozen=True)
class DiagnosticsParams(Validated):
    """What /diagnostics reports, and when it warns."""

    period: float = option(1.0, 'Time between two messages.', unit='s', low=0.1, high=60.0,
                           live=False)
    input_timeout: float = option(2.0, 'Warn when no image came for this long.', unit='s',
                                  low=0.1, high=3600.0)


@dataclass(frozen=True)
class PipelineParams(Validated):
    """Everything that decides what comes out for one image, with or without ROS."""

    model: ModelParams = field(default_factory=ModelParams)
    input: InputParams = field(default_factory=InputParams)
    segmentation: SegmentationParams = field(default_factory=SegmentationParams)
    steady: SteadyParams = field(default_factory=SteadyParams)
    tracking: TrackingParams = field(default_factory=TrackingParams)
    navigation: NavigationParams = field(default_factory=NavigationParams)
    drawing: DrawingParams = field(default_factory=DrawingParams)


@dataclass(frozen=True)
class NodeParams(PipelineParams):
    """The pipeline's parameters and those of the ROS node around it."""

    diagnostics: DiagnosticsParams = field(default_factory=DiagnosticsParams)
    autostart: bool = option(True, 'Configure and activate at the start, without being asked.',
                             live=False)
