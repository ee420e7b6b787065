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
What goes wrong with pictures, in 20 kinds of five levels, seeded.

The first 18 kinds are those of common corruptions (Hendrycks and Dietterich 2019) and of depth
under corruption (Kong et al. 2023), written anew from what they are; `KINDS` is the table of how
strong they are here. Lengths are pixels of a picture of 640x480 and scale with its size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from depth_seg_ros.bench.corruptions import blur, light, occlusion, sensor, weather
import numpy as np
from numpy.typing import NDArray

__all__ = ['corrupt', 'hidden', 'Kind', 'KINDS', 'LEVELS']

LEVELS = (1, 2, 3, 4, 5)
"""From hardly visible to what a person still makes sense of."""


@dataclass(frozen=True)
class Kind:
    """
    One kind of corruption.

    Parameters
    ----------
    family : str
        light, weather, blur, noise, coding or scene.
    apply : callable
        From a uint8 image (H, W, 3), an amount and a numpy Generator to the corrupted image, of
        any dtype, 0 to 255.
    amounts : tuple of float
        One per level.
    unit : str
        What the amounts are.

    """

    family: str
    apply: Callable[[NDArray[np.uint8], float, np.random.Generator], NDArray[Any]]
    amounts: tuple[float, float, float, float, float]
    unit: str


KINDS = {
    'brightness': Kind('light', light.brightness, (0.5, 1.0, 1.5, 2.0, 2.6), 'stops more'),
    'dark': Kind('light', light.dark, (1.5, 2.5, 3.5, 4.5, 5.5), 'stops less, with noise'),
    'contrast': Kind('light', light.contrast, (0.6, 0.45, 0.3, 0.2, 0.1), 'share left'),
    'fog': Kind('weather', weather.fog, (0.5, 0.9, 1.4, 2.0, 2.8), 'optical depth'),
    'frost': Kind('weather', weather.frost, (0.2, 0.35, 0.5, 0.7, 1.0), 'share of the lens'),
    'snow': Kind('weather', weather.snow, (0.15, 0.3, 0.5, 0.75, 1.0), 'share of a blizzard'),
    'defocus': Kind('blur', blur.defocus, (1.5, 2.5, 4.0, 6.0, 8.0), 'radius, px'),
    'glass': Kind('blur', blur.glass, (1.5, 2.5, 4.0, 6.0, 8.0), 'reach, px'),
    'motion': Kind('blur', blur.motion, (5.0, 9.0, 14.0, 20.0, 28.0), 'length, px'),
    'zoom': Kind('blur', blur.zoom, (1.03, 1.06, 1.09, 1.13, 1.18), 'factor'),
    'elastic': Kind('blur', blur.elastic, (1.5, 2.5, 3.5, 5.0, 7.0), 'reach, px'),
    'gaussian': Kind('noise', sensor.gaussian, (0.04, 0.08, 0.12, 0.18, 0.26), 'share of white'),
    'impulse': Kind('noise', sensor.impulse, (0.01, 0.03, 0.06, 0.11, 0.18), 'share of samples'),
    'shot': Kind('noise', sensor.shot, (80.0, 32.0, 14.0, 7.0, 4.0), 'photons at white'),
    'iso': Kind('noise', sensor.iso, (0.05, 0.1, 0.16, 0.23, 0.32), 'grain, share of white'),
    'color_quant': Kind('coding', sensor.color_quant, (20, 12, 8, 5, 4), 'values a channel'),
    'pixelate': Kind('coding', sensor.pixelate, (2.0, 3.0, 5.0, 8.0, 12.0), 'block, px'),
    'jpeg': Kind('coding', sensor.jpeg, (30, 20, 12, 7, 4), 'quality'),
    'cast_shadow': Kind('scene', light.cast_shadow, (0.5, 0.35, 0.22, 0.14, 0.08), 'light left'),
    'occluder': Kind('scene', occlusion.occluder, (0.02, 0.05, 0.1, 0.18, 0.3),
                     'share of the image'),
}
"""Every kind by name, family by family."""


def corrupt(rgb: NDArray[np.uint8], kind: str, level: int, seed: int = 0) -> NDArray[np.uint8]:
    """
    Return an image with one thing wrong.

    Parameters
    ----------
    rgb : uint8 ndarray of shape (H, W, 3)
        Not changed.
    kind : str
        One of `KINDS`.
    level : int
        1 to 5.
    seed : int
        The same seed gives the same flakes, grains and shapes, at every level.

    Returns
    -------
    uint8 ndarray of shape (H, W, 3)

    Raises
    ------
    TypeError, ValueError
        When `rgb` is no such image, or kind or level is unknown.

    """
    if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8:
        raise TypeError(f'rgb: expected a uint8 ndarray, got '
                        f'{getattr(rgb, "dtype", type(rgb).__name__)}')
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
        raise ValueError(f'rgb: expected shape (H, W, 3) with H, W >= 1, got {rgb.shape}')
    how = _known(kind, level)
    image = how.apply(np.ascontiguousarray(rgb), how.amounts[level - 1],
                      np.random.default_rng(seed))
    if image.dtype != np.uint8:
        image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(image)


def hidden(shape: tuple[int, int], kind: str, level: int, seed: int = 0) -> NDArray[np.bool_]:
    """
    Return where `corrupt` leaves nothing of an image of shape (H, W) to be seen.

    Raises
    ------
    ValueError
        When kind or level is unknown.

    """
    how = _known(kind, level)
    if how.apply is not occlusion.occluder:
        return np.zeros(shape, np.bool_)
    return occlusion.covered(shape, how.amounts[level - 1], np.random.default_rng(seed))


def _known(kind: str, level: int) -> Kind:
    if kind not in KINDS:
        raise ValueError(f'kind: expected one of {", ".join(KINDS)}; got {kind!r}')
    if level not in LEVELS:
        raise ValueError(f'level: expected 1 to {LEVELS[-1]}, got {level!r}')
    return KINDS[kind]
