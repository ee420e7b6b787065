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
"""From foreground to regions: connect, grow, fill."""

from __future__ import annotations

import math

import cv2
from depth_seg_ros.segmentation.frame import Labels, Mask
from depth_seg_ros.segmentation.runs import areas, find_runs
import numpy as np
from numpy.typing import NDArray

__all__ = ['connected', 'grown', 'hysteresis', 'without_holes']


def hysteresis(low: Mask, high: Mask) -> Mask:
    """Return the 8-connected parts of `low` that hold a pixel of `high`."""
    count, parts = cv2.connectedComponents(low.astype(np.uint8), connectivity=8)
    kept = np.zeros(count, bool)
    # One pixel of every run along a row tells the part: a fraction of looking at all of them.
    first = low & high
    first[:, 1:] &= ~first[:, :-1]
    kept[parts[first]] = True
    kept[0] = False
    return kept.take(parts)


def connected(mask: Mask, min_pixels: int, thin_length: float = math.inf) -> Labels:
    """
    Return regions of at least `min_pixels` as 1, 2, ... and 0 for the rest.

    What is thinner than three pixels holds nothing together (4-connected regions of the rest
    come first), but is a region of its own when it is long: a pole, a rail, the leg of a chair.

    Parameters
    ----------
    mask : bool ndarray of shape (h, w)
        What the regions are made of.
    min_pixels : int
        Least area of a region.
    thin_length : float
        Least extent of thin regions, in pixels; by default there are none.

    """
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, _square(3))
    count, parts = cv2.connectedComponents(opened, connectivity=4)
    large = _renumbered(areas(parts, count) >= min_pixels)
    labels = grown(large.take(parts), mask, 1)
    count, parts = cv2.connectedComponents((mask & (labels == 0)).view(np.uint8), connectivity=8)
    runs = find_runs(parts)
    top, left, bottom, right = runs.boxes(count)
    long = ((runs.areas(count) >= min_pixels)
            & (np.maximum(bottom - top, right - left) >= thin_length))
    names = large.max() + _renumbered(long)
    runs = runs.chosen(long[runs.number])
    labels.ravel()[runs.places(mask.shape[1])] = names[runs.number].repeat(runs.stop - runs.start)
    return labels


def grown(labels: Labels, allowed: Mask, pixels: int) -> Labels:
    """Return the labels grown over allowed pixels without one; the higher number wins."""
    small = labels.max(initial=0) < 2 ** 16
    found = labels.astype(np.uint16 if small else np.float32)
    for _ in range(pixels):
        wider = cv2.dilate(found, _square(3))
        free = allowed & (found == 0)
        cv2.copyTo(wider, free.view(np.uint8), found)
    return found.astype(np.int32)


def without_holes(labels: Labels, max_pixels: int) -> Labels:
    """Return the labels with every small hole inside one region given to that region."""
    width = labels.shape[1]
    count, holes = cv2.connectedComponents((labels == 0).view(np.uint8), connectivity=4)
    runs = find_runs(holes)
    small = runs.areas(count) <= max_pixels
    small[0] = False
    for border in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        small[border] = False
    if not small.any():
        return labels
    place = runs.chosen(small[runs.number]).places(width)
    # A hole has one owner when the smallest and the largest label next to it are the same.
    least = np.full(count, np.iinfo(np.int32).max, np.int32)
    most = np.zeros(count, np.int32)
    hole = holes.ravel()[place]
    for offset in (-width, -1, 1, width):  # none of them touches the border of the image
        beside = labels.ravel()[place + offset]
        rim = beside > 0
        np.minimum.at(least, hole[rim], beside[rim])
        np.maximum.at(most, hole[rim], beside[rim])
    filled = labels.copy()
    filled.ravel()[place] = np.where(least == most, most, 0)[hole]
    return filled


def _square(size: int) -> NDArray[np.uint8]:
    return np.ones((size, size), np.uint8)


def _renumbered(kept: Mask) -> NDArray[np.int32]:
    """Return a table from old to new numbers: 1, 2, ... for what is kept, else 0; 0 stays 0."""
    kept[0] = False
    numbers = np.zeros(len(kept), np.int32)
    numbers[kept] = np.arange(1, np.count_nonzero(kept) + 1)
    return numbers
