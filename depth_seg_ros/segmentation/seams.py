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
"""Seams between regions: who stands out there, which parts belong together, what is a thing."""

from __future__ import annotations

from dataclasses import dataclass
import heapq
from typing import TypeAlias

import cv2
from depth_seg_ros.segmentation.edges import Edges
from depth_seg_ros.segmentation.frame import Frame, Labels, Mask
import numpy as np
from numpy.typing import NDArray

__all__ = ['find_seams', 'join', 'Seams']

_ASIDE = 2
"""Nearness is compared this far from a seam, in pixels: beside the blur of an edge."""

_CONTACT = 0.6
"""Two parts touch when no more than 40 % of their seam is a step."""

_CUT_OFF = _HIDDEN = 0.5
"""
Where the image or a nearer thing cuts it off, an outline counts half: it tells nothing for sure.

So the bar of ownership can be 0.5 for 0.45: hidden things are found as before, and cushions,
half of whose outline are creases, are none: F of rendered rooms goes from 0.72 to 0.79.
"""

_LEAST_WIDTH = 3.0
"""
Low things are this compact (2 * area / outline, in pixels); ragged noise of far ground is not.

Of a bad network 0.30 false regions a frame are left for 0.37.
"""

_Counts: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Seams:
    """
    Where the regions of a label image end, counted in sides of pixels.

    Parameters
    ----------
    pairs : int ndarray of shape (p, 2)
        Labels a < b that have a seam; a may be 0, what is no region.
    asked : float64 ndarray of shape (p,)
        Length of the seam that says something: contact with the ground and the unknown does not.
    owned : float64 ndarray of shape (p, 2)
        Length along which a stands out of b, and b out of a.
    length : float64 ndarray of shape (n,)
        Outline of every label within the image.
    cut_off : float64 ndarray of shape (n,)
        Its length along the border of the image.

    """

    pairs: NDArray[np.intp]
    asked: _Counts
    owned: _Counts
    length: _Counts
    cut_off: _Counts

    def ownership(self, area: NDArray[np.intp]) -> _Counts:
        """
        Return, for every label from 0 on, which share of its outline stands out in depth.

        A thing ends where something farther begins; a wall ends at a corner or leaves the image.
        What has hardly more of an outline than its contact with the ground is a low thing on it,
        unless it is ragged.

        Parameters
        ----------
        area : int ndarray of shape (n,)
            Pixels of every label.

        """
        (asked, owned), (first, second) = self.outlines(), self.pairs.T
        hidden = (np.bincount(first, self.owned[:, 1], len(self.length))
                  + np.bincount(second, self.owned[:, 0], len(self.length)))
        outline = self.length + self.cut_off
        share = owned / np.maximum(asked + _CUT_OFF * self.cut_off - _HIDDEN * hidden, 1.0)
        is_low = (asked + self.cut_off < 0.2 * outline) & (2 * area >= _LEAST_WIDTH * outline)
        return np.where(is_low, 1.0, share)

    def outlines(self) -> tuple[_Counts, _Counts]:
        """Return of every label how much of its outline says something, and is its own."""
        count, (first, second) = len(self.length), self.pairs.T
        return (np.bincount(first, self.asked, count) + np.bincount(second, self.asked, count),
                np.bincount(first, self.owned[:, 0], count)
                + np.bincount(second, self.owned[:, 1], count))


def find_seams(labels: Labels, ground: Mask, frame: Frame, edges: Edges) -> Seams:
    """
    Measure the seams of a label image.

    Parameters
    ----------
    labels : int32 ndarray of shape (h, w)
        From 1 on; 0 for no region.
    ground : bool ndarray of shape (h, w)
        Where the ground is.
    frame : Frame
        What `labels` is a labeling of.
    edges : Edges
        Of that frame.

    """
    count = int(labels.max()) + 1
    silent = cv2.dilate((ground | ~frame.valid).view(np.uint8), np.ones((3, 3), np.uint8))
    pairs, says, stands = (np.concatenate(parts) for parts in zip(*(
        _pairs(labels, count, silent.view(np.bool_), frame, edges, vertical)
        for vertical in (False, True))))
    keys, place = np.unique(pairs, return_inverse=True)
    size = len(keys)
    asked = np.bincount(place, says, size)
    owned = np.stack([np.bincount(place, stands == sign, size) for sign in (1, -1)], 1)
    first, second = np.divmod(keys, count)
    length = np.bincount(place, minlength=size).astype(np.float64)
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return Seams(np.stack([first, second], 1), asked, owned,
                 np.bincount(first, length, count) + np.bincount(second, length, count),
                 np.bincount(rim, minlength=count).astype(np.float64))


def _pairs(labels: Labels, count: int, silent: Mask, frame: Frame, edges: Edges, vertical: bool
           ) -> tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.int8]]:
    """
    Return of every pair of neighbors with two labels a < b what it says.

    That is a * count + b, whether it says anything, and 1 where a stands out, -1 where b does.
    """
    height, width = labels.shape
    stride, extent = (width, height) if vertical else (1, width)
    flat, near = labels.ravel(), frame.near.ravel()
    here = np.flatnonzero(flat[:-stride] != flat[stride:])
    along = here // width if vertical else here % width
    if not vertical:
        here, along = here[along < width - 1], along[along < width - 1]
    there = here + stride
    before = here - stride * np.minimum(along, _ASIDE)
    after = there + stride * np.minimum(extent - 2 - along, _ASIDE)
    rise = near[before] - near[after]
    at_step, quiet = edges.at_steps.ravel(), silent.ravel()
    is_step = (at_step[here] | at_step[there]) & (
        np.abs(rise) > 0.5 * edges.step.ravel()[here])
    first, second = flat[here], flat[there]
    hushed = ((quiet[here] | quiet[before]) & (first == 0)) | (
        (quiet[there] | quiet[after]) & (second == 0))
    sign = np.sign(rise) * np.where(first < second, 1, -1) * is_step
    key = np.minimum(first, second).astype(np.intp) * count + np.maximum(first, second)
    return key, is_step | ~hushed, sign.astype(np.int8)


def join(seams: Seams, loss: float) -> NDArray[np.int32]:
    """
    Return new numbers by label: equal ones for parts that make up one thing.

    Parts that touch are one thing when more of its outline stands out than of either part, or
    less by `loss` at most: the back and the seat of a chair, not a cup and its table.

    Parameters
    ----------
    seams : Seams
        Of the parts.
    loss : float
        Share of the outline.

    """
    asked, owned = seams.outlines()
    asked = asked + _CUT_OFF * seams.cut_off
    parts = _Parts(asked.tolist(), owned.tolist())
    for pair, said, own in zip(seams.pairs.tolist(), seams.asked.tolist(), seams.owned.tolist()):
        if pair[0] > 0:
            parts.add(pair[0], pair[1], said, own[0] + own[1])
    root = parts.joined(loss)
    kept = np.unique(root)
    names = np.zeros(len(root), np.int32)
    names[kept] = np.arange(len(kept))
    return names[root]


class _Parts:
    """Parts with their outlines and common seams, joined one pair after the other, best first."""

    def __init__(self, asked: list[float], owned: list[float]) -> None:
        self.asked, self.owned = asked, owned
        self.beside: list[dict[int, tuple[float, float]]] = [{} for _ in asked]

    def add(self, first: int, second: int, asked: float, steps: float) -> None:
        """Note, or lengthen, the seam of two parts."""
        old = self.beside[first].get(second, (0.0, 0.0))
        self.beside[first][second] = self.beside[second][first] = (
            old[0] + asked, old[1] + steps)

    def gain(self, first: int, second: int) -> float:
        """Return how much more of its outline the union owns than the better one of both."""
        asked, steps = self.beside[first][second]
        left = self.asked[first] + self.asked[second] - 2.0 * asked
        if asked - steps < _CONTACT * asked or asked <= 0.0 or left < 1.0:
            return -1.0
        alone = max(self.owned[part] / max(self.asked[part], 1.0) for part in (first, second))
        return (self.owned[first] + self.owned[second] - steps) / left - alone

    def joined(self, loss: float) -> list[int]:
        """Return of every part the one that it was joined to."""
        root = list(range(len(self.asked)))
        queue = [(-self.gain(a, b), a, b) for a in root for b in self.beside[a] if a < b]
        heapq.heapify(queue)
        while queue and -queue[0][0] > -loss:
            worth, first, second = heapq.heappop(queue)
            if second not in self.beside[first] or -self.gain(first, second) != worth:
                continue  # of one that was joined to another since
            self._join(first, second)
            root[second] = first
            for other in self.beside[first]:
                low, high = sorted((first, other))
                heapq.heappush(queue, (-self.gain(low, high), low, high))
        for part, other in enumerate(root):  # other <= part
            root[part] = root[other]
        return root

    def _join(self, first: int, second: int) -> None:
        asked, steps = self.beside[first].pop(second)
        del self.beside[second][first]
        self.asked[first] += self.asked[second] - 2.0 * asked
        self.owned[first] += self.owned[second] - steps
        for other, seam in self.beside[second].items():
            del self.beside[other][second]
            self.add(first, other, *seam)
        self.beside[second] = {}
