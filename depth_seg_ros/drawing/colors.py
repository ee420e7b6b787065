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
"""Which color stands for what, in every picture."""

from __future__ import annotations

from functools import cache

import cv2
from depth_seg_ros.segmentation import RegionClass
import numpy as np
from numpy.typing import NDArray

__all__ = ['Color', 'class_color', 'depth_colors', 'hex_color', 'object_colors', 'region_color',
           'text_color']

Color = tuple[int, int, int]
"""Blue, green, red; 0 to 255."""

_CLASSES = {
    RegionClass.UNKNOWN: '#3a3a3a', RegionClass.GROUND: '#1fa862',
    RegionClass.OBJECT: '#ffa000', RegionClass.STRUCTURE: '#8c86a8',
    RegionClass.DROP_OFF: '#d4007a', RegionClass.BACKGROUND: '#c4ccd4',
}

# After Okabe and Ito, without their green (ground) and purple (drop-off), and spread in lightness:
# any two colors in an overlay are at least 15 apart in CIE Lab for people who do not see red or
# green (Machado 2009), 35 for all others; and over the same gray, tints of objects are 20 from
# that of the ground.
_OBJECTS = ('#ffa000', '#4cc9ff', '#fff35c', '#e8501a', '#2a62e0', '#ffb3dd', '#7b2cff', '#8a3c10')

# Both ends of most color maps are close to black or white; what is far must not look unknown.
_FIRST, _LAST = 0.10, 0.95


def _bgr(color: str) -> Color:
    return int(color[5:7], 16), int(color[3:5], 16), int(color[1:3], 16)


def hex_color(color: Color) -> str:
    """Return `#rrggbb`."""
    blue, green, red = color
    return f'#{red:02x}{green:02x}{blue:02x}'


def object_colors() -> tuple[Color, ...]:
    """Return the colors that objects have, one after the other by their ids."""
    return tuple(map(_bgr, _OBJECTS))


def class_color(kind: RegionClass) -> Color:
    """Return the color of a class."""
    return _bgr(_CLASSES[kind])


def region_color(region_id: int, kind: RegionClass) -> Color:
    """Return the color of a region: an object's by its id, otherwise that of its class."""
    if kind is RegionClass.OBJECT:
        return object_colors()[(region_id - 1) % len(_OBJECTS)]
    return class_color(kind)


def text_color(background: Color) -> Color:
    """Return black or white, whichever reads better on a background (ITU-R BT.601 luma)."""
    blue, green, red = background
    dark = 0.114 * blue + 0.587 * green + 0.299 * red < 128
    return (255, 255, 255) if dark else (0, 0, 0)


@cache
def depth_colors(colormap: str) -> NDArray[np.uint8]:
    """
    Return the colors of a heat map, far to near, with black for unknown in front.

    Parameters
    ----------
    colormap : str
        One of the choices of `drawing.colormap`.

    Returns
    -------
    uint8 ndarray of shape (256, 1, 3)
        Blue, green, red; row 0 is unknown, rows 1 to 255 are far to near. Not to be written to.

    """
    ramp = np.linspace(255 * _FIRST, 255 * _LAST, 255).round().astype(np.uint8)[:, None]
    near_last = cv2.applyColorMap(ramp, getattr(cv2, f'COLORMAP_{colormap.upper()}'))
    colors = np.concatenate([np.zeros((1, 1, 3), np.uint8), near_last])
    colors.setflags(write=False)
    return colors
