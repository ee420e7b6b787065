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
"""
How well ids stay with things: IDF1, id switches, fragments and MOTA on moving scenes.

The definitions are those of TrackEval (Identity, CLEAR) with masks of IoU >= 0.5 as matches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import math
from typing import TypeAlias

from depth_seg_ros.bench.judging import object_labels
from depth_seg_ros.bench.metrics import label_overlaps
from depth_seg_ros.params import SegmentationParams, TrackingParams
from depth_seg_ros.segmentation import Region, RegionClass, Segmentation, Segmenter
from depth_seg_ros.synthetic import Scene, sequence, to_inverse
from depth_seg_ros.tracking import Tracker
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

__all__ = ['score_tracks', 'track_scores', 'tracked_sequence', 'TrackScore']

_Labels: TypeAlias = NDArray[np.int32]
_Pairs: TypeAlias = Iterable['tuple[_Labels, _Labels]']

_MATCH = 0.5
_RATE = 15.0


@dataclass(frozen=True)
class TrackScore:
    """
    What one sequence, or several together, scored.

    Parameters
    ----------
    true_ids : float
        Detections that agree with the one-to-one matching of tracks and things over the whole
        sequence that has the most of them (IDTP).
    found, true : int
        Detections, and things to detect, over all frames.
    matched : int
        Things that a detection of their frame matches.
    switches : int
        Things matched by another track than the last one that matched them (IDSW).
    fragments : int
        How often a thing is matched again after frames in which it was not.
    births : int
        Tracks.

    """

    true_ids: int
    found: int
    true: int
    matched: int
    switches: int
    fragments: int
    births: int

    @property
    def idf1(self) -> float:
        """Return 2 IDTP / (found + true); NaN when there is neither."""
        both = self.found + self.true
        return 2.0 * self.true_ids / both if both else math.nan

    @property
    def best_idf1(self) -> float:
        """Return the IDF1 that a perfect tracker would reach with these detections."""
        both = self.found + self.true
        return 2.0 * self.matched / both if both else math.nan

    @property
    def mota(self) -> float:
        """Return 1 - (missed + false + switches) / true; NaN when there is no thing."""
        wrong = (self.true - self.matched) + (self.found - self.matched) + self.switches
        return 1.0 - wrong / self.true if self.true else math.nan

    def __add__(self, other: TrackScore) -> TrackScore:
        """Return the score of both sequences together; no id of one is an id of the other."""
        return TrackScore(*(getattr(self, name) + getattr(other, name)
                            for name in self.__dataclass_fields__))


def track_scores(sequences: int = 5, seed: int = 1, frames: int = 45,
                 params: TrackingParams | None = None, *, exact: bool = False) -> TrackScore:
    """
    Score tracking on moving scenes of 15 frames a second.

    Parameters
    ----------
    sequences : int
        How many; open ground, rooms and views from above in turn. Half of the things move, one
        passes in front of another, the camera drives and swings.
    seed : int
        The same gives the same scenes and noise.
    frames : int
        Per sequence.
    params : TrackingParams, optional
        All defaults when left out.
    exact : bool
        Track the true masks, numbered anew in every frame: the tracker alone. Otherwise what
        segmentation finds in noisy depth of a scale and shift that change with every frame.

    Returns
    -------
    TrackScore
        Of all sequences together.

    """
    total = TrackScore(0, 0, 0, 0, 0, 0, 0)
    for index in range(sequences):
        total += score_tracks(tracked_sequence([seed, index], frames, params, exact=exact))
    return total


def tracked_sequence(seed: list[int], frames: int, params: TrackingParams | None = None, *,
                     exact: bool = False) -> Iterator[tuple[_Labels, _Labels]]:
    """Yield tracked objects and true ones of a moving scene, each int32 of shape (H, W)."""
    rng = np.random.default_rng(seed)
    kind = ('outdoor', 'indoor', 'uav')[seed[-1] % 3]
    segmenter, tracker = Segmenter(SegmentationParams()), Tracker(params)
    for number, scene in enumerate(sequence(rng, kind, frames, _RATE, crossing=True)):
        stamp = number / _RATE
        if exact:
            found = _exact(scene, rng)
        else:
            depth = to_inverse(scene, rng, s=rng.uniform(0.5, 2.0), t=rng.uniform(-0.2, 0.2))
            found = segmenter.process(depth, stamp)
        yield object_labels(tracker.update(found, stamp)), scene.instances


def _exact(scene: Scene, rng: np.random.Generator) -> Segmentation:
    """Return the true objects as regions with ids in random order."""
    count = int(scene.instances.max()) + 1
    order = np.append(0, 1 + rng.permutation(count - 1)).astype(np.int32)
    labels = order[scene.instances]
    regions = []
    for number in np.unique(labels[labels > 0]):
        rows, columns = np.nonzero(labels == number)
        near = float(1.0 / scene.depth[rows, columns].min())
        box = (float(rows.min()), float(columns.min()), float(np.ptp(rows) + 1),
               float(np.ptp(columns) + 1))
        regions.append(Region(int(number), RegionClass.OBJECT, len(rows), box,
                              (rows.mean() + 0.5, columns.mean() + 0.5), near, near))
    return Segmentation(labels, scene.classes,
                        tuple(sorted(regions, key=lambda region: -region.nearest)))


def score_tracks(frames: _Pairs, min_share: float = 200 / (640 * 480)) -> TrackScore:
    """
    Score one sequence.

    Parameters
    ----------
    frames : iterable of (int32 ndarray, int32 ndarray), each of shape (H, W)
        Label images of tracks and of things, 0 for none, frame after frame.
    min_share : float
        Where a thing shows less than this share of the image, it counts neither as missed nor
        what covers it as false.

    """
    account = _Account()
    for found, truth in frames:
        account.take(*_judged(found, truth, min_share))
    return account.score()


class _Account:
    """What was matched with what, up to now."""

    def __init__(self) -> None:
        self._together: dict[tuple[int, int], int] = {}
        self._last: dict[int, int] = {}
        self._before: dict[int, int] = {}
        self._tracks: set[int] = set()
        self._found = self._true = self._matched = self._switches = self._fragments = 0

    def take(self, tracks: _Labels, things: _Labels, iou: NDArray[np.float64]) -> None:
        """Take one frame: ids of both, and the IoU of every track (row) with every thing."""
        self._found += len(tracks)
        self._true += len(things)
        self._tracks.update(int(track) for track in tracks)
        matches = iou >= _MATCH
        for i, j in np.argwhere(matches):
            pair = int(tracks[i]), int(things[j])
            self._together[pair] = self._together.get(pair, 0) + 1
        # Who matched in the frame before goes on, however well another would match.
        goes_on = np.array([[self._before.get(int(thing)) == track for thing in things]
                            for track in tracks], bool).reshape(iou.shape)
        rows, columns = linear_sum_assignment(-np.where(matches, iou + 1000.0 * goes_on, 0.0))
        now = {int(things[j]): int(tracks[i]) for i, j in zip(rows, columns) if matches[i, j]}
        self._matched += len(now)
        for thing, track in now.items():
            self._switches += self._last.get(thing, track) != track
            self._fragments += thing in self._last and thing not in self._before
        self._last.update(now)
        self._before = now

    def score(self) -> TrackScore:
        """Return the score of all frames."""
        tracks = sorted({track for track, _ in self._together})
        things = sorted({thing for _, thing in self._together})
        frames = np.zeros((len(tracks), len(things)))
        for (track, thing), count in self._together.items():
            frames[tracks.index(track), things.index(thing)] = count
        true_ids = int(frames[linear_sum_assignment(-frames)].sum())
        return TrackScore(true_ids, self._found, self._true, self._matched, self._switches,
                          self._fragments, len(self._tracks))


def _judged(found: _Labels, truth: _Labels, min_share: float
            ) -> tuple[_Labels, _Labels, NDArray[np.float64]]:
    """Return the tracks and the things of a frame that count, and their IoU."""
    regions, objects, shared = label_overlaps(found, truth)
    judged = objects[:, 1] >= min_share * truth.size
    counts = shared[:, ~judged].max(axis=1, initial=0) <= 0.5 * regions[:, 1]
    regions, objects, shared = regions[counts], objects[judged], shared[counts][:, judged]
    union = regions[:, 1, None] + objects[None, :, 1] - shared
    return regions[:, 0], objects[:, 0], shared / np.maximum(union, 1)
