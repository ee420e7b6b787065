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
"""Depth as points in optical axes: which of them are real, how few of them are enough."""

from __future__ import annotations

import cv2
from depth_seg_ros.geometry.camera import CameraModel
import numpy as np
from numpy.typing import NDArray

__all__ = ['box_around', 'in_voxels', 'points_of', 'without_flying']

_TABLE_CELLS = 1 << 23
"""Up to here a table of all cells (32 MB) is four times faster than sorting the points."""

_FIRST_VOXEL = 0.01
"""Meters that thinning starts with where no voxel size was asked for."""


def without_flying(meters: NDArray[np.float32], valid: NDArray[np.bool_], jump: float
                   ) -> NDArray[np.bool_]:
    """
    Return where a pixel is known and not right behind the edge of something nearer.

    A network smears depth over an edge, into points that fly between two things. The near side
    of an edge stays whole, so that nothing thin vanishes.

    Parameters
    ----------
    meters : float32 ndarray of shape (H, W)
        Depth; where not `valid` it means nothing.
    valid : bool ndarray of shape (H, W)
        Where depth is known.
    jump : float
        A neighbor that is nearer by more than this share of its own depth makes an edge.

    """
    known = np.where(valid, meters, np.float32(np.inf))
    nearest = cv2.erode(known, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return valid & (known <= nearest * np.float32(1.0 + jump))


def points_of(meters: NDArray[np.float32], camera: CameraModel) -> NDArray[np.float32]:
    """
    Return the point of every pixel.

    Parameters
    ----------
    meters : float32 ndarray of shape (H, W)
        Depth along the optical axis.
    camera : CameraModel
        At the size of `meters`.

    Returns
    -------
    float32 ndarray of shape (3, H * W)
        x, y, z in optical axes, in meters, row by row.

    """
    x, y = camera.rays()
    return np.stack([meters * x, meters * y[:, None], meters]).reshape(3, -1)


def in_voxels(points: NDArray[np.float32], size: float, most: int) -> NDArray[np.intp]:
    """
    Return the indices of one point per occupied cube, ascending.

    Parameters
    ----------
    points : float32 ndarray of shape (3, N)
        Finite, in meters.
    size : float
        Edge of the cubes in meters; 0 keeps every point.
    most : int
        Where more remain, the cubes are made larger until they do not: at least 8, as that many
        meet at the origin.

    """
    kept = np.arange(points.shape[1])
    if size > 0.0 and len(kept):
        kept = _first_of_each(points, size)
    while len(kept) > most:
        # What is seen are surfaces, so the number falls with the square of the edge.
        size = max(size, _FIRST_VOXEL) * max(1.1, (len(kept) / most) ** 0.5)
        kept = kept[_first_of_each(points[:, kept], size)]
    return kept


def _first_of_each(points: NDArray[np.float32], size: float) -> NDArray[np.intp]:
    scaled = points * np.float32(1.0 / size)
    scaled -= np.floor(scaled.min(axis=1, keepdims=True))
    x, y, z = cells = scaled.astype(np.int32)  # none is negative, so cutting is rounding down
    _, wide, deep = (int(edge) + 1 for edge in cells.max(axis=1))
    count = (int(x.max()) + 1) * wide * deep
    if count > _TABLE_CELLS:
        keys = (x.astype(np.int64) * wide + y) * deep + z
        return np.sort(np.unique(keys, return_index=True)[1])
    keys = (x * np.int32(wide) + y) * np.int32(deep) + z
    # Of several values for one place the last one stays, hence backwards.
    numbers = np.arange(len(keys), dtype=np.int32)
    table = np.empty(count, np.int32)
    table[keys[::-1]] = numbers[::-1]
    return np.flatnonzero(table[keys] == numbers)


def box_around(points: NDArray[np.float32], low: float = 0.05, high: float = 0.95
               ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return the box along the axes that holds points without their outliers.

    Parameters
    ----------
    points : float32 ndarray of shape (3, N)
        At least one.
    low, high : float
        Quantiles of each coordinate where the box ends.

    Returns
    -------
    center, size : float64 ndarray of shape (3,)
        In the unit of the points.

    """
    ranked = np.sort(points, axis=1)
    last = points.shape[1] - 1
    ends = ranked[:, [round(low * last), round(high * last)]].astype(np.float64)
    return ends.mean(axis=1), ends[:, 1] - ends[:, 0]
