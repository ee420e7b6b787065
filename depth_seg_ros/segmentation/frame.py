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
"""A depth map made ready: nearness in units of its own spread, on a grid of bounded width."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from depth_seg_ros.depth import DepthKind, DepthMap

__all__ = ['Frame', 'FloatImage', 'Mask', 'prepare']

FloatImage = NDArray[np.float32]
Mask = NDArray[np.bool_]

_LIMIT = 1e3
"""Values are clipped to this many spreads, so that no outlier overflows in a sum of squares."""


@dataclass(frozen=True, eq=False)
class Frame:
    """
    Nearness on the work grid, free of the unknown scale and shift of a relative map.

    Parameters
    ----------
    near : float32 ndarray of shape (h, w)
        Inverse depth in units of the spread: 0 at its 2 %, 1 at its 98 % quantile. Where depth
        is unknown it repeats the nearest known pixel, so that filters see no edge there.
    valid : bool ndarray of shape (h, w)
        Where depth is known.
    far : float
        Nearness at infinity: exact for metric depth, else the 0.5 % quantile.
    low, spread : float
        inverse depth = low + spread * near.

    """

    near: FloatImage
    valid: Mask
    far: float
    low: float
    spread: float

    @property
    def shape(self) -> tuple[int, int]:
        """Return (height, width) of the work grid."""
        height, width = self.near.shape
        return height, width

    def to_inverse(self, near: float) -> float:
        """Return the inverse depth, in the unit of the depth map, of a nearness."""
        return self.low + self.spread * near


def prepare(depth: DepthMap, work_width: int) -> Frame | None:
    """
    Return the map as nearness, or None when it holds no relief.

    Parameters
    ----------
    depth : DepthMap
        Not changed.
    work_width : int
        A wider map is reduced to this width.

    """
    if not depth.valid.any():
        return None
    inverse, valid = _on_work_grid(depth, work_width)
    sample = inverse[::4, ::4][valid[::4, ::4]] if inverse.size > 4096 else inverse[valid]
    if sample.size == 0:
        sample = inverse[valid]
    floor, low, high = np.quantile(sample, (0.005, 0.02, 0.98))
    if not _is_relief(low, high):  # a small thing before a flat wall is relief, too
        low, high = inverse[valid].min(), inverse[valid].max()
        floor = low
    if not _is_relief(low, high):
        return None
    spread = float(high - low)
    near = np.clip((inverse - low) / spread, -_LIMIT, _LIMIT).astype(np.float32)
    import os
    SH=float(os.environ.get('SH',.2)); PL=float(os.environ.get('PL',.05)); W=float(os.environ.get('PW',.01))
    far = 0.0 if depth.kind is DepthKind.METRIC else floor - (SH*spread if (sample<floor+W*spread).mean()<PL else 0)
    return Frame(_filled(near, valid), valid, float((far - low) / spread), float(low), spread)


def _is_relief(low: float, high: float) -> bool:
    """Say whether two values differ by more than what float32 can hold of them."""
    return bool(high - low > 1e-6 * max(abs(low), abs(high)))


def _on_work_grid(depth: DepthMap, work_width: int) -> tuple[NDArray[np.float64], Mask]:
    """Return inverse depth (0 where unknown) in float64, reduced; a half-known pixel is known."""
    inverse = depth.values.astype(np.float64)
    if depth.kind is DepthKind.METRIC:
        np.divide(1.0, inverse, out=inverse, where=depth.valid)
    all_known = bool(depth.valid.all())
    if not all_known:
        inverse[~depth.valid] = 0.0
    height, width = depth.shape
    if width <= work_width:
        return inverse, depth.valid
    size = (work_width, max(1, round(height * work_width / width)))
    inverse = cv2.resize(inverse, size, interpolation=cv2.INTER_AREA)
    if all_known:
        return inverse, np.ones(inverse.shape, bool)
    share = cv2.resize(depth.valid.astype(np.float64), size, interpolation=cv2.INTER_AREA)
    valid = share >= 0.5
    if not valid.any():
        valid = share > 0
    return np.divide(inverse, share, out=inverse, where=valid), valid


def _filled(near: FloatImage, valid: Mask) -> FloatImage:
    """Return a copy whose unknown pixels take the value of the nearest known one."""
    if valid.all():
        return near
    _, labels = cv2.distanceTransformWithLabels(
        (~valid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    values = np.zeros(int(labels.max()) + 1, np.float32)
    values[labels[valid]] = near[valid]
    return values[labels]
