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
"""A lens out of focus, rough glass before it, a camera that moves, and a picture that wobbles."""

from __future__ import annotations

import math
from typing import TypeAlias

import cv2
from depth_seg_ros.bench.corruptions.fields import line_kernel, pixel_unit
import numpy as np
from numpy.typing import NDArray

__all__ = ['defocus', 'elastic', 'glass', 'motion', 'zoom']

_Image: TypeAlias = NDArray[np.uint8]
_Float: TypeAlias = NDArray[np.float32]

_ZOOMS = 12
"""Pictures that make up one exposure."""

_WOBBLE = 24
"""Pixels of a picture of 640x480 between two that are displaced by chance."""


def defocus(rgb: _Image, radius: float, rng: np.random.Generator) -> _Image:
    """Spread every point over a disk of `radius` pixels."""
    radius = radius * pixel_unit(rgb.shape)
    half = math.ceil(radius)
    rows, columns = np.mgrid[-half:half + 1, -half:half + 1]
    disk = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1)
    return np.asarray(cv2.filter2D(rgb, -1, (disk / disk.sum()).astype(np.float32)))


def glass(rgb: _Image, reach: float, rng: np.random.Generator) -> _Image:
    """Take every pixel from another, up to `reach` pixels away, as rough glass does."""
    unit = pixel_unit(rgb.shape)
    shifts = rng.random((*rgb.shape[:2], 2), np.float32)
    mixed = _displaced(rgb, (2 * shifts - 1) * np.float32(reach * unit), cv2.INTER_NEAREST)
    return np.asarray(cv2.GaussianBlur(mixed, (0, 0), 0.8 * unit))


def motion(rgb: _Image, length: float, rng: np.random.Generator) -> _Image:
    """Smear along a straight line of `length` pixels, of any direction."""
    kernel = line_kernel(length * pixel_unit(rgb.shape), rng.uniform(0, math.pi))
    return np.asarray(cv2.filter2D(rgb, -1, kernel))


def zoom(rgb: _Image, factor: float, rng: np.random.Generator) -> _Float:
    """Expose while everything grows from its own size to `factor` times it."""
    height, width = rgb.shape[:2]
    center = ((width - 1) / 2, (height - 1) / 2)
    total = rgb.astype(np.float32)
    for each in np.linspace(1, factor, _ZOOMS)[1:]:
        larger = cv2.warpAffine(rgb, cv2.getRotationMatrix2D(center, 0, each), (width, height))
        cv2.accumulate(larger, total)
    return total / np.float32(_ZOOMS)


def elastic(rgb: _Image, reach: float, rng: np.random.Generator) -> _Image:
    """Bend the picture by up to `reach` pixels, as hot air or a rolling shutter does."""
    height, width = rgb.shape[:2]
    unit = pixel_unit(rgb.shape)
    cells = (math.ceil(height / _WOBBLE / unit) + 1, math.ceil(width / _WOBBLE / unit) + 1, 2)
    grid = (2 * rng.random(cells, np.float32) - 1) * np.float32(reach * unit)
    field = np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC))
    return _displaced(rgb, field, cv2.INTER_LINEAR)


def _displaced(rgb: _Image, shifts: _Float, interpolation: int) -> _Image:
    """Return the image, each pixel taken from `shifts` (H, W, 2: columns, rows) away."""
    height, width = rgb.shape[:2]
    columns = shifts[:, :, 0] + np.arange(width, dtype=np.float32)
    rows = shifts[:, :, 1] + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(cv2.remap(rgb, columns, rows, interpolation,
                                borderMode=cv2.BORDER_REFLECT_101))
