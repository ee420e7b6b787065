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
"""Points and boxes in the optical frame of the camera."""

from __future__ import annotations

from dataclasses import dataclass

from depth_seg_ros.detections import detections
from depth_seg_ros.geometry import box_around, in_voxels
from depth_seg_ros.navigation.view import View
import numpy as np
from numpy.typing import NDArray

__all__ = ['Box3D', 'boxes', 'FIELDS', 'obstacles', 'PointCloud', 'points']

FIELDS = (('x', '<f4'), ('y', '<f4'), ('z', '<f4'), ('rgb', '<f4'), ('region', '<u4'))
"""Names and types of what a point holds in a message: PCL and RViz want `rgb` to be a float."""

_ENOUGH = 1000
"""The box of a large region is that of this many of its pixels, evenly spread."""


@dataclass(frozen=True, eq=False)
class PointCloud:
    """
    Known points, without order, none twice.

    Parameters
    ----------
    xyz : float32 ndarray of shape (N, 3)
        Meters, in optical axes: x right, y down, z forward. All finite.
    color : uint32 ndarray of shape (N,)
        0x00RRGGBB of the image.
    region : uint32 ndarray of shape (N,)
        Region id, 0 for none.

    """

    xyz: NDArray[np.float32]
    color: NDArray[np.uint32]
    region: NDArray[np.uint32]

    def packed(self) -> NDArray[np.void]:
        """Return the points as `FIELDS` lie in a message, without gaps, shape (N,)."""
        packed = np.empty(len(self.xyz), list(FIELDS))
        for name, axis in zip('xyz', self.xyz.T):
            packed[name] = axis
        packed['rgb'] = self.color.astype('<u4').view('<f4')  # the bits, not the number
        packed['region'] = self.region
        return packed


@dataclass(frozen=True)
class Box3D:
    """
    One region as a vision_msgs/Detection3D has it.

    Parameters
    ----------
    id : str
        As in `~/regions`.
    class_id : str
        Name of its class.
    score : float
        Its confidence, 0 to 1.
    center, size : tuple of float
        Of the box along the optical axes, in meters. It holds 90 % of what is seen of the region
        along each axis; what is behind that is not seen, and not in the box.

    """

    id: str  # noqa: A003 (the name of the message's field)
    class_id: str
    score: float
    center: tuple[float, float, float]
    size: tuple[float, float, float]


def points(view: View) -> PointCloud:
    """Return everything seen up to `range_max`: ground, obstacles and background."""
    return _cloud(view, view.solid)


def obstacles(view: View) -> PointCloud:
    """Return the obstacles of the mask up to `range_max`, at any height."""
    return _cloud(view, view.solid & view.result.segmentation.mask)


def boxes(view: View) -> tuple[Box3D, ...]:
    """Return one box per region of the frame, in its order."""
    result = view.result
    labels = result.segmentation.labels.ravel()
    chosen = np.flatnonzero((labels > 0) & view.solid.ravel())
    ids = labels[chosen]
    # One sort instead of a search per region; 16 bits, as numpy sorts them by counting.
    order = np.argsort(ids.astype(np.uint16), kind='stable')
    ranked, chosen = ids[order], chosen[order]
    found = []
    for item in detections(result):
        start, end = np.searchsorted(ranked, (int(item.id), int(item.id) + 1))
        if start == end:
            continue  # nothing of it is known for sure
        step = (end - start) // _ENOUGH | 1  # odd, as even ones meet few columns of the image
        center, size = box_around(view.points[:, chosen[start:end:step]])
        found.append(Box3D(item.id, item.class_id, item.score, tuple(center.tolist()),
                           tuple(size.tolist())))
    return tuple(found)


def _cloud(view: View, mask: NDArray[np.bool_]) -> PointCloud:
    result, params = view.result, view.params
    near = view.meters <= np.float32(params.range_max)
    pixels = np.flatnonzero(mask & near)
    kept = in_voxels(view.points.take(pixels, axis=1), params.voxel, params.max_points)
    pixels = pixels[kept]
    return PointCloud(view.points.take(pixels, axis=1).T, _colors(view, pixels),
                      result.segmentation.labels.ravel()[pixels].astype(np.uint32))


def _colors(view: View, pixels: NDArray[np.intp]) -> NDArray[np.uint32]:
    """Return the color of the image in the middle of pixels of the depth map."""
    (height, width), (rows, columns) = view.result.image_shape, view.result.depth.shape
    row, column = np.divmod(pixels.astype(np.int32), np.int32(columns))
    picked = view.result.rgb[(2 * row + 1) * height // (2 * rows),
                             (2 * column + 1) * width // (2 * columns)].astype(np.uint32)
    return (picked[:, 0] << 16) | (picked[:, 1] << 8) | picked[:, 2]
