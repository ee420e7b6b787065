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
"""What one frame leaves to the next moves bars; nothing stays without evidence of its own."""

from __future__ import annotations

import math
from typing import Any

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.params import SegmentationParams, SteadyParams
from depth_seg_ros.segmentation import LayerBounds, Memory, RegionClass, Segmenter
from depth_seg_ros.segmentation.frame import Frame, prepare
from drawn_depth import floor, noise, relative, stand
import numpy as np
import pytest

THING = (slice(100, 200), slice(150, 200))
NAN = math.nan


def with_thing() -> DepthMap:
    return relative(stand(floor(), 100, 200, 150, 200) + noise((252, 336), 1))


def empty(seed: int = 2) -> DepthMap:
    return relative(floor() + noise((252, 336), seed))


def frame_of(depth: DepthMap) -> Frame:
    frame = prepare(depth, 336)
    assert frame is not None
    return frame


def memory(**params: Any) -> Memory:
    return Memory(SteadyParams(**params))


def classes(thing: RegionClass = RegionClass.OBJECT) -> Any:
    drawn = np.full((252, 336), RegionClass.GROUND, np.uint8)
    drawn[THING] = thing
    return drawn


def with_sky(rows: int) -> Frame:
    """Return a ramp under a plateau."""
    near = np.repeat(np.linspace(0.05, 1.0, 252, dtype=np.float32)[:, None], 336, axis=1)
    near[:rows] = 0.0
    return frame_of(relative(near))


def test_a_fresh_memory_changes_nothing() -> None:
    alone = Segmenter().process(with_thing(), 0.0)
    with_it = Segmenter().process(with_thing(), 0.0, Memory())
    np.testing.assert_array_equal(alone.labels, with_it.labels)
    np.testing.assert_array_equal(alone.classes, with_it.classes)
    assert repr((alone.regions, alone.thresholds, alone.layers)) == repr(
        (with_it.regions, with_it.thresholds, with_it.layers))


def test_without_a_memory_every_frame_stands_for_itself() -> None:
    segmenter = Segmenter()
    first = segmenter.process(with_thing(), 0.0)
    segmenter.process(empty(), 0.1)
    np.testing.assert_array_equal(segmenter.process(with_thing(), 0.2).labels, first.labels)


@pytest.mark.parametrize('method', ['ground', 'local'])
def test_nothing_stays_where_a_thing_was(method: str) -> None:
    carried = memory(hold=0.6)
    segmenter = Segmenter(SegmentationParams(method=method))
    assert segmenter.process(with_thing(), 0.0, carried).mask[THING].mean() > 0.3
    assert segmenter.process(empty(), 0.1, carried).mask[THING].mean() < 0.01


def test_what_barely_stands_out_stays_but_does_not_come() -> None:
    def low_thing(sigmas: float) -> DepthMap:
        near = floor() + noise((252, 336), 3)
        near[180:220, 150:220] += sigmas * 0.002
        return relative(near)

    segmenter, place = Segmenter(), (slice(185, 215), slice(155, 215))
    least = next(sigmas for sigmas in range(4, 60, 4)
                 if segmenter.process(low_thing(sigmas), 0.0).mask[place].mean() > 0.8)
    carried = memory()
    segmenter.process(low_thing(4 * least), 0.0, carried)
    stays = segmenter.process(low_thing(0.6 * least), 0.1, carried).mask[place].mean()
    comes = segmenter.process(low_thing(0.6 * least), 0.1).mask[place].mean()
    assert stays > 0.8 and comes < 0.5


@pytest.mark.parametrize('thing', [
    RegionClass.OBJECT, RegionClass.STRUCTURE, RegionClass.DROP_OFF])
def test_bars_are_lower_where_any_obstacle_was(thing: RegionClass) -> None:
    carried = memory(hold=0.4)
    carried.keep(classes(thing))
    bar = np.broadcast_to(carried.applied(frame_of(empty())).bar, (252, 336))
    assert bar[THING] == pytest.approx(0.6)
    assert bar[:100] == pytest.approx(1.08)


def test_what_is_clear_is_split_and_named_as_before() -> None:
    carried = memory(hold=0.6)
    Segmenter().process(with_thing(), 0.0, carried)
    two = stand(stand(floor(), 100, 200, 150, 175), 90, 240, 175, 200) + noise((252, 336), 1)
    alone = Segmenter().process(relative(two), 0.1)
    with_it = Segmenter().process(relative(two), 0.1, carried)
    assert len(with_it.regions) == len(alone.regions) == 2


def test_a_hold_of_zero_moves_no_bar() -> None:
    carried = memory(hold=0.0)
    carried.keep(classes())
    assert np.all(carried.applied(frame_of(empty())).bar == 1.0)


def test_another_shape_or_a_reset_forgets_where_obstacles_were() -> None:
    carried = memory()
    carried.keep(classes()[::2, ::2])
    assert carried.applied(frame_of(empty())).bar == 1.0
    carried.keep(classes())
    carried.reset()
    assert carried.applied(frame_of(empty())).bar == 1.0


def test_a_map_without_relief_forgets() -> None:
    carried = memory()
    Segmenter().process(with_thing(), 0.0, carried)
    Segmenter().process(relative(np.ones((252, 336), np.float32)), 0.1, carried)
    assert carried.applied(frame_of(empty())).bar == 1.0


def test_a_little_more_or_less_sky_does_not_move_infinity() -> None:
    sky, none = with_sky(14), with_sky(11)  # 5.6 and 4.4 %, around the bound of 5 %
    assert sky.far > -0.02 and none.far < -0.19
    for first in (sky, none):
        carried = memory()
        fars = [carried.applied(frame).far for frame in (first, sky, none, sky, none)]
        assert np.ptp(fars) < 0.05


def test_sky_that_comes_into_view_is_noticed_after_some_frames() -> None:
    carried = memory()
    carried.applied(with_sky(0))
    fars = [carried.applied(with_sky(60)).far for _ in range(10)]
    assert fars[-1] > -0.05


def test_infinity_of_metric_depth_stays_exact() -> None:
    carried = memory()
    for scale in (1.0, 3.0):
        depth = DepthMap(scale / (floor() + np.float32(0.1)), DepthKind.METRIC)
        frame = carried.applied(frame_of(depth))
        assert frame.to_inverse(frame.far) == pytest.approx(0.0, abs=1e-12)


def settled(carried: Memory, *layers: LayerBounds) -> list[LayerBounds]:
    answers = []
    for each in layers:
        carried.applied(frame_of(empty()))
        answers.append(carried.settled(each))
    return answers


def test_the_number_of_layers_changes_when_enough_frames_agree() -> None:
    one, two = LayerBounds(0.8), LayerBounds(0.8, 0.4)
    carried = memory(layer_frames=3)
    answers = settled(carried, two, one, two, one, one, one, one)
    assert [math.isnan(each.mid) for each in answers] == [False] * 5 + [True, True]


def test_layers_move_slowly() -> None:
    first, then = settled(memory(), LayerBounds(0.5, 0.2), LayerBounds(1.0, 0.3))
    assert (first.near, first.mid) == (0.5, 0.2)
    assert (then.near, then.mid) == pytest.approx((0.6, 0.22))
    assert repr(settled(memory(), LayerBounds(), LayerBounds())[1]) == repr(LayerBounds(NAN, NAN))
