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
"""What a network sees of an image, against what transformers would show it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from depth_seg_ros.backends.preprocessing import MAX_ASPECT, Preprocessing, preprocessing_of
from depth_seg_ros.depth import ModelLoadError
import numpy as np
from numpy.typing import NDArray
import pytest

IMAGENET = {'image_mean': [0.485, 0.456, 0.406], 'image_std': [0.229, 0.224, 0.225]}
PATCH = {'patch_size': 14}


def smooth_image(height: int, width: int) -> NDArray[np.uint8]:
    """Return an image whose details are many pixels wide, so that any good resize agrees."""
    rows, columns = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    planes = [np.sin(5 * rows + 2 * columns + phase) for phase in (0, 2, 4)]
    return np.round(127.5 + 120 * np.stack(planes, axis=2)).astype(np.uint8)


def random_image(height: int, width: int) -> NDArray[np.uint8]:
    """Return noise."""
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def plain(short_side: int = 252, multiple: int = 14, **more: Any) -> Preprocessing:
    """Return one that leaves the numbers as they are."""
    return Preprocessing(short_side, multiple, np.ones(3, np.float32), np.zeros(3, np.float32),
                         **more)


@pytest.mark.parametrize(('image', 'grid'), [
    ((480, 640), (252, 336)), ((720, 1280), (252, 448)), ((1280, 720), (448, 252)),
    ((480, 480), (252, 252)), ((1, 1), (252, 252)), ((5000, 8000), (252, 406)),
    ((375, 1242), (252, 840)), ((100, 400), (252, 1008)), ((100, 401), (252, 1008)),
    ((1, 100_000), (252, 1008)), ((100_000, 1), (1008, 252)),
])
def test_the_short_side_and_the_aspect_are_kept_up_to_a_limit(
        image: tuple[int, int], grid: tuple[int, int]) -> None:
    assert plain().grid(*image) == grid
    assert max(grid) <= MAX_ASPECT * min(grid)


@pytest.mark.parametrize(('short', 'multiple', 'rounded'), [
    (252, 14, 252), (260, 14, 266), (258, 14, 252), (32, 14, 28), (32, 96, 96), (252, 32, 256)])
def test_sides_are_rounded_to_the_multiple(short: int, multiple: int, rounded: int) -> None:
    assert plain(short, multiple).grid(100, 100) == (rounded, rounded)


def test_a_square_network_and_a_fixed_one_get_their_size() -> None:
    assert plain(max_aspect=1.0).grid(480, 640) == (252, 252)
    assert plain(fixed=(128, 96)).grid(480, 640) == (128, 96)


@pytest.mark.parametrize(('image', 'shape'), [
    ((480, 640), (96, 128)), ((640, 480), (128, 96)), ((720, 1280), (72, 128)),
    ((300, 300), (128, 128)), ((1, 900), (32, 128)), ((900, 1), (128, 32))])
def test_depth_of_a_square_network_gets_the_aspect_of_the_image(
        image: tuple[int, int], shape: tuple[int, int]) -> None:
    """The longer side stays."""
    for square in (plain(128, max_aspect=1.0), plain(fixed=(128, 128))):
        assert square.unsqueezed((128, 128), *image) == shape


def test_depth_of_a_network_that_keeps_the_aspect_keeps_its_shape() -> None:
    assert plain().unsqueezed((252, 336), 480, 640) == (252, 336)
    assert plain(fixed=(128, 128)).unsqueezed((128, 128), 500, 500) == (128, 128)


@pytest.mark.parametrize('size', [(480, 640), (30, 40), (1, 1), (1, 900), (252, 336)])
def test_the_input_has_the_shape_of_the_grid(size: tuple[int, int]) -> None:
    planes = plain()(random_image(*size))
    assert planes.shape == (1, 3, *plain().grid(*size))
    assert planes.dtype == np.float32
    assert planes.flags.c_contiguous


def test_rows_columns_and_channels_keep_their_places() -> None:
    rgb = np.zeros((28, 42, 3), np.uint8)
    rgb[3, 5] = (10, 20, 30)
    planes = plain(28)(rgb)
    assert planes[0, :, 3, 5].tolist() == [10, 20, 30]
    assert planes.sum() == 60


def processor_of(folder: Path, settings: dict[str, Any]) -> Any:
    """Return the processor that transformers makes of such a file."""
    pytest.importorskip('PIL')
    transformers = pytest.importorskip('transformers')
    (folder / 'preprocessor_config.json').write_text(json.dumps(settings))
    return transformers.AutoImageProcessor.from_pretrained(folder)


PROCESSORS = [
    pytest.param({'image_processor_type': 'DPTImageProcessor', 'keep_aspect_ratio': True,
                  'ensure_multiple_of': 14, 'size': {'height': 70, 'width': 70}, **IMAGENET},
                 PATCH, id='depth_anything'),
    pytest.param({'image_processor_type': 'DPTImageProcessor', 'keep_aspect_ratio': False,
                  'size': {'height': 70, 'width': 70}, 'image_mean': [0.5] * 3,
                  'image_std': [0.5] * 3}, PATCH, id='dpt'),
]


@pytest.mark.parametrize(('settings', 'config'), PROCESSORS)
def test_it_equals_transformers_where_nothing_is_resized(
        settings: dict[str, Any], config: dict[str, Any], tmp_path: Path) -> None:
    rgb = random_image(70, 70)
    expected = processor_of(tmp_path, settings)(rgb, return_tensors='np')['pixel_values']
    got = preprocessing_of(settings, config, 'name', 70)(rgb)
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize(('settings', 'config'), PROCESSORS)
@pytest.mark.parametrize('size', [(280, 364), (35, 35)])
def test_it_is_close_to_transformers_where_it_resizes(
        settings: dict[str, Any], config: dict[str, Any], size: tuple[int, int],
        tmp_path: Path) -> None:
    rgb = smooth_image(*size)
    expected = processor_of(tmp_path, settings)(rgb, return_tensors='np')['pixel_values']
    got = preprocessing_of(settings, config, 'name', 70)(rgb)
    assert got.shape == expected.shape
    # Two gray levels: the kernels differ at the border, and both round.
    np.testing.assert_allclose(got, expected, atol=2.01 / 255 / 0.224)


def test_it_equals_transformers_for_a_network_that_is_not_normalized(tmp_path: Path) -> None:
    settings = {'image_processor_type': 'GLPNImageProcessor', 'do_rescale': True,
                'size_divisor': 32}
    rgb = random_image(64, 96)
    expected = processor_of(tmp_path, settings)(rgb, return_tensors='np')['pixel_values']
    got = preprocessing_of(settings, {'model_type': 'glpn'}, 'name', 64)(rgb)
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_numbers_are_left_alone_where_the_file_says_so() -> None:
    settings = {'do_rescale': False, 'do_normalize': False, **IMAGENET}
    got = preprocessing_of(settings, PATCH, 'name', 70)
    assert (got.scale.tolist(), got.offset.tolist()) == ([1, 1, 1], [0, 0, 0])


@pytest.mark.parametrize(('preprocessor', 'config', 'multiple'), [
    ({'ensure_multiple_of': 14}, {'patch_size': 14}, 14),
    ({'ensure_multiple_of': 1}, {'patch_size': 16}, 16),
    ({'size_divisor': 32}, {'model_type': 'glpn'}, 32),
    ({'size_divisor': None}, {'patch_size': None, 'backbone_config': {'patch_size': 14}}, 14),
    ({'ensure_multiple_of': 32}, {'backbone_config': {'patch_size': 16}}, 32),
    ({'ensure_multiple_of': 1 / 32}, {'backbone_config': {'patch_size': 16}}, 16),
    ({}, {'backbone_config': {'patch_size': 4}}, 32),
    ({}, {'patch_size': [14, 14]}, 14),
])
def test_the_multiple_fits_the_network_and_its_processor(
        preprocessor: dict[str, Any], config: dict[str, Any], multiple: int) -> None:
    assert preprocessing_of(preprocessor, config, 'name', 252).multiple == multiple


def test_depth_pro_has_one_size_only() -> None:
    settings = {'size': {'height': 128, 'width': 160}}
    made = preprocessing_of(settings, {'model_type': 'depth_pro'}, 'name', 252)
    assert made.grid(480, 640) == (128, 160)
    made = preprocessing_of({}, {'model_type': 'depth_pro'}, 'name', 252)
    assert made.grid(480, 640) == (1536, 1536)


@pytest.mark.parametrize('config, grid', [
    ({'is_hybrid': True, 'image_size': 384}, (384, 384)),
    ({'is_hybrid': True, 'image_size': [192, 256]}, (192, 256)),
    ({'is_hybrid': True}, (384, 384))])
def test_dpt_on_a_convolutional_body_has_one_size_only(
        config: dict[str, Any], grid: tuple[int, int]) -> None:
    made = preprocessing_of({}, {'model_type': 'dpt', **config}, 'name', 700)
    assert made.grid(480, 640) == grid


@pytest.mark.parametrize('settings', [
    {'do_normalize': True}, {'image_mean': [0.5, 0.5], 'image_std': [0.5] * 3},
    {'image_mean': 0.5, 'image_std': [0.5] * 3}, {'image_mean': ['a', 'b', 'c']}])
def test_an_unknown_mean_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ModelLoadError) as error:
        preprocessing_of(settings, PATCH, 'name', 252)
    assert str(error.value) == (
        f'name: preprocessor_config.json: image_mean: expected three numbers, got '
        f'{settings.get("image_mean")!r}; get the file that belongs to the model.')
