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
"""Facts about runs: they count like pixels do."""

from __future__ import annotations

from depth_seg_ros.segmentation.runs import areas, find_runs
import numpy as np
import pytest


@pytest.mark.parametrize('shape', [(1, 1), (1, 30), (30, 1), (20, 31)])
def test_runs_tell_areas_boxes_and_centroids(shape: tuple[int, int]) -> None:
    labels = np.random.default_rng(4).integers(0, 5, shape).astype(np.int32)
    runs = find_runs(labels)
    top, left, bottom, right = runs.boxes(6)
    row, column = runs.centroids(6)
    for number in range(1, 6):
        rows, columns = np.nonzero(labels == number)
        assert runs.areas(6)[number] == areas(labels, 6)[number] == len(rows)
        if len(rows) == 0:
            assert top[number] == left[number] == bottom[number] == right[number] == 0
            continue
        assert (top[number], left[number]) == (rows.min(), columns.min())
        assert (bottom[number], right[number]) == (rows.max() + 1, columns.max() + 1)
        assert row[number] == pytest.approx(rows.mean() + 0.5)
        assert column[number] == pytest.approx(columns.mean() + 0.5)


def test_equal_labels_in_two_rows_are_two_runs_and_none_has_none() -> None:
    runs = find_runs(np.array([[0, 1], [1, 1], [0, 0]], np.int32))
    assert runs.number.tolist() == [1, 1] and runs.row.tolist() == [0, 1]
    assert runs.start.tolist() == [1, 0] and runs.stop.tolist() == [2, 2]
    assert find_runs(np.zeros((2, 2), np.int32)).number.size == 0


@pytest.mark.parametrize('step', [1, 2])
def test_places_are_the_pixels_on_every_row_and_column_of_the_step(step: int) -> None:
    labels = np.random.default_rng(3).integers(0, 3, (15, 21)).astype(np.int32)
    thinned = np.zeros_like(labels)
    thinned[::step, ::step] = labels[::step, ::step]
    np.testing.assert_array_equal(find_runs(labels).places(21, step), np.flatnonzero(thinned))


def test_chosen_runs_keep_their_order_and_every_one_has_its_step() -> None:
    labels = np.array([[1, 1, 1, 2], [2, 2, 1, 1]], np.int32)
    runs = find_runs(labels)
    runs = runs.chosen(np.argsort(runs.number, kind='stable'))
    assert runs.places(4).tolist() == [0, 1, 2, 6, 7, 3, 4, 5]
    assert runs.places(4, np.where(runs.number == 1, 2, 1)).tolist() == [0, 2, 3, 4, 5]
    assert runs.chosen(runs.number == 2).places(4).tolist() == [3, 4, 5]
    assert runs.chosen(runs.number == 9).places(4).size == 0
