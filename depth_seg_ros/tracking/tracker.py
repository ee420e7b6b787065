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
"""Stable ids: regions are matched with those of earlier frames by the overlap of their masks."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math
from typing import Any, TypeAlias

from depth_seg_ros.depth import DepthKind
from depth_seg_ros.params import TrackingParams
from depth_seg_ros.segmentation import Region, RegionClass, Segmentation
from depth_seg_ros.tracking.motion import FRAMES, lines, OBSERVED, observed, times_to_contact
import numpy as np
from numpy.typing import NDArray

__all__ = ['LAST_ID', 'Tracker']

LAST_ID = 65535
"""Labels are published in 16 bits."""

_CHANCES = 2
"""What is missed more often than this before it is confirmed is given up."""

_MOST_MISSES = 60
"""Nothing is remembered for more frames than this, even where stamps stand still."""

_REACH = 0.02
"""Share of the width by which boxes are grown to match what is thin or small, and moves."""

_LEAST_BOX_OVERLAP = 0.3

_SAMPLED = 20_000
"""Masks are compared on about this many pixels of the image."""

_Slots: TypeAlias = NDArray[np.intp]
_Floats: TypeAlias = NDArray[np.float64]
_Table: TypeAlias = NDArray[Any]

_TRACK = np.dtype([
    ('id', np.int32), ('pit', np.bool_), ('first', np.float64), ('last', np.float64),
    ('hits', np.int64), ('misses', np.int64), ('box', np.float64, 4), ('velocity', np.float64, 2),
    ('seen', np.float64, (FRAMES, OBSERVED))])
"""What is remembered of one thing; stamps in seconds, box as in Region."""


@dataclass(frozen=True, eq=False)
class _Pixels:
    """Pixels of masks, each array of shape (p,): row, column, and the owner's place in a list."""

    rows: _Slots
    columns: _Slots
    owners: _Slots

    def of(self, slots: _Slots, count: int) -> _Pixels:
        """Return those of some of `count` owners, which get new places in the order given."""
        places = np.full(count, -1, np.intp)
        places[slots] = np.arange(len(slots))
        owners = places.take(self.owners)
        kept = owners >= 0
        return _Pixels(self.rows[kept], self.columns[kept], owners[kept])

    def and_then(self, more: _Pixels, count: int) -> _Pixels:
        """Return both; the owners of the second come after the `count` owners of this."""
        return _Pixels(np.concatenate([self.rows, more.rows]),
                       np.concatenate([self.columns, more.columns]),
                       np.concatenate([self.owners, more.owners + count]))


@dataclass(frozen=True, eq=False)
class _Frame:
    """
    What is to be matched; regions go by their place in the list, from 1 on, 0 is none.

    Parameters
    ----------
    stamp_s : float
    labels : int32 ndarray of shape (H, W)
    table : intp ndarray of shape (n,)
        Place by label.
    pixels : _Pixels
        A sample of those of the regions, evenly spread; owners count from 0.
    pits : bool ndarray of shape (m,)
    boxes : float64 ndarray of shape (m, 4)

    """

    stamp_s: float
    labels: NDArray[np.int32]
    table: _Slots
    pixels: _Pixels
    pits: NDArray[np.bool_]
    boxes: _Floats

    @staticmethod
    def of(segmentation: Segmentation, stamp_s: float) -> _Frame:
        """Return that of a segmentation."""
        labels, regions = segmentation.labels, segmentation.regions
        ids = [region.id for region in regions]
        table = np.zeros(max([int(labels.max(initial=0)), *ids]) + 1, np.intp)
        table[ids] = np.arange(1, len(ids) + 1)
        step = max(1, round(math.sqrt(labels.size / _SAMPLED)))
        places = table.take(labels[::step, ::step])
        some = np.flatnonzero(places > 0)
        rows, columns = np.divmod(some, places.shape[1])
        pixels = _Pixels(rows * step, columns * step, places.ravel()[some] - 1)
        return _Frame(
            stamp_s, labels, table, pixels,
            np.array([region.kind is RegionClass.DROP_OFF for region in regions], bool),
            np.array([region.box for region in regions], np.float64).reshape(-1, 4))


class Tracker:
    """
    Give regions ids that stay with them, and say how they move. Not for several threads at once.

    Parameters
    ----------
    params : TrackingParams, optional
        May be set anew between frames.

    Attributes
    ----------
    restarts : int
        How often ids began at 1 again because those up to 65535 might not have sufficed.

    """

    def __init__(self, params: TrackingParams | None = None) -> None:
        self.params = params or TrackingParams()
        self.restarts = 0
        self._born = 0
        self.forget()

    def forget(self) -> None:
        """Take every region of the next frame for new. Ids go on counting."""
        self._stamp, self._shape = math.nan, (0, 0)
        self._tracks = np.zeros(0, _TRACK)
        none = np.zeros(0, np.intp)
        self._pixels = _Pixels(none, none, none)

    def update(self, segmentation: Segmentation, stamp_s: float,
               kind: DepthKind = DepthKind.RELATIVE_INVERSE) -> Segmentation:
        """
        Take the next frame.

        Parameters
        ----------
        segmentation : Segmentation
            Its ids mean nothing beyond the frame. Not changed.
        stamp_s : float
            Time of the frame in seconds. When it went back, when more than `max_gap` passed, or
            when the size of the frame changed, every region is new; ids go on counting.
        kind : DepthKind
            Of the depth map: metric depth gives the time to contact without ground, too.

        Returns
        -------
        Segmentation
            The same pixels and regions in the same order, with ids by thing, and with `age`,
            `confirmed`, `velocity` and `time_to_contact`. With `enable` off, what was given.

        """
        if not self.params.enable:
            self.forget()
            return segmentation
        passed = stamp_s - self._stamp
        if (segmentation.labels.shape != self._shape
                or not 0 <= passed <= self.params.max_gap):
            self.forget()
        if self._born + len(segmentation.regions) > LAST_ID:
            self.restarts += 1
            self._born = 0
            self.forget()
        frame = _Frame.of(segmentation, stamp_s)
        slots = self._matched(frame)
        value, slope, error = self._advance(
            frame, slots, observed(segmentation, kind, stamp_s))
        self._stamp, self._shape = stamp_s, frame.labels.shape
        ids = np.append(np.int32(0), self._tracks['id'][:len(slots)])
        regions = self._described(segmentation.regions, slope[:, :2],
                                  times_to_contact(value, slope, error, kind))
        return replace(segmentation, labels=ids[frame.table].take(frame.labels), regions=regions)

    def _matched(self, frame: _Frame) -> _Slots:
        """Return the place of every region's track, -1 for none."""
        tracks, slots = self._tracks, np.full(len(frame.pits), -1, np.intp)
        if not len(tracks) or not len(slots):
            return slots
        shift = np.nan_to_num(tracks['velocity'] * (frame.stamp_s - tracks['last'])[:, None])
        possible = tracks['pit'][:, None] == frame.pits
        overlap = possible * _mask_overlaps(self._pixels, shift, frame)
        old, new = _assigned(overlap, self.params.min_overlap)
        slots[new] = old
        # A pole three pixels wide that moves by four has no pixel in common with itself: without
        # this step twice as many switches.
        old, new = _others(slots, len(tracks)), np.flatnonzero(slots < 0)
        boxes = tracks['box'][old]
        boxes[:, :2] += shift[old]
        overlap = possible[np.ix_(old, new)] * _box_overlaps(
            boxes, frame.boxes[new], _REACH * frame.labels.shape[1])
        rows, columns = _assigned(overlap, _LEAST_BOX_OVERLAP)
        slots[new[columns]] = old[rows]
        return slots

    def _advance(self, frame: _Frame, slots: _Slots, latest: _Floats
                 ) -> tuple[_Floats, _Floats, _Floats]:
        """Take over what was seen, and what may return behind it; return the lines of motion."""
        old, known, now = self._tracks, slots >= 0, np.zeros(len(slots), _TRACK)
        now['first'], now['seen'] = frame.stamp_s, np.nan
        now[known] = old[slots[known]]
        born = int(np.count_nonzero(~known))
        now['id'][~known] = self._born + 1 + np.arange(born)
        self._born += born
        now['last'], now['pit'], now['box'] = frame.stamp_s, frame.pits, frame.boxes
        now['hits'] += 1
        now['seen'] = np.concatenate([now['seen'][:, 1:], latest[:, None]], axis=1)
        value, slope, error = lines(now['seen'])
        now['velocity'] = slope[:, :2]
        missed = _others(slots, len(old))
        coasting = missed[self._may_return(old[missed], frame.stamp_s)]
        gone = old[coasting]
        gone['misses'] += 1
        self._tracks = np.concatenate([now, gone])
        self._pixels = frame.pixels.and_then(
            self._pixels.of(coasting, len(old)), len(now))
        return value, slope, error

    def _may_return(self, tracks: _Table, stamp_s: float) -> NDArray[np.bool_]:
        """Tell which of the tracks that were not seen now are remembered."""
        most = np.where(tracks['hits'] >= self.params.confirm, _MOST_MISSES, _CHANCES)
        return (tracks['misses'] < most) & (stamp_s - tracks['last'] <= self.params.coast)

    def _described(self, regions: tuple[Region, ...], velocity: _Floats, contact: _Floats
                   ) -> tuple[Region, ...]:
        tracks = self._tracks
        age = tracks['last'] - tracks['first']
        confirmed = tracks['hits'] >= self.params.confirm
        return tuple(
            replace(region, id=int(tracks['id'][i]), age=float(age[i]),
                    confirmed=bool(confirmed[i]), time_to_contact=float(contact[i]),
                    velocity=(float(velocity[i, 0]), float(velocity[i, 1])))
            for i, region in enumerate(regions))


def _others(slots: _Slots, count: int) -> _Slots:
    """Return the places below `count` that are not among these, of which -1 is none."""
    free = np.ones(count + 1, bool)
    free[slots] = free[-1] = False
    return np.flatnonzero(free)


def _mask_overlaps(pixels: _Pixels, shift: _Floats, frame: _Frame) -> _Floats:
    """
    Return intersection over union of masks moved on (rows) with the regions (columns).

    What has moved out of the image does not count. Nor should what is hidden by something nearer,
    one would think; but to leave that out gave 46 switches instead of 30.
    """
    count, (height, width) = len(frame.pits), frame.labels.shape
    step = np.rint(shift).astype(np.intp)
    rows = pixels.rows + step[:, 0].take(pixels.owners)
    columns = pixels.columns + step[:, 1].take(pixels.owners)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    under = frame.labels.take((rows * width + columns)[inside])
    pairs = pixels.owners[inside] * (count + 1) + frame.table.take(under)
    shared = np.bincount(pairs, minlength=len(shift) * (count + 1)).reshape(-1, count + 1)
    both = shared.sum(axis=1)[:, None] + np.bincount(frame.pixels.owners, minlength=count)
    return shared[:, 1:] / np.maximum(both - shared[:, 1:], 1)


def _box_overlaps(boxes: _Floats, others: _Floats, reach: float) -> _Floats:
    """Return intersection over union of every box (row) with every other, all of them grown."""
    low, high = boxes[:, None, :2] - reach, boxes[:, None, :2] + boxes[:, None, 2:] + reach
    others_low, others_high = others[:, :2] - reach, others[:, :2] + others[:, 2:] + reach
    shared = np.maximum(np.minimum(high, others_high) - np.maximum(low, others_low), 0).prod(-1)
    return np.asarray(shared / ((high - low).prod(-1) + (others_high - others_low).prod(-1)
                                - shared))


def _assigned(overlap: _Floats, least: float) -> tuple[_Slots, _Slots]:
    """Return rows and columns of the pairs, one to one, that together overlap most."""
    from scipy.optimize import linear_sum_assignment

    overlap = np.where(overlap < least, 0.0, overlap)
    rows, columns = linear_sum_assignment(-overlap)
    paired = overlap[rows, columns] > 0
    return rows[paired], columns[paired]
