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
"""Parameters of meters: scale, mount, and what navigation takes."""

from __future__ import annotations

from dataclasses import dataclass

from depth_seg_ros.declarations import option, Validated

__all__ = ['MountParams', 'NavigationParams', 'ScaleParams']


@dataclass(frozen=True)
class ScaleParams(Validated):
    """Where meters come from when the network gives none, or gives them wrong."""

    source: str = option(
        'none', 'none: meters only from a metric model. sparse: fitted to the topic '
        'sparse_depth, a registered depth image with few pixels (lidar, ToF, SLAM). ground: from '
        'the ground plane, the height of the camera and its attitude (mount.*). A metric model '
        'is corrected by either.', choices=('none', 'sparse', 'ground'), live=False)
    min_anchors: int = option(30, 'Fewer measured points give no scale.', low=3, high=100000)
    min_inliers: float = option(0.5, 'A fit that fewer measured points agree with gives no '
                                'scale.', unit='share of the points', low=0.1, high=1.0)
    max_error: float = option(0.15, 'A fit whose inliers are off by more gives no scale.',
                              unit='median share of the depth', low=0.01, high=0.25)
    hold: float = option(0.5, 'How long the last scale is kept when its source falls silent or '
                         'fails. Then meters end.', unit='s', low=0.0, high=10.0)
    memory: float = option(0.1, 'How long past fits count beside that of a frame; 0 takes every '
                           'frame by itself.', unit='s', low=0.0, high=10.0)
    trained_focal: float = option(
        0.0, 'Focal length that a metric model was trained at; its meters are scaled by that of '
        'camera_info over it. 0 leaves them as they are.',
        unit='share of the short side of the image', low=0.0, high=10.0)


@dataclass(frozen=True)
class MountParams(Validated):
    """How the camera is held, for what needs to know the level and the height."""

    attitude: str = option(
        'ground', 'Where pitch and roll come from. ground: the ground plane of metric depth, and '
        'mount.pitch and mount.roll where none is seen. fixed: always these. imu: the topic imu, '
        'and these as the turn of the camera from the body; without a message unknown.',
        choices=('ground', 'fixed', 'imu'), live=False)
    height_from: str = option(
        'fixed', 'Where the height over the ground comes from. fixed: mount.height. range: the '
        'topic range of a sensor that looks down; without a message unknown. The ground plane of '
        'metric depth counts more with mount.attitude ground.', choices=('fixed', 'range'),
        live=False)
    height: float = option(0.0, 'Height of the camera over the ground; 0 is unknown. With '
                           'height_from range: how far the camera is above that sensor.',
                           unit='m', low=0.0, high=200.0)
    pitch: float = option(0.0, 'How far the camera looks below the horizon.', unit='rad',
                          low=-1.4, high=1.4)
    roll: float = option(0.0, 'How far the camera is turned clockwise, seen from behind.',
                         unit='rad', low=-1.4, high=1.4)
    imu_axes: str = option(
        'body', 'Axes of the topic imu. body: x forward, y left, z up (REP 103), as MAVROS gives '
        'it. optical: those of the camera, as an IMU inside it may give them.',
        choices=('body', 'optical'))


@dataclass(frozen=True)
class NavigationParams(Validated):
    """What navigation stacks get, where depth is in meters and the camera is calibrated."""

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
