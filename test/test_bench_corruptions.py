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
"""Facts about corrupted pictures."""

from __future__ import annotations

import re

import cv2
from depth_seg_ros.bench.corruptions import corrupt, hidden, KINDS, LEVELS
from depth_seg_ros.bench.corruptions.fields import cloud, line_kernel, pixel_unit
from depth_seg_ros.bench.corruptions.light import shadow
from depth_seg_ros.bench.corruptions.occlusion import covered
import numpy as np
from numpy.typing import NDArray
import pytest

HEIGHT, WIDTH = 120, 160


def picture(seed: int = 5) -> NDArray[np.uint8]:
    """Return boxes of many colors over a gradient, with fine texture."""
    rng = np.random.default_rng(seed)
    image = np.empty((HEIGHT, WIDTH, 3))
    image[:] = np.linspace(60, 150, HEIGHT)[:, None, None]
    for _ in range(30):
        top, left = rng.integers(0, HEIGHT - 20), rng.integers(0, WIDTH - 20)
        image[top:top + rng.integers(5, 30), left:left + rng.integers(5, 30)] = rng.uniform(
            20, 220, 3)
    return np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)


PICTURE = picture()
LARGE = cv2.resize(PICTURE, (640, 480))
"""At 640x480; in small pictures the lowest levels of some kinds are less than a pixel."""


def test_there_are_the_eighteen_common_kinds_a_shadow_and_an_occluder() -> None:
    assert set(KINDS) == {
        'brightness', 'dark', 'contrast', 'fog', 'frost', 'snow', 'defocus', 'glass', 'motion',
        'zoom', 'elastic', 'gaussian', 'impulse', 'shot', 'iso', 'color_quant', 'pixelate', 'jpeg',
        'cast_shadow', 'occluder'}


@pytest.mark.parametrize('kind', KINDS)
def test_shape_and_dtype_are_kept_and_the_picture_is_not_changed(kind: str) -> None:
    before = PICTURE.copy()
    out = corrupt(PICTURE, kind, 2, 1)
    assert out.shape == PICTURE.shape and out.dtype == np.uint8
    assert out.flags.c_contiguous and not np.shares_memory(out, PICTURE)
    np.testing.assert_array_equal(PICTURE, before)


@pytest.mark.parametrize('kind', KINDS)
def test_every_level_changes_more_than_the_one_before(kind: str) -> None:
    image = LARGE if kind in ('defocus', 'glass', 'pixelate') else PICTURE
    changes = [cv2.absdiff(corrupt(image, kind, level, 3), image).mean() for level in LEVELS]
    assert changes[0] > 0
    assert changes == sorted(changes) and len(set(changes)) == len(LEVELS)


@pytest.mark.parametrize('kind', KINDS)
def test_the_same_seed_gives_the_same_picture(kind: str) -> None:
    np.testing.assert_array_equal(corrupt(PICTURE, kind, 3, 8), corrupt(PICTURE, kind, 3, 8))


CHANCE = ('dark', 'fog', 'frost', 'snow', 'glass', 'motion', 'elastic', 'gaussian', 'impulse',
          'shot', 'iso', 'cast_shadow', 'occluder')


@pytest.mark.parametrize('kind', KINDS)
def test_another_seed_gives_another_picture_where_chance_has_a_part(kind: str) -> None:
    same = np.array_equal(corrupt(PICTURE, kind, 3, 8), corrupt(PICTURE, kind, 3, 9))
    assert same == (kind not in CHANCE)


@pytest.mark.parametrize('kind', KINDS)
def test_any_size_will_do(kind: str) -> None:
    for shape in ((1, 1, 3), (7, 200, 3)):
        assert corrupt(np.full(shape, 90, np.uint8), kind, 3).shape == shape


@pytest.mark.parametrize('kind', KINDS)
def test_a_view_into_a_larger_picture_will_do(kind: str) -> None:
    wide = np.concatenate([PICTURE, PICTURE], axis=1)
    np.testing.assert_array_equal(corrupt(wide[:, WIDTH:], kind, 2), corrupt(PICTURE, kind, 2))


def test_an_unknown_kind_lists_the_choices() -> None:
    for call in (lambda: corrupt(PICTURE, 'rain', 1), lambda: hidden((4, 4), 'rain', 1)):
        with pytest.raises(ValueError, match=re.escape(
                f'kind: expected one of {", ".join(KINDS)}; got \'rain\'')):
            call()


@pytest.mark.parametrize('level', [0, 6, -1])
def test_a_level_that_is_none_is_refused(level: int) -> None:
    for call in (lambda: corrupt(PICTURE, 'fog', level), lambda: hidden((4, 4), 'fog', level)):
        with pytest.raises(ValueError, match=f'level: expected 1 to 5, got {level}'):
            call()


def test_what_is_no_color_picture_is_refused() -> None:
    with pytest.raises(TypeError, match='rgb: expected a uint8 ndarray, got float64'):
        corrupt(np.zeros((4, 4, 3)), 'fog', 1)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match='rgb: expected a uint8 ndarray, got list'):
        corrupt([], 'fog', 1)  # type: ignore[arg-type]
    for shape in ((4, 4), (4, 4, 4), (0, 4, 3)):
        with pytest.raises(ValueError, match=r'rgb: expected shape \(H, W, 3\) with H, W >= 1'):
            corrupt(np.zeros(shape, np.uint8), 'fog', 1)


@pytest.mark.parametrize('level', LEVELS)
def test_brightness_brightens_every_pixel_and_dark_darkens_the_picture(level: int) -> None:
    assert (corrupt(PICTURE, 'brightness', level) >= PICTURE).all()
    assert corrupt(PICTURE, 'dark', level).mean() < 0.75 * PICTURE.mean()


def test_a_stop_is_twice_the_light() -> None:
    gray = np.full((2, 2, 3), 100, np.uint8)
    # Level 2 is one stop: 100 * 2 ** (1 / 2.2).
    assert (corrupt(gray, 'brightness', 2) == 137).all()


def test_contrast_leaves_the_mean_and_a_share_of_the_differences() -> None:
    out = corrupt(PICTURE, 'contrast', 3)
    assert out.mean() == pytest.approx(PICTURE.mean(), abs=1)
    assert out.std() == pytest.approx(0.3 * PICTURE.std(), rel=0.02)


def test_fog_is_thicker_higher_up() -> None:
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rows = np.mean([corrupt(black, 'fog', 2, seed).mean(axis=(1, 2)) for seed in range(6)], axis=0)
    assert rows[:HEIGHT // 2].mean() > 1.5 * rows[-HEIGHT // 4:].mean()
    assert rows[-1] > 0


def test_frost_grows_from_the_border() -> None:
    black = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    ice = np.mean([corrupt(black, 'frost', 3, seed) for seed in range(3)], axis=0)
    middle = ice[HEIGHT // 3:-HEIGHT // 3, WIDTH // 3:-WIDTH // 3].mean()
    assert ice.mean() > 1.5 * middle


def test_snow_and_frost_do_not_darken_a_black_picture_and_fog_is_gray() -> None:
    black, white = (np.full((HEIGHT, WIDTH, 3), value, np.uint8) for value in (0, 255))
    assert corrupt(black, 'snow', 1).max() > 150
    assert corrupt(white, 'fog', 5).mean() < 235


@pytest.mark.parametrize('kind', ['defocus', 'motion', 'glass', 'zoom', 'pixelate', 'elastic'])
def test_what_only_moves_light_leaves_one_color_alone(kind: str) -> None:
    gray = np.full((HEIGHT, WIDTH, 3), 77, np.uint8)
    border = 20 if kind == 'zoom' else 1
    assert (corrupt(gray, kind, 5)[border:-border, border:-border] == 77).all()


def test_defocus_makes_a_disk_of_a_point() -> None:
    image = np.zeros((481, 641, 3), np.uint8)
    image[240, 320] = 255
    lit = np.argwhere(corrupt(image, 'defocus', 3)[:, :, 0])
    assert 3.5 <= np.abs(lit - (240, 320)).max() <= 5
    assert np.hypot(*(lit - (240, 320)).T).max() <= 5.1


def test_noise_is_as_strong_as_it_says() -> None:
    gray = np.full((400, 400, 3), 128, np.uint8)
    assert corrupt(gray, 'gaussian', 1).std() == pytest.approx(0.04 * 255, rel=0.03)
    # Half of white at 80 photons: the root of 40 of 40.
    assert corrupt(gray, 'shot', 1).std() == pytest.approx(128 / 40 ** 0.5, rel=0.03)
    extreme = np.isin(corrupt(gray, 'impulse', 5), (0, 255))
    assert extreme.mean() == pytest.approx(0.18, rel=0.05)


def test_few_values_are_left_and_blocks_have_one_color() -> None:
    assert len(np.unique(corrupt(PICTURE, 'color_quant', 5))) <= 4
    blocks = corrupt(LARGE, 'pixelate', 4)
    assert blocks.shape == (480, 640, 3)
    np.testing.assert_array_equal(blocks, np.repeat(np.repeat(blocks[::8, ::8], 8, 0), 8, 1))


@pytest.mark.parametrize('seed', range(5))
@pytest.mark.parametrize('level', LEVELS)
def test_a_shadow_only_darkens_and_only_inside_its_shape(level: int, seed: int) -> None:
    shade = shadow((HEIGHT, WIDTH), np.random.default_rng(seed))
    out = corrupt(PICTURE, 'cast_shadow', level, seed)
    np.testing.assert_array_equal(out[shade == 0], PICTURE[shade == 0])
    assert (out <= PICTURE).all()
    assert 0.01 < (shade > 0.5).mean() < 0.6
    assert out[shade == 1].mean() < 0.8 * PICTURE[shade == 1].mean()


@pytest.mark.parametrize('seed', range(5))
def test_an_occluder_is_opaque_and_as_large_as_it_says(seed: int) -> None:
    other = picture(seed=99)
    before = np.zeros((HEIGHT, WIDTH), np.bool_)
    for level, share in zip(LEVELS, KINDS['occluder'].amounts):
        mask = hidden((HEIGHT, WIDTH), 'occluder', level, seed)
        assert mask.mean() == pytest.approx(share, abs=0.002)
        assert (mask | ~before).all()  # what a lower level covers stays covered
        out, again = (corrupt(each, 'occluder', level, seed) for each in (PICTURE, other))
        np.testing.assert_array_equal(out[mask], again[mask])
        np.testing.assert_array_equal(out[~mask], PICTURE[~mask])
        before = mask


def test_nothing_else_hides_anything() -> None:
    for kind in KINDS.keys() - {'occluder'}:
        assert not hidden((6, 8), kind, 5).any()
    assert covered((6, 8), 1.0, np.random.default_rng(0)).all()


def test_a_cloud_is_smooth_and_reaches_zero_and_one() -> None:
    field = cloud((HEIGHT, WIDTH), np.random.default_rng(2), octaves=1)
    assert (field.min(), field.max(), field.shape) == (0.0, 1.0, (HEIGHT, WIDTH))
    rough = cloud((HEIGHT, WIDTH), np.random.default_rng(2))
    steps, rough_steps = (np.abs(np.diff(each, axis=0)).mean() for each in (field, rough))
    assert steps < 0.03 and rough_steps > 1.3 * steps


def test_a_line_kernel_lies_along_its_angle() -> None:
    across, down = line_kernel(9.0, 0.0), line_kernel(9.0, np.pi / 2)
    np.testing.assert_allclose(across, down.T, atol=1e-6)
    assert across.sum() == pytest.approx(1, abs=1e-5)
    assert across[across.shape[0] // 2].sum() == pytest.approx(1, abs=1e-5)


def test_lengths_scale_with_the_picture() -> None:
    assert pixel_unit((480, 640, 3)) == 1.0
    assert pixel_unit((960, 1280)) == 2.0
