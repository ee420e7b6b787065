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
"""Counts and times of images; needs no ROS."""

from __future__ import annotations

from dataclasses import replace
import math

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.quality import Quality
from depth_seg_ros.ros.frame_statistics import DropCause, FrameDropped, FrameStatistics, Summary
from depth_seg_ros.segmentation import Segmentation
from depth_seg_ros.stabilize import Alignment
import numpy as np
import pytest


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def frame():
    """Return a result whose stages took 30 ms together."""
    depth = DepthMap(np.ones((1, 1), np.float32), DepthKind.RELATIVE_INVERSE)
    segmentation = Segmentation(np.zeros((1, 1), np.int32), np.zeros((1, 1), np.uint8))
    return FrameResult(0.0, np.zeros((1, 1, 3), np.uint8), depth, segmentation, (),
                       {'depth': 0.02, 'segmentation': 0.01})


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def statistics(clock):
    return FrameStatistics(clock)


def test_at_first_everything_is_zero_and_times_are_unknown(statistics):
    summary = statistics.summary()
    assert (summary.received, summary.processed, summary.rewinds) == (0, 0, 0)
    assert summary.dropped == dict.fromkeys(DropCause, 0)
    assert (summary.rate_in, summary.rate_out, summary.silence) == (0.0, 0.0, 0.0)
    assert all(map(math.isnan, (*summary.pipeline, *summary.processing, *summary.age)))
    assert (summary.last_drop, summary.last_error, summary.last) == (None, '', None)


def test_rates_are_those_of_the_last_ten_seconds(statistics, clock):
    for _ in range(40):
        clock.now += 0.5
        statistics.image_received()
    assert statistics.summary().rate_in == pytest.approx(2.0, abs=0.11)
    clock.now += 11
    assert statistics.summary().rate_in == 0


def test_losses_are_counted_and_have_a_rate(statistics, clock):
    clock.now += 2
    statistics.images_lost(3)
    statistics.images_lost(5000)
    summary = statistics.summary()
    assert summary.lost == 5003
    assert summary.rate_lost == 5003 / 2
    clock.now += 20
    assert (statistics.summary().lost, statistics.summary().rate_lost) == (5003, 0)


def test_a_rate_is_right_from_the_start(statistics, clock, frame):
    for _ in range(10):
        clock.now += 0.1
        statistics.image_processed(frame, 0.01, 0.02)
    assert statistics.summary().rate_out == pytest.approx(10)


def test_percentiles_are_of_recent_results_only(statistics, clock, frame):
    statistics.image_processed(frame, 9.0, 9.0)
    clock.now += 20
    for milliseconds in range(1, 102):
        statistics.image_processed(frame, milliseconds / 1e3, milliseconds / 1e2)
    summary = statistics.summary()
    assert summary.pipeline == pytest.approx((0.03, 0.03))
    assert summary.processing == pytest.approx((0.051, 0.096))
    assert summary.age == pytest.approx((0.51, 0.96))


def test_silence_counts_from_the_last_image(statistics, clock):
    clock.now += 3
    assert statistics.summary().silence == 3
    statistics.image_received()
    clock.now += 1
    assert statistics.summary().silence == 1


def test_drops_are_counted_by_cause(statistics):
    statistics.image_dropped(DropCause.OVERWRITTEN)
    statistics.image_dropped(DropCause.OVERWRITTEN)
    statistics.image_dropped(DropCause.BAD_IMAGE, 'too short')
    summary = statistics.summary()
    assert summary.dropped[DropCause.OVERWRITTEN] == 2
    assert summary.dropped[DropCause.BAD_IMAGE] == 1
    assert sum(summary.dropped.values()) == 3


def test_an_error_is_remembered_until_an_image_is_processed(statistics, frame):
    statistics.image_dropped(DropCause.BAD_IMAGE, 'too short')
    statistics.image_dropped(DropCause.OVERWRITTEN)
    summary = statistics.summary()
    assert (summary.last_drop, summary.last_error) == (DropCause.OVERWRITTEN, 'too short')
    statistics.image_processed(frame, 0.01, 0.02)
    summary = statistics.summary()
    assert (summary.last_drop, summary.last_error) == (None, '')
    assert summary.last is frame


def test_an_error_is_forgotten_when_a_later_image_is_left_alone_for_another_reason(statistics):
    statistics.image_dropped(DropCause.BAD_IMAGE, 'too short')
    statistics.image_dropped(DropCause.UNWATCHED)
    summary = statistics.summary()
    assert (summary.last_drop, summary.last_error) == (DropCause.UNWATCHED, '')


def test_what_is_missing_is_that_of_the_last_image_processed(statistics, frame):
    assert statistics.summary().missing == ''
    statistics.image_processed(frame, 0.01, 0.02, 'nothing on ~/scan')
    statistics.image_dropped(DropCause.OVERWRITTEN)
    assert statistics.summary().missing == 'nothing on ~/scan'
    statistics.image_processed(frame, 0.01, 0.02)
    assert statistics.summary().missing == ''


def test_an_error_without_a_text_is_remembered_by_its_cause(statistics):
    statistics.image_dropped(DropCause.MODEL_ERROR)
    assert statistics.summary().last_error == 'model error'


def test_stamps_that_went_back_are_counted(statistics):
    statistics.stamp_went_back()
    assert statistics.summary().rewinds == 1


def test_results_in_which_all_is_unknown_are_counted(statistics, frame):
    statistics.image_processed(frame, 0.01, 0.02)
    statistics.image_processed(replace(frame, quality=Quality('too dark')), 0.01, 0.02)
    assert (statistics.summary().processed, statistics.summary().unfit) == (2, 1)


def test_scene_cuts_are_counted(statistics, frame):
    statistics.image_processed(frame, 0.01, 0.02)
    statistics.image_processed(replace(frame, alignment=Alignment(cut=True)), 0.01, 0.02)
    assert statistics.summary().cuts == 1


def test_what_the_user_asked_for_is_no_error():
    harmless = {cause for cause in DropCause if not cause.is_error}
    assert harmless == {DropCause.OVERWRITTEN, DropCause.UNWATCHED, DropCause.DISABLED,
                        DropCause.TOO_OLD, DropCause.NO_DEPTH, DropCause.DEACTIVATED}


def test_a_dropped_frame_says_why():
    assert str(FrameDropped(DropCause.TOO_OLD)) == 'too old'
    assert str(FrameDropped(DropCause.BAD_IMAGE, 'got 5 bytes')) == 'got 5 bytes'


def test_a_summary_has_every_cause():
    assert list(Summary().dropped) == list(DropCause)
