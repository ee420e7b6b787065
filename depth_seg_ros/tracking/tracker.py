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
"""Stable ids: regions are matched with those of the frames before by the overlap of their masks."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math
from typing import TypeAlias

from depth_seg_ros.depth import DepthKind
from depth_seg_ros.params import TrackingParams
from depth_seg_ros.segmentation import Region, RegionClass, Segmentation
from depth_seg_ros.tracking.motion import History, observed, times_to_contact
import numpy as np
from numpy.typing import NDArray

__all__ = ['LAST_ID', 'Tracker']

import os
NOHIDE = int(os.environ.get('NOHIDE', '0'))
LAST_ID = 65535
"""Labels are published in 16 bits."""

_MISSES = 2
"""A track that is missed more often before it is confirmed is given up."""

_MOST_MISSES = 60
"""No track coasts for more frames than this, even where stamps stand still."""

_Slots: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _Pixels:
    """
    The pixels of masks.

    Parameters
    ----------
    rows, columns : int32 ndarray of shape (p,)
    owners : intp ndarray of shape (p,)
        Index of the region or slot of the track that each belongs to.

    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    owners: _Slots

    def of(self, slots: _Slots, count: int) -> _Pixels:
        """Return those of some of `count` owners, which count from 0 in the order given."""
        table = np.full(count, -1, np.intp)
        table[slots] = np.arange(len(slots))
        owners = table.take(self.owners)
        kept = owners >= 0
        return _Pixels(self.rows[kept], self.columns[kept], owners[kept])

    def and_those_of(self, other: _Pixels, count: int) -> _Pixels:
        """Return both; the owners of the other come after the `count` of this."""
        return _Pixels(np.concatenate([self.rows, other.rows]),
                       np.concatenate([self.columns, other.columns]),
                       np.concatenate([self.owners, other.owners + count]))


@dataclass(frozen=True, eq=False)
class _Tracks:
    """What is remembered; every array has one entry per track (slot)."""

    ids: NDArray[np.int64]
    pits: NDArray[np.bool_]
    first: NDArray[np.float64]
    last: NDArray[np.float64]
    hits: NDArray[np.int64]
    misses: NDArray[np.int64]
    velocity: NDArray[np.float64]
    boxes: NDArray[np.float64]
    history: History
    pixels: _Pixels

    def __len__(self) -> int:
        return len(self.ids)


class Tracker:
    """
    Give regions ids that stay with them, and say how they move. Not for several threads at once.

    Parameters
    ----------
    params : TrackingParams, optional
        May be set anew between frames.

    """

    def __init__(self, params: TrackingParams | None = None) -> None:
        self.params = params or TrackingParams()
        self.restarts = 0
        """How often ids began at 1 again because all of them were used up."""
        self._born = 0
        self._forget()

    def reset(self) -> None:
        """Forget everything: the next frame is the first, and its ids begin at 1."""
        self._born = 0
        self._forget()

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
            The same pixels and regions in the same order, with ids by track, and with `age`,
            `confirmed`, `velocity` and `time_to_contact`. With `enable` off, what was given.

        """
        if not self.params.enable:
            self._forget()
            return segmentation
        labels, regions = segmentation.labels, segmentation.regions
        if (labels.shape != self._shape
                or not 0 <= stamp_s - self._stamp <= self.params.max_gap):
            self._forget()
        if self._born + len(regions) > LAST_ID:
            self.restarts += 1
            self.reset()
        self._shape = labels.shape
        index = _indices(labels, regions)
        seen = _pixels(index)
        slots, hidden = self._slots(index, regions, stamp_s)
        seen = seen.and_those_of(hidden, 0)
        self._advance(slots, seen, segmentation, stamp_s, kind)
        self._stamp = stamp_s
        ids = self._tracks.ids[:len(regions)]
        table = np.concatenate([[0], ids]).astype(np.int32)
        return replace(segmentation, labels=table.take(index),
                       regions=self._described(regions, stamp_s))

    def _forget(self) -> None:
        """Forget every track. Ids go on counting."""
        self._stamp, self._shape = math.nan, (0, 0)
        none = np.zeros(0)
        whole = none.astype(np.int64)
        self._tracks = _Tracks(
            whole, none.astype(bool), none, none, whole, whole, np.zeros((0, 2)), np.zeros((0, 4)),
            History.empty(0), _Pixels(none.astype(np.int32), none.astype(np.int32),
                                      none.astype(np.intp)))

    def _slots(self, index: NDArray[np.int32], regions: tuple[Region, ...], stamp_s: float
               ) -> tuple[_Slots, _Pixels]:
        """Return the track of every region, -1 for none, and what is hidden of the regions."""
        from scipy.optimize import linear_sum_assignment

        tracks, slots = self._tracks, np.full(len(regions), -1, np.intp)
        predicted = _shifted(tracks, stamp_s, index.shape)
        under = index[predicted.rows, predicted.columns]
        kinds = np.array([region.kind for region in regions], np.intp)
        overlap = _overlaps(predicted.owners, under, len(tracks), index, kinds)
        overlap[tracks.pits[:, None] != (kinds == RegionClass.DROP_OFF)] = 0.0
        overlap[overlap < self.params.min_overlap] = 0.0
        rows, columns = linear_sum_assignment(-overlap)
        matched = overlap[rows, columns] > 0
        slots[columns[matched]] = rows[matched]
        left, new = np.setdiff1d(np.arange(len(tracks)), slots), np.flatnonzero(slots < 0)
        if len(left) and len(new):
            seconds = np.where(tracks.hits > 1, stamp_s - tracks.last, 0.0)
            shift = np.nan_to_num(tracks.velocity * seconds[:, None])
            boxes = np.array([region.box for region in regions])
            old = tracks.boxes[left].copy()
            old[:, :2] += shift[left]
            near = _box_overlaps(old, boxes[new], 0.02 * index.shape[1])
            near[tracks.pits[left, None] != (kinds[new] == RegionClass.DROP_OFF)] = 0.0
            near[near < NEAR] = 0.0
            rows, columns = linear_sum_assignment(-near)
            matched = near[rows, columns] > 0
            slots[new[columns[matched]]] = left[rows[matched]]
        if NOHIDE:
            predicted = predicted.of(np.zeros(0, np.intp), len(tracks)); under = under[:0]
        return slots, _hidden(predicted, under, slots, len(tracks), kinds)

    def _advance(self, slots: _Slots, seen: _Pixels, segmentation: Segmentation, stamp_s: float,
                 kind: DepthKind) -> None:
        """Make the tracks those of this frame, in its order, and behind them those that coast."""
        old, count = self._tracks, len(slots)
        new = slots < 0
        missed = np.setdiff1d(np.arange(len(old)), slots)
        coasting = missed[self._coasts(old, missed, stamp_s)]
        regions = segmentation.regions
        ids = np.zeros(count, np.int64)
        ids[new] = self._born + 1 + np.arange(int(new.sum()))
        self._born += int(new.sum())
        ids[~new] = old.ids[slots[~new]]
        history = np.full((count, *History.empty(0).seen.shape[1:]), np.nan)
        history[~new] = old.history.seen[slots[~new]]
        now = History(history).with_latest(observed(regions, segmentation, kind, stamp_s))
        first = np.full(count, stamp_s)
        first[~new] = old.first[slots[~new]]
        hits, misses = np.ones(count, np.int64), np.zeros(count, np.int64)
        hits[~new] += old.hits[slots[~new]]
        misses[~new] = old.misses[slots[~new]]
        self._lines = now.lines()
        pits = np.array([region.kind is RegionClass.DROP_OFF for region in regions], bool)
        self._tracks = _Tracks(
            np.concatenate([ids, old.ids[coasting]]), np.concatenate([pits, old.pits[coasting]]),
            np.concatenate([first, old.first[coasting]]),
            np.concatenate([np.full(count, stamp_s), old.last[coasting]]),
            np.concatenate([hits, old.hits[coasting]]),
            np.concatenate([misses, old.misses[coasting] + 1]),
            np.concatenate([self._lines[1][:, :2], old.velocity[coasting]]),
            np.concatenate([np.array([r.box for r in regions]).reshape(-1, 4), old.boxes[coasting]]),
            History(np.concatenate([now.seen, old.history.seen[coasting]])),
            seen.and_those_of(old.pixels.of(coasting, len(old)), count))

    def _coasts(self, old, missed, stamp_s):
        confirmed = old.hits[missed] >= self.params.confirm
        early = old.misses[missed] < _MISSES
        return ((confirmed | early) & (old.misses[missed] < _MOST_MISSES)
                & (stamp_s - old.last[missed] <= self.params.coast))

    def _described(self, regions: tuple[Region, ...], stamp_s: float) -> tuple[Region, ...]:
        tracks, contact = self._tracks, times_to_contact(*self._lines)
        return tuple(
            replace(region, id=int(tracks.ids[i]), age=float(stamp_s - tracks.first[i]),
                    confirmed=bool(tracks.hits[i] >= self.params.confirm),
                    velocity=(float(tracks.velocity[i, 0]), float(tracks.velocity[i, 1])),
                    time_to_contact=float(contact[i]))
            for i, region in enumerate(regions))


def _indices(labels: NDArray[np.int32], regions: tuple[Region, ...]) -> NDArray[np.int32]:
    """Return the place of every pixel's region, from 1 on; 0 for none."""
    ids = [region.id for region in regions]
    table = np.zeros(max([int(labels.max(initial=0)), *ids]) + 1, np.int32)
    table[ids] = np.arange(1, len(ids) + 1)
    return table.take(labels)


def _pixels(index: NDArray[np.int32]) -> _Pixels:
    place = np.flatnonzero(index)
    rows, columns = np.divmod(place.astype(np.int32), np.int32(index.shape[1]))
    return _Pixels(rows, columns, index.ravel()[place].astype(np.intp) - 1)


def _shifted(tracks: _Tracks, stamp_s: float, shape: tuple[int, int]) -> _Pixels:
    """Return the masks where they should be now; what has left the image is not there."""
    seconds = np.where(tracks.hits > 1, stamp_s - tracks.last, 0.0)
    shift = np.rint(np.nan_to_num(tracks.velocity * seconds[:, None])).astype(np.int32)
    pixels = tracks.pixels
    rows = pixels.rows + shift[:, 0].take(pixels.owners)
    columns = pixels.columns + shift[:, 1].take(pixels.owners)
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return _Pixels(rows[inside], columns[inside], pixels.owners[inside])


def _overlaps(owners: _Slots, under: NDArray[np.int32], track_count: int,
              index: NDArray[np.int32], kinds: _Slots) -> NDArray[np.float64]:
    """
    Return intersection over union of every track (rows) with every region (columns).

    What of a track is behind a nearer object can not be seen, and counts for nothing.
    """
    count = len(kinds)
    shared = np.bincount(owners * (count + 1) + under, minlength=track_count * (count + 1))
    shared = shared.reshape(track_count, count + 1)
    hides = shared[:, 1:] * (kinds == RegionClass.OBJECT)
    hidden = np.cumsum(hides, axis=1) - hides
    visible = shared.sum(axis=1)[:, None] - hidden
    area = np.bincount(index.ravel(), minlength=count + 1)[1:]
    shared = shared[:, 1:]
    return shared / np.maximum(visible + area - shared, 1)


def _hidden(predicted: _Pixels, under: NDArray[np.int32], slots: _Slots, track_count: int,
            kinds: _Slots) -> _Pixels:
    """Return the pixels of every region that are behind nearer objects, going by its track."""
    region = np.full(track_count, -1, np.intp)
    region[slots[slots >= 0]] = np.flatnonzero(slots >= 0)
    owners = region.take(predicted.owners)
    hides = np.concatenate([[False], kinds == RegionClass.OBJECT])
    kept = hides.take(under) & (under <= owners)
    return _Pixels(predicted.rows[kept], predicted.columns[kept], owners[kept])


NEAR = 0.3


def _box_overlaps(old, new, margin):
    def edges(boxes):
        return (boxes[:, 0] - margin, boxes[:, 1] - margin, boxes[:, 0] + boxes[:, 2] + margin,
                boxes[:, 1] + boxes[:, 3] + margin)
    a, b = (edges(x) for x in (old, new))
    h = np.minimum(a[2][:, None], b[2]) - np.maximum(a[0][:, None], b[0])
    w = np.minimum(a[3][:, None], b[3]) - np.maximum(a[1][:, None], b[1])
    shared = np.maximum(h, 0) * np.maximum(w, 0)
    areas = [(x[2] - x[0]) * (x[3] - x[1]) for x in (a, b)]
    return shared / (areas[0][:, None] + areas[1] - shared)
