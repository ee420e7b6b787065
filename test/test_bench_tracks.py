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
"""The scores of tracking, on cases worked out by hand."""

from __future__ import annotations

from collections.abc import Iterable
import math

from depth_seg_ros.bench.tracks import score_tracks, track_scores, TrackScore
import numpy as np
from numpy.typing import NDArray
import pytest

Frame = tuple[NDArray[np.int32], NDArray[np.int32]]


def frame(found: Iterable[int], true: Iterable[int] = (1, 2)) -> Frame:
    """Return a frame of which place i shows track `found[i]` and thing `true[i]`; 0 is none."""
    images = []
    for numbers in (found, true):
        image = np.zeros((20, 60), np.int32)
        for place, number in enumerate(numbers):
            image[5:15, 5 + 20 * place:15 + 20 * place] = number
        images.append(image)
    return images[0], images[1]


def test_a_perfect_tracker_scores_one() -> None:
    score = score_tracks([frame((7, 9))] * 5)
    assert score == TrackScore(true_ids=10, found=10, true=10, matched=10, switches=0,
                               fragments=0, births=2)
    assert score.idf1 == score.mota == score.best_idf1 == 1.0


def test_two_ids_that_swap_count_twice() -> None:
    # 10 frames; one to one over all of them 6 of 10 agree for each thing: IDF1 = 12 / 20.
    score = score_tracks([frame((7, 9))] * 6 + [frame((9, 7))] * 4)
    assert (score.true_ids, score.switches, score.fragments) == (12, 2, 0)
    assert score.idf1 == pytest.approx(0.6)
    assert score.mota == pytest.approx(1 - 2 / 20)
    assert score.best_idf1 == 1.0


def test_a_new_id_after_a_gap_is_a_switch_and_a_fragment() -> None:
    # Of 10 sights of thing 1, 4 are track 7, 2 are missed, 4 are track 8.
    score = score_tracks(
        [frame((7,), (1,))] * 4 + [frame((0,), (1,))] * 2 + [frame((8,), (1,))] * 4)
    assert (score.switches, score.fragments, score.births) == (1, 1, 2)
    assert score.idf1 == pytest.approx(2 * 4 / (8 + 10))
    assert score.best_idf1 == pytest.approx(2 * 8 / (8 + 10))
    assert score.mota == pytest.approx(1 - (2 + 0 + 1) / 10)


def test_the_same_id_after_a_gap_is_a_fragment_only() -> None:
    score = score_tracks(
        [frame((7,), (1,))] * 2 + [frame((0,), (1,))] + [frame((7,), (1,))] * 2)
    assert (score.switches, score.fragments, score.matched) == (0, 1, 4)


def test_a_false_region_costs_precision() -> None:
    score = score_tracks([frame((7, 9), (1, 0))] * 4)
    assert (score.found, score.true, score.matched) == (8, 4, 4)
    assert score.idf1 == pytest.approx(2 * 4 / 12)
    assert score.mota == 0.0


def test_one_track_over_two_things_matches_neither_below_half() -> None:
    found, true = frame((7, 7))
    score = score_tracks([(found, true)] * 3)
    assert (score.found, score.true) == (3, 6)
    assert score.matched == 3  # half of it is each: IoU 0.5 matches one of them
    found = np.where(np.arange(60) < 45, found, 0)
    found[:, 40:45] = 7
    assert score_tracks([(found, true)]).matched == 0


def test_who_matched_before_goes_on_though_another_fits_better() -> None:
    true = np.zeros((20, 60), np.int32)
    true[:, 10:40] = 1
    first, both = true * 7, true * 7
    both[:, 10:24] = 9
    both[:, 24:40] = 7
    assert score_tracks([(first, true), (both, true)]).switches == 0


def test_what_is_too_small_counts_neither_as_missed_nor_as_false() -> None:
    found, true = frame((7, 9))
    assert score_tracks([(found, true)], min_share=0.1) == TrackScore(0, 0, 0, 0, 0, 0, 0)
    assert math.isnan(TrackScore(0, 0, 0, 0, 0, 0, 0).idf1)
    assert math.isnan(TrackScore(0, 0, 0, 0, 0, 0, 0).mota)
    assert math.isnan(TrackScore(0, 0, 0, 0, 0, 0, 0).best_idf1)


def test_scores_of_sequences_add_up() -> None:
    one, two = score_tracks([frame((7, 9))] * 2), score_tracks([frame((7, 0))] * 3)
    assert one + two == TrackScore(7, 7, 10, 7, 0, 0, 3)


def test_moving_scenes_are_tracked_and_the_seed_decides() -> None:
    score = track_scores(2, seed=4, frames=12)
    assert score == track_scores(2, seed=4, frames=12)
    assert score.idf1 > 0.6 and score.true > 60


def test_on_exact_masks_ids_stay() -> None:
    score = track_scores(1, seed=1, frames=20, exact=True)
    assert score.best_idf1 == 1.0
    assert score.idf1 > 0.95 and score.switches <= 1
