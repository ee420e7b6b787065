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
What raw and compressed images share: the table of encodings, the limits, the errors.

The names are those of ``sensor_msgs/image_encodings``; ``nv12`` joined them after Jazzy.

"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import Any, Union

import cv2
import numpy as np
from numpy.typing import NDArray

BufferLike = Union[bytes, bytearray, memoryview, 'array[int]', NDArray[Any]]

DEFAULT_MAX_MEGAPIXELS = 36.0


class ImageError(ValueError):
    """An image that cannot be used; the base of the errors below."""


class UnsupportedEncodingError(ImageError):
    """
    An encoding that has no entry in the table.

    Parameters
    ----------
    encoding : str
        The name that was asked for; kept as an attribute.
    supported : tuple of str
        The names that would have worked; kept as an attribute.

    """

    def __init__(self, encoding: str, supported: tuple[str, ...]) -> None:
        super().__init__(
            f'image encoding: expected one of {", ".join(supported)}, got {encoding!r}; '
            'set the publisher of the image to one of these')
        self.encoding = encoding
        self.supported = supported


class ImageSizeError(ImageError):
    """A height or width that is zero, too large, or impossible in its encoding."""


class ImageBufferError(ImageError):
    """A row step or a buffer that is too short for the image it should hold."""


class ImageDecodeError(ImageError):
    """Compressed bytes that are damaged, cut off, or no picture at all."""


@dataclass(frozen=True)
class PixelLayout:
    """
    How one encoding lays its samples out in memory.

    Attributes
    ----------
    sample : str
        numpy type of one sample without its byte order: ``u1``, ``u2`` or ``f4``.
    channels : int
        Samples per pixel.
    to_rgb : int or None
        OpenCV color conversion from these samples to RGB; None where they are RGB.
    min_side : int
        Least height and width; OpenCV returns black for a smaller Bayer mosaic.
    even_width : bool
        True where two neighboring columns share their color.
    semi_planar : bool
        True for 4:2:0: after the rows of Y follow half as many rows, of the same step,
        of interleaved color; two neighboring rows share their color.

    """

    sample: str
    channels: int
    to_rgb: int | None = None
    min_side: int = 1
    even_width: bool = False
    semi_planar: bool = False

    @property
    def pixel_bytes(self) -> int:
        """Return the bytes of one pixel in its row."""
        return int(self.sample[1]) * self.channels

    def buffer_rows(self, height: int) -> int:
        """Return the number of rows of the buffer of an image of `height` rows."""
        return height * 3 // 2 if self.semi_planar else height


def _bayer(sample: str, to_rgb: int) -> PixelLayout:
    return PixelLayout(sample, 1, to_rgb, min_side=3)


def _packed_yuv(to_rgb: int) -> PixelLayout:
    return PixelLayout('u1', 2, to_rgb, even_width=True)


def _semi_planar_yuv(to_rgb: int) -> PixelLayout:
    return PixelLayout('u1', 1, to_rgb, even_width=True, semi_planar=True)


# ROS names a Bayer pattern after the first two rows, as OpenCV's four-letter constants do.
# OpenCV's two-letter ones name the second and third pixel of the second row: RGGB is BG there.
IMAGE_LAYOUTS: dict[str, PixelLayout] = {
    'rgb8': PixelLayout('u1', 3),
    'bgr8': PixelLayout('u1', 3, cv2.COLOR_BGR2RGB),
    'rgba8': PixelLayout('u1', 4, cv2.COLOR_RGBA2RGB),
    'bgra8': PixelLayout('u1', 4, cv2.COLOR_BGRA2RGB),
    'mono8': PixelLayout('u1', 1, cv2.COLOR_GRAY2RGB),
    '8UC1': PixelLayout('u1', 1, cv2.COLOR_GRAY2RGB),
    '8UC3': PixelLayout('u1', 3, cv2.COLOR_BGR2RGB),
    '8UC4': PixelLayout('u1', 4, cv2.COLOR_BGRA2RGB),
    'rgb16': PixelLayout('u2', 3),
    'bgr16': PixelLayout('u2', 3, cv2.COLOR_BGR2RGB),
    'rgba16': PixelLayout('u2', 4, cv2.COLOR_RGBA2RGB),
    'bgra16': PixelLayout('u2', 4, cv2.COLOR_BGRA2RGB),
    'mono16': PixelLayout('u2', 1, cv2.COLOR_GRAY2RGB),
    '16UC1': PixelLayout('u2', 1, cv2.COLOR_GRAY2RGB),
    'bayer_rggb8': _bayer('u1', cv2.COLOR_BayerRGGB2RGB),
    'bayer_bggr8': _bayer('u1', cv2.COLOR_BayerBGGR2RGB),
    'bayer_gbrg8': _bayer('u1', cv2.COLOR_BayerGBRG2RGB),
    'bayer_grbg8': _bayer('u1', cv2.COLOR_BayerGRBG2RGB),
    'bayer_rggb16': _bayer('u2', cv2.COLOR_BayerRGGB2RGB),
    'bayer_bggr16': _bayer('u2', cv2.COLOR_BayerBGGR2RGB),
    'bayer_gbrg16': _bayer('u2', cv2.COLOR_BayerGBRG2RGB),
    'bayer_grbg16': _bayer('u2', cv2.COLOR_BayerGRBG2RGB),
    'uyvy': _packed_yuv(cv2.COLOR_YUV2RGB_UYVY),
    'yuv422': _packed_yuv(cv2.COLOR_YUV2RGB_UYVY),
    'yuyv': _packed_yuv(cv2.COLOR_YUV2RGB_YUY2),
    'yuv422_yuy2': _packed_yuv(cv2.COLOR_YUV2RGB_YUY2),
    'nv12': _semi_planar_yuv(cv2.COLOR_YUV2RGB_NV12),
    'nv21': _semi_planar_yuv(cv2.COLOR_YUV2RGB_NV21),
}

DEPTH_LAYOUTS: dict[str, PixelLayout] = {
    '32FC1': PixelLayout('f4', 1),
    '16UC1': PixelLayout('u2', 1),
    'mono16': PixelLayout('u2', 1),
}

SUPPORTED_ENCODINGS = tuple(IMAGE_LAYOUTS)
DEPTH_ENCODINGS = tuple(DEPTH_LAYOUTS)


def as_bytes(data: BufferLike) -> NDArray[np.uint8]:
    """
    View any bytes-like object as one row of bytes.

    Parameters
    ----------
    data : bytes-like
        Any C-contiguous buffer.

    Returns
    -------
    ndarray of uint8, shape (n,)
        A view of the same memory.

    Raises
    ------
    TypeError
        When `data` is not bytes-like.
    ImageBufferError
        When its memory is not contiguous.

    """
    try:
        return np.frombuffer(data, np.uint8)
    except TypeError:
        raise TypeError('image data: expected a bytes-like object (bytes, array.array, '
                        f'memoryview, ndarray), got {type(data).__name__}') from None
    except (BufferError, ValueError) as error:
        raise ImageBufferError('image data: expected C-contiguous memory, got a strided one '
                               f'({error}); copy it first') from None


def to_eight_bits(samples: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """Return ``round(samples / 257)``: the full range of 16 bits in 8."""
    # A copy of what OpenCV would misread: foreign byte order, a step of half samples.
    native = np.require(samples, np.uint16, 'A')
    return np.asarray(cv2.convertScaleAbs(native, alpha=1 / 257), np.uint8)


def check_size(height: int, width: int, max_megapixels: float = DEFAULT_MAX_MEGAPIXELS) -> None:
    """
    Refuse an empty or an unreasonably large image.

    Parameters
    ----------
    height, width : int
        Size in pixels.
    max_megapixels : float
        Largest accepted size, in millions of pixels.

    Raises
    ------
    ImageSizeError
        When a side is below one pixel or the image is too large.

    """
    if height < 1 or width < 1:
        raise ImageSizeError(f'image size: expected at least 1x1 pixels, got {width}x{height}; '
                             'check that the publisher fills in width and height')
    megapixels = height * width / 1e6
    if megapixels > max_megapixels:
        raise ImageSizeError(
            f'image size: expected at most {max_megapixels:g} megapixels, got {width}x{height} '
            f'({megapixels:.2f}); lower the resolution or raise max_megapixels')


def check_image(layout: PixelLayout, encoding: str, height: int, width: int, step: int, size: int,
                max_megapixels: float = DEFAULT_MAX_MEGAPIXELS) -> None:
    """
    Check that a raw image is consistent before its pixels are touched.

    Parameters
    ----------
    layout : PixelLayout
        Of `encoding`.
    encoding : str
        For messages.
    height, width : int
        Size in pixels.
    step : int
        Bytes from one row to the next, padding counted.
    size : int
        Bytes in the buffer; more than needed is accepted, as some drivers pad the end.
    max_megapixels : float
        Largest accepted size, in millions of pixels.

    Raises
    ------
    ImageSizeError
        When the size is zero, too large, or impossible in this encoding.
    ImageBufferError
        When the step is shorter than a row, or the buffer than its rows.

    """
    check_size(height, width, max_megapixels)
    least = layout.min_side
    if min(height, width) < least:
        raise ImageSizeError(f'image size: expected at least {least}x{least} pixels for '
                             f'{encoding}, got {width}x{height}; use a larger image')
    if (layout.even_width and width % 2) or (layout.semi_planar and height % 2):
        sides = 'width and height' if layout.semi_planar else 'width'
        raise ImageSizeError(f'image size: expected an even {sides} for {encoding}, got '
                             f'{width}x{height}; choose another resolution or encoding')
    row = width * layout.pixel_bytes
    if step < row:
        raise ImageBufferError(
            f'image step: expected at least {row} bytes ({width} pixels of {encoding}), got '
            f'{step}; the publisher has to set step to the bytes of one row')
    rows = layout.buffer_rows(height)
    if size < rows * step:
        raise ImageBufferError(
            f'image data: expected at least {rows * step} bytes ({rows} rows of step {step}), '
            f'got {size}; the image was cut off, or its height, step or encoding is wrong')
