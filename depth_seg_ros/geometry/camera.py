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
"""The camera as a pinhole: pixels to directions. No ROS, no depth."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import numpy as np
from numpy.typing import NDArray

__all__ = ['CameraModel']

_SHORTEST = 0.025
"""A pinhole with a shorter focal length, as a share of the size, sees more than 174 degrees."""

_SAME_SHAPE = 0.02
"""Binning and padding change width / height by less; another sensor mode by 10 % and more."""


@dataclass(frozen=True)
class CameraModel:
    """
    A rectified pinhole camera (REP 104: x right, y down, z forward).

    Parameters
    ----------
    width, height : int
        Image size in pixels.
    fx, fy : float
        Focal lengths in pixels.
    cx, cy : float
        Principal point in pixels; (0, 0) is the center of the first pixel.

    Raises
    ------
    ValueError
        When the size or a focal length is not positive, a number is not finite, or the view
        wider than 174 degrees: then the focal lengths are not in pixels.

    """

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f'camera: expected a positive size, got {self.width}x{self.height}')
        if not (self.fx > 0 and self.fy > 0):
            raise ValueError(f'camera: expected positive focal lengths, got fx={self.fx}, '
                             f'fy={self.fy}; is the camera calibrated?')
        if not all(map(math.isfinite, (self.fx, self.fy, self.cx, self.cy))):
            raise ValueError(f'camera: expected finite intrinsics, got {self}')
        if min(self.fx / self.width, self.fy / self.height) < _SHORTEST:
            raise ValueError(f'camera: expected focal lengths in pixels, {_SHORTEST} of the size '
                             f'or more, got fx={self.fx}, fy={self.fy} at {self.width}x'
                             f'{self.height}')

    def scaled(self, width: int, height: int) -> CameraModel:
        """Return the model of the same view at another image size in pixels."""
        sx, sy = width / self.width, height / self.height
        return replace(self, width=width, height=height, fx=self.fx * sx, fy=self.fy * sy,
                       cx=(self.cx + 0.5) * sx - 0.5, cy=(self.cy + 0.5) * sy - 0.5)

    def fits(self, width: int, height: int) -> bool:
        """Return whether an image of this size in pixels can show the same view, scaled."""
        expected = self.width * height / self.height
        return abs(width - expected) <= max(1.0, _SAME_SHAPE * expected)

    def bearing(self, column: float) -> float:
        """Return the horizontal angle of an image column in radians, positive to the right."""
        return math.atan((column - self.cx) / self.fx)

    def elevation(self, row: float) -> float:
        """Return the vertical angle of an image row in radians, positive upward."""
        return math.atan((self.cy - row) / self.fy)

    def rays(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """
        Return the direction of every column and row of pixels, as shares of depth.

        Returns
        -------
        x : float32 ndarray of shape (width,)
            X / Z, positive to the right.
        y : float32 ndarray of shape (height,)
            Y / Z, positive downward.

        """
        return (((np.arange(self.width) - self.cx) / self.fx).astype(np.float32),
                ((np.arange(self.height) - self.cy) / self.fy).astype(np.float32))
