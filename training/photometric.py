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

"""From linear light to the picture of a cheap camera."""

from __future__ import annotations

import cv2
import numpy as np


def _exposure(light: np.ndarray, curve: float, rng: np.random.Generator) -> np.ndarray:
    """Bring the brighter part to some place of the range that the tone curve will make of it."""
    level = float(np.quantile(light.mean(2), rng.uniform(0.5, 0.9))) + 1e-4
    bright = rng.uniform(0.3, 0.85) if rng.random() < 0.9 else rng.uniform(0.08, 1.3)
    return light * (bright ** curve / level)


def _levels(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Stretch what is seen to the range of the camera, as most of them do, or leave it dull."""
    if rng.random() < 0.75:
        low, high = np.quantile(image[::2, ::2], (0.05, 0.95))
        black, white = rng.uniform(0, 0.15), rng.uniform(0.65, 1.05)
        return (image - low) * ((white - black) / max(high - low, 0.15)) + black
    return (image - 0.5) * rng.uniform(0.75, 1.2) + 0.5 + rng.normal(0, 0.03)


def _lens(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    fine = min(image.shape[1] / 224, 1.0)   # a small picture is a large one made smaller
    if rng.random() < 0.15:   # glare of bright places
        bright = cv2.GaussianBlur(np.maximum(image - 1, 0), (0, 0), image.shape[1] * 0.04)
        image = image + rng.uniform(0.1, 0.6) * np.minimum(bright, 2)
    if rng.random() < 0.3:    # darker corners
        rows, columns = image.shape[:2]
        y, x = np.mgrid[-1:1:rows * 1j, -1:1:columns * 1j]
        image = image * (1 - rng.uniform(0.05, 0.35) * (x * x + y * y))[..., None]
    if rng.random() < 0.25:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1.3) * fine)
    if rng.random() < 0.1:    # motion
        length, angle = rng.uniform(2, 7) * fine, rng.uniform(0, np.pi)
        kernel = np.zeros((7, 7), np.float32)
        for t in np.linspace(-length / 2, length / 2, 15):
            row, column = 3 + 0.9 * t * np.sin(angle), 3 + 0.9 * t * np.cos(angle)
            kernel[round(row), round(column)] = 1
        image = cv2.filter2D(image, -1, kernel / kernel.sum())
    return image.astype(np.float32)


def _octaves(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """
    Make every octave of the picture stronger or weaker by a gain of its own.

    Rendered surfaces are least like real ones in how much there is of the fine and of the coarse.
    """
    levels = [image]
    for _ in range(5):
        levels.append(cv2.pyrDown(levels[-1]))
    image = levels.pop()
    finer = rng.normal(0, 0.3)   # what all get, the finest most
    while levels:
        level = levels.pop()
        up = cv2.pyrUp(cv2.pyrDown(level), dstsize=level.shape[1::-1])
        gain = np.exp(finer * (1 - len(levels) / 4) + rng.normal(0, 0.3))
        image = cv2.pyrUp(image, dstsize=level.shape[1::-1]) + np.float32(gain) * (level - up)
    return image


def _sharpen(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Overdo edges, as the processing in most cameras does."""
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.6))
    return image + rng.uniform(0.2, 1.4) * (image - soft)


def _frame(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Lay a white or black rim over it, as undistorted images have; what is behind it stays."""
    rim = [round(rng.uniform(0, 0.025) * image.shape[1]) for _ in range(4)]
    inner = image[rim[0]:image.shape[0] - rim[1], rim[2]:image.shape[1] - rim[3]]
    return cv2.copyMakeBorder(inner, *rim, cv2.BORDER_CONSTANT,
                              value=(float(rng.integers(2)),) * 3)


def photograph(light: np.ndarray, rng: np.random.Generator, octaves: float = 0.0) -> np.ndarray:
    """
    Turn linear light into an 8-bit picture, as a cheap camera does.

    Exposure, lens, tone curve, sensor noise, levels, sharpening, rarely a rim, JPEG.

    Parameters
    ----------
    light : ndarray of shape (H, W, 3)
        Linear light.
    rng : numpy.random.Generator
        Source of chance.
    octaves : float
        How often its octaves are weighed anew, which no camera does: for training.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        RGB.

    """
    # Less than 2.2 is a steep curve: deep shadows, as cheap cameras have.
    curve = rng.uniform(1.4, 2.6)
    image = _lens(_exposure(light, curve, rng).astype(np.float32), rng)
    image = image * np.exp(rng.normal(0, 0.08, 3)).astype(np.float32)   # white balance
    if rng.random() < 0.5:
        image = image / (1 + 0.35 * np.maximum(image, 0))               # soft shoulder
    image = np.clip(image, 0, 1) ** (1 / curve)
    if rng.random() < 0.6:
        k = np.float32(np.exp(rng.uniform(-6.5, -3.5)))
        image = image + k * rng.standard_normal(image.shape, np.float32)
    grey = image.mean(2, keepdims=True)
    image = grey + (image - grey) * rng.choice((0, 0.6, 0.8, 1, 1, 1, 1.2, 1.5), p=(
        0.12, 0.1, 0.14, 0.14, 0.13, 0.14, 0.14, 0.09))
    if octaves and rng.random() < octaves:
        image = _octaves(image, rng)
    image = _levels(image, rng)
    if rng.random() < 0.5:
        image = _sharpen(image, rng)
    if rng.random() < 0.06:
        image = _frame(image, rng)
    out = np.clip(image * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        out = cv2.imdecode(cv2.imencode('.jpg', out, (cv2.IMWRITE_JPEG_QUALITY,
                                                      int(rng.uniform(35, 95))))[1], 1)
    return out
