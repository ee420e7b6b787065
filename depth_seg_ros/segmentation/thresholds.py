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
"""Statistics of one frame that say where near ends and far begins."""

from __future__ import annotations

import math
from typing import TypeAlias

from depth_seg_ros.params import SegmentationParams
import numpy as np
from numpy.typing import NDArray

__all__ = ['layer_thresholds', 'thresholds']

_Values: TypeAlias = NDArray[np.float32]

_BINS = 64
"""Of a histogram from 0 to 1: multi-Otsu on 256 takes 70 times as long for the same answer."""

_DEEP_VALLEY = 0.7
"""A valley separates when it is at most this high, as a share of the lower peak beside it."""

_LEAST_LAYER = 0.03
"""Share of the pixels that a layer must hold."""


def thresholds(near: _Values, statistic: str, params: SegmentationParams) -> list[float]:
    """
    Return what a statistic says, ascending: two thresholds from multiotsu, else one.

    Every statistic commutes with a change of scale and shift, as the order and the relative
    distances of the values are all that it looks at.

    Parameters
    ----------
    near : float32 ndarray of shape (n,)
        Nearness in spreads, n >= 1.
    statistic : str
        One of the choices of `SegmentationParams.threshold`.
    params : SegmentationParams
        Holds `quantile`, `mads` and `fixed`.

    """
    if statistic == 'fixed':
        return [params.fixed]
    if statistic in ('otsu', 'multiotsu'):
        return _otsu(_histogram(near), 3 if statistic == 'multiotsu' else 2)
    if statistic == 'quantile':
        return [float(np.quantile(near, params.quantile))]
    median = float(np.median(near))
    if statistic == 'median':
        return [median]
    return [median + params.mads * float(np.median(np.abs(near - median)))]


def layer_thresholds(near: _Values, how: str, params: SegmentationParams) -> list[float]:
    """
    Return zero to two thresholds, ascending, between the layers of the obstacles.

    Parameters
    ----------
    near : float32 ndarray of shape (n,)
        Nearness of the obstacle pixels in spreads; may be empty.
    how : str
        One of the choices of `SegmentationParams.layers`.
    params : SegmentationParams
        Holds `quantile`, `mads` and `fixed`.

    """
    if near.size == 0:
        return []
    return _valleys(_histogram(near)) if how == 'auto' else thresholds(near, how, params)


def _histogram(near: _Values) -> NDArray[np.float64]:
    """Return counts in 64 bins over the spread; what lies beyond falls into the outer ones."""
    bins = np.clip(near * np.float32(_BINS), 0, _BINS - 1).astype(np.intp)
    return np.bincount(bins, minlength=_BINS).astype(np.float64)


def _otsu(counts: NDArray[np.float64], classes: int) -> list[float]:
    """
    Return the thresholds between 2 or 3 classes with the greatest variance between them.

    Otsu 1979, exact over the bins: a class from bin i up to j adds (sum of values)^2 / count.
    """
    count = np.concatenate([[0.0], np.cumsum(counts)])
    total = np.concatenate([[0.0], np.cumsum(counts * np.arange(_BINS))])
    members = count[None, :] - count[:, None]
    sums = total[None, :] - total[:, None]
    score = np.where(members > 0, sums ** 2 / np.where(members > 0, members, 1.0), 0.0)
    if classes == 2:
        quality = score[0] + score[:, -1]
    else:
        quality = score[0][:, None] + score + score[:, -1][None, :]
        quality = np.where(np.tri(_BINS + 1, dtype=bool).T, quality, -np.inf)
    # Between two peaks every bin of the gap is as good: take the middle.
    best = np.argwhere(quality >= quality.max() * (1 - 1e-12))
    return [float(edge) / _BINS for edge in best.mean(axis=0)]


def _valleys(counts: NDArray[np.float64]) -> list[float]:
    """Return the deepest valley of a smoothed histogram, and the deeper one beside it."""
    kernel = np.exp(-0.5 * (np.arange(-4, 5) / 1.5) ** 2)
    smooth = np.convolve(counts, kernel / kernel.sum(), mode='same')
    first = _deepest(counts, smooth, 0, _BINS)
    if first is None:
        return []
    beside = [_deepest(counts, smooth, 0, first[1]), _deepest(counts, smooth, first[1], _BINS)]
    second = min((valley for valley in beside if valley is not None), default=first)
    return sorted({(place + 0.5) / _BINS for _, place in (first, second)})


def _deepest(counts: NDArray[np.float64], smooth: NDArray[np.float64], start: int, stop: int
             ) -> tuple[float, int] | None:
    """Return (height as a share of the lower peak beside it, bin) of a valley that separates."""
    part, height = counts[start:stop], smooth[start:stop]
    if stop - start < 3:
        return None
    # Of every inner bin: the highest peak and the number of pixels to either side.
    peak = np.minimum(np.maximum.accumulate(height)[:-2],
                      np.maximum.accumulate(height[::-1])[::-1][2:])
    fewer = np.minimum(np.cumsum(part)[:-2], np.cumsum(part[::-1])[::-1][2:])
    share = height[1:-1] / np.maximum(peak, 1e-12)
    share[(fewer < _LEAST_LAYER * counts.sum()) | (share > _DEEP_VALLEY)] = np.inf
    depth = float(share.min())
    if math.isinf(depth):
        return None
    bottom = np.flatnonzero(share == depth)
    return depth, start + 1 + int(bottom[len(bottom) // 2])
