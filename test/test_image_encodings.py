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
"""What raw and compressed images share: the limits, the checks, the bytes, the scaling."""

from __future__ import annotations

from array import array

from depth_seg_ros.image_encodings import (
    as_bytes, check_image, check_size, DEFAULT_MAX_MEGAPIXELS, DEPTH_ENCODINGS, DEPTH_LAYOUTS,
    IMAGE_LAYOUTS, ImageBufferError, ImageDecodeError, ImageError, ImageSizeError,
    SUPPORTED_ENCODINGS, to_eight_bits, UnsupportedEncodingError,
)
import numpy as np
import pytest

ROW_OF_FOUR = {
    **dict.fromkeys(['rgb8', 'bgr8', '8UC3'], 12),
    **dict.fromkeys(['rgba8', 'bgra8', '8UC4', '32FC1'], 16),
    'rgb16': 24, 'bgr16': 24, 'rgba16': 32, 'bgra16': 32,
    **dict.fromkeys(['mono8', '8UC1', 'nv12', 'nv21'], 4),
    **dict.fromkeys(['mono16', '16UC1', 'uyvy', 'yuv422', 'yuyv', 'yuv422_yuy2'], 8),
    **{f'bayer_{pattern}8': 4 for pattern in ('rggb', 'bggr', 'gbrg', 'grbg')},
    **{f'bayer_{pattern}16': 8 for pattern in ('rggb', 'bggr', 'gbrg', 'grbg')},
}


def check(encoding, height, width, step, size, **limit):
    layout = {**DEPTH_LAYOUTS, **IMAGE_LAYOUTS}[encoding]
    check_image(layout, encoding, height, width, step, size, **limit)


@pytest.mark.parametrize('encoding', ROW_OF_FOUR)
def test_a_step_and_a_buffer_must_hold_the_image_and_may_hold_more(encoding):
    row, rows = ROW_OF_FOUR[encoding], 9 if encoding.startswith('nv') else 6
    check(encoding, 6, 4, row, rows * row)
    check(encoding, 6, 4, row + 3, rows * (row + 3) + 1)
    with pytest.raises(ImageBufferError, match=rf'at least {row} bytes \(4 pixels of {encoding}\)'
                                               f', got {row - 1}; the publisher has to set step'):
        check(encoding, 6, 4, row - 1, rows * row)
    with pytest.raises(ImageBufferError, match=rf'at least {rows * row} bytes \({rows} rows of '
                                               rf'step {row}\), got {rows * row - 1}; .*cut off'):
        check(encoding, 6, 4, row, rows * row - 1)


def test_the_checks_cover_every_encoding():
    assert set(ROW_OF_FOUR) == {*SUPPORTED_ENCODINGS, *DEPTH_ENCODINGS}
    assert tuple(IMAGE_LAYOUTS) == SUPPORTED_ENCODINGS


@pytest.mark.parametrize(('encoding', 'height', 'width', 'message'), [
    ('uyvy', 4, 5, 'an even width for uyvy, got 5x4; choose another'),
    ('yuv422', 4, 5, 'an even width for yuv422, got 5x4'),
    ('yuyv', 4, 5, 'an even width for yuyv, got 5x4'),
    ('yuv422_yuy2', 4, 5, 'an even width for yuv422_yuy2, got 5x4'),
    ('nv12', 4, 5, 'an even width and height for nv12, got 5x4'),
    ('nv21', 5, 4, 'an even width and height for nv21, got 4x5'),
    ('bayer_rggb8', 2, 8, 'at least 3x3 pixels for bayer_rggb8, got 8x2; use a larger image'),
    ('bayer_gbrg16', 8, 2, 'at least 3x3 pixels for bayer_gbrg16, got 2x8'),
])
def test_a_size_that_the_encoding_cannot_have_is_refused(encoding, height, width, message):
    with pytest.raises(ImageSizeError, match=message):
        check(encoding, height, width, 20, 1000)


def test_packed_yuv_may_have_an_odd_height():
    check('uyvy', 3, 4, 8, 24)


@pytest.mark.parametrize('size', [(0, 4), (3, 0), (-3, 4)])
def test_an_empty_image_is_refused(size):
    message = f'at least 1x1 pixels, got {size[1]}x{size[0]}; check that the publisher'
    with pytest.raises(ImageSizeError, match=message):
        check('rgb8', *size, 12, 0)


def test_an_image_above_the_limit_is_refused_and_one_at_it_is_not():
    assert DEFAULT_MAX_MEGAPIXELS == 36
    check_size(6000, 6000)
    with pytest.raises(ImageSizeError, match=r'at most 36 megapixels, got 6001x6000 \(36.01\); '
                                             'lower the resolution or raise max_megapixels'):
        check_size(6000, 6001)
    with pytest.raises(ImageSizeError, match='at most 1e-06 megapixels, got 2x1'):
        check('mono8', 1, 2, 2, 2, max_megapixels=1e-6)


def test_an_unsupported_encoding_is_named_with_the_choices():
    error = UnsupportedEncodingError('yuv', ('rgb8', 'mono8'))
    assert str(error) == ("image encoding: expected one of rgb8, mono8, got 'yuv'; set the "
                          'publisher of the image to one of these')
    assert (error.encoding, error.supported) == ('yuv', ('rgb8', 'mono8'))


@pytest.mark.parametrize('error', [UnsupportedEncodingError, ImageSizeError, ImageBufferError,
                                   ImageDecodeError])
def test_every_error_is_an_image_error_and_a_value_error(error):
    assert issubclass(error, ImageError)
    assert issubclass(error, ValueError)


@pytest.mark.parametrize('of', [bytes, bytearray, memoryview, lambda data: array('B', data),
                                lambda data: np.frombuffer(data, np.uint16).reshape(2, 3)])
def test_any_bytes_like_object_is_viewed_as_bytes(of):
    source = of(bytes(range(12)))
    view = as_bytes(source)
    assert view.dtype == np.uint8
    assert view.tolist() == list(range(12))
    assert np.shares_memory(view, np.asarray(memoryview(source)))


@pytest.mark.parametrize('data', [[1, 2, 3], 'text', None, 7])
def test_what_is_not_bytes_like_is_refused(data):
    with pytest.raises(TypeError, match=f'expected a bytes-like .*got {type(data).__name__}'):
        as_bytes(data)


def test_memory_with_gaps_is_refused():
    with pytest.raises(ImageBufferError, match='expected C-contiguous memory.*copy it first'):
        as_bytes(np.zeros((4, 24), np.uint8)[:, ::2])


def test_samples_of_sixteen_bits_are_rounded_over_their_full_range():
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    np.testing.assert_array_equal(to_eight_bits(values), (values.astype(int) + 128) // 257)
