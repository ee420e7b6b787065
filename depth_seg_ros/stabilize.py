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
"""Scale and shift of relative depth, carried from frame to frame so that maps do not jump."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import NamedTuple, TypeAlias

from depth_seg_ros.depth import DepthKind, DepthMap, shown_range
from depth_seg_ros.params import SteadyParams
from depth_seg_ros.quantiles import quantile
import numpy as np
from numpy.typing import NDArray

__all__ = ['Alignment', 'Stabilizer']

_Floats: TypeAlias = NDArray[np.float64]
_Origin: TypeAlias = tuple[tuple[int, int], DepthKind]

_SIDE = 30
"""Points along the shorter side that the fit looks at: two unknowns need no more."""

_LEAST_POINTS = 30

_AGREES = 0.05
"""Points agree that differ by less than this share of the spread of the frame before."""

_NARROWEST = 0.002
"""Weights are no sharper than this share of the spread: equal frames leave residuals of zero."""

_PAIRS = np.random.default_rng(0).random((2, 64))
"""
The points of 64 pairs, as shares of their number.

With 45 % of the points moving, 20 of the pairs lie still.
"""

_ROUNDS = 4

_LARGEST_SCALE = 1e3
"""No network changes its scale by more from frame to frame."""


@dataclass(frozen=True)
class Alignment:
    """
    How a frame was put on the scale of those before it.

    Parameters
    ----------
    scale, shift : float
        aligned = scale * inverse depth of the network + shift; 1 and 0 leave it as it came.
    inlier_share : float
        Share of the sampled points that agree with the frame before; NaN for a first frame.
    cut : bool
        Whether too few agreed (`steady.cut_share`), so that all was begun anew.
    shown : tuple of float or None
        Inverse depth to draw darkest and brightest: that of `shown_range`, slowly followed. None
        for a first frame, whose own it is.

    """

    scale: float = 1.0
    shift: float = 0.0
    inlier_share: float = math.nan
    cut: bool = False
    shown: tuple[float, float] | None = None

    @property
    def follows(self) -> bool:
        """Return whether the frame goes on from the one before."""
        return not (self.cut or math.isnan(self.inlier_share))


class Stabilizer:
    """
    Put every frame of a stream on the scale and shift of those before it.

    A network chooses scale and shift of relative depth anew in every frame. They are fitted to
    the frame before, then let go slowly to what the network says: else the errors of thousands
    of fits add up, and a wall that comes nearer keeps the scale for good. Maps are never averaged.

    Parameters
    ----------
    params : SteadyParams
        May be replaced between two frames.

    """

    def __init__(self, params: SteadyParams) -> None:
        self.params = params
        self._before: _Frame | None = None

    def reset(self) -> None:
        """Take the next frame as a first one."""
        self._before = None

    def process(self, depth: DepthMap, stamp: float) -> tuple[DepthMap, Alignment]:
        """
        Align one frame.

        Parameters
        ----------
        depth : DepthMap
            Not changed. A metric map comes back as it is; its fit only tells scene cuts.
        stamp : float
            Seconds. A frame that is not later than the one before, or later by more than
            `steady.max_gap`, is a first one; so is one of another shape or kind.

        Returns
        -------
        DepthMap
            The map at the scale and shift of the stream.
        Alignment
            What was done to it.

        """
        sample, origin = _sampled(depth), (depth.shape, depth.kind)
        alignment = self._alignment(sample, origin, stamp)
        scale, shift = alignment.scale, alignment.shift
        near = scale * sample + shift
        self._before = _Frame(near, origin, stamp, alignment.shown or shown_range(near))
        if (scale, shift) == (1.0, 0.0):
            return depth, alignment
        values = depth.values * np.float32(scale) + np.float32(shift)
        return DepthMap(values, depth.kind, depth.valid), alignment

    def _alignment(self, sample: _Floats, origin: _Origin, stamp: float) -> Alignment:
        before = self._before
        if before is None or origin != before.origin:
            return Alignment()
        passed = stamp - before.stamp
        low, high = before.shown
        line = _fit(sample, before.near, high - low)
        if line is None or not 0.0 < passed <= self.params.max_gap:
            return Alignment()
        scale, shift, share = line
        if share < self.params.cut_share:
            return Alignment(inlier_share=share, cut=True)
        kept = math.exp(-passed / self.params.memory)
        if origin[1] is DepthKind.METRIC:
            scale, shift = 1.0, 0.0
        else:
            scale, shift = kept * scale + 1.0 - kept, kept * shift
        new_low, new_high = shown_range(scale * sample + shift)
        shown = new_low + kept * (low - new_low), new_high + kept * (high - new_high)
        return Alignment(scale, shift, share, shown=shown)


class _Frame(NamedTuple):
    """A frame that was aligned, on a coarse grid."""

    near: _Floats
    origin: _Origin
    stamp: float
    shown: tuple[float, float]


def _sampled(depth: DepthMap) -> _Floats:
    """Return inverse depth on a coarse grid, NaN where unknown."""
    step = max(1, min(depth.shape) // _SIDE)
    grid = (slice(step // 2, None, step),) * 2
    values = np.where(depth.valid[grid], depth.values[grid], np.nan).astype(np.float64)
    return 1.0 / values if depth.kind is DepthKind.METRIC else values


def _fit(now: _Floats, before: _Floats, spread: float) -> tuple[float, float, float] | None:
    """
    Return scale, shift and the share of points that agree, of before = scale * now + shift.

    None where there is no relief to tell by.

    Tukey's weights, from the pair of points with which most others agree: what moves has no say,
    up to 45 % of the image (from quantiles it was 25 %). Mean and spread of both are matched, not
    squares minimized: with noise in `now` that makes the scale too small, and it adds up.
    """
    known = np.isfinite(now) & np.isfinite(before)
    x, y = now[known], before[known]
    line = _of_pairs(x, y, spread) if len(x) >= _LEAST_POINTS else None
    if line is None:
        return None
    scale, shift = line
    for _ in range(_ROUNDS):
        off = np.abs(scale * x + shift - y)
        reach = max(7.0 * quantile(off, 0.5), _NARROWEST * spread)
        weight = np.clip(1.0 - (off / reach) ** 2, 0.0, None) ** 2
        weight /= weight.sum()
        mean_x, mean_y = weight @ x, weight @ y
        across = weight @ (x - mean_x) ** 2
        if not across > 0.0:
            return None
        scale = math.sqrt(weight @ (y - mean_y) ** 2 / across)
        shift = float(mean_y - scale * mean_x)
    if not 1.0 / _LARGEST_SCALE < scale < _LARGEST_SCALE:
        return None
    return scale, shift, float(np.mean(np.abs(scale * x + shift - y) < _AGREES * spread))


def _of_pairs(x: _Floats, y: _Floats, spread: float) -> tuple[float, float] | None:
    """Return scale and shift of the line through two points that most points are near to."""
    one, other = (_PAIRS * len(x)).astype(np.intp)
    run, rise = x[one] - x[other], y[one] - y[other]
    sound = (run * rise > 0.0) & (np.abs(rise) > 0.1 * spread)
    if not sound.any():
        return None
    scales = rise[sound] / run[sound]
    shifts = y[one[sound]] - scales * x[one[sound]]
    off = scales[:, None] * x[::3] + shifts[:, None] - y[::3]
    best = int(np.argmax(np.count_nonzero(np.abs(off) < 0.5 * _AGREES * spread, axis=1)))
    return float(scales[best]), float(shifts[best])
