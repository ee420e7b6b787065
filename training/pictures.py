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

"""Pictures rendered by other processes into one ring of shared memory, and batches from it."""

from __future__ import annotations

from dataclasses import dataclass
import mmap
import signal
import time
from typing import Any

import cv2
import numpy as np

from training.photometric import photograph
from training.scenes import draw, NoViewError

ASPECT = 4 / 3  # of the rendered pictures; the network sees them squeezed


@dataclass
class Ring:
    """
    Linear light and inverse depth of the latest pictures.

    Attributes
    ----------
    light, inverse_depth : ndarray of shape (N, rows, columns, 3) and (N, rows, columns), float16
        The pictures, in memory that forked processes share.
    made, used : multiprocessing.Value
        Pictures rendered and pictures trained on since the start.

    """

    light: np.ndarray
    inverse_depth: np.ndarray
    made: Any
    used: Any

    @property
    def capacity(self) -> int:
        """Number of slots."""
        return len(self.light)

    @property
    def filled(self) -> int:
        """Number of slots that hold a picture."""
        return min(self.made.value, self.capacity)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the pictures."""
        return self.light.shape[1], self.light.shape[2]


def open_ring(capacity: int, rows: int, context: Any) -> Ring:
    """Allocate an empty ring for pictures of the given number of rows."""
    size = rows, round(ASPECT * rows)

    def shared(*dims: int) -> np.ndarray:
        return np.frombuffer(mmap.mmap(-1, 2 * int(np.prod(dims))), np.float16).reshape(dims)

    return Ring(shared(capacity, *size, 3), shared(capacity, *size), context.Value('q', 0),
                context.Value('q', 0))


def _render(ring: Ring, seed: int) -> None:
    try:
        pictures = draw(seed, ring.size, views=2)
    except NoViewError:
        return
    for picture in pictures:
        with ring.made.get_lock():
            slot = ring.made.value % ring.capacity
            ring.made.value += 1
        depth = picture.depth
        ring.light[slot] = np.minimum(picture.light, 6e4)
        ring.inverse_depth[slot] = np.where(depth > 0, 1 / np.maximum(depth, 0.05), 0)


def render_forever(ring: Ring, seed: int, reuse: float) -> None:
    """
    Render scenes into the ring until killed.

    Waits while every picture was used fewer than ``reuse`` times on average.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)   # Ctrl-C is for the training, which ends this
    cv2.setNumThreads(1)
    while True:
        if ring.used.value < reuse * (ring.made.value - ring.capacity // 10):
            time.sleep(0.2)
            continue
        seed += 1
        _render(ring, seed)


def fill(ring: Ring, seed: int) -> None:
    """Render scenes until every slot of the ring holds a picture."""
    while ring.made.value < ring.capacity:
        seed += 1
        _render(ring, seed)


def _window(rng: np.random.Generator, size: tuple[int, int]) -> tuple[int, int, int, int]:
    scale = rng.uniform(0.55, 1) if rng.random() < 0.4 else rng.uniform(0.85, 1)
    stretch = np.exp(rng.normal(0, 0.12))
    if rng.random() < 0.15:   # as wide as the cameras of cars
        stretch = rng.uniform(0.5, 0.9)
    h, w = (min(int(s * scale * k), s) for s, k in zip(size, (stretch, 1 / stretch)))
    return rng.integers(0, size[0] - h + 1), rng.integers(0, size[1] - w + 1), h, w


def _wide_lens(size: tuple[int, int], strength: float) -> tuple[np.ndarray, np.ndarray]:
    """
    Return from which columns and rows the pixels behind a barrel-shaped lens come.

    It bends by shares of the window, so where that is not square the lens is not round.
    """
    y, x = np.mgrid[-1:1:size[0] * 1j, -1:1:size[1] * 1j].astype(np.float32)
    grow = (1 + strength * (x * x + y * y)) / (1 + 2 * strength)   # corners stay where they are
    return (x * grow + 1) * ((size[1] - 1) / 2), (y * grow + 1) * ((size[0] - 1) / 2)


def batch(ring: Ring, count: int, shape: tuple[int, int], rng: np.random.Generator
          ) -> tuple[np.ndarray, np.ndarray]:
    """
    Draw a batch: random windows, mirrored or not, some behind a wide lens, photographed anew.

    Returns
    -------
    rgb : ndarray of shape (B, H, W, 3), uint8
        Pictures.
    inverse_depth : ndarray of shape (B, H, W), float32
        Truth, 1 / m, 0 in the sky.

    """
    rgb, inverse = [], []
    for slot in rng.integers(0, max(ring.filled - 4, 1), count):
        y, x, h, w = _window(rng, ring.size)
        light = ring.light[slot, y:y + h, x:x + w].astype(np.float32)
        depth = ring.inverse_depth[slot, y:y + h, x:x + w].astype(np.float32)
        if rng.random() < 0.5:
            light, depth = light[:, ::-1], depth[:, ::-1]
        if rng.random() < 0.15:
            columns, rows = _wide_lens((h, w), rng.uniform(0.03, 0.2))
            light = cv2.remap(light, columns, rows, cv2.INTER_LINEAR)
            depth = cv2.remap(depth, columns, rows, cv2.INTER_NEAREST)
        how = cv2.INTER_AREA if h >= shape[0] else cv2.INTER_LINEAR
        light = cv2.resize(light, shape[::-1], interpolation=how)
        inverse.append(cv2.resize(depth, shape[::-1], interpolation=cv2.INTER_NEAREST))
        rgb.append(photograph(light, rng, octaves=0.4))
    ring.used.value += count
    return np.stack(rgb), np.stack(inverse)
