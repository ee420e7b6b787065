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
"""Which planes are the ground: guesses from local slopes, judged by what is on and below them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import cv2
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.frame import FloatImage, Frame, Mask
import numpy as np
from numpy.typing import NDArray

__all__ = ['find_planes', 'Grid', 'image_of', 'Plane', 'Planes', 'sampled']

Plane: TypeAlias = NDArray[np.float64]
"""(a, b, c) of nearness = a u + b v + c, where u, v run from 0 to 1 over the image."""

_UPPER = 0.3
"""The upper 30 % of the image vote for no ground."""

_STRIDE = 8
"""Every 8th pixel of every 8th row is enough for three unknowns."""

_GUESSES = 24
"""With 40 the floor is no better found, with 16 IoU on small floors falls from 0.92 to 0.85."""

_LEAST_POINTS = 12

_WIDER = 1.75
"""Where no ground is found, the tolerance is widened by this, once."""

_SAME_SLOPE = 0.5
"""On a plane is a point only if the slope around it differs by less than half of the plane's."""

_WELL_BELOW = 4.0
"""In tolerances: what is less than this below a plane may be noise."""

_BEHIND = 0.5
"""What a point behind the points of a plane costs it: so looks the floor beyond a rim."""

_FOOT, _WHOLE_WIDTH = 0.25, 0.8
"""What is seen in 80 % of the columns of the lowest quarter of the points carries the camera."""


@dataclass(frozen=True, eq=False)
class Grid:
    """
    Every 8th pixel of every 8th row of the lower image, N of them, the rows one after the other.

    Errors are measured in shares of `scale`, the nearness over that at infinity (at least 0.1),
    as those of a network grow with it. With one tolerance for near and far, 6 % of the pixels of
    rooms that are no floor were taken for it, not 1 %.

    Parameters
    ----------
    shape : tuple of int
        (rows, columns) of the grid.
    uv1 : float32 ndarray of shape (N, 3)
        (u, v, 1) of each.
    near, scale : float32 ndarray of shape (N,)
        Nearness; unit of errors.
    slope : float32 ndarray of shape (2, N)
        Change of nearness around it, across and down, over the whole image.
    known, usable : bool ndarray of shape (N,)
        Where depth is known; where it may also be ground, as it is not far.
    far : float
        Nearness at infinity.

    """

    shape: tuple[int, int]
    uv1: FloatImage
    near: FloatImage
    scale: FloatImage
    slope: FloatImage
    known: Mask
    usable: Mask
    far: float

    def over(self, planes: NDArray[np.float64], chosen: Mask | slice = slice(None)) -> FloatImage:
        """Return how far points are over K planes, as a share of their scale, (K, n)."""
        surfaces = planes.astype(np.float32) @ self.uv1[chosen].T
        return np.asarray((self.near[chosen] - surfaces) / self.scale[chosen])


class Planes(NamedTuple):
    """The plane of the ground, a ramp that goes on where it ends, and the tolerance of both."""

    ground: Plane
    ramp: Plane | None
    tolerance: float


def sampled(frame: Frame, far: Mask) -> Grid:
    """Return the points among which the ground is looked for."""
    height, width = frame.shape
    step = max(1, min(_STRIDE, height // 12, width // 12))
    top, left = int(_UPPER * height), step // 2
    grid = np.s_[top::step, left::step]
    near = frame.near[grid]
    uv1 = np.ones((*near.shape, 3), np.float32)
    uv1[..., 0] = (np.arange(left, width, step, dtype=np.float32) + np.float32(0.5)) / width
    uv1[..., 1] = ((np.arange(top, height, step) + 0.5) / height)[:, None]
    slope = np.zeros((2, *near.shape), np.float32)
    if min(near.shape) > 1:
        down, across = np.gradient(cv2.blur(frame.near[top:], (5, 5))[::step, left::step])
        slope[0], slope[1] = across * (width / step), down * (height / step)
    # Beside a known pixel depth is filled in: with every other column unknown there is a ground.
    known = cv2.dilate(frame.valid.view(np.uint8), np.ones((3, 3), np.uint8))[grid] > 0
    scale = np.maximum(near - np.float32(frame.far), np.float32(0.1))
    shape = int(near.shape[0]), int(near.shape[1])
    return Grid(shape, uv1.reshape(-1, 3), near.ravel(), scale.ravel(),
                slope.reshape(2, -1), known.ravel(), (known & ~far[grid]).ravel(), frame.far)


def find_planes(grid: Grid, params: SegmentationParams) -> Planes | None:
    """
    Return the lowest plane on which many points lie, and its ramp; None where there is none.

    Every guess is the plane through a point and the slope around it, grown by reweighted least
    squares. Three points drawn at random are hardly ever all on a floor of 8 % of the image: with
    them 10 of 15 such NYU v2 images had no ground.

    Parameters
    ----------
    grid : Grid
        Where to look for it.
    params : SegmentationParams
        Those named ground_*.

    """
    local = np.empty((len(grid.near), 3), np.float64)
    local[:, :2] = grid.slope.T
    local[:, 2] = grid.near - (grid.slope * grid.uv1.T[:2]).sum(axis=0)
    like = grid.usable & _may_be_ground(local)
    guesses = local[like]
    if len(guesses) < _LEAST_POINTS:
        return None
    guesses = guesses[np.linspace(0, len(guesses) - 1, _GUESSES).astype(np.intp)]
    for tolerance in (params.ground_tolerance, _WIDER * params.ground_tolerance):
        found = _lowest(_grown(guesses, grid, like, tolerance), grid, like, tolerance, params)
        if found is not None:
            return found
    return None


def _may_be_ground(planes: NDArray[np.float64]) -> Mask:
    """Say which planes come nearer downward, and lean less than by a roll of 28 degrees (4:3)."""
    across, down = planes[:, 0], planes[:, 1]
    return (down > 0.1) & (np.abs(across) < 0.7 * down)


def _horizon(planes: NDArray[np.float64], far: float) -> NDArray[np.float64]:
    """
    Return where planes reach infinity at the middle column, in image heights from the top.

    Far above it for a wall that the camera looks up at: that comes nearer downward as floors do.
    """
    across, down, there = planes.T
    return np.asarray((far - there - 0.5 * across) / down)


def _grown(planes: NDArray[np.float64], grid: Grid, like: Mask, tolerance: float
           ) -> NDArray[np.float64]:
    """Return the planes refitted, with Tukey's weights, to the chosen points around them."""
    uv1, near, scale = grid.uv1[like], grid.near[like], grid.scale[like]
    terms = np.concatenate([uv1 * uv1[:, :1], uv1 * uv1[:, 1:2], uv1, uv1 * near[:, None]], 1)
    terms /= np.square(scale)[:, None]
    planes = planes.copy()
    for reach in (4.0, 3.0, 2.0):
        over = (near - planes.astype(np.float32) @ uv1.T) / (scale * np.float32(reach * tolerance))
        weights = np.square(np.maximum(np.float32(1.0) - np.square(over), np.float32(0.0)))
        sums = (weights @ terms).astype(np.float64)
        normal = sums[:, :9].reshape(-1, 3, 3)
        sound = np.linalg.det(normal) > 1e-9
        planes[sound] = np.linalg.solve(normal[sound], sums[sound, 9:, None])[..., 0]
    return planes


def _polished(plane: Plane, grid: Grid, like: Mask, tolerance: float) -> Plane:
    """Return one plane refitted in double precision, so that rounding moves no threshold."""
    uv1, near = grid.uv1[like].astype(np.float64), grid.near[like].astype(np.float64)
    scale = grid.scale[like].astype(np.float64)
    for _ in range(2):
        over = (near - uv1 @ plane) / (2.0 * tolerance * scale)
        weights = np.square(np.maximum(1.0 - np.square(over), 0.0) / scale)
        weighted = uv1.T * weights
        normal = weighted @ uv1
        if np.linalg.det(normal) > 1e-9:
            plane = np.linalg.solve(normal, weighted @ near)
    return plane


def _lowest(planes: NDArray[np.float64], grid: Grid, like: Mask, tolerance: float,
            params: SegmentationParams) -> Planes | None:
    """
    Return the plane with most points on it that has few below, and its ramp.

    What is seen below a plane costs it, as things stand on the ground: a seat and a table are no
    ground beside a floor. What is seen behind it, over its points in the image, costs less, and
    nothing where the plane carries the camera: so looks a floor beyond a rim.
    """
    planes = planes[_may_be_ground(planes)]
    planes = planes[_horizon(planes, grid.far) >= 0.5 - params.ground_horizon]
    if len(planes) == 0:
        return None
    over = grid.over(planes)
    on = _on(planes, over, grid, like, tolerance)
    lower = over < np.float32(-_WELL_BELOW * tolerance)
    lower &= grid.usable
    foot = _foot(on, grid)
    behind = (np.arange(grid.shape[0])[:, None] < foot[:, None]).reshape(on.shape)
    behind &= lower
    carries = np.mean(foot >= (1.0 - _FOOT) * grid.shape[0], axis=1) >= _WHOLE_WIDTH
    count = np.count_nonzero(on, axis=1)
    hidden = np.count_nonzero(behind, axis=1)
    below = np.count_nonzero(lower, axis=1) - hidden
    score = count - params.ground_below_weight * below - np.where(carries, 0.0, _BEHIND * hidden)
    least = max(_LEAST_POINTS, params.ground_min_inliers * np.count_nonzero(grid.known))
    score[(count < least) | (score < 0.0)] = -np.inf
    best = int(np.argmax(score))
    if score[best] < 0.0:
        return None
    # A platform before a larger floor: the floor is seen behind it, and it is over the floor.
    hides = np.count_nonzero(behind & on[best], axis=1) > 0.5 * count[best]
    higher = np.count_nonzero(on & (over[best] > _WELL_BELOW * tolerance), axis=1) > 0.5 * count
    platform = np.where(carries & hides & higher, score, -np.inf)
    if platform.max() >= 0.0:
        best = int(np.argmax(platform))
    ground = _polished(planes[best], grid, like, tolerance)
    ramp = _ramp(ground, planes, grid, like, tolerance) if params.ground_planes == 2 else None
    return Planes(ground, ramp, tolerance)


def _on(planes: NDArray[np.float64], over: FloatImage, grid: Grid, like: Mask, tolerance: float
        ) -> Mask:
    """Say which points are near each plane, and slope as it does, (K, N)."""
    across, down = planes[:, :1].astype(np.float32), planes[:, 1:2].astype(np.float32)
    on = np.abs(over) < np.float32(tolerance)
    on &= like
    on &= np.abs(grid.slope[0] - across) < np.float32(_SAME_SLOPE) * down
    on &= np.abs(grid.slope[1] - down) < np.float32(_SAME_SLOPE) * down
    return on


def _foot(on: Mask, grid: Grid) -> NDArray[np.intp]:
    """Return the lowest row with a point on it by plane and column, -1 for none, (K, columns)."""
    upward = on.reshape(len(on), *grid.shape)[:, ::-1]
    rows = grid.shape[0] - 1 - upward.argmax(axis=1)
    return np.where(upward.any(axis=1), rows, -1)


def _ramp(ground: Plane, planes: NDArray[np.float64], grid: Grid, like: Mask, tolerance: float
          ) -> Plane | None:
    """
    Return a second plane that goes on where the first ends, over most of the width, or None.

    With it F on a 15 % ramp goes from 0.69 to 0.94; flat ground is not harmed.
    """
    on_ground = grid.over(ground[None])[0]
    above = like & (on_ground > tolerance)
    steepness = planes[:, 1] / ground[1]
    planes = planes[((0.25 < steepness) & (steepness < 0.97))
                    | ((1.03 < steepness) & (steepness < 4.0))]
    if len(planes) == 0:
        return None
    count = np.count_nonzero(np.abs(grid.over(planes, above)) < tolerance, axis=1)
    best = int(np.argmax(count))
    if count[best] < max(_LEAST_POINTS, 0.05 * np.count_nonzero(grid.usable)):
        return None
    ramp = _polished(planes[best], grid, above, tolerance)
    on_ramp = above & (np.abs(grid.over(ramp[None])[0]) < tolerance)
    covered = np.mean(on_ramp.reshape(grid.shape).any(axis=0))
    # A ramp meets the floor between the two; a table, parallel to it, only at the horizon.
    bend = float(np.array([0.5, 0.0, 1.0]) @ (ramp - ground) / (ground[1] - ramp[1]))
    on_ground = like & (np.abs(on_ground) < tolerance)
    rows = sorted((np.median(grid.uv1[on_ramp, 1]), np.median(grid.uv1[on_ground, 1])))
    return ramp if covered >= 0.6 and rows[0] < bend < rows[1] else None


def image_of(plane: Plane, shape: tuple[int, int]) -> FloatImage:
    """Return the nearness of a plane for every pixel."""
    u = (np.arange(shape[1]) + 0.5) / shape[1]
    v = (np.arange(shape[0]) + 0.5) / shape[0]
    return ((plane[0] * u).astype(np.float32)
            + (plane[1] * v + plane[2]).astype(np.float32)[:, None])
