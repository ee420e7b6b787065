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
"""A picture of the worst frames: depth, truth and result side by side, the mistakes outlined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import math
from typing import TypeAlias

import cv2
from depth_seg_ros.bench.judging import Judged, object_labels
from depth_seg_ros.bench.metrics import match_frame
from depth_seg_ros.depth import DepthMap
from depth_seg_ros.drawing import color_map, gray_map, overlay
from depth_seg_ros.params import DrawingParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import Region, RegionClass, Segmentation
import numpy as np
from numpy.typing import NDArray

__all__ = ['contact_sheet']

_Image: TypeAlias = NDArray[np.uint8]
_Labels: TypeAlias = NDArray[np.int32]

_WIDTH = 320
"""Of one panel, in pixels."""

_COLUMNS = 2
_CAPTION = 22
_GAP = 6
_RED, _YELLOW, _WHITE = (0, 0, 255), (0, 255, 255), (255, 255, 255)
_LEGEND = ((6, 'left to right: depth, truth, found', _WHITE),
           (300, 'red: object missed', _RED), (480, 'yellow: region in no object', _YELLOW))
_DRAWING = DrawingParams(overlay_text=False)


def contact_sheet(frames: Sequence[Judged]) -> _Image:
    """
    Draw frames, two beside each other: heat map, truth, result.

    Objects that were missed are outlined in red, regions that are in no object in yellow; the last
    line says so.

    Parameters
    ----------
    frames : sequence of Judged
        At least one; drawn in this order.

    Returns
    -------
    uint8 ndarray of shape (H, W, 3)
        Blue, green, red.

    Raises
    ------
    ValueError
        When there is no frame.

    """
    if not frames:
        raise ValueError('frames: expected at least one, got none')
    blocks = [_block(judged) for judged in frames]
    rows = [_row(blocks[first:first + _COLUMNS]) for first in range(0, len(blocks), _COLUMNS)]
    width = max(row.shape[1] for row in rows)
    return np.vstack([_padded(row, row.shape[0], width) for row in [*rows, _legend()]])


def _legend() -> _Image:
    """Return what the panels and the outlines are, in their colors."""
    bar = np.full((_CAPTION, 3 * _WIDTH, 3), 24, np.uint8)
    for left, text, color in _LEGEND:
        _write(bar, text, left, color)
    return bar


def _write(bar: _Image, text: str, left: int, color: tuple[int, int, int]) -> None:
    cv2.putText(bar, text, (left, _CAPTION - 7), cv2.FONT_HERSHEY_SIMPLEX, 0.45, color, 1,
                cv2.LINE_AA)


def _row(blocks: Sequence[_Image]) -> _Image:
    """Return blocks of any height beside each other, a gap below and after each."""
    height = max(block.shape[0] for block in blocks) + _GAP
    return np.hstack([_padded(block, height, block.shape[1] + _GAP) for block in blocks])


def _padded(block: _Image, height: int, width: int) -> _Image:
    return np.asarray(cv2.copyMakeBorder(block, 0, height - block.shape[0], 0,
                                         width - block.shape[1], cv2.BORDER_CONSTANT))


def _block(judged: Judged) -> _Image:
    """Return the three panels of a frame, a caption over them."""
    view, found = judged.view, judged.found
    truth = np.zeros(found.labels.shape, np.int32) if view.objects is None else view.objects
    classes = np.where(truth > 0, RegionClass.OBJECT, RegionClass.BACKGROUND).astype(np.uint8)
    if view.ground is not None:
        classes[view.ground] = RegionClass.GROUND
    expected = _drawn(view.depth, Segmentation(truth, classes))
    result = _drawn(view.depth, found)
    if view.objects is not None:
        match = match_frame(object_labels(found), truth, judged.scenes.min_share)
        missed = match.objects[~match.found, 0]
        _outline(expected, truth, missed, _RED)
        _outline(result, truth, missed, _RED)
        _outline(result, found.labels, match.regions[~match.inside, 0], _YELLOW)
    heat = color_map(_frame(view.depth, found, _blank(view.depth)), _DRAWING)
    panels = np.hstack([heat, expected, result])
    bar = np.full((_CAPTION, panels.shape[1], 3), 24, np.uint8)
    _write(bar, _caption(judged), 6, _WHITE)
    return np.vstack([bar, panels])


def _caption(judged: Judged) -> str:
    score = judged.score
    numbers = (('F', score.overlap_f), ('recall', score.recall), ('false', score.false),
               ('ground', score.ground))
    known = [f'{name} {value:.2f}' for name, value in numbers if not math.isnan(value)]
    return '   '.join([f'{judged.scenes.name} {judged.view.name}', *known])


def _drawn(depth: DepthMap, segmentation: Segmentation) -> _Image:
    """Return classes and regions over the depth in gray, at the size of a panel."""
    gray = gray_map(_frame(depth, segmentation, _blank(depth)))
    # Half as bright, as the colors are what is looked at.
    return overlay(_frame(depth, segmentation, cv2.merge([gray // 2] * 3)), _DRAWING)


def _blank(depth: DepthMap) -> _Image:
    height, width = depth.shape
    return np.zeros((round(_WIDTH * height / width), _WIDTH, 3), np.uint8)


def _frame(depth: DepthMap, segmentation: Segmentation, rgb: _Image) -> FrameResult:
    return FrameResult(0.0, rgb, depth, segmentation,
                       tuple(_regions(segmentation, rgb.shape[:2])), {})


def _regions(segmentation: Segmentation, shape: tuple[int, ...]) -> Iterable[Region]:
    """Yield what `overlay` has to know of the regions in a label image, in pixels of `shape`."""
    labels = segmentation.labels
    sy, sx = shape[0] / labels.shape[0], shape[1] / labels.shape[1]
    for number in np.unique(labels[labels > 0]):
        rows, columns = np.nonzero(labels == number)
        kind = RegionClass(int(segmentation.classes[rows[0], columns[0]]))
        top, left = int(rows.min()), int(columns.min())
        box = (top * sy, left * sx, (rows.max() + 1 - top) * sy, (columns.max() + 1 - left) * sx)
        yield Region(int(number), kind, len(rows), box, (rows.mean() * sy, columns.mean() * sx),
                     math.nan, math.nan)


def _outline(image: _Image, labels: _Labels, numbers: _Labels, color: tuple[int, int, int]
             ) -> None:
    for number in numbers:
        mask = cv2.resize((labels == number).astype(np.uint8), image.shape[1::-1],
                          interpolation=cv2.INTER_NEAREST)
        lines = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
        cv2.drawContours(image, lines, -1, color, 2, cv2.LINE_AA)
