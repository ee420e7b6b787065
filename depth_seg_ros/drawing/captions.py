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
"""Captions and legend that can be read on any image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import math

import cv2
from depth_seg_ros.detections import class_name
from depth_seg_ros.drawing.colors import (
    class_color, Color, object_colors, region_color, text_color)
from depth_seg_ros.segmentation import Region, RegionClass
import numpy as np
from numpy.typing import NDArray

__all__ = ['Captions', 'Place']

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LEGEND = (RegionClass.GROUND, RegionClass.OBJECT, RegionClass.STRUCTURE, RegionClass.DROP_OFF,
           RegionClass.UNKNOWN)

Place = tuple[float, float, float]
"""x of the center and y in pixels, share of the text above y (0 to 1)."""

_Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are outside."""


class Captions:
    """
    Text over an image, in boxes that do not cover each other.

    Parameters
    ----------
    image : uint8 ndarray of shape (H, W, 3)
        Blue, green, red; drawn on.
    size : float
        Size of the text; 1 suits an image of 640x480.

    """

    def __init__(self, image: NDArray[np.uint8], size: float) -> None:
        self._image = image
        self._scale = max(0.3, 0.42 * size)
        self._width = max(1, round(1.1 * size))
        self._pad = max(2, round(3 * size))
        (_, above), below = cv2.getTextSize('Ag', _FONT, self._scale, self._width)
        self._above, self._below = above, below
        self._taken: list[_Box] = []

    def draw(self, regions: Iterable[tuple[Region, Sequence[Place]]]) -> None:
        """
        Write the legend, then what each region is; the first ones get the best places.

        Parameters
        ----------
        regions : iterable of (Region, sequence of Place)
            Each with places for its caption, the best first.

        """
        self._draw_legend()
        for region, places in regions:
            self._draw_region(region, places)

    def note(self, text: str) -> None:
        """Write a line across the middle, cut where the image ends."""
        width, height = self._extent(text)
        left = max(0, (self._image.shape[1] - width) // 2)
        top = max(0, (self._image.shape[0] - height) // 2)
        self._write(text, (left, top, left + width, top + height),
                    class_color(RegionClass.UNKNOWN))

    def _draw_region(self, region: Region, places: Sequence[Place]) -> None:
        """Write id, class and distance of a region, where there is room."""
        text = f'{region.id} {class_name(region.kind)}'
        if math.isfinite(region.distance):
            text += f' {region.distance:.1f} m'
        width, height = self._extent(text)
        for x, y, share in places:
            left = min(max(0, round(x - width / 2)), self._image.shape[1] - width)
            top = round(y - share * height)
            if self._is_free((left, top, left + width, top + height)):
                self._write(text, (left, top, left + width, top + height),
                            region_color(region.id, region.kind))
                return

    def _draw_legend(self) -> None:
        """Name the classes in the lower left corner, unless the image is too small for it."""
        colors: dict[RegionClass, tuple[Color, ...]] = {
            kind: (class_color(kind),) for kind in _LEGEND}
        colors[RegionClass.OBJECT] = object_colors()  # one by id: all of them are beside its name
        patch, bottom, entries = 2 * self._pad, self._image.shape[0], []
        left, top = 0, bottom - self._extent('')[1]
        for kind, (first, *others) in colors.items():
            name = class_name(kind)
            right = left + self._extent(name)[0]
            entries.append((name, (left, top, right, bottom), first))
            for color in others:
                entries.append(('', (right, top, right + patch, bottom), color))
                right += patch
            left = right
        if self._is_free((0, top, left, bottom)):
            for entry in entries:
                self._write(*entry)

    def _extent(self, text: str) -> tuple[int, int]:
        width = cv2.getTextSize(text, _FONT, self._scale, self._width)[0][0]
        return width + 2 * self._pad, self._above + self._below + self._pad

    def _is_free(self, box: _Box) -> bool:
        left, top, right, bottom = box
        height, width = self._image.shape[:2]
        return 0 <= left and 0 <= top and right <= width and bottom <= height and not any(
            left < other[2] and other[0] < right and top < other[3] and other[1] < bottom
            for other in self._taken)

    def _write(self, text: str, box: _Box, background: Color) -> None:
        self._taken.append(box)
        left, top, right, bottom = box
        self._image[top:bottom, left:right] = background
        cv2.putText(self._image, text, (left + self._pad, bottom - self._below), _FONT,
                    self._scale, text_color(background), self._width, cv2.LINE_AA)
