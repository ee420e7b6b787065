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

"""Draw pictures beside the depth that networks make of them, for the eye."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
from depth_seg_ros.depth import load_estimator
from depth_seg_ros.drawing.maps import shown_range
from depth_seg_ros.params import ModelParams
from depth_seg_ros.sources import read_image
import numpy as np


def heat_map(inverse: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """
    Draw inverse depth, near bright.

    Parameters
    ----------
    inverse : ndarray of shape (h, w), float32
        NaN where unknown.
    shape : tuple of int
        Rows and columns of the drawing, in front.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        Blue, green, red.

    """
    low, high = shown_range(inverse)
    gray = 255 * np.clip((np.nan_to_num(inverse, nan=low) - low) / (high - low), 0, 1)
    drawn = cv2.applyColorMap(gray.astype(np.uint8), cv2.COLORMAP_INFERNO)
    return cv2.resize(drawn, shape[1::-1])


def sheet(paths: list[Path], models: list[str], width: int) -> np.ndarray:
    """Draw one row an image: the image, and the depth of every network."""
    estimators = [load_estimator(ModelParams(name=name, device='cpu')) for name in models]
    rows = []
    for path in paths:
        rgb = read_image(path)
        small = cv2.resize(rgb[..., ::-1], (width, round(width * rgb.shape[0] / rgb.shape[1])),
                           interpolation=cv2.INTER_AREA)
        cells = [heat_map(each.estimate(rgb).inverse(), small.shape) for each in estimators]
        rows.append(np.hstack([small, *cells]))
    return np.vstack(rows)


def main() -> None:
    """Write the sheet."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('images', type=Path, nargs='+')
    p.add_argument('--model', nargs='+', default=['embedded'], help='names or folders')
    p.add_argument('--out', type=Path, required=True, help='PNG to write')
    p.add_argument('--width', type=int, default=256, help='pixels of every column')
    o = p.parse_args()
    cv2.imwrite(str(o.out), sheet(o.images, o.model, o.width))


if __name__ == '__main__':
    main()
