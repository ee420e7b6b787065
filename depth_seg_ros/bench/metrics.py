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

__all__ = ['label_overlaps', 'mean_score', 'RegionScore', 'score_frame', 'standing_out']

_Labels: TypeAlias = NDArray[np.int32]


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

    """

    overlap_f: float
    boundary_f: float
    share_75: float
    recall: float
    false: float
    fragments: float


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
    if found.shape != truth.shape:
        raise ValueError(f'expected label images of one shape, got {found.shape} and '
                         f'{truth.shape}')
    regions, objects, shared = label_overlaps(found, truth)
    judged = objects[:, 1] >= min_share * truth.size
    mostly_small = (shared[:, ~judged].max(axis=1, initial=0) > 0.5 * regions[:, 1])
    regions, shared = regions[~mostly_small], shared[~mostly_small]
    objects, shared = objects[judged], shared[:, judged]
    inside = shared.max(axis=1, initial=0) >= 0.5 * regions[:, 1]
    false = float((~inside).sum())
    if len(objects) == 0:
        return RegionScore(math.nan, math.nan, math.nan, math.nan, false, 0.0)
    sizes = regions[:, 1, None] + objects[None, :, 1]
    pair_f = 2.0 * shared / sizes
    iou = shared / (sizes - shared)
    rows, columns = linear_sum_assignment(-pair_f)
    boundary = [_boundary_hits(found == regions[i, 0], truth == objects[j, 0])
                for i, j in zip(rows, columns) if shared[i, j]]
    in_region, in_object = np.sum(boundary, axis=0) if boundary else (0, 0)
    return RegionScore(
        _f(shared[rows, columns].sum(), regions[:, 1].sum(), shared[rows, columns].sum(),
           objects[:, 1].sum()),
        _f(in_region, _outlines(found, regions[:, 0]), in_object,
           _outlines(truth, objects[:, 0])),
        float((pair_f[rows, columns] > 0.75).sum() / len(objects)),
        float((iou[rows, columns] >= 0.5).sum() / len(objects)),
        false, float((inside & (iou.max(axis=1, initial=0) < 0.5)).sum()))


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
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
