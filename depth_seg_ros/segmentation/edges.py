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
"""Where one surface ends and another begins: depth steps, and creases that point away."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.frame import FloatImage, Frame, Mask
import numpy as np

__all__ = ['Edges', 'find_edges', 'pixel_noise']

_REACH = 2
"""Second differences reach this far: the blur of a network's edges, in pixels."""

_CREASE_NOISE = 4.0
"""A crease below this many sigmas of the pixel noise is none."""

_RIDGE = 0.5
"""A pixel that is half as much of a ridge as of a valley lies on a thin near thing."""


@dataclass(frozen=True, eq=False)
class Edges:
    """
    Where the surfaces of one frame end, on its work grid.

    Parameters
    ----------
    step : float32 ndarray of shape (h, w)
        The step in nearness that separates two things.
    steps : bool ndarray of shape (h, w)
        The far side of every depth step, two pixels wide.
    creases : bool ndarray of shape (h, w)
        Where two surfaces meet in a valley (a thing and the wall, table or floor that it touches).

    """

    step: FloatImage
    steps: Mask
    creases: Mask


def pixel_noise(frame: Frame) -> float:
    """Return the sigma of what changes from pixel to pixel, in units of nearness."""
    rough = frame.near[::3, ::3] - cv2.blur(frame.near, (5, 5))[::3, ::3]
    rough = np.abs(rough[frame.valid[::3, ::3]])
    return float(1.4826 * np.median(rough)) if rough.size else 0.0


def find_edges(frame: Frame, noise: float, params: SegmentationParams) -> Edges:
    """
    Find what separates the surfaces of a frame.

    In inverse depth a plane is affine in the pixels, so second differences vanish on it whatever
    the scale and the shift are. They are positive on the far side of a step, and where two
    planes meet in a valley, as the nearer one is seen: the maximum of two affine functions is
    convex. On the edges of a box they are negative.

    Parameters
    ----------
    frame : Frame
    noise : float
        Of single pixels, in units of nearness.
    params : SegmentationParams
        Those named edge_* and `crease`.

    """
    scale = frame.over_far(0.04)
    step = np.maximum(scale * np.float32(params.edge_step), np.float32(params.edge_noise * noise))
    steps = _valleys(frame.near, step, _REACH)
    bend = np.maximum(scale * np.float32(params.crease), np.float32(_CREASE_NOISE * noise))
    creases = _valleys(cv2.blur(frame.near, (3, 3)), bend, 4)
    return Edges(step, steps, creases & ~steps)


def _valleys(near: FloatImage, least: FloatImage, k: int) -> Mask:
    """Return where the second difference in some direction is at least this, and no ridge."""
    height, width = near.shape
    most, fewest, twice = np.zeros_like(near), np.zeros_like(near), near + near
    for down, right in ((0, k), (k, 0), (k, k), (k, -k)):
        if height <= 2 * down or width <= 2 * k:
            continue
        rows, columns = slice(down, height - down), slice(abs(right), width - abs(right))
        bend = (near[2 * down:, max(0, 2 * right):width + min(0, 2 * right)]
                + near[:height - 2 * down, max(0, -2 * right):width - max(0, 2 * right)])
        bend -= twice[rows, columns]
        np.maximum(most[rows, columns], bend, out=most[rows, columns])
        np.minimum(fewest[rows, columns], bend, out=fewest[rows, columns])
    fewest *= np.float32(-_RIDGE)
    return (most > least) & (most > fewest)
