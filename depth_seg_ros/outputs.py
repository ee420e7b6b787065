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
"""What is put out per frame: one table for messages, bags and files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
from depth_seg_ros.detections import LABELS
from depth_seg_ros.drawing import color_map, gray_map, overlay
from depth_seg_ros.navigation import (
    boxes, obstacle_distance, obstacles, points, px4_obstacle_distance, scan, View)
from depth_seg_ros.params import DrawingParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.scale import FARTHEST
import numpy as np
from numpy.typing import NDArray

__all__ = ['IMAGES', 'ImageOutput', 'LABEL_INFO', 'NAVIGATION', 'NavigationOutput', 'PX4',
           'REGIONS']

Renderer = Callable[[FrameResult, DrawingParams], 'NDArray[np.generic] | None']


@dataclass(frozen=True)
class ImageOutput:
    """
    One image that can be put out for a frame.

    Parameters
    ----------
    topic : str
        Name below the node's own: `mask`.
    encoding : str
        As in sensor_msgs/image_encodings.
    help : str
        What it shows, with its unit.
    render : callable
        (FrameResult, DrawingParams) -> ndarray of shape (H, W) or (H, W, 3) in the encoding's
        dtype, at the size of the image that came in; None when this frame has none.
    metric : bool
        Exists only where depth is in meters.

    """

    topic: str
    encoding: str
    help: str
    render: Renderer
    metric: bool = False


@dataclass(frozen=True)
class NavigationOutput:
    """
    One thing that navigation takes. Exists only where depth is in meters and the camera known.

    Parameters
    ----------
    topic : str
        Name below the node's own: `scan`.
    message : str
        Type of the message.
    help : str
        What it holds, in which frame.
    make : callable
        View -> PointCloud, Scan, Sectors or tuple of Box3D.

    """

    topic: str
    message: str
    help: str
    make: Callable[[View], Any]


REGIONS = 'regions'
"""Topic of vision_msgs/Detection2DArray: one entry per region, empty when nothing is there."""

LABEL_INFO = 'label_info'
"""Topic of vision_msgs/LabelInfo: the names of the classes, latched."""


def _to_image(grid: NDArray[np.generic], result: FrameResult, how: int) -> NDArray[np.generic]:
    height, width = result.image_shape
    if grid.shape[:2] == (height, width):
        return grid
    return cv2.resize(grid, (width, height), interpolation=how)


def _inverse_depth(result: FrameResult, _: DrawingParams) -> NDArray[np.generic]:
    return _to_image(result.depth.inverse(), result, cv2.INTER_LINEAR)


def _depth(result: FrameResult, _: DrawingParams) -> NDArray[np.generic] | None:
    depth = result.metric
    if depth is None:
        return None
    meters = np.where(depth.valid & (depth.values < FARTHEST), depth.values, np.float32(np.nan))
    # Between a near and a far pixel there is nothing: a mean would be a flying point.
    return _to_image(meters, result, cv2.INTER_NEAREST)


def _gray(result: FrameResult, _: DrawingParams) -> NDArray[np.generic]:
    return gray_map(result)


def _mask(result: FrameResult, _: DrawingParams) -> NDArray[np.generic]:
    mask = result.segmentation.mask.view(np.uint8) * np.uint8(255)
    return _to_image(mask, result, cv2.INTER_NEAREST)


def _labels(result: FrameResult, _: DrawingParams) -> NDArray[np.generic]:
    # 16 bits hold every id: min_area allows 2000 regions at its default; where it is 0, noise on
    # the largest work grid, 640x480, falls into 40,000 at most (0.13 clusters per pixel).
    return _to_image(result.segmentation.labels.astype(np.uint16), result, cv2.INTER_NEAREST)


def _classes(result: FrameResult, _: DrawingParams) -> NDArray[np.generic]:
    return _to_image(result.segmentation.classes, result, cv2.INTER_NEAREST)


IMAGES: tuple[ImageOutput, ...] = (
    ImageOutput('inverse_depth', '32FC1', 'Inverse depth, unitless, larger is nearer, of one '
                'scale over a stream; NaN where unknown.', _inverse_depth),
    ImageOutput('depth/image', '32FC1', 'Depth along the optical axis in meters, NaN where '
                'unknown or at infinity (REP 118). Needs meters.', _depth, metric=True),
    ImageOutput('depth_gray', 'mono8', 'Inverse depth to look at: near is bright, 0 is unknown.',
                _gray),
    ImageOutput('depth_color', 'bgr8', 'Heat map of inverse depth; black is unknown.', color_map),
    ImageOutput('mask', 'mono8', '255 where an obstacle is, 0 elsewhere, the unknown too: '
                '`~/classes` tells.', _mask),
    ImageOutput('labels', '16UC1', 'Region id per pixel, 0 for none.', _labels),
    ImageOutput('classes', 'mono8', 'Class per pixel: ' + ', '.join(
        f'{number} {name}' for number, name in LABELS) + '.', _classes),
    ImageOutput('overlay', 'bgr8', 'The image with its regions drawn over it.', overlay),
)
"""Every image output, in the order of the README."""

NAVIGATION: tuple[NavigationOutput, ...] = (
    NavigationOutput('points', 'sensor_msgs/PointCloud2', 'Everything seen up to '
                     '`navigation.range_max`, one point per voxel: x, y, z, rgb, region; optical '
                     'frame of the image.', points),
    NavigationOutput('obstacles', 'sensor_msgs/PointCloud2', 'The same, only of the obstacles in '
                     '`~/mask`.', obstacles),
    NavigationOutput('scan', 'sensor_msgs/LaserScan', 'Nearest obstacle per angle, counter'
                     'clockwise, ground removed; level frame. +inf is free, NaN unknown.', scan),
    NavigationOutput('obstacle_distance', 'sensor_msgs/LaserScan', 'The same as 72 sectors of the '
                     'whole circle, clockwise (FRD), as MAVROS takes it. Over range_max is free, '
                     'NaN unknown.', obstacle_distance),
    NavigationOutput('regions_3d', 'vision_msgs/Detection3DArray', 'One box per region that is '
                     'seen well enough, `id` as in `~/regions`; optical frame of the image.',
                     boxes),
)
"""Every output for navigation, in the order of the README. They need meters and camera_info."""

PX4 = NavigationOutput(
    'px4_obstacle_distance', 'px4_msgs/ObstacleDistance', 'The same sectors in centimeters, for '
    '`/fmu/in/obstacle_distance` of PX4. Only where px4_msgs is installed; not in bags.',
    px4_obstacle_distance)
"""One more output for navigation, of a message that few have installed."""
