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
"""What segmentation says about one frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
import math

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ['GroundPlane', 'LayerBounds', 'obstacle_mask', 'OBSTACLES', 'Region', 'RegionClass',
           'Segmentation', 'Thresholds']


class RegionClass(IntEnum):
    """What a pixel or a region is; the numbers are those of `~/classes` and `~/label_info`."""

    UNKNOWN = 0
    GROUND = 1
    OBJECT = 2
    STRUCTURE = 3
    DROP_OFF = 4
    BACKGROUND = 5


OBSTACLES = (RegionClass.OBJECT, RegionClass.STRUCTURE, RegionClass.DROP_OFF)
"""The classes that make up the obstacle mask."""

_IS_OBSTACLE = np.isin(np.arange(256), OBSTACLES).astype(np.uint8)
"""1 for the obstacles among all uint8: a table is 30 times faster than a search."""


def obstacle_mask(classes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """
    Return where an obstacle is.

    Parameters
    ----------
    classes : uint8 ndarray of shape (H, W)
        RegionClass per pixel.

    Returns
    -------
    bool ndarray of shape (H, W)

    """
    return np.asarray(cv2.LUT(classes, _IS_OBSTACLE)).view(np.bool_)


@dataclass(frozen=True)
class GroundPlane:
    """
    The ground: inverse depth = a * column + b * row + c, in pixels of the depth map.

    Parameters
    ----------
    a, b, c : float
        In units of inverse depth (per pixel for a and b).
    inlier_share : float
        Share of the points it was fitted to that lie on it, 0 to 1.

    """

    a: float
    b: float
    c: float
    inlier_share: float

    def at(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return the inverse depth of the plane for every pixel of a (H, W) map, float32."""
        rows, columns = np.ogrid[:shape[0], :shape[1]]
        return (self.a * columns + (self.b * rows + self.c)).astype(np.float32)


@dataclass(frozen=True)
class Thresholds:
    """
    What was chosen from the statistics of this frame, all in units of its inverse depth.

    Parameters
    ----------
    low, high : float
        The 2 % and 98 % quantiles; high - low is the spread.
    far : float
        Estimate of the inverse depth at infinity (t of d = s/Z + t).
    ground_noise : float
        Sigma of the residual of ground pixels, relative to the ground's nearness; NaN without
        ground.
    pixel_noise : float
        Sigma of the noise from pixel to pixel.
    threshold : float
        The (lowest) threshold of method `threshold`; NaN for the others, which have none for
        the whole frame.

    """

    low: float = math.nan
    high: float = math.nan
    far: float = math.nan
    ground_noise: float = math.nan
    pixel_noise: float = math.nan
    threshold: float = math.nan


@dataclass(frozen=True)
class LayerBounds:
    """Obstacles with inverse depth >= `near` are near, < `mid` far; NaN where not separated."""

    near: float = math.nan
    mid: float = math.nan


@dataclass(frozen=True)
class Region:
    """
    One connected thing in the image.

    Parameters
    ----------
    id : int
        Its value in the label image, 1 or more.
    kind : RegionClass
        OBJECT, STRUCTURE or DROP_OFF.
    area : int
        Pixels.
    box : tuple of float
        (row, column, height, width) of the bounding box, in pixels; (0, 0) is the outer corner
        of the first pixel.
    centroid : tuple of float
        (row, column) in pixels, in the same frame as `box`.
    nearest, median : float
        95 % quantile and median of its inverse depth, in the unit of the depth map's inverse.
    height_over_ground : float
        Of its highest point (95 % quantile), in camera heights; NaN without ground.
    layer : int
        1 near, 2 mid, 3 far.
    truncated : tuple of bool
        Whether it touches the (top, right, bottom, left) border of the image.
    confidence : float
        0 to 1, from how far it stands out of the noise and how much of its outline is its own.
    bearing, elevation : float
        Direction of the centroid in radians, right and up positive; NaN without camera_info.
    angular_width, angular_height : float
        Extent of the box in radians; NaN without camera_info.
    distance : float
        Of its nearest part along the optical axis in meters, inf when endless; NaN when depth is
        not metric.
    age : float
        Seconds since it was first seen, 0 for a new one; NaN without tracking.
    confirmed : bool
        Whether it was seen often enough not to be chance (`tracking.confirm`).
    velocity : tuple of float
        (row, column) in pixels a second, of the centroid of what is seen of it, in the same frame
        as `box`; NaN for a new one.
    time_to_contact : float
        Seconds until its nearest part is at the camera's plane, at the present speed; inf when it
        is not approaching, NaN when that cannot be told.

    """

    id: int
    kind: RegionClass
    area: int
    box: tuple[float, float, float, float]
    centroid: tuple[float, float]
    nearest: float
    median: float
    height_over_ground: float = math.nan
    layer: int = 1
    truncated: tuple[bool, bool, bool, bool] = (False, False, False, False)
    confidence: float = 0.0
    bearing: float = math.nan
    elevation: float = math.nan
    angular_width: float = math.nan
    angular_height: float = math.nan
    distance: float = math.nan
    age: float = math.nan
    confirmed: bool = False
    velocity: tuple[float, float] = (math.nan, math.nan)
    time_to_contact: float = math.nan


@dataclass(frozen=True, eq=False)
class Segmentation:
    """
    Labels and classes of one depth map, with everything needed to explain them.

    Parameters
    ----------
    labels : int32 ndarray of shape (H, W)
        Region id per pixel, 0 for none. Same grid as the depth map.
    classes : uint8 ndarray of shape (H, W)
        RegionClass per pixel.
    regions : tuple of Region
        Sorted by `nearest`, nearest first; pixel coordinates of the depth map.
    plane : GroundPlane or None
        None when no ground was found or the method looks for none.
    thresholds : Thresholds
    layers : LayerBounds

    """

    labels: NDArray[np.int32]
    classes: NDArray[np.uint8]
    regions: tuple[Region, ...] = ()
    plane: GroundPlane | None = None
    thresholds: Thresholds = field(default_factory=Thresholds)
    layers: LayerBounds = field(default_factory=LayerBounds)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Return where an obstacle is: object, structure or drop-off; bool (H, W)."""
        return obstacle_mask(self.classes)
