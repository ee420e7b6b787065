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
"""Which images a network cannot see depth in, and that all others pass."""

from __future__ import annotations

from dataclasses import replace
import math
from pathlib import Path

import cv2
from depth_seg_ros.params import QualityParams
from depth_seg_ros.quality import InputGate, Quality
import numpy as np
from numpy.typing import NDArray
import pytest

Image = NDArray[np.uint8]
DEFAULTS = QualityParams()
DATA = Path(__file__).parents[2] / 'shared' / 'data'


def gray(values: NDArray[np.floating] | NDArray[np.integer]) -> Image:
    """Return an image of gray values (H, W), clipped."""
    return np.repeat(np.clip(np.rint(values), 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def room(height: int = 240, width: int = 320) -> NDArray[np.float64]:
    """Return gray values of boxes before a wall, 60 to 180."""
    values = np.full((height, width), 120.0)
    rows, columns = np.arange(height)[:, None] / height, np.arange(width) / width
    for left, top, level in ((0.1, 0.4, 60.0), (0.4, 0.2, 180.0), (0.7, 0.5, 80.0)):
        values[(np.abs(rows - top) < 0.15) & (np.abs(columns - left) < 0.12)] = level
    return values


def noisy(values: NDArray[np.float64], spread: float, seed: int = 0) -> Image:
    """Return an image with noise of its own in every channel."""
    noise = np.random.default_rng(seed).normal(0.0, spread, (*values.shape, 3))
    return np.clip(np.rint(values[:, :, None] + noise), 0, 255).astype(np.uint8)


def wide_blur(share: float) -> Image:
    """Return the room behind a blur whose sigma is a share of the short side."""
    return gray(cv2.GaussianBlur(room(), (0, 0), share * 240))


def judged(image: Image, params: QualityParams = DEFAULTS) -> Quality:
    return InputGate(params).judge(image, 1.0)


ROOM = gray(room())
FLAT = np.full((240, 320), 150.0)
VIGNETTE = FLAT - 40 * np.linspace(-1, 1, 320) ** 2 - 40 * np.linspace(-1, 1, 240)[:, None] ** 2
NIGHT = room() * 0.03
NIGHT[20:40, 30:60] = 255.0

UNFIT = {
    'black': (gray(FLAT * 0), 'too dark'),
    'lens cap': (noisy(FLAT * 0 + 4, 3.0), 'too dark'),
    'night': (noisy(room() / 32, 1.5), 'too dark'),
    'night with a lamp': (noisy(NIGHT, 1.5), 'too dark'),
    'white': (gray(FLAT * 0 + 255), 'over-exposed'),
    'burnt out': (gray(room() * 8), 'over-exposed'),
    'bare wall': (gray(FLAT), 'no texture'),
    'wall with noise': (noisy(FLAT, 5.0), 'no texture'),
    'wall lit in the middle': (noisy(VIGNETTE, 4.0), 'no texture'),
    'hardly any contrast': (gray(128 + (room() - 120) * 0.03), 'no texture'),
    'out of focus': (wide_blur(0.08), 'blurred'),
}
FIT = {
    'room': ROOM,
    'dusk': noisy(room() / 5, 2.0),
    'glare': gray(room() * 1.8),
    'fog': gray(room() * 0.2 + 170),
    'grain': noisy(room(), 40.0),
    'soft': wide_blur(0.015),
    'upscaled': np.asarray(cv2.resize(gray(room(60, 80)), (1280, 960)), np.uint8),
    'large': gray(room(1080, 1920)),
    'portrait': gray(room(320, 200)),
}


@pytest.mark.parametrize('name', UNFIT)
def test_what_shows_nothing_is_not_fit(name: str) -> None:
    image, expected = UNFIT[name]
    quality = judged(image)
    assert not quality.is_fit
    assert quality.name == expected and quality.problem.startswith(f'{expected}: ')


@pytest.mark.parametrize('name', FIT)
def test_what_shows_something_is_fit(name: str) -> None:
    quality = judged(FIT[name])
    assert quality.is_fit and (quality.problem, quality.name) == ('', '')


@pytest.mark.parametrize('gain', [0.25, 0.5, 1.3])
@pytest.mark.parametrize('offset', [-10.0, 0.0, 20.0])
def test_gain_and_offset_change_neither_the_verdict_nor_the_blur(gain: float, offset: float
                                                                 ) -> None:
    quality = judged(gray(room() * gain + offset))
    assert quality.is_fit
    assert quality.blur == pytest.approx(judged(ROOM).blur, rel=0.1)


def test_blur_grows_with_blur_and_not_with_size() -> None:
    blurs = [judged(wide_blur(share)).blur for share in (0.01, 0.02, 0.04, 0.08)]
    assert blurs == sorted(blurs) and blurs[-1] > 4 * blurs[0]
    large = np.asarray(cv2.resize(wide_blur(0.04), (1280, 960)), np.uint8)
    assert judged(large).blur == pytest.approx(blurs[2], rel=0.1)


def test_what_was_measured_is_told() -> None:
    values = room()
    values[:60], values[60:84] = 0.0, 255.0
    quality = judged(gray(values))
    assert quality.dark == pytest.approx(0.25, abs=0.01)
    assert quality.saturated == pytest.approx(0.1, abs=0.01)
    assert quality.texture > 100.0 and 0.0 < quality.blur < 0.1 and quality.frozen == 0.0


@pytest.mark.parametrize('name, off', [
    ('black', {'dark': 1.0, 'texture': 0.0}), ('white', {'saturated': 1.0, 'texture': 0.0}),
    ('wall with noise', {'texture': 0.0}), ('out of focus', {'blur': 0.0}),
    ('black', {'enable': False})])
def test_every_check_can_be_switched_off(name: str, off: dict[str, float]) -> None:
    assert judged(UNFIT[name][0], replace(DEFAULTS, **off)).is_fit


@pytest.mark.parametrize('limit, words', [
    ({'dark': 0.0}, 'too dark: '), ({'saturated': 0.0}, 'over-exposed: '),
    ({'texture': 255.0}, 'no texture: '), ({'blur': 0.001}, 'blurred: ')])
def test_every_limit_counts(limit: dict[str, float], words: str) -> None:
    values = room()
    values[:30], values[30:60] = 0.0, 255.0
    assert judged(gray(values)).is_fit
    assert judged(gray(values), replace(DEFAULTS, **limit)).problem.startswith(words)


def test_a_gate_that_is_off_measures_nothing() -> None:
    assert math.isnan(judged(ROOM, replace(DEFAULTS, enable=False)).texture)


def test_an_image_of_a_few_pixels_is_not_judged_by_its_edges() -> None:
    quality = judged(np.full((4, 400, 3), 120, np.uint8))
    assert quality.is_fit and math.isnan(quality.texture) and math.isnan(quality.blur)
    assert judged(np.zeros((1, 1, 3), np.uint8)).name == 'too dark'


def frozen_for(gate: InputGate, images: list[Image], stamps: list[float]) -> list[float]:
    return [gate.judge(image, stamp).frozen for image, stamp in zip(images, stamps)]


def test_the_same_image_for_too_long_is_frozen_until_another_comes() -> None:
    gate = InputGate(DEFAULTS)
    other = ROOM.copy()
    other[120] += 1
    names = [gate.judge(image, stamp).name for image, stamp in (
        (ROOM, 0.0), (ROOM, 1.9), (ROOM, 2.1), (ROOM, 9.0), (other, 9.1), (ROOM, 9.2))]
    assert names == ['', '', 'frozen', 'frozen', '', '']


def test_frozen_counts_by_stamps_and_begins_anew_where_they_go_back() -> None:
    gate = InputGate(DEFAULTS)
    assert frozen_for(gate, [ROOM] * 4, [5.0, 5.0, 6.5, 1.0]) == [0.0, 0.0, 1.5, 0.0]
    gate.reset()
    assert gate.judge(ROOM, 3.0).frozen == 0.0


def test_another_size_is_another_image() -> None:
    assert frozen_for(InputGate(DEFAULTS), [ROOM, gray(room(480, 640))], [0.0, 3.0]) == [0.0, 0.0]


def test_frozen_can_be_switched_off_and_a_gate_that_was_off_has_seen_nothing() -> None:
    gate = InputGate(replace(DEFAULTS, frozen=0.0))
    assert [gate.judge(ROOM, stamp).is_fit for stamp in (0.0, 60.0)] == [True, True]
    gate.params = replace(DEFAULTS, enable=False)
    gate.judge(ROOM, 61.0)
    gate.params = DEFAULTS
    assert gate.judge(ROOM, 62.0).frozen == 0.0


def test_an_image_that_is_written_over_in_place_is_a_new_one() -> None:
    gate, buffer = InputGate(DEFAULTS), ROOM.copy()
    assert gate.judge(buffer, 0.0).is_fit
    buffer[:] = gray(room() + 5)
    assert gate.judge(buffer, 5.0).frozen == 0.0


def test_noise_is_never_frozen_and_the_image_is_not_changed() -> None:
    gate, before = InputGate(DEFAULTS), ROOM.copy()
    noises = [noisy(room(), 1.0, seed) for seed in range(4)]
    assert frozen_for(gate, noises, [0.0, 3.0, 6.0, 9.0]) == [0.0] * 4
    judged(ROOM)
    np.testing.assert_array_equal(ROOM, before)


@pytest.mark.skipif(not DATA.is_dir(), reason='no real images here')
@pytest.mark.parametrize('pattern', [
    'nyu_v2/rgb/*', 'replica_office0/rgb/*', '7scenes_redkitchen/*.color.jpg', 'euroc_mav0/*.jpg',
    'groundrobot_lab/*', 'kitti_odom00_416x128/*', 'middlebury/*_rgb.png', 'photos/*'])
def test_no_real_image_is_refused(pattern: str) -> None:
    paths = sorted(DATA.glob(pattern))[::4]
    assert paths
    gate = InputGate(DEFAULTS)
    for number, path in enumerate(paths):
        image = np.asarray(cv2.imread(str(path)), np.uint8)[:, :, ::-1]
        assert gate.judge(np.ascontiguousarray(image), 0.1 * number).problem == '', path
