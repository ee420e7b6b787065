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
"""Images with true depth: the folder layouts of public sets, told apart by what they hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
from depth_seg_ros.sources import read_image
import numpy as np
from numpy.typing import NDArray

__all__ = ['DepthSet', 'Layout', 'LAYOUTS', 'open_set', 'Sample']

_Decoder = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class Layout:
    """
    How one kind of data set lies in its folder.

    Parameters
    ----------
    name : str
    images, truths : str
        Paths below the folder; the part for `*` is the same in both.
    decode : callable
        From stored numbers (0 is unknown) to depth.
    metric : bool
        True when depth is in meters; False when its unit is the farthest depth of the image.
    max_depth : float
        Predictions are clipped to it, in that unit; what is truly farther is not scored.
    crop : tuple of slice
        Rows and columns that count.
    labels : str
        Path of label images, likewise; empty for none. A view may lack one.
    floor : int
        Number of the floor in them; 0 when they hold instances.
    rate : float
        Images per second of a video; 0 when each stands for itself.

    """

    name: str
    images: str
    truths: str
    decode: _Decoder
    metric: bool
    max_depth: float
    crop: tuple[slice, slice] = (slice(None), slice(None))
    labels: str = ''
    floor: int = 0
    rate: float = 0.0


@dataclass(frozen=True, eq=False)
class Sample:
    """
    One image with its true depth.

    Parameters
    ----------
    rgb : uint8 ndarray of shape (H, W, 3)
    depth : float32 ndarray of shape (H, W)
        In the unit of the layout; NaN where unknown or not to be scored.

    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]


@dataclass(frozen=True)
class DepthSet:
    """
    A folder of a known layout.

    Parameters
    ----------
    folder : Path
    layout : Layout
    pairs : tuple of (Path, Path)
        Image and truth, in order of their names.

    """

    folder: Path
    layout: Layout
    pairs: tuple[tuple[Path, Path], ...]

    def spread(self, count: int) -> DepthSet:
        """Return the set with at most `count` pairs, evenly spread over it."""
        picked = np.linspace(0, len(self.pairs) - 1, min(count, len(self.pairs))).round()
        return DepthSet(self.folder, self.layout,
                        tuple(self.pairs[int(index)] for index in picked))

    def labeled(self) -> DepthSet:
        """Return the set with those pairs that have a label image, maybe none."""
        pairs = tuple(pair for pair in self.pairs if self._label_path(pair[1]).is_file())
        return DepthSet(self.folder, self.layout, pairs)

    def read(self, index: int) -> Sample:
        """
        Read one pair.

        Raises
        ------
        ValueError
            When a file cannot be read, or image and truth differ in size.

        """
        rgb = read_image(self.pairs[index][0])
        depth = np.full(rgb.shape[:2], np.nan, np.float32)
        depth[self.layout.crop] = self.depth(index, rgb.shape[:2])[self.layout.crop]
        depth[depth > self.layout.max_depth] = np.nan
        return Sample(rgb, depth)

    def depth(self, index: int, shape: tuple[int, ...] | None = None) -> NDArray[np.float32]:
        """
        Read the depth of one pair, all of it.

        Parameters
        ----------
        index : int
            Of the pair.
        shape : tuple of int, optional
            (H, W) that is expected.

        Returns
        -------
        float32 ndarray of shape (H, W)
            In the unit of the layout; NaN where unknown.

        Raises
        ------
        ValueError
            When the file cannot be read or has another shape.

        """
        stored = _one_channel(self.pairs[index][1], shape, 'image').astype(np.float32)
        stored[stored == 0] = np.nan
        return self.layout.decode(stored)

    def labels(self, index: int, shape: tuple[int, ...]) -> NDArray[np.int32]:
        """Read the label image of one pair, int32 of the (H, W) that is expected; as `depth`."""
        path = self._label_path(self.pairs[index][1])
        return _one_channel(path, shape, 'depth').astype(np.int32)

    def _label_path(self, truth: Path) -> Path:
        before, after = self.layout.truths.split('*')
        key = truth.relative_to(self.folder).as_posix()[len(before):-len(after)]
        return self.folder / self.layout.labels.replace('*', key)


def _one_channel(path: Path, shape: tuple[int, ...] | None, like: str) -> NDArray[np.generic]:
    stored = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if stored is None or stored.ndim != 2 or shape not in (None, stored.shape):
        wanted = '' if shape is None else f' of shape {shape} as the {like}'
        raise ValueError(f'{path}: expected one channel{wanted}, got '
                         f'{"nothing readable" if stored is None else stored.shape}')
    return np.asarray(stored)


def _from_farthest(disparity: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.nanmin(disparity) / disparity


# A set without unit cannot be clipped at its 10 m. Twice the farthest depth of the image is about
# that in a room, and does not hand the true maximum to the prediction.
_RELATIVE_MAX = 2.0

LAYOUTS = (
    # 8 bit, of each image's maximum; cropped as Eigen et al. (2014).
    Layout('NYU Depth v2', 'rgb/*.jpg', 'depth/*.png', lambda stored: stored / 255, False,
           _RELATIVE_MAX, (slice(45, 471), slice(41, 601)), 'class40/*.png', 2),
    Layout('RGB and millimeters', 'rgb/*.jpg', 'depth_mm/*.png', lambda stored: stored / 1000,
           True, 10.0, labels='instance/*.png'),
    Layout('7-Scenes', '*.color.jpg', '*.depth.png', lambda stored: stored / 1000, True, 10.0,
           rate=30.0),
    Layout('NYU raw', 'rgb_*.jpg', 'rgb_*_depth.png', lambda stored: stored / 1000, True, 10.0),
    Layout('Middlebury', '*_rgb.png', '*_disparity_x64.png', _from_farthest, False,
           _RELATIVE_MAX),
    Layout('KITTI', '*_rgb.png', '*_depth.png', lambda stored: stored / 256, True, 80.0),
)
"""Every layout that is recognized; the first whose files are there counts."""


def open_set(folder: Path) -> DepthSet:
    """
    Recognize a folder by what it holds.

    Raises
    ------
    ValueError
        When it has none of the `LAYOUTS`; the text lists them.

    """
    for layout in LAYOUTS:
        before, after = layout.images.split('*')
        pairs = []
        for image in sorted(folder.glob(layout.images)):
            key = image.relative_to(folder).as_posix()[len(before):-len(after)]
            truth = folder / layout.truths.replace('*', key)
            if truth.is_file():
                pairs.append((image, truth))
        if pairs:
            return DepthSet(folder, layout, tuple(pairs))
    known = '; '.join(f'{each.images} with {each.truths} ({each.name})' for each in LAYOUTS)
    raise ValueError(f'{folder}: no images with true depth in a layout that is known: {known}')
