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
"""The image with everything that was found in it drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
import math
from typing import TypeAlias

import cv2
from depth_seg_ros.drawing.captions import Captions, Place
from depth_seg_ros.drawing.colors import class_color, Color, region_color
from depth_seg_ros.params import DrawingParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import Region, RegionClass
import numpy as np
from numpy.typing import NDArray

__all__ = ['overlay']

_Image: TypeAlias = NDArray[np.uint8]
_Lines = Sequence[NDArray[np.int32]]
"""Closed lines in the image, each of shape (N, 1, 2): x, y with _SHIFT binary digits."""

_SHIFT = 4
_TOLERANCE = 0.6
"""How far an outline may be from the smooth one, in pixels; fewer points draw faster."""

_SHORTEST = 8
"""Pixels of the depth map in an outline that is worth drawing."""

_SMOOTHING = np.float32([[1], [4], [6], [4], [1]]) / 16

_LARGE = 0.015
"""Share of the image that a region must fill to carry its caption."""

_CAPTIONS = 12
"""Regions that get a caption; more hide the image."""

_FLAT = 0.5
"""Opacity of what is not a thing (ground, structure, unknown) as a share of that of objects."""


def overlay(result: FrameResult, drawing: DrawingParams) -> _Image:
    """
    Draw regions, ground and what is unknown over the image.

    Objects have a color by their id, structure and drop-off that of their class; drop-off is
    hatched too. Ground is tinted green, unknown is darkened, background is left as it is.

    Parameters
    ----------
    result : FrameResult
        All of it is drawn but the depth.
    drawing : DrawingParams
        `overlay_alpha` is the opacity of objects, `overlay_text` switches the legend and the
        captions of the 12 nearest regions, structure last, and why all of it is unknown, where
        the image is not fit.

    Returns
    -------
    uint8 ndarray of shape (H, W, 3)
        Blue, green, red.

    """
    image = cv2.cvtColor(result.rgb, cv2.COLOR_RGB2BGR)
    size = math.sqrt(image.shape[0] * image.shape[1] / (640 * 480))
    shapes = [(region, _region_lines(result, region)) for region in reversed(result.regions)]
    layer = image.copy()
    _tint(layer, result.segmentation.classes)
    for region, lines in shapes:
        if region.kind is RegionClass.STRUCTURE:
            cv2.fillPoly(layer, lines, class_color(region.kind), cv2.LINE_8, _SHIFT)
    _blend(layer, drawing.overlay_alpha * _FLAT, image)
    for region, lines in shapes:
        if region.kind is not RegionClass.STRUCTURE:
            _fill(image, region, lines, drawing.overlay_alpha)
    for region, lines in shapes:
        _outline(image, lines, region_color(region.id, region.kind), size)
    if drawing.overlay_text:
        outlines = {region.id: lines for region, lines in shapes}
        captions = Captions(image, size)
        captions.draw((region, _places(result, region, outlines[region.id]))
                      for region in _captioned(result.regions))
        if not result.quality.is_fit:
            captions.note(f'unknown: {result.quality.name}')
    return image


def _captioned(regions: Sequence[Region]) -> list[Region]:
    """Return the nearest objects and drop-offs, and structure where there are few of them."""
    first = sorted(regions, key=lambda region: region.kind is RegionClass.STRUCTURE)
    return first[:_CAPTIONS]


def _tint(layer: _Image, classes: _Image) -> None:
    """Paint ground and what is unknown."""
    height, width = layer.shape[:2]
    large = cv2.resize(classes, (width, height), interpolation=cv2.INTER_NEAREST)
    paint = np.empty_like(layer)
    for kind in (RegionClass.GROUND, RegionClass.UNKNOWN):
        cv2.rectangle(paint, (0, 0), (width, height), class_color(kind), cv2.FILLED)
        cv2.copyTo(paint, (large == kind).view(np.uint8), layer)


def _fill(image: _Image, region: Region, lines: _Lines, alpha: float) -> None:
    """Tint an object or a drop-off; all work is done in its box, as most boxes are small."""
    row, column, height, width = region.box
    top, left = max(0, int(row) - 1), max(0, int(column) - 1)
    box = slice(top, math.ceil(row + height) + 1), slice(left, math.ceil(column + width) + 1)
    layer = image[box].copy()
    cv2.fillPoly(layer, lines, region_color(region.id, region.kind), cv2.LINE_8, _SHIFT,
                 (-left << _SHIFT, -top << _SHIFT))
    if region.kind is RegionClass.DROP_OFF:
        cv2.copyTo(image[box], _stripes(image.shape[:2])[box], layer)
    _blend(layer, alpha, image[box])


def _blend(layer: _Image, alpha: float, image: _Image) -> None:
    cv2.addWeighted(layer, alpha, image, 1.0 - alpha, 0.0, dst=image)


def _region_lines(result: FrameResult, region: Region) -> _Lines:
    labels = result.segmentation.labels
    scale = _scale(result)
    row, column, height, width = region.box
    top, left = int(row / scale[1]), int(column / scale[0])
    bottom, right = math.ceil((row + height) / scale[1]), math.ceil((column + width) / scale[0])
    own = labels[top:bottom, left:right] == region.id
    return _lines(own.view(np.uint8), (left, top), scale)


def _scale(result: FrameResult) -> tuple[float, float]:
    """Return the pixels of the image per pixel of the labels, across and down."""
    (height, width), grid = result.image_shape, result.segmentation.labels.shape
    return width / grid[1], height / grid[0]


def _lines(mask: _Image, offset: tuple[int, int], scale: tuple[float, float]) -> _Lines:
    """Return the outer and inner outlines of a mask, smooth, in the image; no pinholes."""
    found = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=offset)[0]
    lines = []
    for line in [line for line in found if len(line) >= _SHORTEST] or found:
        # (0, 0) is the center of the first pixel, of the grid's as of the image's.
        points = (_border(line) + 0.5) * scale - 0.5
        points = np.rint(points * (1 << _SHIFT)).astype(np.int32)
        lines.append(cv2.approxPolyDP(points, _TOLERANCE * (1 << _SHIFT), True))
    return lines


def _places(result: FrameResult, region: Region, lines: _Lines) -> list[Place]:
    """Return where a caption may be: on a large region, above it, below its top, below it."""
    (row, column), (height, width) = region.centroid, result.image_shape
    scale, labels = _scale(result), result.segmentation.labels
    places = []
    if region.area > _LARGE * height * width:
        if labels[int(row / scale[1]), int(column / scale[0])] == region.id:
            places.append((column, row, 0.5))
    if lines:
        outer = max(lines, key=len)[:, 0] / (1 << _SHIFT)
        top, bottom = outer[outer[:, 1].argmin()], outer[outer[:, 1].argmax()]
        places += [(*top, 1.0), (*top, 0.0), (*bottom, 0.0)]
    return places


def _border(line: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the outer edge of the pixels of a closed line, without the staircase of the grid."""
    closed = line[:, 0].take(range(-3, len(line) + 3), axis=0, mode='wrap').astype(np.float32)
    smooth = (cv2.filter2D(closed, -1, _SMOOTHING) if len(line) >= _SHORTEST else closed)[2:-2]
    along = smooth[2:] - smooth[:-2]
    length = np.maximum(np.hypot(along[:, :1], along[:, 1:]), 1e-9)
    # OpenCV walks with the region to its left, so that the outside is half a pixel to the right.
    return np.asarray(smooth[1:-1] + along[:, ::-1] * np.float32((-0.5, 0.5)) / length)


@lru_cache(maxsize=2)
def _stripes(shape: tuple[int, int]) -> _Image:
    """Return diagonal stripes, 0 and 255, each a hundredth of the image wide or more."""
    rows, columns = np.ogrid[:shape[0], :shape[1]]
    width = max(3, max(shape) // 100)
    return np.asarray(((rows + columns) // width % 2) * 255, np.uint8)


def _outline(image: _Image, lines: _Lines, color: Color, size: float) -> None:
    width = max(1, round(2 * size))
    halo = width + 2 * max(1, round(0.5 * size))
    cv2.polylines(image, lines, True, (0, 0, 0), halo, cv2.LINE_AA, _SHIFT)
    cv2.polylines(image, lines, True, color, width, cv2.LINE_AA, _SHIFT)
