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
"""What several corruptions are made of."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ['cloud', 'line_kernel', 'pixel_unit']


def pixel_unit(shape: tuple[int, ...]) -> float:
    """Return the pixels of an image of shape (H, W, ...) to a pixel of one of 640x480."""
    return math.sqrt(shape[0] * shape[1] / (640 * 480))


def cloud(shape: tuple[int, int], rng: np.random.Generator, cells: int = 3, octaves: int = 5,
          gain: float = 0.55) -> NDArray[np.float32]:
    """
    Return smooth chance: random grids, each twice as fine and `gain` times as strong.

    Parameters
    ----------
    shape : tuple of int
        (H, W) of the result.
    rng : numpy Generator
        The same state gives the same cloud.
    cells : int
        Of the coarsest grid along the short side.
    octaves : int
        Number of grids.
    gain : float
        Strength of a grid as a share of the one before.

    Returns
    -------
    float32 ndarray of shape (H, W)
        0 to 1, both reached.

    """
    height, width = shape
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        step = min(shape) / (cells * 2 ** octave)
        grid = rng.random((math.ceil(height / step) + 1, math.ceil(width / step) + 1), np.float32)
        fine = cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
        total += np.float32(gain ** octave) * fine
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, np.float32(1e-6))


def line_kernel(length: float, angle: float) -> NDArray[np.float32]:
    """Return a filter that smears along a line of `length` pixels at `angle` radians."""
    half = max(1, math.ceil(length / 2))
    across, down = math.cos(angle), math.sin(angle)
    rows, columns = np.mgrid[-half:half + 1, -half:half + 1]
    along = np.abs(columns * across + rows * down)
    beside = np.abs(columns * down - rows * across)
    kernel = np.clip(length / 2 + 0.5 - along, 0, 1) * np.clip(1 - beside, 0, 1)
    return (kernel / kernel.sum()).astype(np.float32)
