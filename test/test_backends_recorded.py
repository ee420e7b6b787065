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
"""Recorded depth maps take the place of a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
from depth_seg_ros.backends.recorded import RecordedEstimator
from depth_seg_ros.depth import (
    DepthKind, EstimationError, load_estimator, ModelLoadError)
from depth_seg_ros.params import ModelParams
import numpy as np
import pytest

RGB = np.zeros((6, 8, 3), np.uint8)


def estimator_of(folder: Path, **params: Any) -> RecordedEstimator:
    """Return a loaded estimator over a folder."""
    estimator = RecordedEstimator(ModelParams(name=f'recorded:{folder}', **params))
    estimator.load()
    return estimator


def save(folder: Path, *names: str, shape: tuple[int, ...] = (6, 8)) -> None:
    """Write maps that hold 1, 2, 3 ... in the order of the names."""
    for value, name in enumerate(names, start=1):
        if name.endswith('.png'):
            cv2.imwrite(str(folder / name), np.full(shape, 1000 * value, np.uint16))
        else:
            np.save(folder / name, np.full(shape, value, np.float32))


def refusal(folder: Path, **params: Any) -> str:
    """Return the text of the error that loading raises."""
    with pytest.raises(ModelLoadError) as error:
        estimator_of(folder, **params)
    return str(error.value)


@pytest.mark.parametrize(('names', 'kind'), [
    (('frame2_inverse_depth.npy', 'frame10_inverse_depth.npy'), DepthKind.RELATIVE_INVERSE),
    (('frame2_depth.npy', 'frame10_depth.npy'), DepthKind.METRIC),
    (('2.png', '10.png'), DepthKind.METRIC),
    (('2.depth.png', '10.depth.png'), DepthKind.METRIC),
])
def test_maps_come_in_natural_order_and_mean_what_their_names_say(
        tmp_path: Path, names: tuple[str, ...], kind: DepthKind) -> None:
    save(tmp_path, *names)
    estimator = estimator_of(tmp_path)
    assert estimator.info.kind is kind
    for value in (1, 2):
        depth = estimator.estimate(RGB)
        assert depth.kind is kind
        np.testing.assert_array_equal(depth.values, np.full((6, 8), value, np.float32))


def test_load_estimator_knows_recorded_maps(tmp_path: Path) -> None:
    save(tmp_path, 'a_depth.npy')
    info = load_estimator(ModelParams(name=f'recorded:{tmp_path}')).info
    assert (info.name, info.backend, info.digest) == (f'recorded:{tmp_path}', 'recorded', '')


def test_what_was_written_beside_the_maps_is_not_read(tmp_path: Path) -> None:
    save(tmp_path, 'a_inverse_depth.npy')
    for name in ('a_labels.png', 'a_gray.png', 'summary.json', 'a_regions.json'):
        (tmp_path / name).write_bytes(b'')
    estimator = estimator_of(tmp_path)
    assert estimator.estimate(RGB).values[0, 0] == 1


@pytest.mark.parametrize('kind', ['labels', 'explain'])
def test_pictures_are_not_taken_for_millimeters(tmp_path: Path, kind: str) -> None:
    save(tmp_path, f'a_{kind}.png')
    assert 'no depth maps in it' in refusal(tmp_path)


def test_zero_in_a_png_and_nan_in_an_array_are_unknown(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.array([[0, 1500]], np.uint16))
    depth = estimator_of(tmp_path).estimate(RGB)
    assert depth.valid.tolist() == [[False, True]]
    assert depth.values[0, 1] == np.float32(1.5)
    np.save(tmp_path / 'a_inverse_depth.npy', np.array([[np.nan, -1.0]]))
    assert estimator_of(tmp_path).estimate(RGB).valid.tolist() == [[False, True]]


def test_other_names_need_the_kind_said(tmp_path: Path) -> None:
    save(tmp_path, 'a.npy')
    assert refusal(tmp_path) == (
        f'recorded:{tmp_path}: the name a.npy does not say what the map means. Set model.kind, '
        f'or name the files NAME_inverse_depth.npy (larger is nearer, no unit) or NAME_depth.npy '
        f'(meters).')
    for kind in ('relative_inverse', 'metric'):
        assert estimator_of(tmp_path, kind=kind).info.kind.value == kind


def test_a_kind_against_the_names_is_refused(tmp_path: Path) -> None:
    save(tmp_path, 'a_inverse_depth.npy')
    assert refusal(tmp_path, kind='metric') == (
        f'recorded:{tmp_path}: model.kind is metric, but a_inverse_depth.npy says '
        f'relative_inverse; set model.kind to auto.')


@pytest.mark.parametrize('other', ['b_depth.npy', 'b.npy'])
def test_maps_of_different_meaning_are_refused(tmp_path: Path, other: str) -> None:
    save(tmp_path, 'a_inverse_depth.npy', other)
    text = refusal(tmp_path)
    assert text.startswith(f'recorded:{tmp_path}: its maps differ in meaning: ')
    assert 'a_inverse_depth.npy (relative_inverse)' in text
    assert other in text


def test_a_folder_without_maps_and_no_folder_are_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        f'recorded:{tmp_path}: no depth maps in it; expected .npy files, or 16-bit .png files in '
        f'millimeters.')
    assert refusal(tmp_path / 'gone').startswith(
        f'recorded:{tmp_path / "gone"}: no folder {tmp_path / "gone"}; give the one with')


def test_more_images_than_maps_is_an_error_that_says_so(tmp_path: Path) -> None:
    save(tmp_path, 'a_depth.npy')
    estimator = estimator_of(tmp_path)
    estimator.estimate(RGB)
    for _ in range(2):
        with pytest.raises(EstimationError, match='all 1 maps are used up and there are more '
                           'images. Give as many maps as images'):
            estimator.estimate(RGB)
    estimator.load()
    assert estimator.estimate(RGB).values[0, 0] == 1


BROKEN = [
    (np.zeros((2, 2, 3), np.float32), r'float32 \(2, 2, 3\)'),
    (np.zeros((2, 2), np.int32), r'int32 \(2, 2\)'),
    (np.zeros((0, 2), np.float32), r'float32 \(0, 2\)'),
    (np.array([{'a': 1}], dtype=object), 'nothing readable'),
]


@pytest.mark.parametrize(('array', 'got'), BROKEN)
def test_a_first_map_of_another_form_is_refused(
        tmp_path: Path, array: np.ndarray[Any, Any], got: str) -> None:
    np.save(tmp_path / 'a_depth.npy', array, allow_pickle=True)
    with pytest.raises(ModelLoadError, match=rf'a_depth\.npy: expected floats of shape \(H, W\) '
                       rf'in a \.npy file or 16-bit millimeters in a \.png file, got {got}\.'):
        estimator_of(tmp_path)


def test_a_broken_map_keeps_its_place(tmp_path: Path) -> None:
    save(tmp_path, '1_depth.npy', '2_depth.npy', '3_depth.npy')
    (tmp_path / '2_depth.npy').write_bytes(b'')
    estimator = estimator_of(tmp_path)
    assert estimator.estimate(RGB).values[0, 0] == 1
    with pytest.raises(EstimationError, match='got nothing readable'):
        estimator.estimate(RGB)
    assert estimator.estimate(RGB).values[0, 0] == 3


def test_an_8_bit_picture_is_no_depth_map(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'a.png'), np.zeros((4, 4), np.uint8))
    assert 'got uint8 (4, 4).' in refusal(tmp_path)


def test_nothing_works_before_load_or_after_close(tmp_path: Path) -> None:
    save(tmp_path, 'a_depth.npy')
    estimator = RecordedEstimator(ModelParams(name=f'recorded:{tmp_path}'))
    with pytest.raises(RuntimeError, match='nothing loaded yet'):
        estimator.info
    with pytest.raises(RuntimeError, match='nothing loaded'):
        estimator.estimate(RGB)
    estimator.load()
    estimator.close()
    estimator.close()
    with pytest.raises(RuntimeError, match='nothing loaded'):
        estimator.estimate(RGB)
