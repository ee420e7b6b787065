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
"""The ground: a plane in inverse depth, its gentle unevenness, its noise, and what breaks it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.frame import FloatImage, Frame, Mask

__all__ = ['Ground', 'find_ground']

_Vector = NDArray[np.float64]

_STRIDE = 8
"""Every 8th pixel of every 8th row is enough for three unknowns."""

_HYPOTHESES = 96


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
        Nearness of the ground for every pixel, local unevenness included.
    clearance : float32 ndarray of shape (h, w)
        Nearness of the ground over that at infinity, at least 0.05: what noise scales with.
    noise : float
        Sigma of (nearness - surface) / clearance over ground pixels.

    """

    plane: tuple[float, float, float]
    inlier_share: float
    surface: FloatImage
    clearance: FloatImage
    noise: float


def find_ground(frame: Frame, known: Mask, params: SegmentationParams) -> Ground | None:
    """
    Fit the ground, or return None where nothing in view is one.

    In inverse depth a plane stays a plane whatever the scale and the shift: d = a u + b v + c.

    Parameters
    ----------
    frame : Frame
    known : bool ndarray of shape (h, w)
        Pixels that may be ground: valid and not far.
    params : SegmentationParams

    """
    points, values = _sample(frame, known)
    if len(values) < 12:
        return None
    plane = _best_plane(points, values, params)
    if plane is None:
        return None
    plane = _polished(plane, points, values, params.ground_tolerance)
    share = float(np.mean(np.abs(values - points @ plane) < params.ground_tolerance))
    surface = _plane_image(plane, frame.shape)
    if params.ground_planes == 2:
        surface = _with_ramp(surface, plane, frame, points, values, params)
    clearance = np.maximum(surface - np.float32(frame.far), np.float32(0.05))
    if params.ground_refine:
        import os
        for g in eval(os.environ.get('LV','[(12,9,1)]')):
            surface += _unevenness(frame.near - surface, known, g[:2], params.ground_tolerance*g[2], clearance)
    noise = _noise((frame.near - surface)[::2, ::2], known[::2, ::2], clearance[::2, ::2],
                   params.ground_tolerance)
    return Ground((float(plane[0]), float(plane[1]), float(plane[2])), share, surface,
                  clearance, noise)


def _sample(frame: Frame, known: Mask) -> tuple[NDArray[np.float64], _Vector]:
    """Return (u, v, 1) and nearness of some known pixels in the lower 70 % of the image."""
    height, width = frame.shape
    step = max(1, min(_STRIDE, height // 12, width // 12))
    rows, columns = np.mgrid[int(0.3 * height):height:step, step // 2:width:step]
    taken = known[rows, columns]
    rows, columns = rows[taken], columns[taken]
    points = np.stack([(columns + 0.5) / width, (rows + 0.5) / height, np.ones(len(rows))], 1)
    return points, frame.near[rows, columns].astype(np.float64)


def _best_plane(points: NDArray[np.float64], values: _Vector, params: SegmentationParams
                ) -> _Vector | None:
    """
    Return the plane through three points that explains most of the others (RANSAC).

    A point below the plane costs it half an inlier. It may not be forbidden: behind a table
    that serves as ground, the floor is seen.
    """
    triples = np.random.default_rng(0).integers(len(values), size=(_HYPOTHESES, 3))
    corners = points[triples]
    sound = np.abs(np.linalg.det(corners)) > 1e-4
    planes = np.linalg.solve(corners[sound], values[triples[sound]][..., None])[..., 0]
    planes = planes[_may_be_ground(planes)]
    if len(planes) == 0:
        return None
    residual = values - planes @ points.T
    inliers = (np.abs(residual) < params.ground_tolerance).sum(axis=1)
    below = (residual < -params.ground_tolerance).sum(axis=1)
    best = int(np.argmax(inliers - params.ground_below_weight * below))
    if inliers[best] < params.ground_min_inliers * len(values):
        return None
    return np.asarray(planes[best])


def _may_be_ground(planes: NDArray[np.float64]) -> Mask:
    """Say which planes come nearer downward and lean sideways less than that."""
    across, down = planes[:, 0], planes[:, 1]
    return (down > 0.1) & (np.abs(across) < np.maximum(down, 0.2))


def _polished(plane: _Vector, points: NDArray[np.float64], values: _Vector, tolerance: float
              ) -> _Vector:
    """Refit by iteratively reweighted least squares with Tukey's weights, to convergence."""
    for _ in range(10):
        residual = values - points @ plane
        weight = np.clip(1.0 - (residual / (2.0 * tolerance)) ** 2, 0.0, None) ** 2
        weighted = points * weight[:, None]
        normal = weighted.T @ points
        if np.linalg.det(normal) < 1e-9:
            return plane
        plane = np.linalg.solve(normal, weighted.T @ values)
    return plane


def _plane_image(plane: _Vector, shape: tuple[int, int]) -> FloatImage:
    rows, columns = np.ogrid[:shape[0], :shape[1]]
    across = plane[0] * (columns + 0.5) / shape[1]
    down = plane[1] * (rows + 0.5) / shape[0] + plane[2]
    return (across + down).astype(np.float32)


def _with_ramp(surface: FloatImage, plane: _Vector, frame: Frame, points: NDArray[np.float64],
               values: _Vector, params: SegmentationParams) -> FloatImage:
    """Return the ground with a second, flatter-falling plane where one rises out of the first."""
    above = values > points @ plane + params.ground_tolerance
    if above.sum() < 12:
        return surface
    ramp = _best_plane(points[above], values[above], params)
    if ramp is None or not 0.25 * plane[1] < ramp[1] < 0.95 * plane[1]:
        return surface
    ramp = _polished(ramp, points[above], values[above], params.ground_tolerance)
    on_ramp = np.abs(values - points @ ramp) < params.ground_tolerance
    hit=on_ramp & above
    import os
    if len(np.unique(points[hit, 0])) < float(os.environ.get('RC',.6)) * len(np.unique(points[:, 0])) or hit.sum()<float(os.environ.get('RS',0))*len(points):
        return surface
    return np.maximum(surface, _plane_image(ramp, frame.shape))


def _unevenness(residual: FloatImage, known: Mask, cells, tolerance: float, clearance
                ) -> FloatImage:
    """
    Return the smooth part of the residual: means over a 12 x 9 grid of ground-like pixels.

    Follows slow errors of the network: false regions fell from 2.5 to 0.5 a frame with it.
    """
    like = (known & (np.abs(residual) < tolerance)).astype(np.float32)
    height, width = residual.shape
    grid = (min(cells[0], width), min(cells[1], height))
    amount = cv2.resize(like, grid, interpolation=cv2.INTER_AREA)
    total = cv2.resize(residual * like, grid, interpolation=cv2.INTER_AREA)
    # Cells with little ground lean on their neighbors, and on zero.
    amount = cv2.GaussianBlur(amount, (3, 3), 0)
    total = cv2.GaussianBlur(total, (3, 3), 0)
    return cv2.resize(total / (amount + np.float32(0.05)), (width, height),
                      interpolation=cv2.INTER_LINEAR)


def _noise(residual: FloatImage, known: Mask, clearance: FloatImage, tolerance: float) -> float:
    """Return the sigma (from the median absolute deviation) of what is ground-like."""
    like = known & (np.abs(residual) < tolerance)
    if not like.any():
        return 0.0
    return float(1.4826 * np.median(np.abs(residual[like] / clearance[like])))
