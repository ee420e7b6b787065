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
from depth_seg_ros.quantiles import quantile
from depth_seg_ros.segmentation.frame import FloatImage, Frame, Mask
import numpy as np
from numpy.typing import NDArray

__all__ = ['Edges', 'find_edges', 'pixel_noise', 'share_of_step']

_STEP_REACH, _CREASE_REACH = 2, 4
"""Second differences reach this far, in pixels: as an edge is blurred; as a bend shows."""

_WHITE = 1.5
"""
Depth waves where it bends more than this many times as much over four pixels as over two.

Noise of single pixels bends as much over either, give or take the scatter of a median, and a wave
up to four times. As neighbors agree in it, `pixel_noise` does not tell of it.
"""

_WAVES = 0.001
"""What it bends beyond that, as a share of the nearness, for a blur in full; less blurs less."""

_SMOOTH, _SMOOTH_REACH = 1.5, 2
"""
Sigma of that blur, in pixels, and how far from the border of the image it spoils planes.

With the embedded network of that time F went from 0.53 to 0.58 and false regions from 1.6 to 0.7 a
frame on 300 rendered scenes of free-standing things; on all kinds of scenes F stayed at 0.40,
false regions went from 2.2 to 0.9. The scenes of `bench regions` do not wave; to blur them, too,
costs 0.02 to 0.09 of F and 0.05 to 0.19 of recall. Depth in coarse steps, as of 8 bits, passes for
waves, too.
"""

_LOWER = 0.2
"""
Share by which a step is lower where that blur is in full: it takes a third of a soft one.

So it is where steps are asked of nearness that is not blurred: at seams, and at the rim of what
lies below the ground. All was measured together, with a higher `_WAVES_GROW` (methods.py): with
the embedded network of that time F went from 0.572 to 0.580 on 1000 rendered scenes of
free-standing things, from 0.197 to 0.212 on 27 views of Replica. With 0.3 F is no better and more
is false.
"""

_CREASE_NOISE = 4.0
"""A crease below this many sigmas of the pixel noise is none."""

_CREASE_GRAIN = 6.0
"""
A crease bends this many times as much as the median pixel of its frame.

Planes do not bend, so exact depth keeps its creases. The waves of a small network bend
everywhere: of the embedded one 40 % of the pixels were creases and its walls fell into pieces.
With 6 its false regions on rendered scenes go from 1.8 to 1.5 a frame and F from 0.39 to 0.41.
"""

_RIM_REACH = 2
"""
A step has a near side within this, in pixels; the crease between two cushions has none.

At 4 there are 1.9 false regions a frame in rendered rooms, here 1.6; at 1 things are missed.
"""

_RIDGE = 0.5
"""A pixel that is half as much of a ridge as of a valley lies on a thin near thing."""


@dataclass(frozen=True, eq=False)
class Edges:
    """
    Where the surfaces of one frame end, on its work grid.

    Parameters
    ----------
    step : float32 ndarray of shape (h, w)
        The step in nearness that separates two things, lower where depth waves.
    steps : bool ndarray of shape (h, w)
        The far side of every depth step, two pixels wide, up to five where depth waves.
    creases : bool ndarray of shape (h, w)
        Where two surfaces meet in a valley (a thing and the wall, table or floor that it touches).
    bend : float
        What bends this much is a crease, in shares of the nearness.
    at_steps : bool ndarray of shape (h, w)
        On or beside those of `steps` that have a near side: a steep valley has none.
    waves : float
        How much the depth waves: from 0, as exact depth and white noise, to 1.

    """

    step: FloatImage
    steps: Mask
    creases: Mask
    bend: float
    at_steps: Mask
    waves: float = 0.0


def pixel_noise(frame: Frame) -> float:
    """Return the sigma of what changes from pixel to pixel, in units of nearness."""
    rough = frame.near[::4, ::4] - cv2.blur(frame.near, (5, 5))[::4, ::4]
    rough = np.abs(rough[frame.valid[::4, ::4]])
    return 1.4826 * quantile(rough, 0.5) if rough.size else 0.0


def share_of_step(waves: float) -> float:
    """Return what is left of the least step where depth waves, 1 where it does not."""
    return 1.0 - _LOWER * waves


def find_edges(frame: Frame, noise: float, params: SegmentationParams) -> Edges:
    """
    Find what separates the surfaces of a frame.

    In inverse depth a plane is affine in the pixels, so second differences vanish on it whatever
    the scale and the shift are. They are positive on the far side of a step, and where two
    planes meet in a valley, as the nearer one is seen: the maximum of two affine functions is
    convex. On the edges of a box they are negative. On rendered rooms creases take recall from
    0.40 to 0.62. Where depth waves it is blurred before steps are looked for, and a step is lower
    (`share_of_step`); creases have their own bar.

    Parameters
    ----------
    frame : Frame
        Where to look for them.
    noise : float
        Of single pixels, in units of nearness.
    params : SegmentationParams
        Those named edge_* and `crease`.

    """
    scale = frame.over_far(0.04)
    waves = _waves(frame, scale)
    step = np.maximum(scale * np.float32(params.edge_step), np.float32(params.edge_noise * noise))
    step *= np.float32(share_of_step(waves))
    near, spoiled = _without_waves(frame.near, waves)
    up, down = _bends(near, _STEP_REACH, spoiled)
    steps, rims = (up > step) & (up > down), down > np.float32(0.5 * _RIDGE) * step
    up, down = _bends(cv2.blur(frame.near, (3, 3)), _CREASE_REACH, 1)
    bend = max(params.crease, _CREASE_GRAIN * _grain(up, scale, frame.valid))
    least = np.maximum(scale * np.float32(bend), np.float32(_CREASE_NOISE * noise))
    creases = (up > least) & (up > down)
    rims = cv2.dilate(rims.view(np.uint8), _square(2 * _RIM_REACH + 1))
    at_steps = cv2.dilate(steps.view(np.uint8) & rims, _square(3))
    return Edges(step, steps, creases & ~steps, bend, at_steps.view(np.bool_), waves)


def _waves(frame: Frame, scale: FloatImage) -> float:
    """Return how much the depth of a frame waves, 0 to 1."""
    waves = _usual_bend(frame, scale, 4) - _WHITE * _usual_bend(frame, scale, 2)
    return min(max(waves / _WAVES, 0.0), 1.0)


def _without_waves(near: FloatImage, waves: float) -> tuple[FloatImage, int]:
    """Return nearness to look for steps in, and how many pixels a blur spoiled at its border."""
    if waves <= 0.0:
        return near, 0
    smooth = cv2.GaussianBlur(near, (0, 0), _SMOOTH)
    return np.asarray(cv2.addWeighted(smooth, waves, near, 1.0 - waves, 0.0)), _SMOOTH_REACH


def _usual_bend(frame: Frame, scale: FloatImage, reach: int) -> float:
    """Return the median second difference along rows and columns, as a share of nearness."""
    bends = []
    for near, unit, valid in ((frame.near, scale, frame.valid),
                              (frame.near.T, scale.T, frame.valid.T)):
        middle = (slice(None, None, 4), slice(reach, -reach, 4))
        bend = near[::4, :-2 * reach:4] + near[::4, 2 * reach::4] - 2.0 * near[middle]
        bends.append((np.abs(bend) / unit[middle])[valid[middle]])
    values = np.concatenate(bends)
    return quantile(values, 0.5) if values.size else 0.0


def _grain(bend: FloatImage, scale: FloatImage, valid: Mask) -> float:
    """Return the usual bend of a frame: none on planes, much in the waves of a small network."""
    usual = (bend[::4, ::4] / scale[::4, ::4])[valid[::4, ::4]]
    return quantile(usual, 0.5) if usual.size else 0.0


def _bends(near: FloatImage, reach: int, blur: int) -> tuple[FloatImage, FloatImage]:
    """Return how much of a valley, and half as how much of a ridge, every pixel is at most."""
    most, fewest = np.zeros_like(near), np.zeros_like(near)
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
        kernel[reach, reach] = -2.0
        kernel[reach + reach * down, reach + reach * right] = 1.0
        kernel[reach - reach * down, reach - reach * right] = 1.0
        if not down or not right:  # a single row or column takes a third of the time
            kernel = kernel[reach:reach + 1] if not down else kernel[:, reach:reach + 1]
        bend = cv2.filter2D(near, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        # Nothing is known beyond the border of the image, nor what a blur took from there.
        if down:
            bend[:reach + blur] = bend[-reach - blur:] = 0.0
        if right:
            bend[:, :reach + blur] = bend[:, -reach - blur:] = 0.0
        cv2.max(most, bend, dst=most)
        cv2.min(fewest, bend, dst=fewest)
    fewest *= np.float32(-_RIDGE)
    return most, fewest


def _square(size: int) -> NDArray[np.uint8]:
    return np.ones((size, size), np.uint8)
