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
"""Depth as gray levels and as a heat map."""

from __future__ import annotations

import cv2
from depth_seg_ros.depth import shown_range
from depth_seg_ros.drawing.colors import depth_colors
from depth_seg_ros.params import DrawingParams
from depth_seg_ros.pipeline import FrameResult
import numpy as np
from numpy.typing import NDArray

__all__ = ['color_map', 'gray_map']


def gray_map(result: FrameResult) -> NDArray[np.uint8]:
    """
    Draw depth as gray levels, near bright.

    Parameters
    ----------
    result : FrameResult
        Its depth is drawn.

    Returns
    -------
    uint8 ndarray of shape (H, W)
        At the size of the image; 0 where depth is unknown and only there, 1 the farthest to 255
        the nearest, linear in inverse depth between the limits of `shown_range`, which follow
        a stream slowly.

    """
    inverse = result.depth.inverse()
    low, high = result.alignment.shown or shown_range(inverse)
    known = result.depth.valid
    scale = 254.0 / (high - low)
    gray = cv2.convertScaleAbs(np.clip(inverse, low, high), alpha=scale, beta=1.0 - low * scale)
    gray *= known
    # A mean of known and unknown is neither; without holes the smooth way looks better.
    how = cv2.INTER_LINEAR if known.all() else cv2.INTER_NEAREST
    height, width = result.image_shape
    return cv2.resize(gray, (width, height), interpolation=how)


def color_map(result: FrameResult, drawing: DrawingParams) -> NDArray[np.uint8]:
    """
    Draw depth as a heat map, near warm.

    Parameters
    ----------
    result : FrameResult
        Its depth is drawn.
    drawing : DrawingParams
        Its `colormap`.

    Returns
    -------
    uint8 ndarray of shape (H, W, 3)
        Blue, green, red at the size of the image; black where depth is unknown.

    """
    # Colors come after scaling: a mean of two colors may stand for a third depth.
    return cv2.applyColorMap(gray_map(result), depth_colors(drawing.colormap))
