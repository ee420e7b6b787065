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
"""What one method made of one view, and how good that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
import heapq
import math
from time import perf_counter
from typing import TypeAlias

from depth_seg_ros.bench.metrics import ground_iou, RegionScore, score_frame
from depth_seg_ros.bench.region_sets import FolderSet, SceneSet, View
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation import RegionClass, Segmentation, Segmenter
import numpy as np
from numpy.typing import NDArray

__all__ = ['judge', 'Judged', 'object_labels', 'score_view', 'Worst']

_Labels: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Judged:
    """
    One view, segmented and scored.

    Parameters
    ----------
    scenes : SceneSet or FolderSet
        That the view is from.
    view : View
    found : Segmentation
    score : RegionScore
    seconds : float
        That the segmentation took.

    """

    scenes: SceneSet | FolderSet
    view: View
    found: Segmentation
    score: RegionScore
    seconds: float

    @property
    def worth(self) -> float:
        """Return 0 to 1: overlap F where there are objects, else how right the ground is."""
        if not math.isnan(self.score.overlap_f):
            return self.score.overlap_f
        if self.score.false > 0:
            return 0.0
        return 1.0 if math.isnan(self.score.ground) else self.score.ground


class Worst:
    """
    The worst frames of all that were seen.

    Parameters
    ----------
    count : int
        How many to keep.

    """

    def __init__(self, count: int) -> None:
        self._count = count
        self.frames: list[Judged] = []

    def add(self, frames: Iterable[Judged]) -> None:
        """Keep what is among the worst; ties go to what came first."""
        self.frames = heapq.nsmallest(self._count, [*self.frames, *frames],
                                      key=lambda judged: judged.worth)


def object_labels(segmentation: Segmentation) -> _Labels:
    """Return the labels of the regions that are objects, 0 elsewhere."""
    return np.where(segmentation.classes == RegionClass.OBJECT, segmentation.labels, 0)


def judge(scenes: SceneSet | FolderSet, params: SegmentationParams, count: int, seed: int
          ) -> Iterator[Judged]:
    """Yield the views of a set, each with what the parameters make of it."""
    segmenter = Segmenter(params)
    for view in scenes.views(count, seed):
        start = perf_counter()
        found = segmenter.process(view.depth, 0.0)
        seconds = perf_counter() - start
        yield Judged(scenes, view, found, score_view(found, view, scenes.min_share), seconds)


def score_view(found: Segmentation, view: View, min_share: float) -> RegionScore:
    """Return the score of a view; what is not known of it is NaN."""
    if view.objects is None:
        score = RegionScore(*[math.nan] * 6)
    else:
        score = score_frame(object_labels(found), view.objects, min_share)
    if view.ground is None:
        return score
    judged = np.ones(view.ground.shape, np.bool_) if view.judged is None else view.judged
    return replace(score, ground=ground_iou(found.classes == RegionClass.GROUND, view.ground,
                                            judged))
