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
import math
from typing import TypeAlias

import cv2
from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.quantiles import quantile
import numpy as np
from numpy.typing import NDArray

__all__ = ['FloatImage', 'Frame', 'infinity', 'Labels', 'Mask', 'prepare', 'SKY_SHARE']

FloatImage: TypeAlias = NDArray[np.float32]
Labels: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]

_LARGEST = 1e30
"""Inverse depth beyond this is taken as this: means of such values must not overflow."""

_FARTHEST_SPREADS = 1e3
"""Nearness is clipped to this many spreads: squares of it must not overflow."""

SKY_SHARE = 0.05
"""A plateau of this share of the image at its farthest depth is taken as infinity."""

_UNSEEN_DEPTH = 0.25
"""
Without such a plateau infinity lies this many spreads behind the farthest thing.

Measured: 0.27 in dwellings, 0.35 to 0.8 in rooms. Less takes slopes for steps (false regions in
rendered rooms 1.6 a frame at 0.2, 1.4 here), more misses things (recall down 0.01 at 0.35).
"""


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
        Nearness at infinity: as known, for metric depth always; else estimated.
    low, spread : float
        inverse depth = low + spread * near, in the unit of the depth map.
    farthest, sky_share : float
        The 0.5 % quantile of nearness, and the share of the image at it; NaN where infinity is
        known.
    bar : float32 ndarray of shape (h, w) or 1
        Factor on how much a pixel has to stand out to be an obstacle (see `Memory`). Not on what
        separates two things: edges move with them, and passing things would melt together.

    """

    near: FloatImage
    valid: Mask
    far: float
    low: float
    spread: float
    farthest: float = math.nan
    sky_share: float = math.nan
    bar: FloatImage | np.float32 = np.float32(1.0)

    @property
    def shape(self) -> tuple[int, int]:
        """Return (height, width) of the work grid."""
        height, width = self.near.shape
        return height, width

    def over_far(self, least: float) -> FloatImage:
        """Return nearness over that at infinity (what is proportional to 1/Z), at least this."""
        return np.maximum(self.near - np.float32(self.far), np.float32(least))

    def to_inverse(self, near: float) -> float:
        """Return the inverse depth, in the unit of the depth map, of a nearness."""
        return self.low + self.spread * near


def prepare(depth: DepthMap, work_width: int, at_infinity: float | None = None) -> Frame | None:
    """
    Return the map as nearness, or None when it holds no relief.

    Parameters
    ----------
    depth : DepthMap
        Not changed.
    work_width : int
        A wider map is reduced to this width.
    at_infinity : float, optional
        Inverse depth at infinity, where it is known though the map is relative.

    """
    if not depth.valid.any():
        return None
    inverse, valid = _on_work_grid(depth, work_width)
    sample = inverse[::4, ::4][valid[::4, ::4]]
    if sample.size < 1000:
        sample = inverse[valid]
    farthest, low, high = (quantile(sample, share) for share in (0.005, 0.02, 0.98))
    if not _differ(low, high):  # a small thing before a flat wall is relief, too
        low, high = float(inverse[valid].min()), float(inverse[valid].max())
        farthest = low
    if not _differ(low, high):
        return None
    spread = high - low
    reach = _FARTHEST_SPREADS * spread
    near = _filled((np.clip(inverse, low - reach, high + reach) - low) / spread, valid)
    if depth.kind is DepthKind.METRIC:
        at_infinity = 0.0
    if at_infinity is not None:
        return Frame(near, valid, (at_infinity - low) / spread, low, spread)
    sky_share = float(np.mean(sample < farthest + 0.01 * spread))
    farthest = (farthest - low) / spread
    return Frame(near, valid, infinity(farthest, sky_share >= SKY_SHARE), low, spread, farthest,
                 sky_share)


def _differ(low: float, high: float) -> bool:
    """Say whether two values are farther apart than float32 rounds them."""
    return bool(high - low > 1e-6 * max(abs(low), abs(high)))


def infinity(farthest: float, is_sky: bool) -> float:
    """
    Estimate nearness at an endless distance (t of d = s / Z + t) from that of the farthest.

    Sky is a plateau at it. In a room, whose walls end before infinity, to take the farthest
    corner for it would make every slope there look like a step.
    """
    return farthest if is_sky else farthest - _UNSEEN_DEPTH


def _on_work_grid(depth: DepthMap, work_width: int) -> tuple[FloatImage, Mask]:
    """Return inverse depth, reduced, and where it is known: where half of a pixel was."""
    valid, inverse = depth.valid, depth.values
    all_known = bool(valid.all())
    if not all_known:
        inverse = np.where(valid, inverse, np.float32(1.0))
    if depth.kind is DepthKind.METRIC:
        inverse = 1.0 / np.maximum(inverse, np.float32(1.0 / _LARGEST))
    inverse = np.clip(inverse, -_LARGEST, _LARGEST)
    height, width = depth.shape
    if width <= work_width:
        return inverse, valid
    size = (work_width, max(1, round(height * work_width / width)))
    if all_known:
        inverse = cv2.resize(inverse, size, interpolation=cv2.INTER_AREA)
        return inverse, np.ones(inverse.shape, bool)
    share = cv2.resize(valid.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    known = share >= min(0.5, float(share.max()))
    mean = cv2.resize(inverse * valid, size, interpolation=cv2.INTER_AREA)
    return np.divide(mean, share, out=np.zeros_like(mean), where=known), known


def _filled(near: FloatImage, valid: Mask) -> FloatImage:
    """Return nearness whose unknown pixels take the value of the nearest known one."""
    if valid.all():
        return near
    _, places = cv2.distanceTransformWithLabels(
        (~valid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    values = np.zeros(int(places.max()) + 1, np.float32)
    values[places[valid]] = near[valid]
    return values[places]
