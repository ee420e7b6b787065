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
"""Raw image buffers: every encoding, row padding, byte order, and what is refused."""

from __future__ import annotations

from array import array

from depth_seg_ros.images import (
    decode_depth, decode_image, DEPTH_ENCODINGS, ImageBufferError, ImageSizeError,
    SUPPORTED_ENCODINGS, UnsupportedEncodingError,
)
import numpy as np
import pytest

PADDINGS = (0, 1, 4, 7)
RGB = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [1, 2, 3]],
                [[9, 80, 200], [255, 255, 255], [0, 0, 0], [60, 50, 40]],
                [[7, 7, 8], [128, 127, 126], [250, 4, 99], [33, 66, 99]]], np.uint8)
GRAY = RGB[..., 0]
BAYER = [f'bayer_{pattern}{bits}' for pattern in ('rggb', 'bggr', 'gbrg', 'grbg')
         for bits in (8, 16)]
COLORS = {'red': (200, 0, 0), 'green': (0, 200, 0), 'blue': (0, 0, 200), 'mixed': (200, 90, 30)}


def wire(samples, padding=0, big=False):
    """Return the bytes and the step of samples (H, W[, C]), each row padded with 0xAB."""
    ordered = samples.astype(samples.dtype.newbyteorder('>' if big else '<'))
    rows = ordered.reshape(len(samples), -1).view(np.uint8)
    padded = np.full((len(rows), rows.shape[1] + padding), 0xAB, np.uint8)
    padded[:, :rows.shape[1]] = rows
    return padded.tobytes(), padded.shape[1]


def with_alpha(rgb):
    return np.dstack([rgb, np.arange(rgb[..., 0].size, dtype=np.uint8).reshape(rgb.shape[:2])])


def wide(samples):
    return samples.astype(np.uint16) * 257


COLOR_SAMPLES = {
    'rgb8': RGB, 'bgr8': RGB[..., ::-1], '8UC3': RGB[..., ::-1],
    'rgba8': with_alpha(RGB), 'bgra8': with_alpha(RGB)[..., [2, 1, 0, 3]],
    '8UC4': with_alpha(RGB)[..., [2, 1, 0, 3]],
    'rgb16': wide(RGB), 'bgr16': wide(RGB[..., ::-1]), 'rgba16': wide(with_alpha(RGB)),
    'bgra16': wide(with_alpha(RGB)[..., [2, 1, 0, 3]]),
    'mono8': GRAY, '8UC1': GRAY, 'mono16': wide(GRAY), '16UC1': wide(GRAY),
}
YUV = {'uyvy': 'UYVY', 'yuv422': 'UYVY', 'yuyv': 'YUYV', 'yuv422_yuy2': 'YUYV',
       'nv12': 'UV', 'nv21': 'VU'}


def test_every_encoding_of_the_table_is_tested_here():
    assert set(SUPPORTED_ENCODINGS) == {*COLOR_SAMPLES, *BAYER, *YUV}
    assert DEPTH_ENCODINGS == ('32FC1', '16UC1', 'mono16')


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('padding', PADDINGS)
@pytest.mark.parametrize('encoding', COLOR_SAMPLES)
def test_color_and_gray_become_rgb(encoding, padding, big):
    samples = COLOR_SAMPLES[encoding]
    data, step = wire(samples, padding, big)
    rgb = decode_image(data, 3, 4, encoding, step, big)
    expected = RGB if samples.ndim == 3 else np.dstack([GRAY] * 3)
    np.testing.assert_array_equal(rgb, expected)
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous


@pytest.mark.parametrize('shape', [(3, 3), (4, 6), (5, 8), (7, 5)])
@pytest.mark.parametrize('color', COLORS)
@pytest.mark.parametrize('encoding', BAYER)
def test_a_bayer_mosaic_of_one_color_gives_that_color_everywhere(encoding, color, shape):
    """The name spells the first row, then the second."""
    plane = dict(zip('rgb', COLORS[color]))
    mosaic = np.empty(shape, np.uint8)
    for position, letter in enumerate(encoding[6:10]):
        mosaic[position // 2::2, position % 2::2] = plane[letter]
    big = shape[0] == 5
    data, step = wire(wide(mosaic) if encoding.endswith('16') else mosaic, shape[1] % 4, big)
    rgb = decode_image(data, *shape, encoding, step, big)
    np.testing.assert_array_equal(rgb, np.broadcast_to(COLORS[color], (*shape, 3)))


@pytest.mark.parametrize('encoding', BAYER)
def test_a_bayer_sample_stays_in_its_place(encoding):
    mosaic = np.zeros((6, 6), np.uint16 if encoding.endswith('16') else np.uint8)
    mosaic[2, 3] = np.iinfo(mosaic.dtype).max
    data, step = wire(mosaic)
    rgb = decode_image(data, 6, 6, encoding, step)
    channel = 'rgb'.index(encoding[6:10][1])
    assert rgb[2, 3].tolist() == [255 if index == channel else 0 for index in range(3)]


def yuv(rgb):
    """Return Y, U, V in BT.601, limited range, as floats (H, W)."""
    r, g, b = np.moveaxis(rgb / 255, -1, 0)
    y = 16 + 65.481 * r + 128.553 * g + 24.966 * b
    u = 128 - 37.797 * r - 74.203 * g + 112 * b
    v = 128 + 112 * r - 93.786 * g - 18.214 * b
    return {'Y': y, 'U': u, 'V': v}


def blocks():
    """Return RGB (4, 6, 3) of 2x2 blocks, each of one color."""
    colors = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]],
                       [[255, 255, 255], [0, 0, 0], [200, 90, 30]]], np.uint8)
    return colors.repeat(2, 0).repeat(2, 1)


@pytest.mark.parametrize('padding', PADDINGS)
@pytest.mark.parametrize('encoding', YUV)
def test_yuv_becomes_rgb(encoding, padding):
    planes = {name: np.rint(plane).astype(np.uint8) for name, plane in yuv(blocks()).items()}
    order = YUV[encoding]
    if len(order) == 4:
        columns = {'Y': iter((0, 1)), 'U': iter((0,)), 'V': iter((0,))}
        samples = np.stack([planes[name][:, next(columns[name])::2] for name in order], -1)
    else:
        color = np.stack([planes[name][::2, ::2] for name in order], -1).reshape(2, 6)
        samples = np.vstack([planes['Y'], color])
    data, step = wire(samples, padding)
    rgb = decode_image(data, 4, 6, encoding, step)
    np.testing.assert_allclose(rgb.astype(int), blocks(), atol=2)
    assert rgb.flags.c_contiguous


def test_rgb8_without_padding_is_a_read_only_view():
    data = array('B', RGB.tobytes())
    rgb = decode_image(data, 3, 4, 'rgb8', 12)
    assert np.shares_memory(rgb, np.frombuffer(data, np.uint8))
    with pytest.raises(ValueError, match='read-only'):
        rgb[0, 0] = 0


@pytest.mark.parametrize(('encoding', 'padding'), [('rgb8', 1), ('bgr8', 0)])
def test_the_others_are_copies(encoding, padding):
    data, step = wire(RGB, padding)
    rgb = decode_image(data, 3, 4, encoding, step)
    assert not np.shares_memory(rgb, np.frombuffer(data, np.uint8))
    rgb[0, 0] = 0


@pytest.mark.parametrize('extra', [1, 12, 1000])
def test_a_longer_buffer_is_accepted(extra):
    data = RGB.tobytes() + bytes(extra)
    np.testing.assert_array_equal(decode_image(data, 3, 4, 'rgb8', 12), RGB)


@pytest.mark.parametrize(('decode', 'encoding'), [(decode_image, 'rgb8'), (decode_depth, '16UC1')])
def test_an_inconsistent_image_is_refused_before_it_is_read(decode, encoding):
    data, step = RGB.tobytes(), 12
    decode(data, 3, 4, encoding, step, max_megapixels=12e-6)
    with pytest.raises(ImageSizeError, match='got 4x3 .*raise max_megapixels'):
        decode(data, 3, 4, encoding, step, max_megapixels=11e-6)
    with pytest.raises(ImageSizeError, match='got 4x0'):
        decode(data, 0, 4, encoding, step)
    with pytest.raises(ImageBufferError, match='image step: .*got 7'):
        decode(data, 3, 4, encoding, 7)
    with pytest.raises(ImageBufferError, match='image data: .*got 35'):
        decode(data[:-1], 3, 4, encoding, step)
    with pytest.raises(TypeError, match='expected a bytes-like object'):
        decode(list(data), 3, 4, encoding, step)


@pytest.mark.parametrize(('decode', 'choices'), [
    (decode_image, SUPPORTED_ENCODINGS), (decode_depth, DEPTH_ENCODINGS)])
@pytest.mark.parametrize('encoding', ['', 'RGB8', '64FC1', 'nv24'])
def test_an_unknown_encoding_is_refused_with_the_choices(decode, choices, encoding):
    with pytest.raises(UnsupportedEncodingError, match='expected one of') as error:
        decode(bytes(100), 1, 1, encoding, 3)
    assert error.value.encoding == encoding
    assert error.value.supported == choices
    assert ', '.join(choices) in str(error.value)


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('padding', PADDINGS)
def test_float_depth_is_meters_and_nan_where_unknown(padding, big):
    nan, inf = np.nan, np.inf
    depth = np.array([[1.5, 0, -0.0, nan], [inf, -inf, -2, 1e-3]], np.float32)
    data, step = wire(depth, padding, big)
    meters = decode_depth(data, 2, 4, '32FC1', step, big)
    expected = np.array([[1.5, nan, nan, nan], [nan, nan, nan, 1e-3]], np.float32)
    np.testing.assert_array_equal(meters, expected)
    assert meters.dtype == np.float32
    assert meters.dtype.isnative
    assert meters.flags.c_contiguous
    assert meters.flags.writeable


def test_a_signaling_nan_does_not_warn(recwarn):
    data = np.array([0x7F800001, 0x3F800000], '<u4').tobytes()
    np.testing.assert_array_equal(decode_depth(data, 1, 2, '32FC1', 8), [[np.nan, 1]])
    assert not recwarn.list


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('padding', PADDINGS)
@pytest.mark.parametrize('encoding', ['16UC1', 'mono16'])
def test_integer_depth_is_millimeters_and_zero_is_unknown(encoding, padding, big):
    depth = np.array([[0, 1, 1500], [65535, 256, 0]], np.uint16)
    data, step = wire(depth, padding, big)
    meters = decode_depth(data, 2, 3, encoding, step, big)
    expected = np.array([[np.nan, 0.001, 1.5], [65.535, 0.256, np.nan]], np.float32)
    np.testing.assert_array_equal(meters, expected)
