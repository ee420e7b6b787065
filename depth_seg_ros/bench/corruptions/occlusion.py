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
"""Something opaque close before the lens: a finger, mud, a part of the robot itself."""

from __future__ import annotations

import cv2
from depth_seg_ros.bench.corruptions.fields import cloud
import numpy as np
from numpy.typing import NDArray

__all__ = ['covered', 'occluder']

_WAVES = 4


def occluder(rgb: NDArray[np.uint8], share: float, rng: np.random.Generator
             ) -> NDArray[np.uint8]:
    """Cover a `share` of the image by one thing of any color."""
    mask = covered(rgb.shape[:2], share, rng)
    color = rng.uniform(20, 200, 3).astype(np.float32)
    shade = 0.6 + 0.6 * cloud(rgb.shape[:2], rng, cells=2, octaves=4)
    thing = np.clip(color * shade[:, :, None], 0, 255).astype(np.uint8)
    return np.where(mask[:, :, None], thing, rgb)


def covered(shape: tuple[int, int], share: float, rng: np.random.Generator
            ) -> NDArray[np.bool_]:
    """
    Return where the thing is: a round blob of odd outline, as large as `share` of the image.

    Returns
    -------
    bool ndarray of shape (H, W)
        A larger share covers all that a smaller one does, from the same state of `rng`.

    """
    height, width = shape
    center = rng.uniform(0.05, 0.95, 2) * shape
    rows, columns = (np.arange(height, dtype=np.float32) - center[0],
                     np.arange(width, dtype=np.float32) - center[1])
    x, y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
    distance, angle = cv2.cartToPolar(x, y)
    reach = np.ones(shape, np.float32)
    for wave in range(1, _WAVES + 1):
        turn, height_of = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.35) / wave
        reach += np.float32(height_of) * np.cos(wave * angle + np.float32(turn))
    distance /= reach
    return np.asarray(distance <= np.quantile(distance, share))
