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
"""Compressed image bytes to RGB: the size is checked before a pixel is decoded."""

from __future__ import annotations

import io

import cv2
from depth_seg_ros.image_encodings import (
    as_bytes, BufferLike, check_size, DEFAULT_MAX_MEGAPIXELS, IMAGE_LAYOUTS, ImageDecodeError,
    ImageSizeError, SUPPORTED_ENCODINGS, to_eight_bits, UnsupportedEncodingError,
)
import numpy as np
from numpy.typing import NDArray

COMPRESSED_FORMATS = ('jpeg', 'png', 'tiff', 'webp', 'bmp')
_JPEG_END = b'\xff\xd9'


def decode_compressed(data: BufferLike, image_format: str = '',
                      max_megapixels: float = DEFAULT_MAX_MEGAPIXELS) -> NDArray[np.uint8]:
    """
    Decode a JPEG, PNG, TIFF, WebP or BMP image to RGB.

    The EXIF orientation is applied (in WebP by newer OpenCV only), alpha is dropped, gray is
    repeated, and 16-bit samples are scaled by ``round(value / 257)``. A JPEG that was cut off
    is refused: OpenCV 4 fills the rest in silence. One that lost bytes in its middle is not:
    neither OpenCV nor Pillow tells, and both give a wrong picture.

    Parameters
    ----------
    data : bytes-like
        The compressed bytes; they tell the codec.
    image_format : str
        ``sensor_msgs/CompressedImage.format``. It matters where ``compressed_image_transport``
        stores samples unconverted, which ``ENCODING; CODEC compressed`` with nothing behind it
        means: a Bayer mosaic in PNG or TIFF is demosaiced, and RGB that TIFF holds in the
        place of BGR stays RGB.
    max_megapixels : float
        Largest accepted size, in millions of pixels; above 178 the limit of Pillow holds.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        RGB, C-contiguous, an own copy.

    Raises
    ------
    UnsupportedEncodingError
        When the format is ``compressedDepth`` or an unknown Bayer pattern.
    ImageSizeError
        When the image is larger than allowed.
    ImageDecodeError
        When the bytes are no picture, or are seen to be damaged or cut off.
    TypeError
        When `data` is not bytes-like.

    """
    if 'compressedDepth' in image_format:
        raise UnsupportedEncodingError(image_format, COMPRESSED_FORMATS)
    raw = as_bytes(data).tobytes()
    _check_header(raw, max_megapixels)
    bgr = _decode_pixels(raw)
    encoding, _, codec = (part.strip() for part in image_format.partition(';'))
    if codec in ('png compressed', 'tiff compressed') and encoding.startswith('bayer_'):
        return _demosaic(bgr, encoding)
    if codec == 'tiff compressed' and encoding.startswith('rgb'):
        return bgr
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _check_header(raw: bytes, max_megapixels: float) -> None:
    from PIL import Image  # 30 ms to import, and raw images do not need it

    stream = io.BytesIO(raw)
    try:
        with Image.open(stream, formats=COMPRESSED_FORMATS) as header:
            width, height = header.size
            is_jpeg = header.format in ('JPEG', 'MPO')
            header_end = stream.tell()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageSizeError(f'image size: expected at most {max_megapixels:g} megapixels, got '
                             f'{error} Lower the resolution') from error
    except (OSError, ValueError) as error:
        raise ImageDecodeError(
            f'compressed image: expected one of {", ".join(COMPRESSED_FORMATS)}, got {len(raw)} '
            f'bytes without its header ({raw[:8]!r}...); check who wrote them') from error
    check_size(height, width, max_megapixels)
    # Behind the header, as an embedded preview in there has an end of its own.
    if is_jpeg and raw.rfind(_JPEG_END, header_end) < 0:
        raise ImageDecodeError('compressed image: expected a JPEG with its end marker, got '
                               f'{len(raw)} bytes without it, cut off; send or write it again')


def _decode_pixels(raw: bytes) -> NDArray[np.uint8]:
    try:
        bgr = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    except cv2.error as error:
        raise ImageDecodeError('compressed image: expected a picture that OpenCV decodes, got '
                               f'{str(error).strip()}; convert it to JPEG or PNG') from error
    if bgr is None:
        raise ImageDecodeError('compressed image: expected a complete picture, got '
                               f'{len(raw)} bytes that are damaged, cut off or of a rare kind; '
                               'send it again or convert it to JPEG or PNG')
    if bgr.dtype == np.uint16:
        return to_eight_bits(np.asarray(bgr, np.uint16))
    if bgr.dtype != np.uint8:
        raise ImageDecodeError('compressed image: expected samples of 8 or 16 bits, got '
                               f'{bgr.dtype}; convert it to 8 bits')
    return np.asarray(bgr, np.uint8)


def _demosaic(gray_bgr: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    layout = IMAGE_LAYOUTS.get(encoding)
    if layout is None or layout.to_rgb is None:
        raise UnsupportedEncodingError(encoding, SUPPORTED_ENCODINGS)
    mosaic = np.ascontiguousarray(gray_bgr[..., 0])
    return np.asarray(cv2.cvtColor(mosaic, layout.to_rgb), np.uint8)
