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
"""Drop-offs: what is seen below the ground, beyond a rim."""

from __future__ import annotations

from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.frame import FloatImage, Frame, Labels, Mask
from depth_seg_ros.segmentation.ground import Ground
from depth_seg_ros.segmentation.regions import connected, hysteresis
import numpy as np

__all__ = ['below', 'beyond_rim']

_REACH = 3
"""A rim lies within this many pixels on either side of the lower border."""

_FALL = 0.1
"""Least fall at a rim as a share of the clearance: 17 cm seen from 1.5 m up."""

_SHARP = 0.8
"""
Share of the fall over three times the reach that must be at the rim.

Without it the sagging floors of a coarse network show drops in 13 of 26 frames of the demo drive,
not 4.
"""

_RIM = 0.4
"""Share of the lower border of a region that must be a rim."""


def below(frame: Frame, ground: Ground, params: SegmentationParams) -> Mask:
    """Return what is seen through the ground: farther than it, where it should be near."""
    surely = ground.sigmas < np.float32(-2.0 * params.noise_high)
    if surely.any():  # hardly ever
        surely &= (ground.clearance > 0.1) & (ground.surface - frame.near > np.float32(0.03))
    if not surely.any():
        return surely
    # A lower floor nears the horizon together with the ground: there only its connection tells.
    return hysteresis((ground.clearance > 0.05)
                      & (ground.sigmas < np.float32(-params.noise_high)), surely)


def beyond_rim(lower: Mask, frame: Frame, ground: Ground, step: FloatImage, least: int,
               params: SegmentationParams) -> Labels:
    """
    Return the regions of `lower` whose lower border is the far side of an edge, next to ground.

    The near rim of a drop hides part of it; ground that only slopes down has no such edge, and
    what begins behind an obstacle shows none.

    Parameters
    ----------
    lower : bool ndarray of shape (h, w)
        See `below`.
    frame : Frame
        Its nearness.
    ground : Ground
        What is left by the drop.
    step : float32 ndarray of shape (h, w)
        The step in nearness that makes an edge.
    least : int
        Smaller regions are dropped, in pixels.
    params : SegmentationParams
        Its noise_high says what is next to the ground.

    """
    labels = connected(lower, least)
    rows, columns = np.nonzero((labels > 0) & (np.pad(labels, ((0, 1), (0, 0)))[1:] != labels))
    over = frame.near - ground.surface
    last = frame.shape[0] - 1
    fall, wide = (over[np.minimum(rows + reach, last), columns]
                  - over[np.maximum(rows - reach, 0), columns] for reach in (_REACH, 3 * _REACH))
    high = np.maximum(step, np.float32(_FALL) * ground.clearance)[rows, columns]
    in_front = ground.sigmas[np.minimum(rows + _REACH, last), columns]
    rim = ((fall > high) & (fall > np.float32(_SHARP) * wide)
           & (np.abs(in_front) < np.float32(params.noise_high)))
    number, count = labels[rows, columns], int(labels.max()) + 1
    kept = (np.bincount(number, rim, minlength=count)
            > _RIM * np.bincount(number, minlength=count))
    return np.where(kept, np.cumsum(kept), 0).astype(np.int32).take(labels)
