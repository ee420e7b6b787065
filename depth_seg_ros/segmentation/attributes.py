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
"""The attributes of regions: what their depths say, and where they lie in the image."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import TypeAlias

from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.quantiles import quantile
from depth_seg_ros.segmentation.frame import Frame, Labels
from depth_seg_ros.segmentation.ground import Ground
from depth_seg_ros.segmentation.result import LayerBounds, Region, RegionClass
from depth_seg_ros.segmentation.runs import find_runs, Runs
from depth_seg_ros.segmentation.thresholds import layer_thresholds
import numpy as np
from numpy.typing import NDArray

__all__ = ['described', 'Depths', 'depths_of', 'layer_bounds']

_ENOUGH = 1000
"""A quantile of a large region is that of this many of its pixels, evenly spread."""

_Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Depths:
    """
    What the depths of every region say; arrays are indexed by label, 0 is unused.

    Parameters
    ----------
    area : int ndarray of shape (n,)
        Known pixels on the work grid.
    nearest, median : float64 ndarray of shape (n,)
        95 % quantile and median of nearness.
    height : float64 ndarray of shape (n,)
        95 % quantile of the height over the ground in camera heights; NaN without ground.
    sigmas : float64 ndarray of shape (n,)
        Mean distance from the ground (or from infinity, without one), in units of its noise.

    """

    area: NDArray[np.intp]
    nearest: _Floats
    median: _Floats
    height: _Floats
    sigmas: _Floats

    def in_order(self, order: NDArray[np.intp]) -> Depths:
        """Return the same with another order of labels."""
        return Depths(self.area[order], self.nearest[order], self.median[order],
                      self.height[order], self.sigmas[order])


def depths_of(labels: Labels, count: int, frame: Frame, ground: Ground | None, noise: float
              ) -> Depths:
    """
    Measure the depths of regions.

    Parameters
    ----------
    labels : int32 ndarray of shape (h, w)
        On the work grid.
    count : int
        Number of labels, 0 included.
    frame : Frame
        What `labels` is a labeling of.
    ground : Ground or None
        Of that frame.
    noise : float
        Of single pixels, in units of nearness.

    """
    runs = find_runs(labels)
    area = runs.areas(count)
    place = _sampled(runs, area, labels.shape[1])
    ends = np.searchsorted(labels.ravel()[place], np.arange(count), side='right')
    near = frame.near.ravel()[place]
    over_far = near - np.float32(frame.far)
    if ground is None:
        heights, sigmas = np.full_like(near, np.nan), over_far / np.float32(max(noise, 0.0005))
    else:
        over = near - ground.surface.ravel()[place]
        heights = over / np.maximum(over_far, np.float32(0.04))
        sigmas = np.abs(ground.sigmas.ravel()[place])
    nearest, median, height, mean = np.full((4, count), np.nan)
    for i in 1 + np.flatnonzero(np.diff(ends)):
        some = np.s_[ends[i - 1]:ends[i]:max(1, (ends[i] - ends[i - 1]) // _ENOUGH)]
        nearest[i], median[i] = quantile(near[some], 0.95), quantile(near[some], 0.5)
        height[i], mean[i] = quantile(heights[some], 0.95), sigmas[some].mean(dtype=np.float64)
    return Depths(area, nearest, median, height, mean)


def layer_bounds(labels: Labels, kinds: NDArray[np.uint8], frame: Frame,
                 params: SegmentationParams) -> LayerBounds:
    """Return what separates near, mid and far among the obstacles, in inverse depth."""
    stands = (kinds == RegionClass.OBJECT) | (kinds == RegionClass.STRUCTURE)
    near = frame.near[::2, ::2][stands.take(labels[::2, ::2])]
    bounds = [frame.to_inverse(value) for value in layer_thresholds(near, params.layers, params)]
    if not bounds:
        return LayerBounds()
    return LayerBounds(bounds[-1], bounds[0] if len(bounds) > 1 else math.nan)


def described(labels: Labels, kinds: NDArray[np.uint8], own: _Floats, depths: Depths,
              frame: Frame, layers: LayerBounds) -> tuple[Region, ...]:
    """
    Return the regions of a label image, in the order of their labels.

    Parameters
    ----------
    labels : int32 ndarray of shape (H, W)
        On the grid of the depth map.
    kinds : uint8 ndarray of shape (n,)
        RegionClass by label.
    own : float64 ndarray of shape (n,)
        Share of the outline that stands out, by label.
    depths : Depths
        By label.
    frame : Frame
        What `depths` was measured in.
    layers : LayerBounds
        In inverse depth.

    """
    height, width = labels.shape
    count = len(kinds)
    runs = find_runs(labels)
    area, (row, column) = runs.areas(count), runs.centroids(count)
    top, left, bottom, right = runs.boxes(count)
    regions = []
    # Of a few scattered known pixels none may be left at the size of the depth map.
    for i in (1 + np.flatnonzero(area[1:])).tolist():
        kind = RegionClass(int(kinds[i]))
        nearest = frame.to_inverse(depths.nearest[i])
        regions.append(Region(
            id=i, kind=kind, area=int(area[i]),
            box=(float(top[i]), float(left[i]), float(bottom[i] - top[i]),
                 float(right[i] - left[i])),
            centroid=(float(row[i]), float(column[i])),
            nearest=nearest, median=frame.to_inverse(depths.median[i]),
            height_over_ground=float(depths.height[i]), layer=_layer(nearest, layers),
            truncated=(bool(top[i] == 0), bool(right[i] == width), bool(bottom[i] == height),
                       bool(left[i] == 0)),
            confidence=_confidence(kind, float(own[i]), float(depths.sigmas[i]))))
    return tuple(regions)


def _sampled(runs: Runs, area: NDArray[np.intp], width: int) -> NDArray[np.intp]:
    """Return, by label, the places of all pixels of small regions, every fourth of large ones."""
    runs = runs.chosen(np.argsort(runs.number, kind='stable'))
    return runs.places(width, np.where(area >= 4 * _ENOUGH, 2, 1)[runs.number])


def _layer(nearest: float, layers: LayerBounds) -> int:
    if math.isnan(layers.near) or nearest >= layers.near:
        return 1
    return 2 if math.isnan(layers.mid) or nearest >= layers.mid else 3


def _confidence(kind: RegionClass, own: float, sigmas: float) -> float:
    """Return how far it is from noise (0.5 at 10 sigma) times how sure its class is."""
    certainty = {RegionClass.OBJECT: own, RegionClass.STRUCTURE: 1.0 - own}.get(kind, 1.0)
    return certainty * sigmas / (sigmas + 10.0)
