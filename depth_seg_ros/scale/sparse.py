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
"""Meters from points that another sensor measured in the same view: lidar, ToF, SLAM."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.params import ScaleParams
from depth_seg_ros.scale.scaling import Scaling
import numpy as np
from numpy.typing import NDArray

__all__ = ['Anchors', 'anchors_of', 'scaling_of_sparse']

_Floats: TypeAlias = NDArray[np.float64]

_MOST = 1000
"""Anchors that are used: with 5000 AbsRel on 7-Scenes is 0.205, too."""

_TRIED, _VOTERS = 64, 150
"""Pairs of points that differ, and on how many anchors each is tried."""

_PAIRS = np.random.default_rng(0).random((2, 512))
"""Which points are drawn, as shares of their number."""

_ROUNDS = 5

_TUKEY = 4.685 * 1.4826
"""In medians: 95 % as good as least squares where errors are normal (Huber)."""

_WIDEST, _SHARPEST = 0.4, 1e-4
"""
Bounds of what may agree, in the unit of residuals.

Without the upper one, 30 % wrong points cost 0.47 of AbsRel on KITTI, with it 0.29.
"""

_AGREES = 0.25
"""Share of the measured distance by which an inlier may be off: as delta1 counts it."""

_LEAST_RELIEF = 0.1
"""Standard deviation of 1 / Z over its mean, of the points that agree, that tells a shift."""

_LEAST_CORRELATION = 0.5

_STRIDE = 8

_PAST_INFINITY, _MOST_PAST = 0.1, 0.1
"""
Share of the image that may lie beyond infinity by this share of the usual nearness of anchors.

Points in one part of the view can be fitted so that the rest is. On 7-Scenes, Replica and KITTI,
with points everywhere or in the lower part only, no pixel is.
"""


class Anchors(NamedTuple):
    """What the network says, and 1 / Z as measured, at N points; float64 (N,) each."""

    inverse: _Floats
    near: _Floats


class _Line(NamedTuple):
    """near = scale * inverse + shift, and how well the points that agree tell it."""

    scale: float
    shift: float
    relief: float
    correlation: float


def anchors_of(depth: DepthMap, sparse: DepthMap) -> Anchors:
    """
    Return the points that are known in both, 1000 at most, evenly spread over all rows.

    Parameters
    ----------
    depth : DepthMap
        Of the network.
    sparse : DepthMap
        Metric, of the same view, of any size. A pixel of it counts where its center is.

    """
    (height, width), (sparse_height, sparse_width) = depth.shape, sparse.shape
    found = np.flatnonzero(sparse.valid)
    if len(found) > _MOST:
        found = found[np.linspace(0, len(found) - 1, _MOST).astype(np.intp)]
    rows, columns = np.divmod(found, sparse_width)
    # Halves up, in whole numbers: floor((i + 0.5) * size / other).
    rows = (2 * rows + 1) * height // (2 * sparse_height)
    columns = (2 * columns + 1) * width // (2 * sparse_width)
    known = depth.valid[rows, columns]
    values = depth.values[rows, columns][known].astype(np.float64)
    inverse = 1.0 / values if depth.kind is DepthKind.METRIC else values
    return Anchors(inverse, 1.0 / sparse.values.ravel()[found[known]].astype(np.float64))


def scaling_of_sparse(depth: DepthMap, sparse: DepthMap, params: ScaleParams) -> Scaling:
    """
    Fit inverse depth to what was measured, by Tukey's weights from the best of 64 pairs.

    Residuals are in shares of nearness plus its median: noise of networks is partly a share of
    the nearness and partly constant. Shares of nearness alone give the far points all the weight
    (AbsRel on KITTI 0.30, not 0.26), constant units the near ones (4.0 %, not 3.8 %, on rendered
    scenes with 30 % wrong points).

    Parameters
    ----------
    depth : DepthMap
        On the network's grid.
    sparse : DepthMap
        Metric, of the same view, of any size.
    params : ScaleParams
        What a fit has to fulfill.

    Returns
    -------
    Scaling
        With a reason where the points tell no scale.

    """
    anchors = anchors_of(depth, sparse)
    count = len(anchors.near)
    if count < params.min_anchors:
        return _none(f'{count} points of sparse_depth fall on known depth; scale.min_anchors '
                     f'asks for {params.min_anchors}', count)
    line = _fit(*anchors)
    relief = _relief(anchors.near) if line is None else line.relief
    if relief < _LEAST_RELIEF:
        if depth.kind is not DepthKind.METRIC:
            return _none('the points of sparse_depth that agree are all at about one distance, '
                         'which tells no shift; near and far ones are needed', count)
        line = _Line(_median(anchors.near / anchors.inverse), 0.0, math.nan, 1.0)
    if line is None or not (line.scale > 0.0 and line.correlation >= _LEAST_CORRELATION):
        return _none('depth does not follow the points of sparse_depth; is that the same view, '
                     'registered to this camera?', count)
    found = _judged(line, anchors, params)
    if not found.reason and _past_infinity(found, depth, anchors) > _MOST_PAST:
        return _none('much of the image would be farther than infinity; sparse_depth has to '
                     'have points in all of the view', count, found.inlier_share, found.error)
    return found


def _past_infinity(found: Scaling, depth: DepthMap, anchors: Anchors) -> float:
    """Return the share of the image that is well beyond infinity."""
    grid = (slice(_STRIDE // 2, None, _STRIDE),) * 2
    inverse = depth.values[grid][depth.valid[grid]]
    if depth.kind is DepthKind.METRIC:
        inverse = 1.0 / inverse
    least = -_PAST_INFINITY * _median(anchors.near)
    return float(np.mean(found.scale * inverse + found.shift < least)) if inverse.size else 0.0


def _judged(line: _Line, anchors: Anchors, params: ScaleParams) -> Scaling:
    """Return the scaling of a line, with a reason where the points do not bear it out."""
    near = line.scale * anchors.inverse + line.shift
    # |Z - measured| / measured; what is at infinity is no inlier.
    off = np.abs(anchors.near / np.maximum(near, 1e-9) - 1.0)
    inliers = off < _AGREES
    count, share = len(off), float(np.mean(inliers))
    error = _median(off[inliers]) if share > 0.0 else math.nan
    if share < params.min_inliers:
        return _none(f'{share:.0%} of the points of sparse_depth agree with depth; '
                     f'scale.min_inliers asks for {params.min_inliers:.0%}', count, share, error)
    if error > params.max_error:
        return _none(f'points of sparse_depth that agree with depth are off by {error:.1%}; '
                     f'scale.max_error allows {params.max_error:.1%}', count, share, error)
    return Scaling('sparse', line.scale, line.shift, count, share, error)


def _none(reason: str, anchors: int, share: float = math.nan, error: float = math.nan) -> Scaling:
    return Scaling('sparse', anchors=anchors, inlier_share=share, error=error, reason=reason)


def _median(values: _Floats) -> float:
    """Return the upper median, four times as quick as numpy's."""
    middle = len(values) // 2
    return float(np.partition(values, middle)[middle])


def _relief(near: _Floats) -> float:
    return float(near.std() / near.mean())


def _fit(x: _Floats, y: _Floats) -> _Line | None:
    """Return the line that most points agree with; None where no two points make one."""
    usual = _median(y)
    start = _of_pairs(x, y, usual)
    if start is None:
        return None
    scale, shift = start
    for _ in range(_ROUNDS):
        near = scale * x + shift
        unit = np.maximum(near, y) + usual
        off = np.abs(near - y) / unit
        reach = min(max(_TUKEY * _median(off), _SHARPEST), _WIDEST)
        weight = (np.maximum(1.0 - (off / reach) ** 2, 0.0) / unit) ** 2
        weight /= weight.sum()
        mean_x, mean_y = float(weight @ x), float(weight @ y)
        run, rise = x - mean_x, y - mean_y
        across, up = float(weight @ run ** 2), float(weight @ rise ** 2)
        if not (across > 0.0 and up > 0.0):
            return None
        both = float(weight @ (run * rise))
        scale, shift = both / across, mean_y - both / across * mean_x
    return _Line(scale, shift, math.sqrt(up) / mean_y, both / math.sqrt(across * up))


def _of_pairs(x: _Floats, y: _Floats, usual: float) -> tuple[float, float] | None:
    """Return scale and shift of the line through two points that most points are near to."""
    one, other = (_PAIRS * len(x)).astype(np.intp)
    run, rise = x[one] - x[other], y[one] - y[other]
    sound = np.flatnonzero((run * rise > 0.0) & (np.abs(rise) > _LEAST_RELIEF * usual))[:_TRIED]
    if len(sound) == 0:
        return None
    scales = rise[sound] / run[sound]
    shifts = y[one[sound]] - scales * x[one[sound]]
    step = -(-len(x) // _VOTERS)
    near, measured = scales[:, None] * x[::step] + shifts[:, None], y[::step]
    off = np.abs(near - measured) / (np.maximum(near, measured) + usual)
    best = int(np.argmin(np.minimum(off, 0.25 * _WIDEST).sum(axis=1)))
    return float(scales[best]), float(shifts[best])
