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
Image buffers to arrays. No messages, no torch.

The row padding (`step`) and the byte order are always honored.

"""

from __future__ import annotations

from typing import Any

import cv2
from depth_seg_ros.compressed_images import decode_compressed
from depth_seg_ros.image_encodings import (
    as_bytes, BufferLike, check_image, check_size, DEFAULT_MAX_MEGAPIXELS, DEPTH_ENCODINGS,
    DEPTH_LAYOUTS, IMAGE_LAYOUTS, ImageBufferError, ImageDecodeError, ImageError,
    ImageSizeError, PixelLayout, SUPPORTED_ENCODINGS, to_eight_bits, UnsupportedEncodingError,
)
import numpy as np
from numpy.typing import NDArray

__all__ = [
    'check_size', 'decode_compressed', 'decode_depth', 'decode_image', 'DEFAULT_MAX_MEGAPIXELS',
    'DEPTH_ENCODINGS', 'ImageBufferError', 'ImageDecodeError', 'ImageError', 'ImageSizeError',
    'SUPPORTED_ENCODINGS', 'UnsupportedEncodingError',
]


def decode_image(data: BufferLike, height: int, width: int, encoding: str, step: int,
                 is_bigendian: bool = False,
                 max_megapixels: float = DEFAULT_MAX_MEGAPIXELS) -> NDArray[np.uint8]:
    """
    Convert a raw image to RGB.

    Samples of 16 bits are scaled to 8 by ``round(value / 257)``: 65535 becomes 255, and a
    camera that fills only 12 of the bits gives a dark image. As in ``cv_bridge``, ``8UC3`` is
    BGR and ``8UC4`` BGRA. Alpha is dropped. YUV is BT.601 of limited range, as OpenCV has it.

    Parameters
    ----------
    data : bytes-like
        The pixels, C-contiguous. More bytes than needed are accepted, as some drivers pad the
        end; they are not read.
    height, width : int
        Size in pixels.
    encoding : str
        One of `SUPPORTED_ENCODINGS`.
    step : int
        Bytes from one row to the next, padding counted.
    is_bigendian : bool
        True where the most significant byte of a 16-bit sample comes first.
    max_megapixels : float
        Largest accepted size, in millions of pixels.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB, C-contiguous. For ``rgb8`` without row padding a read-only view of `data`, else a
        copy.

    Raises
    ------
    UnsupportedEncodingError
        When the encoding has no entry in the table.
    ImageSizeError
        When the size is zero, too large, or impossible in this encoding.
    ImageBufferError
        When the step is shorter than a row, or the buffer than its rows.
    TypeError
        When `data` is not bytes-like.

    """
    samples = _samples(data, height, width, encoding, step, is_bigendian, max_megapixels,
                       IMAGE_LAYOUTS)
    if samples.dtype.itemsize == 2:
        samples = to_eight_bits(samples)
    to_rgb = IMAGE_LAYOUTS[encoding].to_rgb
    if to_rgb is None:
        return np.ascontiguousarray(samples)
    return np.asarray(cv2.cvtColor(samples, to_rgb), np.uint8)


def decode_depth(data: BufferLike, height: int, width: int, encoding: str, step: int,
                 is_bigendian: bool = False,
                 max_megapixels: float = DEFAULT_MAX_MEGAPIXELS) -> NDArray[np.float32]:
    """
    Convert a raw depth image to meters, as REP 118 defines it.

    Parameters
    ----------
    data, height, width, step, is_bigendian, max_megapixels
        As for `decode_image`.
    encoding : str
        ``32FC1`` for meters, ``16UC1`` or ``mono16`` for millimeters.

    Returns
    -------
    ndarray of float32, shape (height, width)
        Depth in meters, C-contiguous, a copy. NaN where unknown: not finite, or not above zero.

    Raises
    ------
    UnsupportedEncodingError, ImageSizeError, ImageBufferError, TypeError
        As for `decode_image`; the encodings are `DEPTH_ENCODINGS`.

    """
    samples = _samples(data, height, width, encoding, step, is_bigendian, max_megapixels,
                       DEPTH_LAYOUTS)
    depth = samples.astype(np.float32, order='C')
    if samples.dtype.itemsize == 2:
        depth /= np.float32(1000)
    depth[~(np.isfinite(depth) & (depth > 0))] = np.nan
    return depth


def _samples(data: BufferLike, height: int, width: int, encoding: str, step: int,
             is_bigendian: bool, max_megapixels: float,
             layouts: dict[str, PixelLayout]) -> NDArray[Any]:
    """Return a read-only view of the checked samples, with the padding stepped over."""
    layout = layouts.get(encoding)
    if layout is None:
        raise UnsupportedEncodingError(encoding, tuple(layouts))
    flat = as_bytes(data)
    check_image(layout, encoding, height, width, step, flat.size, max_megapixels)
    sample = np.dtype(layout.sample).newbyteorder('>' if is_bigendian else '<')
    shape: tuple[int, ...] = (layout.buffer_rows(height), width)
    strides: tuple[int, ...] = (step, layout.pixel_bytes)
    if layout.channels > 1:
        shape += (layout.channels,)
        strides += (sample.itemsize,)
    samples: NDArray[Any] = np.ndarray(shape, sample, flat, strides=strides)
    samples.flags.writeable = False
    return samples
