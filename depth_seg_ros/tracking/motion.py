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
"""How things move: straight lines through what was seen of them in the last half second."""

from __future__ import annotations

import math
from typing import TypeAlias

from depth_seg_ros.depth import DepthKind
from depth_seg_ros.segmentation import Segmentation
import numpy as np
from numpy.typing import NDArray

__all__ = ['FRAMES', 'lines', 'observed', 'OBSERVED', 'times_to_contact']

_Floats: TypeAlias = NDArray[np.float64]

OBSERVED = 5
"""Numbers of an observation: stamp, row, column, distance by depth, distance by size."""

FRAMES = 16
"""Observations kept: half a second at 30 a second."""

_WINDOW_S = 0.5
_FEWEST = 5
"""Lines go through what was seen in this time, and through this many observations at least."""

_SIGMAS = 3.0
"""What is slower than this many standard errors cannot be told from standing still."""

_LEAST_NOISE = 0.003
"""Standard deviation of a relative distance below which five points claim too much."""

_SKY = 0.1
"""Where infinity lies more spreads behind the far end of a map, no sky was seen: it is a guess."""

_LONGEST_S = 60.0
"""What surely takes longer is not approaching."""


def observed(segmentation: Segmentation, kind: DepthKind, stamp_s: float) -> _Floats:
    """
    Return what one frame says about where its regions are.

    Distances are free of the scale of a relative map, which changes from frame to frame: by depth
    in camera heights (the slope of the ground in the map has the same scale), or in meters; by
    size in roots of the image's pixels.

    Parameters
    ----------
    segmentation : Segmentation
        Its regions, its ground and its thresholds are used.
    kind : DepthKind
        Of the depth map.
    stamp_s : float
        Time of the frame in seconds.

    Returns
    -------
    float64 ndarray of shape (n, 5)
        See `OBSERVED`. NaN: the distance by depth of a relative map without ground or
        without sky, that by size of what the border of the image cuts off.

    """
    plane, known = segmentation.plane, segmentation.thresholds
    scale = np.nan
    if kind is DepthKind.METRIC:
        scale = 1.0
    elif plane is not None and known.low - known.far < _SKY * (known.high - known.low):
        scale = math.hypot(plane.a, plane.b)
    values = np.array([(*region.centroid, region.nearest, region.area, any(region.truncated))
                       for region in segmentation.regions], np.float64).reshape(-1, 5)
    with np.errstate(divide='ignore', invalid='ignore'):
        by_depth = scale / (values[:, 2] - known.far)
        by_size = np.where(values[:, 4] > 0, np.nan, values[:, 3] ** -0.5)
    by_depth[~(by_depth > 0) | ~np.isfinite(by_depth)] = np.nan
    return np.column_stack([np.full(len(values), stamp_s), values[:, :2], by_depth, by_size])


def lines(seen: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    """
    Fit a straight line over time to every number that was observed.

    Parameters
    ----------
    seen : float64 ndarray of shape (n, k, 5)
        The latest observations of n tracks, oldest first; NaN where there are none.

    Returns
    -------
    value, slope, error : float64 ndarray of shape (n, 4)
        Of row, column and both distances: where the line is at the last observation, how it
        changes in a second (NaN below two observations), and the standard error of that (NaN
        below five).

    """
    stamps, values = seen[:, :, 0], seen[:, :, 1:]
    recent = stamps >= stamps[:, -1:] - _WINDOW_S
    recent[:, -_FEWEST:] = True
    known = recent[:, :, None] & ~np.isnan(values)
    count = known.sum(axis=1)
    # Sums of what is there: a mean over NaN of numpy takes ten times as long.
    weight = known / np.maximum(count, 1)[:, None]
    values = np.where(known, values, 0.0)
    time = np.nan_to_num(stamps - stamps[:, -1:])[:, :, None]
    mean_time, mean = (weight * time).sum(axis=1), (weight * values).sum(axis=1)
    off_time = time - mean_time[:, None]
    spread = (weight * off_time ** 2).sum(axis=1)
    spread = np.where(spread > 0, spread, np.nan)
    slope = (weight * off_time * values).sum(axis=1) / spread
    rest = values - mean[:, None] - slope[:, None] * off_time
    free = np.where(count >= _FEWEST, count - 2.0, np.nan)
    value = mean - slope * mean_time
    variance = np.maximum((known * rest ** 2).sum(axis=1) / free, (_LEAST_NOISE * value) ** 2)
    return value, slope, np.sqrt(variance / (count * spread))


def times_to_contact(value: _Floats, slope: _Floats, error: _Floats, kind: DepthKind) -> _Floats:
    """
    Return the seconds until things are here, at the speed of the last half second.

    Meters are asked first. Without them it is depth or size, whichever is the sharper: in a room
    the inverse depth at infinity is only guessed, and time by depth a third too short. But what is
    being covered seems to shrink, so that size does not say that a thing goes away.

    Parameters
    ----------
    value, slope, error : float64 ndarray of shape (n, 4)
        From `lines`.
    kind : DepthKind
        Of the depth maps.

    Returns
    -------
    float64 ndarray of shape (n,)
        inf for what is not approaching (or takes over a minute), NaN for what cannot be told.

    """
    value, slope, error = value[:, 2:], slope[:, 2:], error[:, 2:]
    with np.errstate(divide='ignore', invalid='ignore'):
        rate, doubt = -slope / value, _SIGMAS * error / value
        seconds = np.where(rate > doubt, 1.0 / rate, np.nan)
        never = (rate < -doubt) | (rate + doubt < 1.0 / _LONGEST_S) | (seconds > _LONGEST_S)
    seconds[never] = np.inf
    seconds[~(value > 0)] = np.nan
    by_depth, by_size = seconds.T
    if kind is DepthKind.METRIC:
        return np.where(np.isnan(by_depth), by_size, by_depth)
    sharper = np.isnan(by_depth) | (np.isfinite(by_size) & (doubt[:, 1] < doubt[:, 0]))
    return np.where(sharper, by_size, by_depth)
