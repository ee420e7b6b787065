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
"""Facts about scores of regions, and about the table that the benchmark prints."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TypeAlias

import cv2
from depth_seg_ros.bench.metrics import mean_score, RegionScore, score_frame, standing_out
from depth_seg_ros.bench.regions import (
    add_arguments, evaluate, FolderSet, main, object_labels, run, SCENES, SceneSet)
from depth_seg_ros.depth import DepthKind
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation import RegionClass, Segmentation
import numpy as np
from numpy.typing import NDArray
import pytest

Labels: TypeAlias = NDArray[np.int32]
SHAPE = (60, 80)


def labels(*boxes: tuple[int, int, int, int]) -> Labels:
    """Return labels 1, 2, ... of boxes given as top, bottom, left, right."""
    image = np.zeros(SHAPE, np.int32)
    for number, (top, bottom, left, right) in enumerate(boxes, 1):
        image[top:bottom, left:right] = number
    return image


TRUTH = labels((10, 30, 10, 30), (10, 30, 50, 70))


def test_the_truth_scores_full_marks_whatever_its_numbers() -> None:
    found = np.where(TRUTH > 0, 9 - TRUTH, 0)
    assert score_frame(found, TRUTH) == RegionScore(1.0, 1.0, 1.0, 1.0, 0.0, 0.0)


def test_a_missed_object_costs_recall() -> None:
    score = score_frame(labels((10, 30, 10, 30)), TRUTH)
    assert (score.share_75, score.recall, score.false) == (0.5, 0.5, 0.0)
    assert score.overlap_f == score.boundary_f == pytest.approx(2 / 3)


def test_nothing_found_scores_zero() -> None:
    assert score_frame(labels(), TRUTH) == RegionScore(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_a_region_off_every_object_is_false() -> None:
    score = score_frame(labels((10, 30, 10, 30), (10, 30, 50, 70), (40, 55, 5, 25)), TRUTH)
    assert score.false == 1.0 and score.recall == 1.0
    assert score.overlap_f == pytest.approx(2 * (800 / 1100) / (1 + 800 / 1100))


def test_a_region_over_two_objects_is_false() -> None:
    score = score_frame(labels((10, 30, 10, 70)), TRUTH)
    assert score.false == 1.0 and score.recall == 0.0


def test_parts_of_an_object_are_fragments_and_one_of_them_its_pair() -> None:
    score = score_frame(labels((10, 30, 10, 18), (10, 30, 20, 30), (10, 30, 50, 70)), TRUTH)
    assert score.fragments == 1.0 and score.false == 0.0
    assert score.recall == 1.0 and score.share_75 == 0.5


def test_iou_of_one_half_is_a_recall_and_less_is_not() -> None:
    truth = labels((10, 30, 10, 30))
    assert score_frame(labels((10, 30, 10, 20)), truth).recall == 1.0
    assert score_frame(labels((10, 30, 10, 19)), truth).recall == 0.0


def test_every_region_and_object_is_paired_once() -> None:
    # Greedy pairing would give the large region to the first object and leave the second alone.
    truth = labels((10, 30, 10, 30), (10, 30, 30, 50))
    score = score_frame(labels((10, 30, 10, 18), (10, 30, 20, 50)), truth)
    assert score.recall == 0.5 and score.false == 0.0


def test_outlines_match_within_their_reach() -> None:
    near = score_frame(labels((11, 31, 10, 30)), labels((10, 30, 10, 30)))
    away = score_frame(labels((14, 34, 10, 30)), labels((10, 30, 10, 30)))
    assert near.boundary_f == 1.0 and near.overlap_f == pytest.approx(0.95)
    assert away.boundary_f < 0.6


def test_small_objects_count_neither_as_missed_nor_as_false() -> None:
    truth = labels((10, 30, 10, 30), (40, 42, 40, 42))
    assert score_frame(labels((10, 30, 10, 30)), truth, 0.002).recall == 1.0
    both = score_frame(labels((10, 30, 10, 30), (40, 42, 40, 42)), truth, 0.002)
    assert both == RegionScore(1.0, 1.0, 1.0, 1.0, 0.0, 0.0)
    assert score_frame(labels((10, 30, 10, 30)), truth, 0.0).recall == 0.5


def test_without_objects_only_false_regions_count() -> None:
    score = score_frame(labels((10, 30, 10, 30)), labels())
    assert math.isnan(score.overlap_f) and math.isnan(score.recall) and score.false == 1.0
    full = score_frame(TRUTH, TRUTH)
    mean = mean_score([score, full])
    assert mean.overlap_f == 1.0 and mean.false == 0.5
    assert math.isnan(mean_score([score]).overlap_f)


def test_label_images_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r'of one shape, got \(60, 80\) and \(80, 60\)'):
        score_frame(labels(), labels().T)


def test_what_stands_out_is_nearer_than_its_surroundings_and_not_too_large() -> None:
    instances = np.full(SHAPE, 5, np.int32)  # the wall
    instances[5:25, 5:25], instances[5:25, 30:50], instances[30:50, 5:25] = 1, 2, 3
    near = np.full(SHAPE, 0.5, np.float32)
    near[instances == 1] = 0.6
    near[instances == 2] = 0.51  # by 2 %
    near[instances == 3] = 0.4  # a niche
    assert set(np.unique(standing_out(near, instances))) == {0, 1}
    near[instances == 5] = np.nan  # what is beside the unknown may stand out of it or not
    assert not standing_out(near, instances).any()
    large = np.ones(SHAPE, np.int32)
    large[:, 40:] = 2
    assert not standing_out(np.where(large == 1, 0.9, 0.3).astype(np.float32), large).any()


def test_only_objects_are_scored() -> None:
    found = labels((0, 10, 0, 10), (20, 30, 0, 10))
    classes = np.where(found == 1, RegionClass.OBJECT, RegionClass.STRUCTURE).astype(np.uint8)
    assert set(np.unique(object_labels(Segmentation(found, classes)))) == {0, 1}


def test_scenes_of_a_set_are_seeded() -> None:
    outdoor = SceneSet('outdoor', ('outdoor',))
    (depth, truth), = outdoor.frames(1, 3)
    (again, _), = outdoor.frames(1, 3)
    (other, _), = outdoor.frames(1, 4)
    np.testing.assert_array_equal(again.values, depth.values)
    assert not np.array_equal(other.values, depth.values) and truth.max() > 0


def test_every_set_gives_frames() -> None:
    assert len({scenes.name for scenes in SCENES}) == len(SCENES)
    for scenes in SCENES:
        (depth, truth), = scenes.frames(1, 0)
        assert depth.shape == truth.shape
        assert bool(truth.any()) == (scenes.name != 'bare floor')


def test_ground_is_ahead_of_the_other_methods() -> None:
    f = {}
    for method in ('ground', 'local', 'threshold'):
        score, milliseconds = evaluate(
            SCENES[0], SegmentationParams(method=method), count=9, seed=2)
        f[method] = score.overlap_f
        assert milliseconds > 0
    assert f['ground'] > f['local'] + 0.05 and f['local'] > f['threshold'] + 0.3


def write_views(folder: Path) -> Path:
    """Write a box before a wall and a floor, as depth in millimeters and instances."""
    depth = np.full((120, 160), 4000, np.uint16)
    rows = np.arange(60, 120)
    depth[60:] = np.minimum(4000, 160000 / (rows - 19.0))[:, None]
    instances = np.full((120, 160), 1, np.uint8)
    instances[40:90, 60:100] = 2
    depth[40:90, 60:100] = depth[89, 0]
    for name, image in (('depth_mm', depth), ('instance', instances)):
        (folder / name).mkdir(parents=True)
        assert cv2.imwrite(str(folder / name / '0.png'), image)
    return folder


def test_real_views_are_read_as_metric_and_as_relative(tmp_path: Path) -> None:
    folder = write_views(tmp_path / 'views')
    (metric, truth), = FolderSet(folder, relative=False).frames(9, 0)
    assert metric.kind is DepthKind.METRIC and metric.values[0, 0] == 4.0
    assert set(np.unique(truth)) == {0, 2}
    (relative, _), = FolderSet(folder, relative=True).frames(9, 0)
    assert relative.kind is DepthKind.RELATIVE_INVERSE
    assert relative.values[0, 0] == 0.25
    assert FolderSet(folder, True).name == 'views relative'
    assert list(FolderSet(folder, False).frames(0, 0)) == []


def test_a_folder_without_views_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r'expected depth_mm/\*.png and instance/\*.png'):
        FolderSet(tmp_path, relative=False)


def test_a_view_that_is_no_image_of_one_channel_is_refused(tmp_path: Path) -> None:
    folder = write_views(tmp_path / 'views')
    (folder / 'instance' / '0.png').write_bytes(b'no image')
    with pytest.raises(ValueError, match='0.png: expected an image of one channel'):
        list(FolderSet(folder, False).frames(1, 0))


def parsed(*words: str) -> argparse.Namespace:
    """Return parsed arguments of the benchmark."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_the_table_has_a_line_per_set_and_method(tmp_path: Path) -> None:
    lines = list(run((SCENES[0], SCENES[-1]), 1, 0, ('ground', 'local')))
    assert len(lines) == 5 and lines[0].split()[:2] == ['scenes', 'method']
    assert lines[1].startswith('default') and lines[3].startswith('bare floor')
    assert 'nan' in lines[3] and lines[2].split()[0] == 'local'


def test_the_command_prints_every_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_views(tmp_path / 'views')
    assert main(parsed('--scenes', '1', '--data', str(folder), '--method', 'ground')) == 0
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 1 + len(SCENES) + 2
    assert out[-2].startswith('views metric') and out[-1].startswith('views relative')


@pytest.mark.parametrize(('words', 'message'), [
    (('--scenes', '0'), '--scenes: expected at least 1, got 0'),
    (('--seed', '-1'), '--seed: expected 0 or more, got -1')])
def test_arguments_that_make_no_sense_are_refused(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        main(parsed(*words))
