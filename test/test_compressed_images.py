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
"""Compressed image bytes: the formats, the limits before decoding, and damaged data."""

from __future__ import annotations

from array import array
import io
import struct
import zlib

import cv2
from depth_seg_ros import images
from depth_seg_ros.compressed_images import COMPRESSED_FORMATS, decode_compressed
from depth_seg_ros.image_encodings import (
    ImageDecodeError, ImageSizeError, SUPPORTED_ENCODINGS, UnsupportedEncodingError,
)
import numpy as np
from PIL import Image
import pytest

RGB = np.random.default_rng(0).integers(0, 256, (8, 9, 3), np.uint8)
LOSSLESS = ('.png', '.tiff', '.bmp', '.webp')


def encoded(array, suffix='.png'):
    """Return the bytes of an array as OpenCV writes it: BGR, BGRA or gray."""
    return cv2.imencode(suffix, array)[1].tobytes()


def saved(image, codec, **options):
    """Return the bytes of a Pillow image."""
    stream = io.BytesIO()
    image.save(stream, codec, **options)
    return stream.getvalue()


def png_that_claims(width, height):
    """Return a PNG whose header is right and whose pixels are missing."""
    header = b'IHDR' + struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return (b'\x89PNG\r\n\x1a\n' + struct.pack('>I', 13) + header
            + struct.pack('>I', zlib.crc32(header))
            + b'\0\0\0\0IDAT' + struct.pack('>I', zlib.crc32(b'IDAT')))


@pytest.fixture
def no_decoder(monkeypatch):
    """Make it a failure to decode pixels."""
    monkeypatch.setattr(cv2, 'imdecode', lambda *_: pytest.fail('pixels were decoded'))


def test_it_is_offered_beside_the_raw_images():
    assert images.decode_compressed is decode_compressed


@pytest.mark.parametrize('suffix', LOSSLESS)
def test_lossless_formats_give_the_exact_rgb(suffix):
    rgb = decode_compressed(encoded(RGB[..., ::-1], suffix))
    np.testing.assert_array_equal(rgb, RGB)
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous
    assert rgb.flags.writeable


@pytest.mark.parametrize('codec', ['JPEG', 'WEBP'])
def test_lossy_formats_give_nearly_the_rgb(codec):
    flat = np.full((16, 16, 3), (200, 90, 30), np.uint8)
    rgb = decode_compressed(saved(Image.fromarray(flat), codec, quality=95))
    np.testing.assert_allclose(rgb.astype(int), flat, atol=4)


@pytest.mark.parametrize('of', [bytes, bytearray, memoryview, lambda data: array('B', data),
                                lambda data: np.frombuffer(data, np.uint8)])
def test_any_bytes_like_object_will_do(of):
    np.testing.assert_array_equal(decode_compressed(of(encoded(RGB[..., ::-1]))), RGB)


@pytest.mark.parametrize('data', [[1, 2], 'text', None])
def test_what_is_not_bytes_like_is_refused(data):
    with pytest.raises(TypeError, match=f'expected a bytes-like .*got {type(data).__name__}'):
        decode_compressed(data)


@pytest.mark.parametrize('suffix', ['.png', '.tiff'])
def test_gray_is_repeated_alpha_dropped_and_sixteen_bits_scaled(suffix):
    gray = np.array([[0, 100, 128, 129], [65535, 65407, 65406, 385], [1, 2, 3, 4]], np.uint16)
    scaled = np.dstack([[[0, 0, 0, 1], [255, 255, 254, 1], [0, 0, 0, 0]]] * 3)
    np.testing.assert_array_equal(decode_compressed(encoded(gray, suffix)), scaled)
    wide = RGB[..., ::-1].astype(np.uint16) * 257
    np.testing.assert_array_equal(decode_compressed(encoded(wide, suffix)), RGB)
    gray8 = decode_compressed(encoded(RGB[..., 0], suffix))
    np.testing.assert_array_equal(gray8, np.dstack([RGB[..., 0]] * 3))
    bgra = np.dstack([RGB[..., ::-1], np.zeros((8, 9), np.uint8)])
    np.testing.assert_array_equal(decode_compressed(encoded(bgra, suffix)), RGB)


def test_palette_and_two_level_images_become_rgb():
    two = Image.new('1', (4, 3), 1)
    np.testing.assert_array_equal(decode_compressed(saved(two, 'PNG')), np.full((3, 4, 3), 255))
    palette = Image.new('RGB', (4, 3), (9, 80, 200)).convert('P', palette=Image.Palette.ADAPTIVE)
    rgb = decode_compressed(saved(palette, 'PNG'))
    np.testing.assert_array_equal(rgb, np.broadcast_to((9, 80, 200), (3, 4, 3)))


@pytest.mark.parametrize('codec', ['JPEG', 'PNG'])
def test_the_exif_orientation_is_applied(codec):
    upper_half_white = np.zeros((16, 32, 3), np.uint8)
    upper_half_white[:8] = 255
    image = Image.fromarray(upper_half_white)
    exif = image.getexif()
    exif[0x0112] = 6  # to be turned clockwise
    rgb = decode_compressed(saved(image, codec, exif=exif))
    assert rgb.shape == (32, 16, 3)
    assert rgb[:, 10:].min() > 240
    assert rgb[:, :6].max() < 15


@pytest.mark.parametrize(('size', 'limit'), [((6001, 6000), 36), ((30, 20), 599e-6)])
def test_a_large_image_is_refused_before_its_pixels_are_decoded(size, limit, no_decoder):
    message = f'at most {limit:g} megapixels, got {size[0]}x{size[1]}'
    with pytest.raises(ImageSizeError, match=message):
        decode_compressed(png_that_claims(*size), max_megapixels=limit)


def test_the_default_limit_is_36_megapixels(no_decoder):
    with pytest.raises(ImageSizeError, match='at most 36 megapixels, got 6001x6000'):
        decode_compressed(png_that_claims(6001, 6000))


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('size', [(10000, 10000), (20000, 20000), (2**31 - 1, 2**31 - 1)])
def test_a_decompression_bomb_is_refused_as_too_large(size, no_decoder):
    with pytest.raises(ImageSizeError, match='at most 500 megapixels, got Image size .*Lower'):
        decode_compressed(png_that_claims(*size), max_megapixels=500)


def test_an_image_at_the_limit_is_decoded():
    assert decode_compressed(encoded(RGB), max_megapixels=72e-6).shape == (8, 9, 3)


@pytest.mark.filterwarnings('ignore:Corrupt EXIF data', 'ignore:Truncated File Read')
@pytest.mark.parametrize('share', [0.3, 0.9, 0.99])
@pytest.mark.parametrize('suffix', ['.jpg', *LOSSLESS])
def test_an_image_that_was_cut_off_is_refused(suffix, share):
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    data = encoded(noise, suffix)
    with pytest.raises(ImageDecodeError, match='^compressed image: expected '):
        decode_compressed(data[:int(len(data) * share)])


def test_the_end_of_an_embedded_preview_is_not_the_end_of_a_jpeg():
    picture = Image.fromarray(RGB).resize((64, 48))
    whole = saved(picture, 'JPEG', exif=b'Exif\0\0' + saved(picture.resize((8, 6)), 'JPEG'))
    assert decode_compressed(whole).shape == (48, 64, 3)
    assert decode_compressed(whole + bytes(100)).shape == (48, 64, 3)
    assert whole.count(b'\xff\xd9') == 2
    with pytest.raises(ImageDecodeError, match=f'its end marker, got {len(whole) - 2} bytes'):
        decode_compressed(whole[:-2])


def test_damaged_pixels_are_refused():
    data = bytearray(encoded(RGB))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(ImageDecodeError, match=f'got {len(data)} bytes that are damaged'):
        decode_compressed(bytes(data))


@pytest.mark.parametrize('data', [b'', b'hello world', b'\xff\xd8\xff', bytes(1000),
                                  saved(Image.new('L', (3, 3)), 'GIF'),
                                  png_that_claims(8, 9).replace(b'\x0dIHDR', b'\x03IHDR')])
def test_what_has_no_header_of_a_picture_is_refused_with_its_first_bytes(data):
    with pytest.raises(ImageDecodeError) as error:
        decode_compressed(data)
    assert str(error.value) == (
        f'compressed image: expected one of {", ".join(COMPRESSED_FORMATS)}, got {len(data)} '
        f'bytes without its header ({data[:8]!r}...); check who wrote them')


def test_signed_samples_are_refused():
    with pytest.raises(ImageDecodeError, match='samples of 8 or 16 bits, got int16; convert it'):
        decode_compressed(encoded(np.ones((4, 5), np.int16), '.tiff'))


def test_what_opencv_refuses_is_named():
    wide = saved(Image.new('L', (2**20 + 1, 1)), 'BMP')
    with pytest.raises(ImageDecodeError, match='that OpenCV decodes, got .*convert it to JPEG'):
        decode_compressed(wide)


@pytest.mark.parametrize('image_format', ['', 'png', 'jpeg', 'rgb8; png compressed bgr8',
                                          'rgb8; png compressed ', 'bgr8; tiff compressed '])
def test_the_format_does_not_change_an_ordinary_image(image_format):
    np.testing.assert_array_equal(decode_compressed(encoded(RGB[..., ::-1]), image_format), RGB)


@pytest.mark.parametrize('image_format', ['rgb8; tiff compressed ', 'rgba16; tiff compressed'])
def test_rgb_that_was_stored_unconverted_stays_rgb(image_format):
    np.testing.assert_array_equal(decode_compressed(encoded(RGB, '.tiff'), image_format), RGB)


@pytest.mark.parametrize('codec', ['png', 'tiff'])
@pytest.mark.parametrize('encoding', [name for name in SUPPORTED_ENCODINGS if 'bayer' in name])
def test_a_bayer_mosaic_that_was_stored_unconverted_is_demosaiced(encoding, codec):
    mosaic = RGB[..., 0].astype(np.uint16) * 257 if encoding.endswith('16') else RGB[..., 0]
    step = mosaic.itemsize * 9
    expected = images.decode_image(mosaic.copy(), 8, 9, encoding, step)
    rgb = decode_compressed(encoded(mosaic, f'.{codec}'), f'{encoding}; {codec} compressed ')
    np.testing.assert_array_equal(rgb, expected)


def test_a_bayer_image_that_was_converted_is_not_demosaiced_again():
    data = encoded(RGB[..., 0])
    rgb = decode_compressed(data, 'bayer_rggb8; png compressed mono8')
    np.testing.assert_array_equal(rgb, np.dstack([RGB[..., 0]] * 3))


@pytest.mark.parametrize(('image_format', 'choices'), [
    ('16UC1; compressedDepth png', COMPRESSED_FORMATS),
    ('32FC1; compressedDepth', COMPRESSED_FORMATS),
    ('bayer_xyz8; png compressed ', SUPPORTED_ENCODINGS)])
def test_a_format_that_cannot_be_a_picture_is_refused(image_format, choices):
    with pytest.raises(UnsupportedEncodingError, match='expected one of') as error:
        decode_compressed(encoded(RGB[..., 0]), image_format)
    assert error.value.encoding in image_format
    assert error.value.supported == choices


@pytest.mark.filterwarnings('ignore:Corrupt EXIF data', 'ignore:Truncated File Read')
def test_random_damage_gives_a_picture_or_an_image_error():
    rng = np.random.default_rng(3)
    for suffix in ('.jpg', *LOSSLESS):
        data = np.frombuffer(encoded(RGB, suffix), np.uint8)
        for _ in range(60):
            damaged = data[:rng.integers(1, data.size + 1)].copy()
            damaged[rng.integers(0, damaged.size, 3)] = rng.integers(0, 256, 3)
            try:
                rgb = decode_compressed(damaged)
            except images.ImageError:
                continue
            assert rgb.ndim == 3
            assert rgb.dtype == np.uint8
