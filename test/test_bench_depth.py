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
"""The depth benchmark: layouts, the fit, the scores, and the table."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
from depth_seg_ros.bench.depth import add_arguments, aligned, DepthScore, evaluate, main, score
from depth_seg_ros.bench.depth_sets import LAYOUTS, open_set
from depth_seg_ros.depth import load_estimator, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray
import pytest

HEIGHT, WIDTH = 480, 640
TRUTH = (1 + np.add.outer(np.linspace(3, 0, HEIGHT), np.linspace(0, 1, WIDTH) ** 2)
         ).astype(np.float32)
"""Meters, 1 to 5; not a function of the row alone."""


def write(path: Path, array: NDArray[np.generic]) -> None:
    """Write a picture, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), array)


def write_set(folder: Path, images: str, truths: str, stored: NDArray[np.generic],
              count: int = 1) -> Path:
    """Write gray images and one truth for all, as a layout wants them; return the folder."""
    for index in range(count):
        write(folder / images.replace('*', f'{index:03}'),
              np.full((*stored.shape, 3), 90, np.uint8))
        write(folder / truths.replace('*', f'{index:03}'), stored)
    return folder


def millimeters(folder: Path, count: int = 1) -> Path:
    """Write a set of the layout RGB and millimeters that holds TRUTH."""
    stored = np.round(TRUTH * 1000).astype(np.uint16)
    return write_set(folder, 'rgb/*.jpg', 'depth_mm/*.png', stored, count)


def recorded(folder: Path, maps: NDArray[np.float32], ending: str = '_inverse_depth.npy',
             count: int = 1) -> str:
    """Write maps for a recorded model; return its name."""
    folder.mkdir()
    for index in range(count):
        np.save(folder / f'{index}{ending}', maps)
    return f'recorded:{folder}'


SCALED = [
    ('RGB and millimeters', np.uint16, 1000.0, True, 10.0),
    ('7-Scenes', np.uint16, 1000.0, True, 10.0),
    ('NYU raw', np.uint16, 1000.0, True, 10.0),
    ('KITTI', np.uint16, 256.0, True, 80.0),
    ('NYU Depth v2', np.uint8, 255.0, False, 2.0),
]


@pytest.mark.parametrize(('name', 'dtype', 'unit', 'metric', 'max_depth'), SCALED)
def test_a_layout_is_recognized_and_its_unit_known(
        tmp_path: Path, name: str, dtype: type, unit: float, metric: bool,
        max_depth: float) -> None:
    layout = next(each for each in LAYOUTS if each.name == name)
    stored = np.full((HEIGHT, WIDTH), 200, dtype)
    stored[100, 200] = 0
    found = open_set(write_set(tmp_path, layout.images, layout.truths, stored, count=3))
    assert found.layout is layout
    assert (layout.metric, layout.max_depth) == (metric, max_depth)
    assert len(found.pairs) == 3
    depth = found.read(0).depth
    assert np.isnan(depth[100, 200])
    assert depth[101, 200] == np.float32(200 / unit)


def test_disparity_becomes_depth_from_the_farthest(tmp_path: Path) -> None:
    stored = np.array([[640, 1280], [2560, 0]], np.uint16)
    found = open_set(write_set(tmp_path, '*_rgb.png', '*_disparity_x64.png', stored))
    assert found.layout.name == 'Middlebury'
    np.testing.assert_array_equal(found.read(0).depth, [[1, 0.5], [0.25, np.nan]])


def test_nyu_is_scored_inside_the_usual_crop(tmp_path: Path) -> None:
    stored = np.full((HEIGHT, WIDTH), 200, np.uint8)
    depth = open_set(write_set(tmp_path, 'rgb/*.jpg', 'depth/*.png', stored)).read(0).depth
    rows, columns = np.nonzero(np.isfinite(depth))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (45, 470, 41, 600)


def test_what_is_farther_than_the_set_reaches_is_not_scored(tmp_path: Path) -> None:
    stored = np.array([[1000, 10_000, 10_001, 65_535]], np.uint16)
    depth = open_set(write_set(tmp_path, 'rgb/*.jpg', 'depth_mm/*.png', stored)).read(0).depth
    assert np.isfinite(depth).tolist() == [[True, True, False, False]]


def test_a_folder_of_no_layout_lists_them(tmp_path: Path) -> None:
    write(tmp_path / 'a.png', np.zeros((2, 2), np.uint8))
    with pytest.raises(ValueError, match='no images with true depth in a layout that is known: '
                       r'rgb/\*\.jpg with depth/\*\.png \(NYU Depth v2\); '):
        open_set(tmp_path)


def test_images_without_truth_are_left_out(tmp_path: Path) -> None:
    millimeters(tmp_path, count=3)
    (tmp_path / 'depth_mm' / '001.png').unlink()
    assert [image.stem for image, _ in open_set(tmp_path).pairs] == ['000', '002']


def test_a_truth_of_another_size_is_named(tmp_path: Path) -> None:
    millimeters(tmp_path)
    write(tmp_path / 'depth_mm' / '000.png', np.ones((3, 4), np.uint16))
    with pytest.raises(ValueError, match=r'000\.png: expected one channel of shape \(480, 640\) '
                       r'as the image, got \(3, 4\)'):
        open_set(tmp_path).read(0)
    (tmp_path / 'depth_mm' / '000.png').write_bytes(b'')
    with pytest.raises(ValueError, match='got nothing readable'):
        open_set(tmp_path).read(0)


def test_a_limited_set_is_spread_evenly(tmp_path: Path) -> None:
    write_set(tmp_path, 'rgb/*.jpg', 'depth_mm/*.png', np.ones((2, 2), np.uint16), count=9)
    found = open_set(tmp_path)
    assert [image.stem for image, _ in found.spread(3).pairs] == ['000', '004', '008']
    assert found.spread(100).pairs == found.pairs


@pytest.mark.parametrize(('scale', 'shift'), [(1.0, 0.0), (3.7, 0.9), (1e-3, -2.0), (500.0, 40.0)])
def test_scale_and_shift_of_inverse_depth_do_not_matter(scale: float, shift: float) -> None:
    inverse = (scale / TRUTH + shift).astype(np.float32)
    result = score(aligned(inverse, TRUTH, 10.0), TRUTH)
    assert result.abs_rel < 1e-3
    assert (result.delta1, result.known) == (1.0, 1.0)


@pytest.mark.parametrize('wrong', [TRUTH, -1 / TRUTH, np.sqrt(TRUTH)])
def test_far_in_place_of_near_is_worth_no_more_than_a_constant(
        wrong: NDArray[np.float32]) -> None:
    constant = aligned(np.zeros_like(TRUTH), TRUTH, 10.0)
    assert np.ptp(constant) < 1e-6
    np.testing.assert_allclose(aligned(wrong, TRUTH, 10.0), constant, rtol=1e-5)
    np.testing.assert_allclose(1 / constant[0, 0], (1 / TRUTH).mean(), rtol=1e-5)


def test_what_is_fitted_beyond_the_range_is_clipped_to_it() -> None:
    # The last pixel is fitted with a negative inverse depth.
    inverse = np.array([[1.0, 0.5, -3.0]], np.float32)
    truth = np.array([[1.0, 2.0, np.nan]], np.float32)
    np.testing.assert_allclose(aligned(inverse, truth, 10.0), [[1, 2, 10]], rtol=1e-5)


def test_scores_by_hand() -> None:
    truth = np.array([[1.0, 2.0, 4.0, np.nan]], np.float32)
    depth = np.array([[1.2, 1.5, np.nan, 9.0]], np.float32)
    result = score(depth, truth)
    assert result.abs_rel == pytest.approx((0.2 + 0.25) / 2)
    assert result.delta1 == 0.5
    assert result.known == pytest.approx(2 / 3)


def test_nothing_in_common_cannot_be_scored() -> None:
    unknown, truth = np.full((2, 2), np.nan, np.float32), np.ones((2, 2), np.float32)
    with pytest.raises(ValueError, match='no pixel has both a predicted and a true depth; leave'):
        score(unknown, truth)
    with pytest.raises(ValueError, match='no pixel has both'):
        aligned(unknown, truth, 10.0)


def scores_of(name: str, folder: Path) -> dict[str, DepthScore]:
    """Return the scores of one image."""
    estimator = load_estimator(ModelParams(name=name))
    (scores, seconds), = evaluate(estimator, open_set(folder))
    assert seconds >= 0
    return scores


def test_a_relative_model_is_scored_after_the_fit_beside_the_baselines(tmp_path: Path) -> None:
    small = cv2.resize(1 / TRUTH * 7 + 3, (160, 120), interpolation=cv2.INTER_AREA)
    scores = scores_of(recorded(tmp_path / 'maps', small), millimeters(tmp_path / 'set'))
    assert list(scores) == ['aligned', 'row', 'constant']
    assert scores['aligned'].abs_rel < 0.01
    assert 0.02 < scores['row'].abs_rel < scores['constant'].abs_rel


def test_a_metric_model_is_also_scored_as_given(tmp_path: Path) -> None:
    name = recorded(tmp_path / 'maps', TRUTH * 1.5, '_depth.npy')
    scores = scores_of(name, millimeters(tmp_path / 'set'))
    assert scores['aligned'].abs_rel < 1e-3
    assert scores['as given'].abs_rel == pytest.approx(0.5, abs=0.01)
    assert scores['as given'].delta1 == 0.0


def test_meters_cannot_be_compared_with_a_truth_without_unit(tmp_path: Path) -> None:
    stored = np.round(TRUTH / TRUTH.max() * 255).astype(np.uint8)
    folder = write_set(tmp_path / 'set', 'rgb/*.jpg', 'depth/*.png', stored)
    scores = scores_of(recorded(tmp_path / 'maps', TRUTH, '_depth.npy'), folder)
    assert 'as given' not in scores
    assert scores['aligned'].abs_rel < 0.01


def test_pixels_without_depth_are_counted_not_scored(tmp_path: Path) -> None:
    inverse = 1 / TRUTH
    inverse[:, WIDTH // 2:] = np.nan
    scores = scores_of(recorded(tmp_path / 'maps', inverse), millimeters(tmp_path / 'set'))
    assert scores['aligned'].known == pytest.approx(0.5)
    assert scores['aligned'].abs_rel < 1e-3
    assert scores['row'].known == 1.0


def test_an_image_that_cannot_be_scored_is_named(tmp_path: Path) -> None:
    name = recorded(tmp_path / 'maps', np.full_like(TRUTH, np.nan))
    with pytest.raises(ValueError, match=r'rgb/000\.jpg: no pixel has both'):
        scores_of(name, millimeters(tmp_path / 'set'))


def arguments(*given: str) -> argparse.Namespace:
    """Parse arguments as the command line does."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(given)


def test_the_table_has_a_row_per_method(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = millimeters(tmp_path / 'rooms', count=2)
    name = recorded(tmp_path / 'maps', TRUTH, '_depth.npy', count=2)
    assert main(arguments('--data', str(data), '--model', name)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f'{name}: metric, recorded on cpu, fp32, input size 252'
    assert lines[1].split() == ['data', 'images', 'method', 'AbsRel', 'delta1', 'known',
                                'ms/image']
    assert lines[2].split()[:6] == ['rooms', '2', 'aligned', '0.000', '1.000', '100.0%']
    assert lines[3].split() == ['as', 'given', '0.000', '1.000', '100.0%']
    assert [line.split()[0] for line in lines[4:]] == ['row', 'constant']


def test_unless_told_otherwise_the_embedded_model_is_measured_as_every_benchmark_does() -> None:
    args = arguments('--data', 'somewhere')
    assert (args.model, args.device, args.input_size, args.frames) == ('embedded', 'auto', 252, 60)


@pytest.mark.parametrize('option', ['--frames', '--limit'])
def test_fewer_frames_than_one_are_refused(option: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='--frames: expected at least 1, got 0'):
        main(arguments('--data', str(tmp_path), option, '0'))


def test_a_model_that_is_not_there_is_an_error_of_the_model(tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match='no folder'):
        main(arguments('--data', str(millimeters(tmp_path)), '--model', 'recorded:/gone'))
