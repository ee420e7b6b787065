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
"""How well regions match true objects, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass
import math
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

__all__ = ['ground_iou', 'label_overlaps', 'Match', 'match_frame', 'mean_score', 'MEDIUM',
           'RegionScore', 'score_frame', 'SMALL', 'standing_out']

_Labels: TypeAlias = NDArray[np.int32]

SMALL, MEDIUM = 0.005, 0.03
"""Share of the image below which an object is small, or medium; larger ones are large."""

_LEAST_GROUND = 0.05
"""Share of the image; where less of it is ground, the IoU is of a few pixels."""


@dataclass(frozen=True)
class RegionScore:
    """
    What one frame, or the mean of many, scored.

    Regions and objects are paired one to one by pairwise F (Hungarian assignment).

    Parameters
    ----------
    overlap_f : float
        F of the pixels that paired regions share with their objects (UOIS-Net, Xie et al. 2021);
        NaN where there is no object.
    boundary_f : float
        The same of outline pixels, within 0.3 % of the image diagonal.
    share_75 : float
        Share of objects whose pair has F > 0.75.
    recall : float
        Share of objects whose pair has IoU >= 0.5.
    false : float
        Regions a frame with less than half of their area in any one object.
    fragments : float
        Regions a frame that lie in one object and have IoU < 0.5 with it.
    small, medium, large : float
        `recall` of the objects under `SMALL`, under `MEDIUM`, and of the others.
    ground : float
        IoU of the ground; NaN where the truth is not known or little of it is in view.

    """

    overlap_f: float
    boundary_f: float
    share_75: float
    recall: float
    false: float
    fragments: float
    small: float = math.nan
    medium: float = math.nan
    large: float = math.nan
    ground: float = math.nan


@dataclass(frozen=True, eq=False)
class Match:
    """
    Regions and objects of one frame, paired one to one; small objects are left out.

    Parameters
    ----------
    regions, objects : int ndarray of shape (R, 2), (O, 2)
        Label and area in pixels.
    shared : int ndarray of shape (R, O)
        Pixels in common.
    rows, columns : int ndarray of shape (min(R, O),)
        Row of `regions` and row of `objects` of each pair.

    """

    regions: _Labels
    objects: _Labels
    shared: _Labels
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]

    @property
    def iou(self) -> NDArray[np.float64]:
        """Return the IoU of every region with every object, (R, O)."""
        sizes = self.regions[:, 1, None] + self.objects[None, :, 1]
        return np.asarray(self.shared / (sizes - self.shared))

    @property
    def found(self) -> NDArray[np.bool_]:
        """Return which objects have IoU >= 0.5 with their pair, (O,)."""
        found = np.zeros(len(self.objects), np.bool_)
        found[self.columns] = self.iou[self.rows, self.columns] >= 0.5
        return found

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Return which regions have half of their area or more in one object, (R,)."""
        most = self.shared.max(axis=1, initial=0)
        return np.asarray(most >= 0.5 * self.regions[:, 1])


def match_frame(found: _Labels, truth: _Labels, min_share: float = 200 / (640 * 480)) -> Match:
    """
    Pair regions with objects; the parameters are those of `score_frame`.

    Raises
    ------
    ValueError
        When the shapes differ.

    """
    if found.shape != truth.shape:
        raise ValueError(f'expected label images of one shape, got {found.shape} and '
                         f'{truth.shape}')
    regions, objects, shared = label_overlaps(found, truth)
    judged = objects[:, 1] >= min_share * truth.size
    mostly_small = (shared[:, ~judged].max(axis=1, initial=0) > 0.5 * regions[:, 1])
    regions, shared = regions[~mostly_small], shared[~mostly_small]
    objects, shared = objects[judged], shared[:, judged]
    pair_f = 2.0 * shared / (regions[:, 1, None] + objects[None, :, 1])
    return Match(regions, objects, shared, *linear_sum_assignment(-pair_f))


def ground_iou(found: NDArray[np.bool_], truth: NDArray[np.bool_], judged: NDArray[np.bool_]
               ) -> float:
    """Return the IoU of ground where it is `judged`; NaN with less than 5 % of it in view."""
    found, truth = found & judged, truth & judged
    if truth.sum() < _LEAST_GROUND * truth.size:
        return math.nan
    return float((found & truth).sum() / (found | truth).sum())


def mean_score(scores: Iterable[RegionScore]) -> RegionScore:
    """Return the mean over frames; frames without objects count for `false` alone."""
    table = np.array([astuple(score) for score in scores])
    return RegionScore(*(float(np.mean(column[~np.isnan(column)])) if not np.isnan(column).all()
                         else math.nan for column in table.T))


def score_frame(found: _Labels, truth: _Labels, min_share: float = 200 / (640 * 480)
                ) -> RegionScore:
    """
    Compare regions with objects.

    Parameters
    ----------
    found, truth : int ndarray of shape (H, W)
        Label images, 0 for none.
    min_share : float
        Objects smaller than this share of the image count neither as missed nor as false.

    Raises
    ------
    ValueError
        When the shapes differ.

    """
    match = match_frame(found, truth, min_share)
    regions, objects, shared, inside = match.regions, match.objects, match.shared, match.inside
    if len(objects) == 0:
        return RegionScore(math.nan, math.nan, math.nan, math.nan, float((~inside).sum()), 0.0)
    pairs = (match.rows, match.columns)
    pair_f = 2.0 * shared[pairs] / (regions[match.rows, 1] + objects[match.columns, 1])
    boundary = [_boundary_hits(found == regions[i, 0], truth == objects[j, 0])
                for i, j in zip(*pairs) if shared[i, j]]
    in_region, in_object = np.sum(boundary, axis=0) if boundary else (0, 0)
    hits = shared[pairs].sum()
    return RegionScore(
        _f(hits, regions[:, 1].sum(), hits, objects[:, 1].sum()),
        _f(in_region, _outlines(found, regions[:, 0]), in_object,
           _outlines(truth, objects[:, 0])),
        float((pair_f > 0.75).sum() / len(objects)), float(match.found.mean()),
        float((~inside).sum()),
        float((inside & (match.iou.max(axis=1, initial=0) < 0.5)).sum()),
        *_by_size(match.found, objects[:, 1] / truth.size))


def _by_size(found: NDArray[np.bool_], share: NDArray[np.float64]) -> list[float]:
    """Return the share found of small, of medium and of large objects."""
    size = np.digitize(share, (SMALL, MEDIUM))
    return [float(found[size == each].mean()) if (size == each).any() else math.nan
            for each in range(3)]


def standing_out(near: NDArray[np.float32], instances: _Labels) -> _Labels:
    """
    Return the instances that depth alone can tell from what is around them, others as 0.

    Parameters
    ----------
    near : float32 ndarray of shape (H, W)
        True inverse depth in 1/m, NaN where unknown.
    instances : int ndarray of shape (H, W)
        Of everything, walls and floor included; 0 for none.

    Returns
    -------
    int32 ndarray of shape (H, W)
        Instances of at most 35 % of the image that are nearer, by at least 4 % of their inverse
        depth, than what is around at least 40 % of their outline.

    """
    known = np.isfinite(near)
    near = np.where(known, near, np.float32(1e30))
    around = cv2.erode(near, np.ones((5, 5), np.uint8))
    steps = known & (near - around > 0.04 * near)
    kept = np.zeros(instances.shape, np.int32)
    for number in np.unique(instances[instances > 0]):
        mask = instances == number
        outline = _outline(mask)
        if mask.mean() <= 0.35 and steps[outline].mean() >= 0.4:
            kept[mask] = number
    return kept


def label_overlaps(found: _Labels, truth: _Labels) -> tuple[_Labels, _Labels, _Labels]:
    """
    Return what two label images have in common.

    Parameters
    ----------
    found, truth : int ndarray of shape (H, W)
        0 for none.

    Returns
    -------
    regions, objects : int ndarray of shape (n, 2) and (m, 2)
        Label and area of each.
    shared : int ndarray of shape (n, m)
        Pixels that each pair shares.

    """
    regions = np.stack(np.unique(found[found > 0], return_counts=True), 1)
    objects = np.stack(np.unique(truth[truth > 0], return_counts=True), 1)
    both = (found > 0) & (truth > 0)
    pairs = (np.searchsorted(regions[:, 0], found[both]) * len(objects)
             + np.searchsorted(objects[:, 0], truth[both]))
    shared = np.bincount(pairs, minlength=len(regions) * len(objects))
    return regions, objects, shared.reshape(len(regions), len(objects))


def _outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    return mask & (inner == 0)


def _outlines(labels: _Labels, numbers: _Labels) -> int:
    return sum(int(_outline(labels == number).sum()) for number in numbers)


def _boundary_hits(region: NDArray[np.bool_], thing: NDArray[np.bool_]) -> tuple[int, int]:
    """Return how many outline pixels of each have one of the other within reach."""
    reach = math.ceil(0.003 * math.hypot(*region.shape))
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    ours, theirs = _outline(region), _outline(thing)
    return (int((ours & (cv2.dilate(theirs.astype(np.uint8), disk) > 0)).sum()),
            int((theirs & (cv2.dilate(ours.astype(np.uint8), disk) > 0)).sum()))


def _f(hits: float, regions: float, matched: float, objects: float) -> float:
    """Return F of precision hits / regions and recall matched / objects, 0 where none is."""
    precision = hits / regions if regions else 0.0
    recall = matched / objects if objects else 0.0
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0
