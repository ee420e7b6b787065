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
"""Whether an image is fit for a network to see depth in."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
from depth_seg_ros.params import QualityParams
from depth_seg_ros.quantiles import quantile
import numpy as np
from numpy.typing import NDArray

__all__ = ['InputGate', 'Quality']

_SIDE = 120
"""Cells along the short side that light, texture and blur are measured on."""

_STEP = 2
"""Cells across which the strength of an edge is measured."""

_LEAST_SIDE = 16
"""A smaller picture has no edges to judge by."""

_BLACK, _WHITE = 16, 250
"""What is darker, and what is at least as bright, shows nothing; of 255."""

_ROWS = 60
"""Rows that are compared to tell a frozen image."""


@dataclass(frozen=True)
class Quality:
    """
    What was found about one image; NaN is not measured.

    Parameters
    ----------
    problem : str
        Why it is not fit, and what to do; empty where it is. The words before the colon name it.
    dark : float
        Share of the image darker than 16 of 255.
    saturated : float
        Share of the image at 250 of 255 or brighter.
    texture : float
        What the strongest edges differ by, in gray levels of 255.
    blur : float
        How wide the sharpest edges are, as a share of the short side.
    frozen : float
        Seconds for which the image has been the same.

    """

    problem: str = ''
    dark: float = math.nan
    saturated: float = math.nan
    texture: float = math.nan
    blur: float = math.nan
    frozen: float = math.nan

    @property
    def is_fit(self) -> bool:
        """Return whether a network may look at it."""
        return not self.problem

    @property
    def name(self) -> str:
        """Return the problem in a word or two; empty where there is none."""
        return self.problem.partition(':')[0]


class InputGate:
    """
    Judge every image of a stream.

    Parameters
    ----------
    params : QualityParams
        May be replaced between two frames.

    """

    def __init__(self, params: QualityParams) -> None:
        self.params = params
        self._before: NDArray[np.uint8] | None = None
        self._last = self._since = -math.inf

    def reset(self) -> None:
        """Forget the images before."""
        self._before = None

    def judge(self, rgb: NDArray[np.uint8], stamp: float) -> Quality:
        """
        Return what is wrong with an image.

        Parameters
        ----------
        rgb : uint8 ndarray of shape (H, W, 3)
            As it came.
        stamp : float
            Seconds.

        """
        if not self.params.enable:
            self.reset()
            return Quality()
        gray = _gray(rgb)
        texture, blur = _edges(gray)
        found = {'dark': np.count_nonzero(gray < _BLACK) / gray.size,
                 'saturated': np.count_nonzero(gray >= _WHITE) / gray.size,
                 'texture': texture, 'blur': blur, 'frozen': self._same_for(rgb, stamp)}
        return Quality(_problem(self.params, **found), **found)

    def _same_for(self, rgb: NDArray[np.uint8], stamp: float) -> float:
        """Return the seconds for which the image has been the same; 0 for a new one."""
        rows = rgb[::max(1, rgb.shape[0] // _ROWS)]
        if (self._before is None or stamp < self._last or rows.shape != self._before.shape
                or not np.array_equal(rows, self._before)):
            self._before, self._since = rows.copy(), stamp
        self._last = stamp
        return stamp - self._since


def _gray(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a small gray picture of an image, uint8 (h, w); a smaller image keeps its size."""
    # Means of the whole image took 1.9 ms at 1280x720. Up to 16 pixels a cell, of a part of the
    # rows, are enough against the noise of a sensor.
    scale = _SIDE / min(rgb.shape[:2])
    height, width = (round(length * scale) for length in rgb.shape[:2])
    some_rows = rgb[::max(1, int(0.5 / scale))]
    gray = np.asarray(cv2.cvtColor(some_rows, cv2.COLOR_RGB2GRAY), np.uint8)
    if scale < 0.5:
        gray = np.asarray(cv2.resize(gray, (2 * width, 2 * height)), np.uint8)
    if scale < 1.0:
        gray = np.asarray(cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA))
    return gray


def _edges(gray: NDArray[np.uint8]) -> tuple[float, float]:
    """Return what the strongest edges differ by, and how wide the sharpest are, as `Quality`."""
    if min(gray.shape) < _LEAST_SIDE:
        return math.nan, math.nan
    soft = cv2.blur(gray.astype(np.float32), (3, 3))
    across = cv2.absdiff(soft[:-_STEP, _STEP:], soft[:-_STEP, :-_STEP])
    down = cv2.absdiff(soft[_STEP:, :-_STEP], soft[:-_STEP, :-_STEP])
    strongest = quantile(cv2.max(across, down), 0.99)
    contrast = quantile(soft, 0.99) - quantile(soft, 0.01)
    width = _STEP * contrast / strongest if strongest > 0.0 else math.nan
    return strongest, width / min(gray.shape)


def _problem(params: QualityParams, dark: float, saturated: float, texture: float, blur: float,
             frozen: float) -> str:
    if dark > params.dark:
        return (f'too dark: {dark:.1%} of the image is black (quality.dark {params.dark:.0%}); '
                'more light or a longer exposure')
    if saturated > params.saturated:
        return (f'over-exposed: {saturated:.1%} of the image is white (quality.saturated '
                f'{params.saturated:.0%}); a shorter exposure')
    if texture < params.texture:
        return (f'no texture: edges of {texture:.1f} gray levels at most (quality.texture '
                f'{params.texture:g}); uncover the lens, or turn away from the bare wall')
    if 0.0 < params.blur < blur:
        return (f'blurred: the sharpest edges are {blur:.1%} of the image wide (quality.blur '
                f'{params.blur:.0%}); focus or clean the lens')
    if 0.0 < params.frozen < frozen:
        return (f'frozen: the same image for {frozen:.1f} s (quality.frozen {params.frozen:g} s); '
                'restart the camera, or set quality.frozen to 0 where images have no noise')
    return ''
