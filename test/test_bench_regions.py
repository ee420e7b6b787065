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
from dataclasses import astuple, replace
import math
from pathlib import Path
from typing import TypeAlias

import cv2
from depth_seg_ros.bench.judging import judge, object_labels, score_view, Worst
from depth_seg_ros.bench.metrics import (
    ground_iou, match_frame, mean_score, MEDIUM, RegionScore, score_frame, SMALL, standing_out)
from depth_seg_ros.bench.region_sets import open_folder, SCENES, SceneSet, View
from depth_seg_ros.bench.regions import add_arguments, evaluate, main, run
from depth_seg_ros.depth import DepthKind, DepthMap
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


def basics(score: RegionScore) -> tuple[float, ...]:
    """Return the score without the recall by size and the ground."""
    return astuple(score)[:6]


def test_the_truth_scores_full_marks_whatever_its_numbers() -> None:
    found = np.where(TRUTH > 0, 9 - TRUTH, 0)
    assert basics(score_frame(found, TRUTH)) == (1.0, 1.0, 1.0, 1.0, 0.0, 0.0)


def test_a_missed_object_costs_recall() -> None:
    score = score_frame(labels((10, 30, 10, 30)), TRUTH)
    assert (score.share_75, score.recall, score.false) == (0.5, 0.5, 0.0)
    assert score.overlap_f == score.boundary_f == pytest.approx(2 / 3)


def test_nothing_found_scores_zero() -> None:
    assert basics(score_frame(labels(), TRUTH)) == (0.0,) * 6


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
    assert basics(both) == (1.0, 1.0, 1.0, 1.0, 0.0, 0.0)
    assert score_frame(labels((10, 30, 10, 30)), truth, 0.0).recall == 0.5


def test_without_objects_only_false_regions_count() -> None:
    score = score_frame(labels((10, 30, 10, 30)), labels())
    assert math.isnan(score.overlap_f) and math.isnan(score.recall) and score.false == 1.0
    full = score_frame(TRUTH, TRUTH)
    mean = mean_score([score, full])
    assert mean.overlap_f == 1.0 and mean.false == 0.5
    assert math.isnan(mean_score([score]).overlap_f)


def test_recall_is_told_by_the_size_of_the_object() -> None:
    # 16, 100 and 400 of 4800 pixels: 0.3, 2.1 and 8.3 % of the image.
    truth = labels((50, 54, 10, 14), (40, 50, 50, 60), (10, 30, 10, 30), (10, 30, 50, 70))
    assert 16 / 4800 < SMALL < 100 / 4800 < MEDIUM < 400 / 4800
    score = score_frame(labels((40, 50, 50, 60), (10, 30, 10, 30)), truth)
    assert (score.small, score.medium, score.large) == (0.0, 1.0, 0.5)
    assert score.recall == 0.5
    without = score_frame(TRUTH, TRUTH)
    assert math.isnan(without.small) and math.isnan(without.medium) and without.large == 1.0


def test_a_match_tells_which_objects_are_missed_and_which_regions_are_false() -> None:
    found = labels((10, 30, 10, 28), (10, 18, 50, 70), (40, 55, 5, 25))
    match = match_frame(found, TRUTH)
    assert match.objects[~match.found, 0].tolist() == [2]
    assert match.regions[~match.inside, 0].tolist() == [3]
    assert match.iou[0, 0] == pytest.approx(0.9)


def test_ground_counts_where_it_is_judged() -> None:
    truth = np.zeros(SHAPE, np.bool_)
    truth[30:] = True
    found, everywhere = truth.copy(), np.ones(SHAPE, np.bool_)
    found[30:45] = False
    assert ground_iou(truth, truth, everywhere) == 1.0
    assert ground_iou(found, truth, everywhere) == 0.5
    assert ground_iou(found, truth, np.arange(60)[:, None] >= np.full(80, 45)) == 1.0
    assert ground_iou(everywhere, truth, everywhere) == 0.5


def test_little_ground_is_not_judged() -> None:
    truth = np.zeros(SHAPE, np.bool_)
    truth[57:] = True
    assert ground_iou(truth, truth, np.ones(SHAPE, np.bool_)) == 1.0
    truth[57] = False
    assert math.isnan(ground_iou(truth, truth, np.ones(SHAPE, np.bool_)))


def test_what_is_not_known_of_a_view_has_no_score() -> None:
    classes = np.full(SHAPE, RegionClass.GROUND, np.uint8)
    found = Segmentation(np.zeros(SHAPE, np.int32), classes)
    depth = DepthMap(np.ones(SHAPE, np.float32), DepthKind.METRIC)
    floor = score_view(found, View('0', depth, ground=classes > 0), 0.0)
    assert floor.ground == 1.0 and math.isnan(floor.false) and math.isnan(floor.overlap_f)
    things = score_view(found, View('0', depth, objects=TRUTH), 0.0)
    assert things.overlap_f == 0.0 and math.isnan(things.ground)


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
    view, = outdoor.views(1, 3)
    again, = outdoor.views(1, 3)
    other, = outdoor.views(1, 4)
    np.testing.assert_array_equal(again.depth.values, view.depth.values)
    assert not np.array_equal(other.depth.values, view.depth.values)
    assert view.objects is not None and view.objects.max() > 0


def test_every_set_gives_views() -> None:
    assert len({scenes.name for scenes in SCENES}) == len(SCENES)
    for scenes in SCENES:
        view, = scenes.views(1, 0)
        assert view.objects is not None and view.ground is not None
        assert view.depth.shape == view.objects.shape == view.ground.shape
        assert view.objects.any() == (scenes.name != 'bare floor')
        assert view.ground.any() == (scenes.name != 'no ground')


def test_ground_is_ahead_of_the_other_methods() -> None:
    f = {}
    for method in ('ground', 'local', 'threshold'):
        score, milliseconds = evaluate(
            SCENES[0], SegmentationParams(method=method), count=9, seed=2)
        f[method] = score.overlap_f
        assert milliseconds > 0
    assert f['ground'] > f['local'] + 0.05 and f['local'] > f['threshold'] + 0.3


def write_views(folder: Path, layout: str = 'instance') -> Path:
    """Write a box before a wall and a floor, as depth with instances, or as NYU with classes."""
    depth = np.full((480, 640), 4000.0)
    rows = np.arange(240, 480)
    depth[240:] = np.minimum(4000, 640000 / (rows - 79.0))[:, None]
    labels = np.full(depth.shape, 1, np.uint8)
    if layout == 'instance':
        labels[160:360, 240:400] = 2
        depth[160:360, 240:400] = depth[359, 0]
        files = {'depth_mm': depth.astype(np.uint16), 'instance': labels}
    else:
        labels[240:] = 2
        labels[-60:, 300:] = 0
        files = {'depth': (255 * depth / depth.max()).round().astype(np.uint8), 'class40': labels}
    for name, image in (*files.items(), ('rgb', labels)):
        (folder / name).mkdir(parents=True)
        suffix = 'jpg' if name == 'rgb' else 'png'
        assert cv2.imwrite(str(folder / name / f'0.{suffix}'), image)
    return folder


def test_views_with_instances_are_read_as_metric_and_as_relative(tmp_path: Path) -> None:
    metric, relative = open_folder(write_views(tmp_path / 'views'))
    assert (metric.name, relative.name) == ('views metric', 'views relative')
    (view,) = metric.views(9, 0)
    assert view.depth.kind is DepthKind.METRIC and view.depth.values[0, 0] == 4.0
    assert view.objects is not None and set(np.unique(view.objects)) == {0, 2}
    assert view.name == '0' and view.ground is None
    (view,) = relative.views(9, 0)
    assert view.depth.kind is DepthKind.RELATIVE_INVERSE and view.depth.values[0, 0] == 0.25


def test_of_views_with_classes_the_floor_is_read_inside_the_crop(tmp_path: Path) -> None:
    metric, _ = open_folder(write_views(tmp_path / 'nyu', 'class40'))
    (view,) = metric.views(1, 0)
    assert view.objects is None and view.ground is not None and view.judged is not None
    assert view.depth.shape == view.ground.shape == (426, 560)
    assert view.ground.any(axis=1).argmax() == 240 - 45
    assert not view.judged[420 - 45:, 300 - 41:].any() and view.judged.mean() > 0.9


def test_at_most_so_many_views_are_read_evenly_spread(tmp_path: Path) -> None:
    folder = write_views(tmp_path / 'views')
    for name in range(1, 5):
        for part, suffix in (('depth_mm', 'png'), ('instance', 'png'), ('rgb', 'jpg')):
            (folder / part / f'{name}.{suffix}').symlink_to(folder / part / f'0.{suffix}')
    (folder / 'instance' / '4.png').unlink()
    assert [view.name for view in open_folder(folder)[0].views(9, 0)] == ['0', '1', '2', '3']
    assert [view.name for view in open_folder(folder)[0].views(2, 0)] == ['0', '3']


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='in a layout that is known'):
        open_folder(tmp_path)
    folder = write_views(tmp_path / 'views')
    (folder / 'instance' / '0.png').unlink()
    with pytest.raises(ValueError, match=r'such as depth/\*.png with class40/\*.png or '
                                         r'depth_mm/\*.png with instance/\*.png; found no labels'):
        open_folder(folder)


def test_labels_that_are_no_image_of_that_shape_are_refused(tmp_path: Path) -> None:
    folder = write_views(tmp_path / 'views')
    metric, _ = open_folder(folder)
    assert cv2.imwrite(str(folder / 'instance' / '0.png'), np.zeros((9, 9), np.uint8))
    with pytest.raises(ValueError, match=r'0\.png: expected one channel of shape \(480, 640\) as '
                                         r'the depth, got \(9, 9\)'):
        list(metric.views(1, 0))
    (folder / 'depth_mm' / '0.png').write_bytes(b'no image')
    with pytest.raises(ValueError, match=r'0\.png: expected one channel, got nothing readable'):
        list(metric.views(1, 0))


def parsed(*words: str) -> argparse.Namespace:
    """Return parsed arguments of the benchmark."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(words)


def test_the_table_has_a_line_per_set_and_method() -> None:
    lines = list(run((SCENES[0], SCENES[-1]), 1, 0, ('ground', 'local')))
    assert len(lines) == 5 and lines[0].split()[:2] == ['views', 'method']
    assert lines[1].startswith('default') and lines[3].startswith('bare floor')
    assert lines[3].split()[3:10] == ['-'] * 7 and lines[2].split()[0] == 'local'
    assert {len(line) for line in lines} == {100}
    assert all(float(line.split()[-1]) > 0 for line in lines[1:])


def test_the_command_prints_every_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    views = write_views(tmp_path / 'views')
    rooms = write_views(tmp_path / 'rooms', 'class40')
    assert main(parsed('--scenes', '1', '--data', str(views), str(rooms), '--method', 'ground',
                       '--sequences', '0')) == 0
    legend, table = capsys.readouterr().out.split('\n\n')
    out = table.splitlines()
    assert len(out) == 1 + len(SCENES) + 4
    assert max(map(len, legend.splitlines() + out)) <= 100
    assert [' '.join(line.split()[:2]) for line in out[-4:]] == [
        'views metric', 'views relative', 'rooms metric', 'rooms relative']
    assert out[-2].split()[3:12] == ['-'] * 9
    assert float(out[-2].split()[12]) > 0.9  # the floor of a room without anything in it


def test_the_sheet_shows_the_worst_frames_of_the_first_method(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
        ) -> None:
    monkeypatch.setattr('depth_seg_ros.bench.regions.SCENES', SCENES[:2])
    sheet = tmp_path / 'sheet.png'
    assert main(parsed('--scenes', '2', '--method', 'local', 'ground', '--sheet', str(sheet),
                       '--sequences', '0',
                       '--worst', '3')) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f'the 3 worst frames of method local: {sheet}')
    picture = cv2.imread(str(sheet))
    assert picture is not None and picture.shape[1] > 1900


def test_a_sheet_that_cannot_be_written_is_an_error(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('depth_seg_ros.bench.regions.SCENES', SCENES[:1])
    (tmp_path / 'sheet.png').mkdir()
    with pytest.raises(OSError, match="cannot be written: Is a dir.*/sheet.png'$"):
        main(parsed('--scenes', '1', '--method', 'ground', '--sheet', str(tmp_path / 'sheet.png')))


def test_the_worst_frames_are_those_of_least_worth() -> None:
    worst, best = Worst(2), Worst(0)
    params = SegmentationParams(method='local')
    frames = [*judge(SCENES[0], params, 3, 1), *judge(SCENES[-1], params, 1, 1)]
    for frame in frames:
        worst.add([frame])
    best.add(frames)
    assert worst.frames == sorted(frames, key=lambda frame: frame.worth)[:2]
    assert best.frames == []


def test_without_objects_the_worth_is_that_of_the_ground() -> None:
    frame, = judge(SCENES[-1], SegmentationParams(), 1, 1)
    assert frame.worth == frame.score.ground > 0.8
    unlabeled = replace(frame, score=replace(frame.score, ground=math.nan))
    assert unlabeled.worth == 1.0
    assert replace(frame, score=replace(frame.score, false=2.0)).worth == 0.0
    assert replace(frame, score=replace(frame.score, overlap_f=0.3)).worth == 0.3


@pytest.mark.parametrize(('words', 'message'), [
    (('--scenes', '0'), '--scenes: expected 1 or more, got 0'),
    (('--seed', '-1'), '--seed: expected 0 or more, got -1'),
    (('--worst', '0'), '--worst: expected 1 or more, got 0'),
    (('--sheet', 'sheet.jpg'), '--sheet: expected a .png file in a folder that is there, got'),
    (('--sheet', '/gone/sheet.png'), '--sheet: expected a .png file in a folder')])
def test_arguments_that_make_no_sense_are_refused(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        main(parsed(*words))
