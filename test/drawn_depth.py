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
"""Hand-drawn depth maps: a floor under the sky, and what stands on it."""

from __future__ import annotations

from typing import TypeAlias

from depth_seg_ros.depth import DepthKind, DepthMap
import numpy as np
from numpy.typing import NDArray

HORIZON, HEIGHT, WIDTH = 80, 252, 336
"""Rows above the floor; size of the map."""

Image: TypeAlias = NDArray[np.float32]


def floor() -> Image:
    """Return inverse depth: 0 above the horizon, then a plane up to 1 at the last row."""
    column = np.clip((np.arange(HEIGHT) - HORIZON) / (HEIGHT - 1 - HORIZON), 0, 1)
    return np.repeat(column[:, None], WIDTH, axis=1).astype(np.float32)


def floor_at(row: int) -> float:
    """Return the inverse depth of the floor at a row."""
    return (row - HORIZON) / (HEIGHT - 1 - HORIZON)


def stand(near: Image, top: int, bottom: int, left: int, right: int) -> Image:
    """Return the map with an upright rectangle whose last row touches the floor."""
    drawn = near.copy()
    drawn[top:bottom, left:right] = floor_at(bottom - 1)
    return drawn


def noise(shape: tuple[int, int], seed: int = 0) -> Image:
    """Return white noise of 0.2 %."""
    return np.random.default_rng(seed).normal(0, 0.002, shape).astype(np.float32)


def relative(near: Image) -> DepthMap:
    """Return the map as a network would, of no known scale."""
    return DepthMap(near, DepthKind.RELATIVE_INVERSE)
