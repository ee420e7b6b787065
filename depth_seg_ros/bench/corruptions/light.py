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
"""More light, less light, less contrast, and the shadow of something outside the picture."""

from __future__ import annotations

from typing import TypeAlias

import cv2
from depth_seg_ros.bench.corruptions.fields import pixel_unit
import numpy as np
from numpy.typing import NDArray

__all__ = ['brightness', 'cast_shadow', 'contrast', 'dark', 'shadow']

_Image: TypeAlias = NDArray[np.uint8]
_Float: TypeAlias = NDArray[np.float32]

_GAMMA = 2.2
_LINEAR = ((np.arange(256) / 255) ** _GAMMA).astype(np.float32)

_WHITE_ELECTRONS = 4000.0
_READ_ELECTRONS = 6.0
"""A small sensor at base gain: what white fills, and the noise of reading it."""


def brightness(rgb: _Image, stops: float, rng: np.random.Generator) -> _Image:
    """Expose longer: linear light times 2 to the power of `stops`, clipped at white."""
    light = np.minimum(_LINEAR * 2.0 ** stops, 1.0)
    return np.asarray(cv2.LUT(rgb, np.rint(255 * light ** (1 / _GAMMA)).astype(np.uint8)))


def dark(rgb: _Image, stops: float, rng: np.random.Generator) -> _Float:
    """Take light away, and let the noise of the few electrons that are left show."""
    electrons = np.asarray(cv2.LUT(rgb, _LINEAR * np.float32(_WHITE_ELECTRONS * 2.0 ** -stops)))
    noise = rng.standard_normal(rgb.shape, np.float32)
    noise *= np.sqrt(electrons + _READ_ELECTRONS ** 2)
    light = np.maximum(electrons + noise, 0) / np.float32(_WHITE_ELECTRONS)
    return 255 * np.asarray(cv2.pow(light, 1 / _GAMMA))


def contrast(rgb: _Image, left: float, rng: np.random.Generator) -> _Float:
    """Draw every pixel towards the mean of the image; `left` is the share that stays."""
    mean = np.float32(rgb.mean())
    return np.asarray((rgb - mean) * np.float32(left) + mean)


def cast_shadow(rgb: _Image, left: float, rng: np.random.Generator) -> _Float:
    """Darken the `shadow`; `left` is the share of the light that still falls there."""
    # Display values are light to the power of 1 / gamma, and so is a factor of the light.
    kept = (1 - (1 - left) * shadow(rgb.shape[:2], rng)) ** (1 / _GAMMA)
    return np.asarray(rgb * kept[:, :, None].astype(np.float32))


def shadow(shape: tuple[int, int], rng: np.random.Generator) -> _Float:
    """
    Return where a shadow falls: an odd shape across the lower part, with a soft border.

    Returns
    -------
    float32 ndarray of shape (H, W)
        0 in the light to 1 in the umbra.

    """
    height, width = shape
    center = np.array((rng.uniform(0.25, 0.75) * width, rng.uniform(0.55, 0.8) * height))
    angles = np.sort(rng.uniform(0, 2 * np.pi, 7)) + rng.uniform(0, 2 * np.pi)
    reach = rng.uniform(0.15, 0.45, (7, 1)) * (width, 0.6 * height)
    points = center + reach * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 255)
    soft = cv2.GaussianBlur(mask, (0, 0), 2.5 * pixel_unit(shape))
    return np.asarray(soft / np.float32(255), np.float32)
