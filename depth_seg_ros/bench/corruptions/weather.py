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
Fog, frost on the lens, and falling snow.

None of them knows depth: fog thickens with the height in the picture, as distance does over
ground. So every folder is treated alike, whether its depth is metric, relative or sparse, and the
corruption hands no depth to the network that is under test.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import cv2
from depth_seg_ros.bench.corruptions.fields import cloud, line_kernel, pixel_unit
import numpy as np
from numpy.typing import NDArray

__all__ = ['fog', 'frost', 'snow']

_Image: TypeAlias = NDArray[np.uint8]
_Float: TypeAlias = NDArray[np.float32]

_AIRLIGHT = np.float32(215)
_ICE = np.array((225, 235, 245), np.float32)
_FEATHERS = 260
"""Ice crystals in a picture that is all frozen over."""


def fog(rgb: _Image, thickness: float, rng: np.random.Generator) -> _Float:
    """Veil what is higher up more; `thickness` is the mean optical depth of the upper half."""
    height = rgb.shape[0]
    up = np.clip(np.linspace(2.0, 0.0, height, dtype=np.float32), 0, 1)[:, None]
    depth = thickness * (0.25 + 0.75 * up) * (0.5 + cloud(rgb.shape[:2], rng))
    seen = np.exp(-depth.astype(np.float32))[:, :, None]
    return np.asarray(rgb * seen + _AIRLIGHT * (1 - seen))


def frost(rgb: _Image, share: float, rng: np.random.Generator) -> _Float:
    """Let ice grow in from the border, feather by feather; `share` of a lens frozen over."""
    shape = rgb.shape[:2]
    unit = pixel_unit(shape)
    grain = cloud(shape, rng, cells=12, octaves=4, gain=0.8)
    crystals = np.zeros(shape, np.uint8)
    for _ in range(round(_FEATHERS * share)):
        _feather(crystals, rng)
    glow = cv2.GaussianBlur(crystals, (0, 0), 3 * unit)
    ice = cv2.addWeighted(crystals, 0.6, glow, 1.0, 0) * (0.4 + grain) / np.float32(255)
    rows, columns = (np.linspace(-1, 1, size, dtype=np.float32) for size in shape)
    to_border = np.maximum(np.abs(rows)[:, None], np.abs(columns))
    rim = np.clip((to_border - 1.1 + 0.7 * np.float32(share)) * 2, 0, 1) * (0.3 + grain)
    opacity = np.clip(ice + rim, 0, 0.95)[:, :, None]
    behind = cv2.GaussianBlur(rgb, (0, 0), (0.3 + 1.5 * share) * unit)
    return np.asarray(behind * (1 - opacity) + _ICE * opacity)


def _feather(canvas: _Image, rng: np.random.Generator) -> None:
    """Draw one crystal: a bent stem, and barbs at 60 degrees that shorten towards its tip."""
    unit = pixel_unit(canvas.shape)
    # Out of the middle: the cold comes from the mount.
    place = 0.5 + np.sign(rng.uniform(-1, 1, 2)) * 0.5 * rng.beta(2.2, 0.8, 2)
    length, bend = rng.uniform(8, 90) * unit, rng.normal(0, 0.9)
    parts = np.arange(0, 1, max(0.04, 3 * unit / length))
    inward = np.arctan2(*(0.5 - place)[::-1]) + rng.normal(0, 0.9) + bend * parts
    steps = length * parts[1] * np.stack([np.cos(inward), np.sin(inward)], axis=1)
    joints = place * canvas.shape[::-1] + np.cumsum(steps, axis=0)
    barbs = 0.45 * length * (1 - parts) * rng.uniform(0.3, 1.0, (2, len(parts)))
    lines = [joints]
    for side, reach in zip((-math.pi / 3, math.pi / 3), barbs):
        way = np.stack([np.cos(inward + side), np.sin(inward + side)], axis=1)
        lines += list(np.stack([joints, joints + reach[:, None] * way], axis=1))
    cv2.polylines(canvas, [np.rint(16 * line).astype(np.int32) for line in lines], False,
                  int(rng.integers(70, 256)), max(1, round(unit)), cv2.LINE_AA, 4)


def snow(rgb: _Image, share: float, rng: np.random.Generator) -> _Float:
    """Let flakes of three sizes fall past, smeared by their fall; `share` of a blizzard."""
    height, width = rgb.shape[:2]
    unit = pixel_unit(rgb.shape)
    fall = rng.uniform(0.3, 0.7) * math.pi
    flakes = np.zeros((height, width), np.float32)
    for size, dense, speed in ((1.2, 0.05, 5), (2.5, 0.035, 9), (5.0, 0.015, 16)):
        grid = (max(1, round(height / size / unit)), max(1, round(width / size / unit)))
        spots = (rng.random(grid, np.float32) < dense * share).astype(np.float32)
        layer = cv2.resize(spots, (width, height), interpolation=cv2.INTER_AREA
                           if size * unit < 1 else cv2.INTER_LINEAR)
        layer = cv2.filter2D(layer, -1, line_kernel(speed * unit, fall))
        np.maximum(flakes, np.minimum(2.2 * layer, 1), out=flakes)
    veil = np.float32(0.4 * share)
    opacity = (veil + (1 - veil) * flakes)[:, :, None]
    return np.asarray(rgb * (1 - opacity) + 245 * opacity, np.float32)
