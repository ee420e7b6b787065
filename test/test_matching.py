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
"""Messages find the image that is nearest to them in time."""

from __future__ import annotations

from depth_seg_ros.matching import Missed, Recent, Waiting
import numpy as np
import pytest


def recent(*stamps: int, kept: int = 9) -> Recent[str]:
    made: Recent[str] = Recent(kept)
    for stamp in stamps:
        made.add(stamp, f'at {stamp}')
    return made


@pytest.mark.parametrize(('stamp', 'found'), [
    (200, 'at 200'), (209, 'at 200'), (191, 'at 200'), (295, 'at 300'),
    (250, None), (211, None), (89, None), (310, 'at 300'), (311, None)])
def test_the_nearest_within_the_skew_is_found(stamp: int, found: str | None) -> None:
    assert recent(100, 200, 300).nearest(stamp, 10) == found


def test_of_two_that_are_equally_near_the_newer_counts() -> None:
    assert recent(100, 200).nearest(150, 50) == 'at 200'
    assert recent(100, 100).nearest(100, 0) == 'at 100'


def test_without_a_skew_only_the_same_stamp_fits() -> None:
    assert recent(100).nearest(100, 0) == 'at 100'
    assert recent(100).nearest(101, 0) is None


def test_it_is_that_of_all_pairs() -> None:
    random = np.random.default_rng(3)
    stamps = sorted(random.integers(0, 1000, 30).tolist())
    topic = recent(*stamps, kept=30)
    for stamp in random.integers(0, 1000, 50).tolist():
        least = min(abs(each - stamp) for each in stamps)
        found = topic.nearest(stamp, 1000)
        assert found is not None and abs(int(found[3:]) - stamp) == least


def test_only_the_last_ones_are_kept() -> None:
    topic = recent(100, 200, 300, kept=2)
    assert topic.nearest(100, 50) is None
    assert topic.nearest(200, 0) == 'at 200'
    assert topic.newest_ns == 300


def test_a_stamp_that_goes_back_begins_anew() -> None:
    topic = recent(100, 200, 50)
    assert topic.nearest(200, 10) is None
    assert (topic.nearest(50, 0), topic.newest_ns) == ('at 50', 50)


def test_nothing_is_near_before_the_first() -> None:
    assert recent().newest_ns is None
    assert recent().nearest(0, 10**12) is None


def test_a_message_that_comes_late_is_told_with_its_image_at_the_next_and_once() -> None:
    images: Missed[str] = Missed(9)
    assert images.add(100, recent(), 10) is None
    assert images.add(200, recent(95), 10) == (100, 'at 95')
    assert images.add(300, recent(95), 10) is None


def test_of_several_late_messages_the_newest_counts_and_older_images_are_done_with() -> None:
    images: Missed[str] = Missed(9)
    for stamp in (100, 200, 300):
        images.add(stamp, recent(), 10)
    assert images.add(400, recent(100, 200), 10) == (200, 'at 200')
    assert images.add(500, recent(100), 10) is None
    assert images.add(600, recent(300), 10) == (300, 'at 300')


def test_no_more_images_without_a_message_are_kept_than_are_asked_for() -> None:
    images: Missed[str] = Missed(2)
    for stamp in (100, 200, 300):
        images.add(stamp, recent(), 10)
    assert images.add(400, recent(100), 10) is None
    assert images.add(500, recent(400), 10) == (400, 'at 400')


def test_a_message_is_not_late_for_an_image_of_before_a_stamp_went_back() -> None:
    for stamp in (90, 100):
        images: Missed[str] = Missed(9)
        images.add(100, recent(), 10)
        assert images.add(stamp, recent(100), 10) is None


def waiting(*stamps: int, kept: int = 9) -> Waiting[str]:
    made: Waiting[str] = Waiting(kept)
    for stamp in stamps:
        made.add(stamp, f'image {stamp}')
    return made


def test_images_wait_until_the_other_topic_is_as_far_as_they_are() -> None:
    images = waiting(10, 20, 30)
    assert images.due(None) == images.due(9) == []
    assert images.due(20) == [(10, 'image 10'), (20, 'image 20')]
    assert images.due(20) == []
    assert images.due(31) == [(30, 'image 30')]


def test_no_more_wait_than_are_allowed() -> None:
    assert waiting(10, 20, 30, kept=2).due(None) == [(10, 'image 10')]


def test_images_from_before_a_stamp_went_back_wait_no_longer() -> None:
    images = waiting(100, 110, 5)
    assert images.due(None) == [(100, 'image 100'), (110, 'image 110')]
    assert images.due(5) == [(5, 'image 5')]


def test_all_that_wait_may_be_taken_at_once() -> None:
    waiting: Waiting[str] = Waiting(9)
    waiting.add(1, 'one')
    waiting.add(2, 'two')
    assert waiting.all() == [(1, 'one'), (2, 'two')]
    assert waiting.all() == waiting.due(9) == []
