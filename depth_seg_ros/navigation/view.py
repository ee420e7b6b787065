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
What the outputs of one frame share, each part made when the first of them asks.

Rays are of three kinds: an obstacle is seen, or the way is seen to be free, or it is unknown. What
is not seen is never free.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
import math
from typing import TypeAlias

from depth_seg_ros.depth import DepthMap
from depth_seg_ros.geometry import (
    Attitude, attitude_of_plane, CameraModel, nearest_by_bin, points_of,
    without_flying)
from depth_seg_ros.params import NavigationParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import RegionClass
from depth_seg_ros.segmentation.runs import find_runs
import numpy as np
from numpy.typing import NDArray

__all__ = ['Rays', 'View', 'view_of']

_Floats: TypeAlias = NDArray[np.float32]

_PIXELS_PER_RAY = 1.5
"""With finer rays some would fall between two columns of pixels."""

_MOST_UNKNOWN = 0.2
"""A direction of which more of the pixels below the horizon are unknown is unknown."""


@dataclass(frozen=True, eq=False)
class Rays:
    """
    The half circle before the camera, in level axes.

    Parameters
    ----------
    angles : float64 ndarray of shape (N,)
        Radians, 0 forward, counterclockwise, ascending by `step`.
    step : float
    ranges : float32 ndarray of shape (N,)
        Level distance to the nearest obstacle in meters, +inf where the way is free, NaN where
        unknown.

    """

    angles: NDArray[np.float64]
    step: float
    ranges: _Floats


@dataclass(frozen=True, eq=False)
class View:
    """
    One frame of metric depth through a known camera.

    Parameters
    ----------
    result : FrameResult
    depth : DepthMap
        In meters, on the grid of the segmentation.
    camera : CameraModel
        On the grid of its depth.
    params : NavigationParams

    """

    result: FrameResult
    depth: DepthMap
    camera: CameraModel
    params: NavigationParams

    @cached_property
    def meters(self) -> _Floats:
        """Return depth, 0 where it is not known, float32 (H, W)."""
        depth = self.depth
        return depth.values if depth.valid.all() else np.where(
            depth.valid, depth.values, np.float32(0.0))

    @cached_property
    def points(self) -> _Floats:
        """Return the point of every pixel in optical axes, float32 (3, H * W)."""
        return points_of(self.meters, self.camera)

    @cached_property
    def solid(self) -> NDArray[np.bool_]:
        """Return where depth is known and not invented at an edge, bool (H, W)."""
        return without_flying(self.meters, self.depth.valid, self.params.edge_jump)

    @cached_property
    def attitude(self) -> Attitude:
        """Return how the camera is held in this frame, as seen or told."""
        return self._seen_attitude or self.result.mount.attitude

    @cached_property
    def is_tilt_known(self) -> bool:
        """Return whether the tilt of the camera is seen or was told. It has to fit the ground."""
        mount = self.result.mount
        if self._seen_attitude is not None:
            return True
        return mount.is_tilt_told and not (
            mount.follows_ground and self.result.segmentation.plane is not None)

    @cached_property
    def _seen_attitude(self) -> Attitude | None:
        plane = self.result.metric_plane
        if plane is None or not self.result.mount.follows_ground:
            return None
        return attitude_of_plane(*plane, self.camera)

    @cached_property
    def band(self) -> tuple[float, float]:
        """Return the heights over the camera, in meters, between which obstacles count."""
        params = self.params
        if params.height_over == 'camera':
            return params.min_height, params.max_height
        height = self.attitude.height
        if math.isnan(height):
            return -math.inf, math.inf
        return params.min_height - height, params.max_height - height

    @cached_property
    def rays(self) -> Rays:
        """Return what is nearest per angle."""
        step = max(self.params.scan_step, _PIXELS_PER_RAY / self.camera.fx)
        half = int(0.5 * math.pi / step)
        count = 2 * half + 1
        forward, left, up = _level_directions(self)
        bins = (np.arctan2(left, forward) * np.float32(1.0 / step)
                + np.float32(half + 0.5)).astype(np.int32)
        if forward[[0, -1]][:, [0, -1]].min() <= 0.0:
            bins[(bins < 0) | (bins > count)] = count  # behind the camera: a bin that is not used
        level = np.sqrt(forward * forward + left * left)
        distance = self.meters * level
        pixels, near = _counting(self, distance, self.meters * up)
        sure = (self.solid & self.result.segmentation.mask).ravel()[pixels]
        hit = bins.ravel()[pixels]
        ranges = nearest_by_bin(hit[sure], near[sure], count + 1)[:count]
        falling = slice(int(np.argmax((up < 0.0).any(axis=1))), None)
        slope = up[falling] / np.maximum(level[falling], np.float32(1e-6))
        free = _free(self, falling, bins[falling], count, distance[falling], slope)
        free[_hiding(self, falling, bins[falling], count, slope)] = False
        free &= self.is_tilt_known & (np.bincount(hit, minlength=count)[:count] == 0)
        ranges[free] = np.inf
        return Rays((np.arange(count) - half) * step, step, ranges)


def view_of(result: FrameResult, params: NavigationParams) -> View | None:
    """Return the view of a frame; None where depth is not metric or the camera not known."""
    if result.metric is None or result.camera is None:
        return None
    return View(result, result.metric, result.camera, params)


def _level_directions(view: View) -> tuple[_Floats, _Floats, _Floats]:
    """Return forward, left and up of every pixel's ray, per meter of depth."""
    x, y = view.camera.rays()
    forward, left, up = (
        (np.float32(axis[0]) * x)[None] + (np.float32(axis[1]) * y + np.float32(axis[2]))[:, None]
        for axis in view.attitude.axes)
    return forward, left, up


def _counting(view: View, distance: _Floats, height: _Floats
              ) -> tuple[NDArray[np.intp], _Floats]:
    """
    Return flat indices of the pixels that count, and how far they are.

    These are obstacles, sure or not; what stands out but is too small for a region; and what is
    called background but is near: to a threshold, all that is farther than it.
    """
    segmentation = view.result.segmentation
    maybe = segmentation.classes != RegionClass.GROUND
    pixels = np.flatnonzero(maybe & view.depth.valid
                            & (segmentation.mask | (distance <= view.params.range_max)))
    distance, height = distance.ravel()[pixels], height.ravel()[pixels]
    low, high = view.band
    drop = segmentation.classes.ravel()[pixels] == RegionClass.DROP_OFF
    over_ground = view.attitude.height
    if drop.any() and not math.isnan(over_ground):
        # It begins where the ray goes through the plane of the ground, not where it ends.
        shorter = np.clip(over_ground / np.maximum(-height, 1e-6), 0.0, 1.0)
        distance = np.where(drop, distance * shorter.astype(np.float32), distance)
    counts = (drop | ((height >= low) & (height <= high))) & (distance <= view.params.range_max)
    return pixels[counts], np.maximum(distance[counts], np.float32(view.params.range_min))


def _free(view: View, rows: slice, bins: NDArray[np.int32], count: int, distance: _Floats,
          slope: _Floats) -> NDArray[np.bool_]:
    """
    Say which bins are seen to be free, if nothing that may be an obstacle is in them, (count,).

    Something has to be seen `range_max` away, along a ray that falls and is still over min_height
    there: what stands in the way would be before it, or before the ground on this side of it. And
    of what is below the horizon, most has to be known. Arrays hold the rows with falling rays.
    """
    result, farthest = view.result, view.params.range_max
    low, high = (limit / farthest for limit in view.band)
    known = view.depth.valid[rows] & (result.segmentation.classes[rows] != RegionClass.UNKNOWN)
    below = slope < 0.0
    passes = known & below & (distance >= farthest) & (slope >= low) & (slope <= high)
    # One count for all questions is as quick as one for each of them.
    hidden = below & ~known
    code = passes.view(np.uint8) | below.view(np.uint8) << 1 | hidden.view(np.uint8) << 2
    found = np.bincount((bins * 8 + code).ravel(), minlength=8 * (count + 1))
    found = found.reshape(-1, 8)[:count]
    unknown = found[:, 4:].sum(axis=1) > _MOST_UNKNOWN * found[:, [2, 3, 6, 7]].sum(axis=1)
    return (found[:, 1::2].sum(axis=1) > 0) & ~unknown


def _hiding(view: View, rows: slice, bins: NDArray[np.int32], count: int, slope: _Floats
            ) -> NDArray[np.int32]:
    """
    Return the bins in which pixels without depth may hide an obstacle that stands on the ground.

    It fills a run of them from top to bottom: its foot is where the lowest ray meets the ground,
    its top on the highest one. A single pixel is noise, and so are all where the height of the
    camera is unknown. Arrays as in `_free`.
    """
    hidden = (slope < 0.0) & ~view.depth.valid[rows]
    if not hidden.any():
        return np.zeros(0, np.int32)
    runs = find_runs(np.ascontiguousarray(hidden.T, np.int32))  # down the columns
    runs = runs.chosen(runs.stop - runs.start > 1)
    first, last = (runs.start, runs.row), (runs.stop - 1, runs.row)
    foot = view.attitude.height / -slope[last]
    tall = (foot <= view.params.range_max) & (slope[first] * foot >= view.band[0])
    found = np.concatenate([bins[first][tall], bins[last][tall]])
    return found[found < count]
