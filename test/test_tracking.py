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
"""Ids stay with things: on label images drawn by hand, and as invariants on random ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
import math
from typing import Any, TypeAlias

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.params import TrackingParams
from depth_seg_ros.segmentation import (
    GroundPlane, Region, RegionClass, Segmentation, Segmenter, Thresholds)
from depth_seg_ros.synthetic import render, Solid, Surface, to_inverse, World
from depth_seg_ros.tracking import LAST_ID, Tracker
import numpy as np
import pytest

SHAPE = (60, 100)
RATE = 10.0

Box: TypeAlias = tuple[int, int, int, int]
"""Top, left, bottom, right."""

BOX: Box = (20, 20, 40, 40)
OTHER: Box = (20, 60, 40, 80)


def frame(*boxes: Box, kind: RegionClass = RegionClass.OBJECT, shape: tuple[int, int] = SHAPE,
          near: Iterable[float] = ()) -> Segmentation:
    """Return a frame with boxes numbered 1, 2, ... in the order given."""
    labels = np.zeros(shape, np.int32)
    regions = []
    depths = [*near, *[1.0] * len(boxes)]
    for number, (top, left, bottom, right) in enumerate(boxes, 1):
        labels[top:bottom, left:right] = number
        regions.append(Region(
            number, kind, (bottom - top) * (right - left),
            (top, left, bottom - top, right - left), ((top + bottom) / 2, (left + right) / 2),
            depths[number - 1], depths[number - 1]))
    classes = np.where(labels > 0, kind, RegionClass.GROUND).astype(np.uint8)
    return Segmentation(labels, classes, tuple(regions))


def ids(frames: Iterable[Segmentation], rate: float = RATE, **params: Any) -> list[list[int]]:
    """Return the ids of the regions of every frame."""
    tracker = Tracker(TrackingParams(**params))
    return [[region.id for region in tracker.update(each, number / rate).regions]
            for number, each in enumerate(frames)]


def right(box: Box, pixels: int) -> Box:
    """Return a box moved to the right."""
    return box[0], box[1] + pixels, box[2], box[3] + pixels


def test_what_stands_still_keeps_its_id_whatever_its_number_in_the_frame() -> None:
    assert ids([frame(BOX, OTHER), frame(OTHER, BOX), frame(BOX, OTHER)]) == [
        [1, 2], [2, 1], [1, 2]]


def test_what_moves_keeps_its_id() -> None:
    assert ids(frame(right(BOX, 4 * step)) for step in range(12)) == [[1]] * 12


def test_what_is_thinner_than_its_step_keeps_its_id() -> None:
    pole = (5, 20, 55, 22)
    assert ids(frame(right(pole, 3 * step)) for step in range(10)) == [[1]] * 10


def test_what_is_elsewhere_is_another_thing() -> None:
    assert ids([frame(BOX), frame(right(BOX, 40))]) == [[1], [2]]


def test_masks_that_share_less_than_asked_for_are_two_things() -> None:
    # Half of the width in common is an IoU of 1/3; boxes grown by two pixels share 0.41.
    frames = frame(BOX), frame(right(BOX, 10))
    assert ids(frames) == [[1], [1]]
    large = frame((10, 10, 30, 50)), frame((10, 36, 30, 76))
    assert ids(large) == [[1], [1]]
    assert ids(large, min_overlap=0.3) == [[1], [2]]


def test_things_that_cross_keep_their_ids() -> None:
    def crossing(step: int) -> Segmentation:
        front = (25, 5 + 6 * step, 55, 17 + 6 * step)
        behind = (10, 75 - 6 * step, 50, 90 - 6 * step)
        found = frame(behind, front)  # drawn later, the front one hides the other
        return replace(found, regions=found.regions[::-1])

    found = ids(crossing(step) for step in range(12))
    assert found == [found[0]] * 12


@pytest.mark.parametrize(('missing', 'returns_as'), [(1, 1), (4, 1), (6, 2)])
def test_an_id_waits_for_half_a_second(missing: int, returns_as: int) -> None:
    found = ids([*[frame(BOX)] * 4, *[frame()] * missing, frame(BOX)], coast=0.5)
    assert found[-1] == [returns_as]


def test_what_returns_farther_on_its_way_keeps_its_id() -> None:
    seen = [frame(right((20, 5, 30, 13), 5 * step)) for step in range(16)]
    assert ids([*seen[:6], *[frame()] * 3, *seen[9:12]]) == [[1]] * 6 + [[]] * 3 + [[1]] * 3


def test_what_is_not_there_is_not_published() -> None:
    tracker = Tracker()
    tracker.update(frame(BOX), 0.0)
    gone = tracker.update(frame(), 0.1)
    assert gone.regions == () and not gone.labels.any()


def test_what_was_seen_too_rarely_is_not_waited_for_long() -> None:
    flicker = [frame(BOX), frame(), frame(), frame(), frame(BOX)]
    assert ids(flicker, coast=5.0)[-1] == [2]
    assert ids(flicker, coast=5.0, confirm=1)[-1] == [1]


def test_when_a_thing_splits_the_larger_part_keeps_the_id() -> None:
    whole, large, small = (20, 20, 40, 60), (20, 20, 40, 45), (20, 48, 40, 60)
    assert ids([frame(whole), frame(small, large), frame(small, large)]) == [[1], [2, 1], [2, 1]]


def test_when_things_merge_the_larger_overlap_keeps_its_id() -> None:
    small, large, both = (20, 20, 40, 30), (20, 32, 40, 60), (20, 20, 40, 60)
    assert ids([frame(small, large), frame(both)]) == [[1, 2], [2]]


def test_things_that_merge_and_split_within_half_a_second_have_their_ids_back() -> None:
    small, large, both = (20, 20, 40, 30), (20, 32, 40, 60), (20, 20, 40, 60)
    apart, together = frame(small, large), frame(both)
    assert ids([*[apart] * 4, *[together] * 3, apart]) == [[1, 2]] * 4 + [[2]] * 3 + [[1, 2]]


def test_a_class_that_changes_keeps_the_id_but_a_pit_is_no_box() -> None:
    assert ids([frame(BOX), frame(BOX, kind=RegionClass.STRUCTURE)]) == [[1], [1]]
    assert ids([frame(BOX), frame(BOX, kind=RegionClass.DROP_OFF)]) == [[1], [2]]


@pytest.mark.parametrize('stamp', [-0.1, 2.2, math.nan])
def test_after_a_jump_in_time_everything_is_new_and_ids_go_on(stamp: float) -> None:
    tracker = Tracker()
    tracker.update(frame(BOX, OTHER), 0.0)
    assert [region.id for region in tracker.update(frame(BOX), stamp).regions] == [3]


def test_after_a_change_of_size_and_when_told_to_everything_is_new() -> None:
    tracker = Tracker()
    tracker.update(frame(BOX), 0.0)
    larger = tracker.update(frame(BOX, shape=(80, 120)), 0.1)
    assert larger.regions[0].id == 2
    tracker.forget()
    assert tracker.update(frame(BOX, shape=(80, 120)), 0.2).regions[0].id == 3


def test_the_longest_gap_is_a_parameter() -> None:
    assert ids([frame(BOX), frame(BOX)], rate=0.2, max_gap=5.0) == [[1], [1]]
    assert ids([frame(BOX), frame(BOX)], rate=0.2, max_gap=4.9) == [[1], [2]]


def test_when_all_ids_are_used_up_they_begin_again_and_that_is_counted() -> None:
    tracker = Tracker(TrackingParams(confirm=1))
    tracker._born = LAST_ID - 2
    assert [r.id for r in tracker.update(frame(BOX, OTHER), 0.0).regions] == [65534, 65535]
    assert tracker.restarts == 0
    again = tracker.update(frame(BOX, OTHER), 0.1)
    assert [r.id for r in again.regions] == [1, 2] and tracker.restarts == 1


def test_stamps_that_stand_still_leave_motion_unknown_and_memory_bounded() -> None:
    tracker = Tracker(TrackingParams(confirm=1))
    first = tracker.update(frame(BOX), 5.0).regions[0]
    again = tracker.update(frame(right(BOX, 1)), 5.0).regions[0]
    assert again.id == first.id and again.age == 0.0
    assert np.isnan(again.velocity).all() and math.isnan(again.time_to_contact)
    for _ in range(70):
        tracker.update(frame(), 5.0)
    assert tracker.update(frame(BOX), 5.0).regions[0].id == 2


def test_off_it_hands_on_what_it_was_given() -> None:
    given = frame(BOX)
    tracker = Tracker(TrackingParams(enable=False))
    assert tracker.update(given, 0.0) is given
    assert math.isnan(given.regions[0].age) and not given.regions[0].confirmed


def test_a_new_thing_is_there_at_once_and_confirmed_when_seen_often_enough() -> None:
    tracker = Tracker()
    seen = [tracker.update(frame(BOX), number / RATE) for number in range(4)]
    assert [each.regions[0].confirmed for each in seen] == [False, False, True, True]
    assert [each.regions[0].age for each in seen] == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert all((each.labels[20:40, 20:40] == 1).all() for each in seen)


def test_velocity_is_that_of_the_centroid_and_unknown_at_first() -> None:
    tracker = Tracker()
    seen = [tracker.update(frame((10 + step, 20 + 3 * step, 20 + step, 40 + 3 * step)),
                           step / RATE).regions[0] for step in range(8)]
    assert np.isnan(seen[0].velocity).all()
    assert seen[1].velocity == pytest.approx((10.0, 30.0))
    assert seen[-1].velocity == pytest.approx((10.0, 30.0))


def random_frames(seed: int) -> list[Segmentation]:
    """Return frames of random boxes, some of which go on."""
    rng = np.random.default_rng(seed)
    boxes = []
    for _ in range(6):
        top, left = rng.integers(0, 45), rng.integers(0, 75)
        boxes.append((top, left, top + rng.integers(4, 15), left + rng.integers(4, 25)))
    found = []
    for _ in range(12):
        boxes = [right(box, int(rng.integers(0, 3))) for box in boxes]
        kept = [boxes[i] for i in rng.permutation(6)[:rng.integers(0, 7)]]
        given = frame(*kept)
        there = set(np.unique(given.labels))
        found.append(replace(given, regions=tuple(
            region for region in given.regions if region.id in there)))
    return found


@pytest.mark.parametrize('seed', range(6))
def test_only_numbers_change_and_no_two_regions_share_one(seed: int) -> None:
    tracker, tracker_again = Tracker(), Tracker()
    before: set[int] = set()
    highest = 0
    for number, given in enumerate(random_frames(seed)):
        kept = given.labels.copy()
        found = tracker.update(given, number / RATE)
        again = tracker_again.update(given, number / RATE)
        np.testing.assert_array_equal(found.labels, again.labels)
        np.testing.assert_array_equal(given.labels, kept)
        np.testing.assert_array_equal(found.labels > 0, given.labels > 0)
        assert found.labels.dtype == np.int32
        pairs = {(a, b.id) for a, b in zip([r.id for r in given.regions], found.regions)}
        assert len({b for _, b in pairs}) == len(given.regions)
        for old, new in pairs:
            assert ((given.labels == old) == (found.labels == new)).all()
        now = {region.id for region in found.regions}
        assert all(new > highest for new in now - before)  # an id that is new was never there
        before |= now
        highest = max(before, default=0)
        assert [r.box for r in found.regions] == [r.box for r in given.regions]


def growing(kind: DepthKind, plane: GroundPlane | None, seconds: float = 3.0,
            speed: float = 1.0, sky: bool = True, cut: bool = False) -> list[float]:
    """Return times to contact of a thing `seconds * speed` meters away that approaches."""
    tracker, found = Tracker(), []
    for number in range(12):
        now = number / 15
        distance = seconds * abs(speed) - speed * now
        scale = 1.0 if kind is DepthKind.METRIC else 2.0 + math.sin(number)
        half = round(300 / distance)
        shape = (700, 700)
        given = frame((350 - half, 350 - half, 350 + half, 350 + half), shape=shape)
        region = replace(given.regions[0], nearest=scale / distance,
                         truncated=(cut, False, False, False))
        far = 0.0 if sky else -0.3 * scale
        scaled = None if plane is None else replace(plane, a=0.0, b=plane.b * scale)
        found.append(tracker.update(replace(
            given, regions=(region,), plane=scaled,
            thresholds=Thresholds(low=0.0, high=scale, far=far)), now, kind).regions[0])
    return [region.time_to_contact for region in found]


PLANE = GroundPlane(0.0, 0.01, -1.0, 0.5)
RELATIVE, METRIC = DepthKind.RELATIVE_INVERSE, DepthKind.METRIC


@pytest.mark.parametrize(('kind', 'plane', 'cut'), [
    (METRIC, None, True), (METRIC, None, False), (RELATIVE, PLANE, True),
    (RELATIVE, PLANE, False), (RELATIVE, None, False)])
def test_time_to_contact_is_exact_at_constant_speed(
        kind: DepthKind, plane: GroundPlane | None, cut: bool) -> None:
    found = growing(kind, plane, cut=cut)
    assert np.isnan(found[:4]).all()
    truth = 3.0 - np.arange(12) / 15
    np.testing.assert_allclose(found[6:], truth[6:], rtol=0.05)


@pytest.mark.parametrize(('kind', 'plane'), [(METRIC, None), (RELATIVE, PLANE), (RELATIVE, None)])
def test_what_goes_away_has_no_end(kind: DepthKind, plane: GroundPlane | None) -> None:
    assert growing(kind, plane, speed=-1.0)[-1] == math.inf


def test_without_scale_and_size_time_to_contact_cannot_be_told() -> None:
    assert np.isnan(growing(RELATIVE, None, cut=True)).all()
    assert np.isnan(growing(RELATIVE, PLANE, sky=False, cut=True)).all()


def test_what_stands_still_in_noise_has_no_time_to_contact() -> None:
    rng = np.random.default_rng(0)
    tracker = Tracker()
    found = []
    for number in range(40):
        given = frame(BOX)
        region = replace(given.regions[0], nearest=1.0 + rng.normal(0, 0.02))
        found.append(tracker.update(replace(
            given, regions=(region,), thresholds=Thresholds(0.0, 1.0, 0.0)), number / 15,
            METRIC).regions[0].time_to_contact)
    assert np.mean(np.isfinite(found)) < 0.1


def test_in_rendered_scenes_time_to_contact_is_near_the_truth() -> None:
    ground = Surface((0.0, 1.0, 0.0), 0.0, RegionClass.GROUND)
    box = Solid('box', (0.3, -0.5, 5.0), (0.4, 0.5, 0.3), 0.0, 1)
    tracker, segmenter, rng = Tracker(), Segmenter(), np.random.default_rng(1)
    errors = []
    for number in range(14):
        now = number / 15
        scene = render(World((ground,), (box,), (0.0, -1.2, 1.5 * now)))
        depth: DepthMap = to_inverse(scene, rng, s=rng.uniform(0.5, 2), t=rng.uniform(-0.2, 0.2))
        found = tracker.update(segmenter.process(depth, now), now)
        if number >= 6:
            ahead = found.regions[0]
            errors.append(ahead.time_to_contact / ((4.7 - 1.5 * now) / 1.5) - 1)
    assert np.median(np.abs(errors)) < 0.2
    assert np.isfinite(errors).all()
