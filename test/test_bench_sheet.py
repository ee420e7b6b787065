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
"""Facts about the contact sheet of the worst frames."""

from __future__ import annotations

from depth_seg_ros.bench.judging import Judged
from depth_seg_ros.bench.metrics import RegionScore
from depth_seg_ros.bench.region_sets import SceneSet, View
from depth_seg_ros.bench.sheet import contact_sheet
from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.segmentation import RegionClass, Segmentation
import numpy as np
from numpy.typing import NDArray
import pytest

SHAPE = (120, 160)
RED, YELLOW = (0, 0, 255), (0, 255, 255)
CAPTION, WIDTH = 22, 320


def boxes(*corners: tuple[int, int]) -> NDArray[np.int32]:
    """Return labels 1, 2, ... of boxes of 30 by 40 with these top left corners."""
    image = np.zeros(SHAPE, np.int32)
    for number, (top, left) in enumerate(corners, 1):
        image[top:top + 30, left:left + 40] = number
    return image


def judged(found: NDArray[np.int32], truth: NDArray[np.int32] | None,
           ground: NDArray[np.bool_] | None = None) -> Judged:
    """Return a frame of a ramp in depth with these regions and objects."""
    depth = np.repeat(np.linspace(0.1, 1, SHAPE[0], dtype=np.float32)[:, None], SHAPE[1], axis=1)
    classes = np.where(found > 0, RegionClass.OBJECT, RegionClass.GROUND).astype(np.uint8)
    return Judged(SceneSet('test', ('indoor',)), View(
        '7', DepthMap(depth, DepthKind.RELATIVE_INVERSE), truth, ground),
        Segmentation(found, classes), RegionScore(0.5, 0.5, 0.5, 0.5, 1.0, 0.0), 0.0)


def panels(sheet: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Return heat map, truth and result of the first frame."""
    return [sheet[CAPTION:CAPTION + 240, left:left + WIDTH] for left in range(0, 3 * WIDTH, WIDTH)]


def has(panel: NDArray[np.uint8], color: tuple[int, int, int]) -> bool:
    """Tell whether a color is in a picture."""
    return bool((panel == color).all(axis=2).any())


def test_what_is_right_is_outlined_neither_red_nor_yellow() -> None:
    truth = boxes((20, 20), (60, 100))
    for panel in panels(contact_sheet([judged(truth, truth)])):
        assert not has(panel, RED) and not has(panel, YELLOW)


def test_a_missed_object_is_red_in_truth_and_result() -> None:
    heat, truth, result = panels(contact_sheet([judged(boxes((20, 20)),
                                                       boxes((20, 20), (60, 100)))]))
    assert not has(heat, RED) and not has(result, YELLOW)
    for panel in (truth, result):
        rows, columns = np.nonzero((panel == RED).all(axis=2))
        assert abs(rows.min() - 120) <= 2 and abs(columns.min() - 200) <= 2
        assert abs(rows.max() - 180) <= 2 and abs(columns.max() - 280) <= 2


def test_a_false_region_is_yellow_in_the_result_alone() -> None:
    _, truth, result = panels(contact_sheet([judged(boxes((20, 20), (80, 100)),
                                                    boxes((20, 20)))]))
    assert not has(truth, YELLOW) and not has(result, RED)
    rows, columns = np.nonzero((result == YELLOW).all(axis=2))
    assert abs(rows.min() - 160) <= 2 and abs(columns.min() - 200) <= 2


def test_without_known_objects_nothing_is_outlined_and_the_true_ground_is_drawn() -> None:
    ground = np.zeros(SHAPE, np.bool_)
    ground[80:] = True
    heat, truth, result = panels(contact_sheet([judged(boxes((20, 20)), None, ground)]))
    assert not has(result, RED) and not has(result, YELLOW)
    blue, green, red = truth[200, 200].astype(int)
    assert green > blue and green > red
    assert np.ptp(truth[100, 200].astype(int)) == 0  # gray


def test_frames_stand_two_beside_each_other_in_their_order() -> None:
    truth, wide = boxes((20, 20)), np.zeros((60, 160), np.int32)
    first = contact_sheet([judged(truth, truth)])
    expected = (CAPTION + 240 + 6 + CAPTION, 3 * WIDTH + 6, 3)
    assert first.shape == expected and first.dtype == np.uint8
    low = Judged(SceneSet('low', ('indoor',)), View('0', DepthMap(
        np.ones(wide.shape, np.float32), DepthKind.RELATIVE_INVERSE), wide),
        Segmentation(wide, wide.astype(np.uint8)), RegionScore(*[0.0] * 6), 0.0)
    three = contact_sheet([judged(truth, truth), low, low])
    assert three.shape == (2 * (CAPTION + 6) + 240 + 120 + CAPTION, 2 * (3 * WIDTH + 6), 3)
    alone = first[:-CAPTION]
    np.testing.assert_array_equal(three[:alone.shape[0], :alone.shape[1]], alone)


def test_a_legend_in_the_colors_of_the_outlines_ends_the_sheet() -> None:
    truth = boxes((20, 20))
    legend = contact_sheet([judged(truth, truth)])[-CAPTION:]
    for color in (RED, YELLOW, (255, 255, 255)):
        assert has(legend, color)


def test_no_frame_makes_no_sheet() -> None:
    with pytest.raises(ValueError, match='frames: expected at least one, got none'):
        contact_sheet([])
