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
"""One frame as a record for JSON: regions, and the numbers that explain them."""

from __future__ import annotations

from dataclasses import asdict
import math
from typing import Any

from depth_seg_ros.depth import DepthKind
from depth_seg_ros.detections import class_name, LAYER_NAMES
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import Region

__all__ = ['frame_record', 'UNITS']

UNITS = {
    'stamp': 's',
    'quality': 'frozen: s; texture: gray levels of 255; blur: share of the short side; the others '
               'shares of the image',
    'depth.unit': 'unit of inverse depth, of the thresholds and of the layers',
    'ground': 'inverse depth = a * column + b * row + c, in pixels of the depth map',
    'thresholds.ground_noise': 'share of the nearness of the ground',
    'area': 'px',
    'box': 'px; (0, 0) is the outer corner of the first pixel, x right, y down',
    'centroid': 'px, as box',
    'nearest': 'inverse depth, 95 % quantile',
    'median': 'inverse depth',
    'height_over_ground': 'camera heights',
    'bearing': 'rad, right positive; null without camera intrinsics',
    'elevation': 'rad, up positive; null without camera intrinsics',
    'angular_width': 'rad',
    'angular_height': 'rad',
    'distance': 'm along the optical axis; null when depth is not metric, or endless',
    'age': 's since it was first seen; null in single images and without tracking',
    'velocity': 'px/s of the centroid, x right, y down; null for a new region',
    'time_to_contact': 's; null when it is not approaching or that cannot be told',
    'approaching': 'whether time_to_contact has an end; null when that cannot be told',
}
"""Unit of every number of a record that has one; null stands for unknown."""

_SIDES = ('top', 'right', 'bottom', 'left')


def frame_record(result: FrameResult) -> dict[str, Any]:
    """
    Return what was found in a frame and by which numbers, without the time it took.

    Parameters
    ----------
    result : FrameResult
        What it is made of.

    Returns
    -------
    dict
        For `json_bytes`; the units are those of `UNITS`.

    """
    depth, segmentation = result.depth, result.segmentation
    metric = depth.kind is DepthKind.METRIC
    return {
        'stamp': result.stamp,
        'image': {'width': result.image_shape[1], 'height': result.image_shape[0]},
        'quality': asdict(result.quality),
        'depth': {'kind': depth.kind.value, 'unit': '1/m' if metric else 'none',
                  'width': depth.shape[1], 'height': depth.shape[0],
                  'known_share': float(depth.valid.mean())},
        'ground': None if segmentation.plane is None else asdict(segmentation.plane),
        'thresholds': asdict(segmentation.thresholds),
        'layers': asdict(segmentation.layers),
        'regions': [_region_record(region) for region in result.regions],
    }


def _region_record(region: Region) -> dict[str, Any]:
    record = asdict(region)
    row, column, height, width = region.box
    record.update(
        box={'x': column, 'y': row, 'width': width, 'height': height},
        centroid={'x': region.centroid[1], 'y': region.centroid[0]},
        approaching=(None if math.isnan(region.time_to_contact)
                     else math.isfinite(region.time_to_contact)),
        velocity={'x': region.velocity[1], 'y': region.velocity[0]},
        layer=LAYER_NAMES[region.layer - 1],
        truncated=[side for side, cut in zip(_SIDES, region.truncated) if cut])
    del record['kind']
    return {'id': record.pop('id'), 'class': class_name(region.kind), **record}
