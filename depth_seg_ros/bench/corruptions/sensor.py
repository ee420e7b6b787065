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
"""Noise of the sensor, and what is lost on the way from it: colors, pixels, JPEG."""

from __future__ import annotations

from typing import TypeAlias

import cv2
from depth_seg_ros.bench.corruptions.fields import pixel_unit
import numpy as np
from numpy.typing import NDArray

__all__ = ['color_quant', 'gaussian', 'impulse', 'iso', 'jpeg', 'pixelate', 'shot']

_Image: TypeAlias = NDArray[np.uint8]
_Float: TypeAlias = NDArray[np.float32]


def gaussian(rgb: _Image, sigma: float, rng: np.random.Generator) -> _Float:
    """Add noise of one `sigma` (share of white) everywhere."""
    return np.asarray(rgb + rng.standard_normal(rgb.shape, np.float32) * np.float32(255 * sigma))


def impulse(rgb: _Image, share: float, rng: np.random.Generator) -> _Image:
    """Set a `share` of the samples to 0 or 255."""
    chance = rng.random(rgb.shape, np.float32)
    out = rgb.copy()
    out[chance < share / 2] = 0
    out[chance > 1 - share / 2] = 255
    return out


def shot(rgb: _Image, photons: float, rng: np.random.Generator) -> _Float:
    """Count few photons, `photons` at white; as Gaussian noise of the same variance."""
    # Drawn from the normal distribution: numpy takes ten times as long for Poisson's.
    root = np.sqrt(np.arange(256, dtype=np.float32) * np.float32(255 / photons))
    return np.asarray(rgb + rng.standard_normal(rgb.shape, np.float32) * cv2.LUT(rgb, root))


def iso(rgb: _Image, gain: float, rng: np.random.Generator) -> _Float:
    """Turn the gain up: grain that grows with light, over blotches of color."""
    grain = rng.standard_normal((*rgb.shape[:2], 1), np.float32)
    root = np.sqrt(np.arange(256, dtype=np.float32) * 255 + 500)
    blotches = cv2.GaussianBlur(rng.standard_normal(rgb.shape, np.float32), (0, 0), 2.0)
    # That blur takes their standard deviation to a seventh.
    return np.asarray(rgb + np.float32(gain) * (grain * cv2.LUT(rgb, root) + 7 * 50 * blotches))


def color_quant(rgb: _Image, values: float, rng: np.random.Generator) -> _Image:
    """Leave `values` equally spaced values a channel."""
    step = 255 / (values - 1)
    table = np.rint(np.rint(np.arange(256) / step) * step).astype(np.uint8)
    return np.asarray(cv2.LUT(rgb, table))


def pixelate(rgb: _Image, block: float, rng: np.random.Generator) -> _Image:
    """Make every block of so many pixels one color."""
    height, width = rgb.shape[:2]
    block = block * pixel_unit(rgb.shape)
    small = (max(1, round(width / block)), max(1, round(height / block)))
    few = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(few, (width, height), interpolation=cv2.INTER_NEAREST))


def jpeg(rgb: _Image, quality: float, rng: np.random.Generator) -> _Image:
    """Compress at a `quality` (1 to 100), and decompress."""
    data = cv2.imencode('.jpg', rgb[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])
