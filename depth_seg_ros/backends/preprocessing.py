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
"""From an image of any size to the array that a network takes. No network engine needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math
from typing import Any

import cv2
from depth_seg_ros.depth import ModelLoadError
import numpy as np
from numpy.typing import NDArray

__all__ = ['MAX_ASPECT', 'Preprocessing', 'preprocessing_of']

MAX_ASPECT = 4.0
"""
Longest side of the network's image, in short sides.

Street cameras reach 3.3. What is longer is squeezed to this, so that a strip of pixels cannot
take all memory: the cost of a transformer grows with the square of the area.
"""

_HIERARCHICAL = 32
"""Side in pixels of what the coarsest stage of SegFormer, Swin, BEiT with a neck and BiT sees."""

_SMALLEST_PLAIN_PATCH = 8
"""Smaller patches belong to networks that merge them stage by stage."""


@dataclass(frozen=True, eq=False)
class Preprocessing:
    """
    Resize, rescale and normalize, as the model's own preprocessor_config.json says.

    Other than the processor of transformers it resizes by area when it shrinks and bicubic
    when it enlarges, and does not pad (ZoeDepth).

    Parameters
    ----------
    short_side : int
        Of the network's image in pixels, before rounding.
    multiple : int
        Both sides become multiples of it.
    scale, offset : float32 ndarray of shape (3,)
        The network sees `rgb * scale + offset`.
    max_aspect : float
        The aspect is kept up to this many short sides for the longer one; 1 makes a square.
    fixed : tuple of int, optional
        (height, width) for a network that takes no other; `short_side` is not used then.

    """

    short_side: int
    multiple: int
    scale: NDArray[np.float32]
    offset: NDArray[np.float32]
    max_aspect: float = MAX_ASPECT
    fixed: tuple[int, int] | None = None

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Return (height, width) in pixels of what the network sees of such an image."""
        if self.fixed:
            return self.fixed
        ratio = min(max(height, width) / min(height, width), self.max_aspect)
        short = max(round(self.short_side / self.multiple), 1) * self.multiple
        long = max(round(self.short_side * ratio / self.multiple) * self.multiple, short)
        return (short, long) if height <= width else (long, short)

    def __call__(self, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
        """
        Return the network's input: `resized`, then normalized.

        Parameters
        ----------
        rgb : uint8 ndarray of shape (H, W, 3)
            Of any size.

        Returns
        -------
        float32 ndarray of shape (1, 3, h, w)

        """
        return self.normalized(self.resized(rgb))

    def resized(self, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """
        Return an image of the size that the network sees; itself where it has that size.

        Parameters
        ----------
        rgb : uint8 ndarray of shape (H, W, 3)
            Of any size.

        Returns
        -------
        uint8 ndarray of shape (h, w, 3)

        """
        height, width = self.grid(*rgb.shape[:2])
        if rgb.shape[:2] == (height, width):
            return rgb
        shrinks = rgb.shape[0] >= height and rgb.shape[1] >= width
        how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        small: NDArray[np.uint8] = cv2.resize(rgb, (width, height), interpolation=how)
        return small

    def unsqueezed(self, shape: tuple[int, int], height: int, width: int) -> tuple[int, int]:
        """
        Return (rows, columns) of the aspect of an image, for what a square network made of it.

        The longer side stays, the other one shrinks, at most to 1 / `MAX_ASPECT` of it.
        Segmentation looks as far to the side as up and down: squeezed depth fares worse.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns that the network put out; returned where nothing was squeezed.
        height, width : int
            Of the image that it saw, in pixels.

        """
        if not self.fixed and self.max_aspect > 1.0:
            return shape
        longer = max(shape)
        short = round(longer / min(max(height, width) / min(height, width), MAX_ASPECT))
        return (short, longer) if height <= width else (longer, short)

    def normalized(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """
        Return pixels as the numbers that the network was trained on, plane by plane.

        Parameters
        ----------
        pixels : uint8 ndarray of shape (h, w, 3)
            From `resized`.

        Returns
        -------
        float32 ndarray of shape (1, 3, h, w)

        """
        planes = np.empty((1, 3, *pixels.shape[:2]), np.float32)
        for channel in range(3):
            np.multiply(pixels[:, :, channel], self.scale[channel], out=planes[0, channel])
            planes[0, channel] += self.offset[channel]
        return planes


def preprocessing_of(preprocessor: Mapping[str, Any], config: Mapping[str, Any], name: str,
                     short_side: int) -> Preprocessing:
    """
    Read how a model wants its images.

    Parameters
    ----------
    preprocessor, config : mapping
        Content of `preprocessor_config.json` and `config.json`.
    name : str
        Of the model, for messages.
    short_side : int
        Parameter `model.input_size`.

    Raises
    ------
    ModelLoadError
        When the files do not say it.

    """
    scale = preprocessor.get('rescale_factor', 1 / 255)
    if not preprocessor.get('do_rescale', True):
        scale = 1.0
    mean, std = [0.0] * 3, [1.0] * 3
    # GLPN does not normalize and says nothing about it; the others always say both.
    if preprocessor.get('do_normalize', 'image_mean' in preprocessor):
        mean = _three(preprocessor, 'image_mean', name)
        std = _three(preprocessor, 'image_std', name)
    return Preprocessing(
        short_side, _multiple(preprocessor, config),
        np.array([scale / s for s in std], np.float32),
        np.array([-m / s for m, s in zip(mean, std)], np.float32),
        MAX_ASPECT if preprocessor.get('keep_aspect_ratio', True) else 1.0,
        _only_size(preprocessor, config))


def _only_size(preprocessor: Mapping[str, Any], config: Mapping[str, Any]
               ) -> tuple[int, int] | None:
    """Return (height, width) in pixels of a network that takes no other size."""
    if config.get('model_type') == 'depth_pro':
        # Cuts the image into patches at three scales, which fit one size only.
        size = preprocessor.get('size', {'height': 1536, 'width': 1536})
        return int(size['height']), int(size['width'])
    if config.get('is_hybrid'):
        # DPT on a convolutional body: transformers compares the input with this.
        side = config.get('image_size', 384)
        height, width = side if isinstance(side, (list, tuple)) else (side, side)
        return height, width
    return None


def _three(preprocessor: Mapping[str, Any], key: str, name: str) -> list[float]:
    values = preprocessor.get(key)
    if not isinstance(values, list) or len(values) != 3 or not all(
            isinstance(value, (int, float)) for value in values):
        raise ModelLoadError(f'{name}: preprocessor_config.json: {key}: expected three numbers, '
                             f'got {values!r}; get the file that belongs to the model.')
    return values


def _multiple(preprocessor: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    """Return what both sides must be a multiple of: patch, and what the processor wants."""
    patch = config.get('patch_size') or (config.get('backbone_config') or {}).get('patch_size')
    if isinstance(patch, (list, tuple)):
        patch = math.lcm(*patch)
    if not patch or patch < _SMALLEST_PLAIN_PATCH:
        patch = _HIERARCHICAL
    # ZoeDepth's class has 1/32 here where it means 32.
    wanted = [preprocessor.get(key) for key in ('ensure_multiple_of', 'size_divisor')]
    return math.lcm(patch, *(value for value in wanted if isinstance(value, int) and value > 0))
