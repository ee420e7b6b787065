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

from collections.abc import Sequence
from dataclasses import dataclass
import mmap
from pathlib import Path
import signal
import time
from typing import Any, NamedTuple, TYPE_CHECKING

import cv2
import numpy as np

from training.photometric import photograph
from training.scenes import draw, NoViewError

if TYPE_CHECKING:
    from training.teacher import Teacher

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
    taught : ndarray of shape (N, rows, columns), float16, or None
        What the teacher, where there is one, makes of the pictures: inverse depth, scale and
        shift unknown.

    """

    light: np.ndarray
    inverse_depth: np.ndarray
    made: Any
    used: Any
    taught: np.ndarray | None = None

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


class Batch(NamedTuple):
    """
    What one step trains on.

    Attributes
    ----------
    rgb : ndarray of shape (B, H, W, 3), uint8
        Pictures.
    inverse_depth : ndarray of shape (B, H, W), float32
        Truth, 1 / m, 0 in the sky.
    taught : ndarray of shape (B, H, W), float32, or None
        What the teacher says, scale and shift unknown.

    """

    rgb: np.ndarray
    inverse_depth: np.ndarray
    taught: np.ndarray | None


def open_ring(capacity: int, rows: int, context: Any, taught: bool = False) -> Ring:
    """Allocate an empty ring for pictures of the given number of rows, with a teacher or not."""
    size = rows, round(ASPECT * rows)

    def shared(*dims: int) -> np.ndarray:
        return np.frombuffer(mmap.mmap(-1, 2 * int(np.prod(dims))), np.float16).reshape(dims)

    return Ring(shared(capacity, *size, 3), shared(capacity, *size), context.Value('q', 0),
                context.Value('q', 0), shared(capacity, *size) if taught else None)


def _render(ring: Ring, seed: int, teacher: Teacher | None = None) -> None:
    try:
        pictures = draw(seed, ring.size, views=2)
    except NoViewError:
        return
    if teacher is not None:
        taught = teacher(np.stack([_clear(picture.light, seed) for picture in pictures]))
    for k, picture in enumerate(pictures):
        with ring.made.get_lock():
            slot = ring.made.value % ring.capacity
            ring.made.value += 1
        depth = picture.depth
        ring.light[slot] = np.minimum(picture.light, 6e4)
        ring.inverse_depth[slot] = np.where(depth > 0, 1 / np.maximum(depth, 0.05), 0)
        if teacher is not None:
            ring.taught[slot] = taught[k]


def _clear(light: np.ndarray, seed: int) -> np.ndarray:
    """Photograph it twice and return the one with more contrast, in which there is more to see."""
    rng = np.random.default_rng(seed)
    return max((photograph(light, rng) for _ in range(2)), key=np.std)


def render_forever(ring: Ring, seed: int, reuse: float, teachers: Sequence[Path] = ()) -> None:
    """
    Render scenes into the ring until killed, and let the teacher, if there is one, see them.

    Waits while every picture was used fewer than ``reuse`` times on average.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)   # Ctrl-C is for the training, which ends this
    cv2.setNumThreads(1)
    teacher = _hire(teachers) if teachers else None
    while True:
        if ring.used.value < reuse * (ring.made.value - ring.capacity // 10):
            time.sleep(0.2)
            continue
        seed += 1
        _render(ring, seed, teacher)


def _hire(folders: Sequence[Path]) -> Teacher:
    import torch   # which pictures alone do not need

    from training.teacher import Teacher
    torch.set_num_threads(1)
    return Teacher(folders)


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


def _resize(image: np.ndarray, shape: tuple[int, int], how: int) -> np.ndarray:
    return cv2.resize(image, shape[::-1], interpolation=how)


def batch(ring: Ring, count: int, shape: tuple[int, int], rng: np.random.Generator) -> Batch:
    """Draw random windows, mirrored or not, some behind a wide lens, photographed anew."""
    rgb, inverse, taught = [], [], []
    kept = [ring.light, ring.inverse_depth, *([] if ring.taught is None else [ring.taught])]
    for slot in rng.integers(0, max(ring.filled - 4, 1), count):
        y, x, h, w = _window(rng, ring.size)
        light, depth, *lesson = (each[slot, y:y + h, x:x + w].astype(np.float32) for each in kept)
        if rng.random() < 0.5:
            light, depth, *lesson = (each[:, ::-1] for each in (light, depth, *lesson))
        if rng.random() < 0.15:
            seen = _wide_lens((h, w), rng.uniform(0.03, 0.2))
            depth = cv2.remap(depth, *seen, cv2.INTER_NEAREST)
            light, *lesson = (cv2.remap(each, *seen, cv2.INTER_LINEAR)
                              for each in (light, *lesson))
        how = cv2.INTER_AREA if h >= shape[0] else cv2.INTER_LINEAR
        rgb.append(photograph(_resize(light, shape, how), rng, octaves=0.4))
        inverse.append(_resize(depth, shape, cv2.INTER_NEAREST))
        taught += [_resize(each, shape, how) for each in lesson]
    ring.used.value += count
    return Batch(np.stack(rgb), np.stack(inverse), np.stack(taught) if taught else None)
