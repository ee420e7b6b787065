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
"""The ground: planes in inverse depth, their gentle unevenness, and the noise around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import cv2
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.frame import FloatImage, Frame, Mask
import numpy as np
from numpy.typing import NDArray

__all__ = ['find_ground', 'Ground']

_Plane: TypeAlias = NDArray[np.float64]
"""(a, b, c) of nearness = a u + b v + c, where u, v run from 0 to 1 over the image."""

_UPPER = 0.3
"""The upper 30 % of the image vote for no ground."""

_STRIDE = 8
"""Every 8th pixel of every 8th row is enough for three unknowns."""

_HYPOTHESES = 96

_CELL_ROWS, _CELL_COLUMNS, _CELL_SIDE = 9, 12, 8
"""Unevenness is followed in 9 x 12 cells, each known from 8 x 8 of its pixels."""

_LEAST_POINTS = 12


@dataclass(frozen=True, eq=False)
class Ground:
    """
    The ground of one frame, on its work grid and in its units of nearness.

    Parameters
    ----------
    plane : tuple of float
        (a, b, c) of a * u + b * v + c with u, v = 0 .. 1 over the image.
    inlier_share : float
        Share of the sampled points that lie on it.
    surface : float32 ndarray of shape (h, w)
        Nearness of the ground for every pixel, ramp and unevenness included.
    noise : float
        Sigma of (nearness - surface) / clearance over ground pixels, where the clearance is the
        nearness of the ground over that at infinity: a network errs in proportion to it.
    sigmas : float32 ndarray of shape (h, w)
        How many sigmas a pixel is nearer than the ground.
    clearance : float32 ndarray of shape (h, w)
        At least 0.05.

    """

    plane: tuple[float, float, float]
    inlier_share: float
    surface: FloatImage
    noise: float
    sigmas: FloatImage
    clearance: FloatImage


@dataclass(frozen=True, eq=False)
class _Points:
    """
    Some known pixels: (u, v, 1) of each in `uv1`, its nearness in `near`.

    Errors are measured in shares of `scale`, the nearness over that at infinity (at least 0.1),
    as those of a network grow with it. With one tolerance for near and far, 6 % of the pixels of
    rooms that are no floor were taken for it, not 1 %.
    """

    uv1: NDArray[np.float64]
    near: NDArray[np.float64]
    scale: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.near)

    def over(self, plane: _Plane) -> NDArray[np.float64]:
        """Return how far every point is over the plane, as a share of its scale."""
        return (self.near - self.uv1 @ plane) / self.scale

    def only(self, chosen: Mask) -> _Points:
        """Return some of the points."""
        return _Points(self.uv1[chosen], self.near[chosen], self.scale[chosen])


def find_ground(frame: Frame, far: Mask, pixel_noise: float, params: SegmentationParams
                ) -> Ground | None:
    """
    Fit the ground, or return None where nothing in view is one.

    In inverse depth a plane stays a plane whatever the scale and the shift are.

    Parameters
    ----------
    frame : Frame
        Where to look for it.
    far : bool ndarray of shape (h, w)
        Pixels too far to be ground.
    pixel_noise : float
        Sigma of what changes from pixel to pixel, in units of nearness.
    params : SegmentationParams
        Those named ground_*.

    """
    points, asked = _sampled(frame, far)
    least = max(_LEAST_POINTS, params.ground_min_inliers * asked)
    plane = _best_plane(points, least, params)
    if plane is None:
        return None
    surface = _image_of(plane, frame.shape)
    if params.ground_planes == 2:
        ramp = _ramp(plane, points, params)
        if ramp is not None:
            surface = np.maximum(surface, _image_of(ramp, frame.shape))
    clearance = np.maximum(surface - np.float32(frame.far), np.float32(0.05))
    may_be = frame.valid & ~far
    reach = np.float32(params.ground_tolerance) * (np.float32(0.5) + clearance)
    if params.ground_refine:
        surface = _with_unevenness(surface, frame.near, may_be, reach)
    inliers = np.abs(points.over(plane)) < params.ground_tolerance
    over = frame.near - surface
    noise = _noise(over, clearance, may_be & (np.abs(over) < reach))
    # Toward the horizon the noise of the ground vanishes; that of single pixels does not.
    least = np.float32(max(0.001, 0.5 * pixel_noise))
    sigmas = over / np.maximum(clearance * np.float32(noise), least)
    return Ground((float(plane[0]), float(plane[1]), float(plane[2])), float(inliers.mean()),
                  surface, noise, sigmas, clearance)


def _sampled(frame: Frame, far: Mask) -> tuple[_Points, int]:
    """Return points that may be ground, and of how many known ones they are."""
    height, width = frame.shape
    step = max(1, min(_STRIDE, height // 12, width // 12))
    rows, columns = np.mgrid[int(_UPPER * height):height:step, step // 2:width:step]
    known = frame.valid[rows, columns]
    chosen = known & ~far[rows, columns]
    rows, columns = rows[chosen], columns[chosen]
    uv1 = np.stack([(columns + 0.5) / width, (rows + 0.5) / height, np.ones(len(rows))], 1)
    near = frame.near[rows, columns].astype(np.float64)
    return _Points(uv1, near, np.maximum(near - frame.far, 0.1)), int(known.sum())


def _best_plane(points: _Points, least: float, params: SegmentationParams) -> _Plane | None:
    """
    Return the plane on which most points lie (RANSAC, then reweighted least squares).

    A point below a plane costs it `ground_below_weight` inliers, as things stand on the ground.
    It may not be forbidden: behind a table that serves as ground, the floor is seen.
    """
    if len(points) < least:
        return None
    triples = np.random.default_rng(0).integers(len(points), size=(_HYPOTHESES, 3))
    corners = points.uv1[triples]
    sound = np.abs(np.linalg.det(corners)) > 1e-4
    planes = np.linalg.solve(corners[sound], points.near[triples[sound]][..., None])[..., 0]
    planes = planes[_may_be_ground(planes)]
    if len(planes) == 0:
        return None
    over = ((points.near - planes @ points.uv1.T) / points.scale).astype(np.float32)
    inliers = np.count_nonzero(np.abs(over) < params.ground_tolerance, axis=1)
    below = np.count_nonzero(over < -params.ground_tolerance, axis=1)
    best = int(np.argmax(inliers - params.ground_below_weight * below))
    if inliers[best] < least:
        return None
    plane = _polished(planes[best], points, params.ground_tolerance)
    return plane if _may_be_ground(plane[None])[0] else None


def _may_be_ground(planes: NDArray[np.float64]) -> Mask:
    """Say which planes come nearer downward, and lean less than by a roll of 28 degrees (4:3)."""
    across, down = planes[:, 0], planes[:, 1]
    return (down > 0.1) & (np.abs(across) < 0.7 * down)


def _polished(plane: _Plane, points: _Points, tolerance: float) -> _Plane:
    """Refit with Tukey's weights until it stands still, wherever the hypothesis was."""
    for _ in range(10):
        weight = np.clip(1.0 - (points.over(plane) / (2.0 * tolerance)) ** 2, 0.0, None) ** 2
        weighted = points.uv1 * (weight / points.scale ** 2)[:, None]
        normal = weighted.T @ points.uv1
        if np.linalg.det(normal) < 1e-9:
            break
        plane = np.linalg.solve(normal, weighted.T @ points.near)
    return plane


def _ramp(plane: _Plane, points: _Points, params: SegmentationParams) -> _Plane | None:
    """
    Return a second plane that goes on where the first ends, over most of the width, or None.

    With it F on a 15 % ramp goes from 0.69 to 0.94; flat ground is not harmed.
    """
    above = points.only(points.over(plane) > params.ground_tolerance)
    ramp = _best_plane(above, max(_LEAST_POINTS, 0.05 * len(points)), params)
    if ramp is None:
        return None
    steepness = ramp[1] / plane[1]
    if not (0.25 < steepness < 0.97 or 1.03 < steepness < 4.0):
        return None
    on_ramp = above.only(np.abs(above.over(ramp)) < params.ground_tolerance)
    on_plane = points.only(np.abs(points.over(plane)) < params.ground_tolerance)
    covered = len(np.unique(on_ramp.uv1[:, 0])) / len(np.unique(points.uv1[:, 0]))
    # A ramp meets the floor between the two; a table, parallel to it, only at the horizon.
    bend = float(np.array([0.5, 0.0, 1.0]) @ (ramp - plane) / (plane[1] - ramp[1]))
    rows = sorted((np.median(on_ramp.uv1[:, 1]), np.median(on_plane.uv1[:, 1])))
    return ramp if covered >= 0.6 and rows[0] < bend < rows[1] else None


def _image_of(plane: _Plane, shape: tuple[int, int]) -> FloatImage:
    """Return the nearness of a plane for every pixel."""
    u = (np.arange(shape[1]) + 0.5) / shape[1]
    v = (np.arange(shape[0]) + 0.5) / shape[0]
    return ((plane[0] * u).astype(np.float32)
            + (plane[1] * v + plane[2]).astype(np.float32)[:, None])


def _with_unevenness(surface: FloatImage, near: FloatImage, may_be: Mask, reach: FloatImage
                     ) -> FloatImage:
    """
    Return the surface bent to follow slow errors and gentle relief.

    Three times, ever stricter about what is ground, the median residual of 12 x 9 cells is
    added. Without it 4 % of slow error costs 0.1 of F, and one bare floor in nine holds a region.
    """
    over, allowed = _in_cells(near - surface), _in_cells(may_be.astype(np.float32)) > 0
    reach = _in_cells(reach)
    bend = np.zeros((_CELL_ROWS, _CELL_COLUMNS), np.float32)
    for strictness in (3.0, 2.0, 1.0):
        like = allowed & (np.abs(over) < np.float32(strictness) * reach)
        step = _smooth_medians(over, like)
        bend += step
        over = over - _in_cells(cv2.resize(step, near.shape[::-1]))
    return surface + cv2.resize(bend, near.shape[::-1])


def _in_cells(image: FloatImage) -> FloatImage:
    """Return 64 pixels of every cell, as (cells, 64)."""
    side = _CELL_SIDE
    small = cv2.resize(image, (side * _CELL_COLUMNS, side * _CELL_ROWS),
                       interpolation=cv2.INTER_NEAREST)
    parts = small.reshape(_CELL_ROWS, side, _CELL_COLUMNS, side)
    return parts.transpose(0, 2, 1, 3).reshape(-1, side * side)


def _smooth_medians(values: FloatImage, chosen: Mask) -> FloatImage:
    """Return the median of the chosen values of every cell, smoothed, (rows, columns)."""
    count = chosen.sum(axis=1)
    ranked = np.sort(np.where(chosen, values, np.float32(np.inf)), axis=1)
    median = ranked[np.arange(len(ranked)), np.maximum(count - 1, 0) // 2]
    median = np.where(count > 0, median, np.float32(0.0)).reshape(_CELL_ROWS, _CELL_COLUMNS)
    # Cells with little ground lean on their neighbors, and on zero.
    weight = (count / values.shape[1]).astype(np.float32).reshape(median.shape)
    return (cv2.GaussianBlur(weight * median, (3, 3), 0)
            / (cv2.GaussianBlur(weight, (3, 3), 0) + np.float32(0.05)))


def _noise(over: FloatImage, clearance: FloatImage, like: Mask) -> float:
    """Return sigma, from the median absolute deviation, of the pixels that are ground-like."""
    like = like[::3, ::3]
    if not like.any():
        return 0.0
    return float(1.4826 * np.median(np.abs(over[::3, ::3][like] / clearance[::3, ::3][like])))
