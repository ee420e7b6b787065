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
"""Results drawn by hand, and a network made of paper, for the tests of what comes after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from depth_seg_ros.depth import DepthKind, DepthMap, EstimatorInfo
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import (
    GroundPlane, LayerBounds, Region, RegionClass, Segmentation, Thresholds)
import numpy as np
from numpy.typing import NDArray

GRID = (24, 32)
"""Rows and columns of the depth maps."""

OBJECT = (slice(8, 16), slice(4, 10))
STRUCTURE = (slice(0, 12), slice(22, 32))
DROP_OFF = (slice(18, 24), slice(20, 30))
UNKNOWN = (slice(0, 3), slice(0, 5))


def hand_drawn(image_shape: tuple[int, int] = GRID, kind: DepthKind = DepthKind.RELATIVE_INVERSE,
               unknown: bool = True) -> FrameResult:
    """Return ground below, background above, one region of every class, and a hole."""
    rows = np.arange(GRID[0], dtype=np.float32)[:, None]
    inverse = np.broadcast_to(0.1 + 0.04 * rows, GRID).copy()
    labels = np.zeros(GRID, np.int32)
    classes = np.full(GRID, RegionClass.BACKGROUND, np.uint8)
    classes[12:] = RegionClass.GROUND
    regions = []
    drawn = ((2, RegionClass.OBJECT, OBJECT, 1.2), (1, RegionClass.STRUCTURE, STRUCTURE, 0.8),
             (3, RegionClass.DROP_OFF, DROP_OFF, 0.3))
    for label, region_class, place, near in drawn:
        labels[place], classes[place], inverse[place] = label, region_class, near
        regions.append(_region(label, region_class, place, near))
    if unknown:
        inverse[UNKNOWN], classes[UNKNOWN] = np.nan, RegionClass.UNKNOWN
    metric = kind is DepthKind.METRIC
    depth = DepthMap(1 / inverse if metric else inverse, kind)
    segmentation = Segmentation(
        labels, classes, tuple(regions), GroundPlane(0.0, 0.04, 0.1, 0.7),
        Thresholds(0.1, 1.2, 0.05, 0.01, 0.002), LayerBounds(0.9, 0.5))
    rgb = np.full((*image_shape, 3), (60, 90, 120), np.uint8)
    scale = image_shape[0] / GRID[0], image_shape[1] / GRID[1]
    moved = tuple(_moved(region, *scale, metric) for region in regions)
    return FrameResult(1.5, rgb, depth, segmentation, moved,
                       {'depth': 0.02, 'segmentation': 0.005, 'regions': 0.001})


def nothing_known(image_shape: tuple[int, int] = GRID) -> FrameResult:
    """Return a frame of which nothing is known."""
    depth = DepthMap(np.full(GRID, np.nan, np.float32), DepthKind.RELATIVE_INVERSE)
    segmentation = Segmentation(np.zeros(GRID, np.int32), np.zeros(GRID, np.uint8))
    rgb = np.full((*image_shape, 3), 90, np.uint8)
    return FrameResult(0.0, rgb, depth, segmentation, (), {'depth': 0.0})


def _region(label: int, kind: RegionClass, place: tuple[slice, slice], near: float) -> Region:
    (top, bottom), (left, right) = ((each.start, each.stop) for each in place)
    height, width = bottom - top, right - left
    return Region(label, kind, height * width, (top, left, height, width),
                  ((top + bottom) / 2, (left + right) / 2), near, near, confidence=0.75)


def _moved(region: Region, sy: float, sx: float, metric: bool) -> Region:
    row, column, height, width = region.box
    moved = replace(region, area=round(region.area * sy * sx),
                    box=(row * sy, column * sx, height * sy, width * sx),
                    centroid=(region.centroid[0] * sy, region.centroid[1] * sx))
    return replace(moved, distance=1 / region.nearest) if metric else moved


class PaperNetwork:
    """
    A depth network that sees a box on the ground in every image.

    Parameters
    ----------
    kind : DepthKind
    on_image : callable, optional
        Called with the number of the image, from 0, before its depth is made; it may raise.

    """

    def __init__(self, kind: DepthKind = DepthKind.RELATIVE_INVERSE,
                 on_image: Callable[[int], None] | None = None) -> None:
        self.info = EstimatorInfo('paper', 'test', 'cpu', 'fp32', kind, 'ab' * 32,
                                  sees_image=False)
        self.closed = False
        self._on_image = on_image
        self._count = 0

    def load(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return the same depth for every image."""
        if self._on_image is not None:
            self._on_image(self._count)
        self._count += 1
        inverse = np.broadcast_to(np.linspace(-1, 1, 120, dtype=np.float32)[:, None],
                                  (120, 160)).clip(0.02).copy()
        inverse[40:90, 60:100] = 0.8
        metric = self.info.kind is DepthKind.METRIC
        return DepthMap(1 / inverse if metric else inverse, self.info.kind)
