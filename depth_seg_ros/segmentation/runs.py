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
"""Label images as runs along their rows: areas and boxes cost a fifth of counting pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ['areas', 'find_runs', 'Runs']

_Places: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Runs:
    """
    The runs of equal labels along the rows of an image; label 0 has none.

    Parameters
    ----------
    number : int32 ndarray of shape (n,)
        Label of every run.
    row, start, stop : int ndarray of shape (n,)
        Its row, its first column, and the one after its last.

    """

    number: NDArray[np.int32]
    row: _Places
    start: _Places
    stop: _Places

    def chosen(self, which: NDArray[np.bool_] | _Places) -> Runs:
        """Return some of the runs: those of a mask, or of a list in its order."""
        return Runs(self.number[which], self.row[which], self.start[which], self.stop[which])

    def places(self, width: int, step: int | _Places = 1) -> _Places:
        """
        Return where in the flat image of this width the pixels are, one run after the other.

        With a step (one for all, or one by run) only rows and columns that it divides.
        """
        first = -(-self.start // step) * step
        length = np.maximum(-(-(self.stop - first) // step), 0) * (self.row % step == 0)
        before = np.cumsum(length) - length
        return (np.repeat(self.row * width + first - step * before, length)
                + np.repeat(np.broadcast_to(step, length.shape), length) * np.arange(length.sum()))

    def areas(self, count: int) -> _Places:
        """Return the number of pixels of the labels below `count`, 0 for label 0."""
        return np.bincount(self.number, self.stop - self.start, count).astype(np.intp)

    def centroids(self, count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean row and column of every label, from the outer corner of the image."""
        length = (self.stop - self.start).astype(np.float64)
        area = np.maximum(np.bincount(self.number, length, count), 1.0)
        return (np.bincount(self.number, length * (self.row + 0.5), count) / area,
                np.bincount(self.number, length * 0.5 * (self.start + self.stop), count) / area)

    def boxes(self, count: int) -> tuple[_Places, _Places, _Places, _Places]:
        """Return first row and column, and those after the last, by label; 0 for an empty one."""
        limit = np.iinfo(np.intp).max
        top, left = np.full((2, count), limit)
        bottom, right = np.zeros((2, count), np.intp)
        np.minimum.at(top, self.number, self.row)
        np.minimum.at(left, self.number, self.start)
        np.maximum.at(bottom, self.number, self.row + 1)
        np.maximum.at(right, self.number, self.stop)
        top[top == limit] = left[left == limit] = 0
        return top, left, bottom, right


def find_runs(labels: NDArray[np.int32]) -> Runs:
    """Return the runs of a label image of shape (h, w)."""
    width = labels.shape[1]
    flat = labels.ravel()
    change = np.empty(flat.size + 1, bool)
    np.not_equal(flat[1:], flat[:-1], out=change[1:-1])
    change[::width] = True
    limits = np.flatnonzero(change)
    number = flat[limits[:-1]]
    some = np.flatnonzero(number)
    place, stop = limits[some], limits[some + 1]
    row = place // width
    return Runs(number[some], row, place - row * width, stop - row * width)


def areas(labels: NDArray[np.int32], count: int) -> _Places:
    """Return the number of pixels of the labels below `count`, 0 for label 0."""
    return find_runs(labels).areas(count)
