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
"""What is nearest per angle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ['CIRCLE', 'full_circle', 'nearest_by_bin']

CIRCLE = 72
"""Sectors of a full circle, as MAVLink's OBSTACLE_DISTANCE has them: 5 degrees each."""


def nearest_by_bin(bins: NDArray[np.intp], ranges: NDArray[np.float32], count: int
                   ) -> NDArray[np.float32]:
    """
    Return the least range of every bin, NaN for a bin without any.

    Parameters
    ----------
    bins : int ndarray of shape (N,)
        0 to count - 1.
    ranges : float32 ndarray of shape (N,)
        Finite.
    count : int
        How many bins there are.

    """
    nearest = np.full(count, np.inf, np.float32)
    np.minimum.at(nearest, bins, ranges)
    nearest[np.isinf(nearest)] = np.nan
    return nearest


def full_circle(angles: NDArray[np.float64], ranges: NDArray[np.float32]) -> NDArray[np.float32]:
    """
    Return rays as the sectors of a full circle.

    Parameters
    ----------
    angles : float64 ndarray of shape (N,)
        Of the rays in radians, counterclockwise, 0 forward.
    ranges : float32 ndarray of shape (N,)
        Meters to the nearest thing, +inf for nothing, NaN for unknown.

    Returns
    -------
    float32 ndarray of shape (72,)
        Sector i is centered 5 i degrees clockwise from forward. It holds the nearest thing of its
        rays; +inf only where every one of them is free; NaN otherwise, and where it has none.

    """
    sectors = np.rint(-angles / (2.0 * math.pi / CIRCLE)).astype(np.intp) % CIRCLE
    hit = np.isfinite(ranges)
    nearest = nearest_by_bin(sectors[hit], ranges[hit], CIRCLE)
    rays = np.bincount(sectors, minlength=CIRCLE)
    free = np.bincount(sectors[np.isposinf(ranges)], minlength=CIRCLE)
    nearest[np.isnan(nearest) & (rays > 0) & (free == rays)] = np.inf
    return nearest
