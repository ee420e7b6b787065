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
"""From foreground to regions: split at depth edges, connect, fill, and ask who owns an outline."""

from __future__ import annotations

import cv2
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.frame import FloatImage, Frame, Labels, Mask
import numpy as np
from numpy.typing import NDArray

__all__ = ['behind_edge', 'connected', 'edge_step', 'hysteresis', 'ownership', 'pixel_noise',
           'split', 'without_holes']


def pixel_noise(frame: Frame) -> float:
    """Return the sigma of what changes from pixel to pixel, in units of nearness."""
    rough = frame.near[::3, ::3] - cv2.blur(frame.near, (5, 5))[::3, ::3]
    rough = np.abs(rough[frame.valid[::3, ::3]])
    return float(1.4826 * np.median(rough)) if rough.size else 0.0


def edge_step(frame: Frame, noise: float, params: SegmentationParams) -> FloatImage:
    """Return the step in nearness that separates two things, for every pixel."""
    return np.maximum(frame.over_far(0.04) * np.float32(params.edge_step),
                      np.float32(params.edge_noise * noise))


def hysteresis(low: Mask, high: Mask) -> Mask:
    """Return the 8-connected parts of `low` that hold a pixel of `high`."""
    count, parts = cv2.connectedComponents(low.astype(np.uint8), connectivity=8)
    kept = np.zeros(count, bool)
    kept[parts[high]] = True
    kept[0] = False
    return kept.take(parts)


def split(foreground: Mask, near: FloatImage, step: FloatImage, balance: float) -> Mask:
    """
    Return the foreground without the far side of every depth edge in it.

    A pixel inside an edge belongs to the near thing when it is nearer than about the middle of
    the edge (Bernsen's test). Cutting whole edges out would leave 1.6 fragments a frame, not 0.15.
    """
    nearest, farthest = cv2.dilate(near, _square(5)), cv2.erode(near, _square(5))
    far_side = near < np.float32(balance) * nearest + np.float32(1.0 - balance) * farthest
    return foreground & ~(far_side & (_beyond_slope(nearest - farthest, 2, 11) > step))


def connected(mask: Mask, min_pixels: int) -> Labels:
    """
    Return 4-connected regions of at least `min_pixels` as 1, 2, ... and 0 for the rest.

    What is thinner than three pixels is dropped first: on the work grid it is noise.
    """
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _square(3))
    _, parts = cv2.connectedComponents(opened, connectivity=4)
    large = np.bincount(parts.ravel()) >= min_pixels
    large[0] = False
    return _renumbered(large).take(parts)


def without_holes(labels: Labels, max_pixels: int) -> Labels:
    """Return the labels with every small hole inside one region given to that region."""
    _, holes = cv2.connectedComponents((labels == 0).astype(np.uint8), connectivity=4)
    area = np.bincount(holes.ravel())
    small = area <= max_pixels
    small[0] = False
    for border in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        small[border] = False
    place = np.flatnonzero(small.take(holes))
    if len(place) == 0:
        return labels
    # A hole has one owner when the smallest and the largest label next to it are the same.
    least = np.full(len(area), np.iinfo(np.int32).max, np.int32)
    most = np.zeros(len(area), np.int32)
    hole = holes.ravel()[place]
    width = labels.shape[1]
    for offset in (-width, -1, 1, width):  # none of them touches the border of the image
        beside = labels.ravel()[place + offset]
        rim = beside > 0
        np.minimum.at(least, hole[rim], beside[rim])
        np.maximum.at(most, hole[rim], beside[rim])
    filled = labels.copy()
    filled.ravel()[place] = np.where(least == most, most, 0)[hole]
    return filled


def ownership(labels: Labels, ground: Mask, frame: Frame, step: FloatImage
              ) -> NDArray[np.float64]:
    """
    Return, for every label from 0 on, which share of its outline stands out in depth.

    A thing ends where something farther begins; a wall ends at a corner or leaves the image.
    Contact with the ground says nothing, nor do unknown pixels; what has no more of an outline
    than that is a low thing on the ground. Without this test there are 0.85 false regions a
    frame, with it 0.02.

    Parameters
    ----------
    labels : int32 ndarray of shape (h, w)
        1, 2, ... and 0 for none.
    ground : bool ndarray of shape (h, w)
        Where the ground is.
    frame : Frame
        Its nearness and where that is known.
    step : float32 ndarray of shape (h, w)
        See `edge_step`.

    """
    place = np.flatnonzero(_outlines(labels))
    number = labels.ravel()[place]
    drop = frame.near - cv2.erode(frame.near, _square(7))
    stands_out = (_beyond_slope(drop, 3, 9) > step).ravel()[place]
    says_nothing = cv2.dilate((ground | ~frame.valid).astype(np.uint8), _square(5))
    asked = stands_out | (says_nothing.ravel()[place] == 0)
    size = int(labels.max()) + 1
    length = np.bincount(number, minlength=size)
    answers = np.bincount(number, asked, minlength=size)
    own = np.bincount(number, stands_out, minlength=size) / np.maximum(answers, 1)
    return np.where(answers < 0.2 * length, 1.0, own)


def behind_edge(labels: Labels, frame: Frame, step: FloatImage, least: float) -> Labels:
    """
    Return the labels of which this share of the outline or more is the far side of an edge.

    The near rim of a pit hides part of it; ground that only slopes down has no such edge.
    """
    place = np.flatnonzero(_outlines(labels))
    number = labels.ravel()[place]
    rise = cv2.dilate(frame.near, _square(7)) - frame.near
    behind = (_beyond_slope(rise, 3, 9) > step).ravel()[place]
    size = int(labels.max()) + 1
    share = np.bincount(number, behind, minlength=size) / np.maximum(
        np.bincount(number, minlength=size), 1)
    kept = share >= least
    kept[0] = False
    return _renumbered(kept).take(labels)


def _square(size: int) -> NDArray[np.uint8]:
    return np.ones((size, size), np.uint8)


def _beyond_slope(rise: FloatImage, reach: int, window: int) -> FloatImage:
    """
    Return what a local rise holds beyond that of its flattest surroundings.

    On a plane seen at a slant the rise is the same everywhere, at a step it is not. Without it
    the walls of rooms fall apart in relative depth: F 0.45 instead of 0.73 on a real office.

    Parameters
    ----------
    rise : float32 ndarray of shape (h, w)
        Over `reach` pixels to every side; less at the border of the image, where it is cut off.
    reach : int
        In pixels.
    window : int
        Size of the surroundings in pixels, odd.

    """
    height, width = rise.shape
    cut = min(reach, (height - 1) // 2, (width - 1) // 2)
    whole = cv2.copyMakeBorder(rise[cut:height - cut, cut:width - cut], cut, cut, cut, cut,
                               cv2.BORDER_REPLICATE)
    return rise - cv2.erode(whole, _square(window))


def _outlines(labels: Labels) -> Mask:
    """Return the pixels of regions that have a 4-neighbor outside of theirs, or the border."""
    padded = cv2.copyMakeBorder(labels, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    inner = padded[1:-1, 1:-1]
    same = ((padded[:-2, 1:-1] == inner) & (padded[2:, 1:-1] == inner)
            & (padded[1:-1, :-2] == inner) & (padded[1:-1, 2:] == inner))
    return (labels > 0) & ~same


def _renumbered(kept: Mask) -> NDArray[np.int32]:
    """Return a table from old to new numbers: 1, 2, ... for what is kept, else 0."""
    numbers = np.zeros(len(kept), np.int32)
    numbers[kept] = np.arange(1, np.count_nonzero(kept) + 1)
    return numbers
