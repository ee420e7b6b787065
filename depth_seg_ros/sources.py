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
"""Frames without ROS: image files, folders of them, videos and cameras."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import logging
import math
from pathlib import Path
import re
import time
from typing import TYPE_CHECKING, Union

import cv2
from depth_seg_ros.images import check_size, decode_compressed, DEFAULT_MAX_MEGAPIXELS, ImageError
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from depth_seg_ros.geometry import CameraModel

__all__ = ['Frame', 'IMAGE_SUFFIXES', 'ImageFiles', 'natural_key', 'open_images', 'open_video',
           'read_image', 'SourceError', 'Video']

PathLike = Union[str, Path]
IMAGE_SUFFIXES = ('.bmp', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp')
_LOG = logging.getLogger(__name__)


class SourceError(ValueError):
    """A file, folder, video or camera that gives no frames; the text names it."""


@dataclass(frozen=True, eq=False)
class Frame:
    """
    One picture of a source.

    Attributes
    ----------
    rgb : ndarray of uint8, shape (H, W, 3)
        The picture.
    stamp_ns : int
        Nanoseconds from the start of the source, of a camera since the Unix epoch; rising.
    name : str
        Unique within the source and fit for a file name.
    camera : CameraModel or None
        The camera of the picture where it is known.

    """

    rgb: NDArray[np.uint8]
    stamp_ns: int
    name: str
    camera: CameraModel | None = None


class ImageFiles:
    """
    Image files as frames; iterable as often as needed, and indexable.

    A loop stops at a file that cannot be read; index by index, a caller can go on behind it.
    The files in order are in `paths`, their number in `frame_count`.

    """

    def __init__(self, paths: Iterable[Path], period_ns: int, camera: CameraModel | None,
                 max_megapixels: float) -> None:
        self.paths = tuple(paths)
        self.frame_count = len(self.paths)
        self._names = _unique_names(self.paths)
        self._period_ns = period_ns
        self._camera = camera
        self._max_megapixels = max_megapixels

    def __len__(self) -> int:
        return self.frame_count

    def __getitem__(self, index: int) -> Frame:
        position = range(self.frame_count)[index]
        rgb = read_image(self.paths[position], self._max_megapixels)
        return Frame(rgb, position * self._period_ns, self._names[position], self._camera)

    def __iter__(self) -> Iterator[Frame]:
        return (self[index] for index in range(self.frame_count))


class Video:
    """
    A video file or a camera as frames; every loop over it starts anew.

    Attributes
    ----------
    name : str
        Stem of the file, or ``camera`` and its number.
    frame_count, fps : int and float, or None
        Number of frames and their rate in hertz, as the container announces; None if unknown.

    """

    def __init__(self, source: Path | int, camera: CameraModel | None,
                 max_megapixels: float) -> None:
        self._source = source
        self._camera = camera
        self.name = f'camera{source}' if isinstance(source, int) else source.stem
        capture = self._open()
        # The first loop uses it, as some cameras cannot be opened twice in a row.
        self._capture: cv2.VideoCapture | None = capture
        count, fps = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
        self.frame_count = int(count) if count > 0 else None
        self.fps = fps if fps > 0 and math.isfinite(fps) else None
        try:
            check_size(int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
                       int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), max_megapixels)
        except ImageError as error:
            raise SourceError(f'{source}: {error}') from error

    def __iter__(self) -> Iterator[Frame]:
        capture, self._capture = self._capture or self._open(), None
        count, stamp_ns = 0, None
        try:
            while True:
                read, bgr = capture.read()
                if not read:
                    break
                stamp_ns = self._stamp_ns(capture, stamp_ns)
                rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
                yield Frame(rgb, stamp_ns, f'{self.name}_{count:06d}', self._camera)
                count += 1
        finally:
            capture.release()
        self._check_end(count)

    def _open(self) -> cv2.VideoCapture:
        source = self._source
        capture = cv2.VideoCapture(source if isinstance(source, int) else str(source))
        if not capture.isOpened() or not capture.get(cv2.CAP_PROP_FRAME_WIDTH):  # text has no size
            raise SourceError(f'{source}: cannot be opened, expected a video that OpenCV decodes '
                              '(convert it to H.264 in MP4) or the number of a free camera')
        return capture

    def _stamp_ns(self, capture: cv2.VideoCapture, previous_ns: int | None) -> int:
        """Return the time of the frame just read, the container's own where it advances."""
        if isinstance(self._source, int):
            return max(time.time_ns(), (previous_ns or 0) + 1)  # the clock may be set back
        stamp_ns = max(0, round(capture.get(cv2.CAP_PROP_POS_MSEC) * 1e6))
        if previous_ns is None or stamp_ns > previous_ns:
            return stamp_ns
        if self.fps is None:
            raise SourceError(f'{self._source}: expected time stamps or a frame rate, got none; '
                              'convert it to H.264 in MP4')
        return previous_ns + round(1e9 / self.fps)

    def _check_end(self, count: int) -> None:
        """Tell the end of a video from a failure, which OpenCV reports alike."""
        if count == 0 or isinstance(self._source, int):
            raise SourceError(f'{self._source}: expected another frame, got none after {count}; '
                              'check the cable of a camera, convert a video to H.264 in MP4')
        if self.frame_count is not None and count < self.frame_count:
            _LOG.warning('%s: %d frames announced, %d could be read; the file may be damaged',
                         self._source, self.frame_count, count)


def open_images(paths: PathLike | Iterable[PathLike], rate_hz: float = 10.0,
                camera: CameraModel | None = None,
                max_megapixels: float = DEFAULT_MAX_MEGAPIXELS) -> ImageFiles:
    """
    Open image files and folders of them; no file is read yet.

    Parameters
    ----------
    paths : path or iterable of paths
        A file is taken whatever its suffix. A folder stands for the files directly in it with
        one of `IMAGE_SUFFIXES`, not hidden, in natural order (2 before 10).
    rate_hz : float
        Images per second, for the time stamps: the first image has 0.
    camera : CameraModel, optional
        The camera of all images.
    max_megapixels : float
        Largest accepted image, in millions of pixels.

    Returns
    -------
    ImageFiles
        The frames; reading one may raise as `read_image` does. Their names are the stems of the
        files, with ``_2`` and so on behind one that was there before.

    Raises
    ------
    SourceError
        When nothing is given, a path is missing, or a folder has no image.
    ValueError
        When the rate is not positive and finite.

    """
    if not (rate_hz > 0 and math.isfinite(rate_hz)):
        raise ValueError(f'rate_hz: expected a positive number of hertz, got {rate_hz}')
    given = [paths] if isinstance(paths, (str, Path)) else paths
    files = [file for path in given for file in _files_of(Path(path))]
    if not files:
        raise SourceError('images: expected at least one file or folder, got none; name one')
    return ImageFiles(files, round(1e9 / rate_hz), camera, max_megapixels)


def read_image(path: PathLike,
               max_megapixels: float = DEFAULT_MAX_MEGAPIXELS) -> NDArray[np.uint8]:
    """
    Read one image file as RGB uint8 (H, W, 3), whatever its suffix; see `decode_compressed`.

    Raises
    ------
    SourceError
        When the file cannot be read, is no complete picture, or is too large.

    """
    try:
        return decode_compressed(Path(path).read_bytes(), max_megapixels=max_megapixels)
    except OSError as error:
        raise SourceError(f'{path}: expected a readable image file, got {error.strerror}; '
                          'check the path and its rights') from error
    except ImageError as error:
        raise SourceError(f'{path}: {error}') from error


def open_video(source: PathLike | int, camera: CameraModel | None = None,
               max_megapixels: float = DEFAULT_MAX_MEGAPIXELS) -> Video:
    """
    Open a video file or a camera.

    Parameters
    ----------
    source : path or int
        A file, or the number of a camera.
    camera, max_megapixels
        As for `open_images`.

    Returns
    -------
    Video
        The frames. Time stamps are the container's; where it has none that rise, they follow
        its frame rate. A loop raises `SourceError` when no frame can be decoded or a camera
        stops; a video that ends before the announced number of frames is logged as a warning.

    Raises
    ------
    SourceError
        When the file is missing or broken, the camera does not open, or frames are too large.

    """
    if isinstance(source, int):
        return Video(source, camera, max_megapixels)
    if not Path(source).exists():
        raise SourceError(f'{source}: expected a video file, got nothing there; check the path')
    return Video(Path(source), camera, max_megapixels)


def _files_of(path: Path) -> list[Path]:
    if not path.exists():
        raise SourceError(f'{path}: expected an image file or a folder, got nothing there; '
                          'check the path')
    if not path.is_dir():
        return [path]
    files = [file for file in path.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES
             and not file.name.startswith('.') and file.is_file()]
    if not files:
        raise SourceError(f'{path}: expected a folder with images ({", ".join(IMAGE_SUFFIXES)}) '
                          'directly in it, got none; name the folder that holds them')
    return sorted(files, key=natural_key)


def natural_key(path: Path) -> tuple[list[str | int], str]:
    """Return what sorts files by name as people do: frame10 behind frame9."""
    # Text and digits alternate, so that text is never compared with a number.
    parts: list[str | int] = [int(part) if part.isdecimal() else part.casefold()
                              for part in re.split(r'(\d+)', path.name)]
    return parts, path.name


def _unique_names(paths: Iterable[Path]) -> list[str]:
    names: dict[str, None] = {}
    for path in paths:
        name, copy = path.stem, 1
        while name in names:
            copy += 1
            name = f'{path.stem}_{copy}'
        names[name] = None
    return list(names)
