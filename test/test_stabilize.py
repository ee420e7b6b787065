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
"""Maps of a stream keep one scale and shift until the scene changes."""

from __future__ import annotations

from typing import Any

from depth_seg_ros.depth import DepthKind, DepthMap, shown_range
from depth_seg_ros.params import SteadyParams
from depth_seg_ros.stabilize import Stabilizer
from drawn_depth import floor, noise, relative, stand
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

FLOOR = stand(floor(), 60, 200, 40, 100)
WALL = np.repeat(np.linspace(1, 0, 336, dtype=np.float32)[None] ** 2, 252, axis=0)
FOREVER = 60.0
"""The longest memory: what is let go within a tenth of a second is 0.17 %."""


def stabilizer(**params: Any) -> Stabilizer:
    return Stabilizer(SteadyParams(memory=FOREVER, **params))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.3, 3.0), st.floats(-2.0, 2.0))
def test_another_scale_and_shift_are_taken_back(scale: float, shift: float) -> None:
    steady = stabilizer()
    steady.process(relative(FLOOR), 1.0)
    depth, alignment = steady.process(relative(scale * FLOOR + shift), 1.0 + 1e-6)
    np.testing.assert_allclose(depth.values, FLOOR, atol=1e-4)
    assert (alignment.scale, alignment.shift) == pytest.approx(
        (1 / scale, -shift / scale), abs=1e-4)
    assert alignment.inlier_share == 1.0 and not alignment.cut and alignment.follows


@pytest.mark.parametrize('noisy', [False, True])
def test_jitter_does_not_come_through(noisy: bool) -> None:
    rng = np.random.default_rng(0)
    steady = stabilizer()
    medians = []
    for frame in range(20):
        near = FLOOR + noise(FLOOR.shape, frame) if noisy else FLOOR
        near = np.float32(rng.uniform(0.9, 1.1)) * near + np.float32(rng.uniform(-0.1, 0.1))
        depth, _ = steady.process(relative(near), frame / 15)
        medians.append(np.median(depth.values))
    assert np.abs(np.diff(medians)).max() < 0.002


def test_a_first_frame_is_left_as_it_came() -> None:
    depth = relative(FLOOR)
    out, alignment = stabilizer().process(depth, 5.0)
    assert out is depth
    assert (alignment.scale, alignment.shift, alignment.shown) == (1.0, 0.0, None)
    assert np.isnan(alignment.inlier_share) and not alignment.cut and not alignment.follows


@pytest.mark.parametrize('width', [30, 80, 120])
def test_what_moves_has_no_say(width: int) -> None:
    left = stand(floor(), 20, 250, 5, 5 + width) + noise(FLOOR.shape, 1)
    steady = stabilizer()
    steady.process(relative(floor() + noise(FLOOR.shape, 2)), 0.0)
    _, alignment = steady.process(relative(left), 0.1)
    assert (alignment.scale, alignment.shift) == pytest.approx((1.0, 0.0), abs=0.005)
    assert alignment.inlier_share == pytest.approx(1 - width * 230 / FLOOR.size, abs=0.06)


def test_another_scene_is_a_cut_and_begins_anew() -> None:
    steady = stabilizer()
    steady.process(relative(FLOOR), 0.0)
    depth = relative(WALL)
    out, alignment = steady.process(depth, 0.1)
    assert out is depth and alignment.cut and not alignment.follows
    assert 0.0 <= alignment.inlier_share < 0.5
    _, alignment = steady.process(relative(2 * WALL), 0.2)
    assert alignment.scale == pytest.approx(0.5, abs=0.005) and not alignment.cut


def test_how_much_must_agree_is_a_parameter() -> None:
    half = stand(floor(), 20, 250, 5, 125)
    for share, cut in ((0.5, False), (0.9, True)):
        steady = stabilizer(cut_share=share)
        steady.process(relative(floor()), 0.0)
        assert steady.process(relative(half), 0.1)[1].cut == cut


@pytest.mark.parametrize('stamp', [0.9, 1.0, 4.0])
def test_what_is_not_soon_after_begins_anew(stamp: float) -> None:
    steady = stabilizer(max_gap=2.9)
    steady.process(relative(FLOOR), 1.0)
    depth = relative(2 * FLOOR)
    out, alignment = steady.process(depth, stamp)
    assert out is depth and not alignment.follows and not alignment.cut
    assert (alignment.scale, alignment.shift) == (1.0, 0.0)


@pytest.mark.parametrize('other', [
    relative(2 * FLOOR[:126, :168]), DepthMap(1 / (FLOOR + 1), DepthKind.METRIC)])
def test_another_shape_or_kind_begins_anew(other: DepthMap) -> None:
    steady = stabilizer()
    steady.process(relative(FLOOR), 0.0)
    out, alignment = steady.process(other, 0.1)
    assert out is other and not alignment.follows and not alignment.cut


def test_after_a_reset_the_next_frame_is_a_first_one() -> None:
    steady = stabilizer()
    steady.process(relative(FLOOR), 0.0)
    steady.reset()
    assert not steady.process(relative(2 * FLOOR), 0.1)[1].follows


@pytest.mark.parametrize('flat', [np.ones, np.zeros])
def test_without_relief_there_is_nothing_to_tell_by(flat: Any) -> None:
    steady = stabilizer()
    depth = relative(flat(FLOOR.shape, np.float32))
    for stamp in (0.0, 0.1):
        out, alignment = steady.process(depth, stamp)
        assert out is depth and not alignment.follows and not alignment.cut


def test_without_anything_known_there_is_nothing_to_tell_by() -> None:
    steady = stabilizer()
    unknown = relative(np.full(FLOOR.shape, np.nan, np.float32))
    for depth in (unknown, unknown, relative(FLOOR)):
        assert not steady.process(depth, 0.1)[1].follows


@pytest.mark.parametrize('factor', [1e-5, 1e5])
def test_no_network_changes_its_scale_that_much(factor: float) -> None:
    steady = stabilizer()
    steady.process(relative(FLOOR), 0.0)
    out, alignment = steady.process(relative(factor * FLOOR), 0.1)
    assert alignment.scale == 1.0 and not alignment.follows


def test_unknown_stays_unknown_and_has_no_say() -> None:
    valid = np.ones(FLOOR.shape, bool)
    valid[:, :100] = False
    other = 2 * FLOOR
    other[~valid] = 1e9
    steady = stabilizer()
    steady.process(relative(FLOOR), 0.0)
    depth, alignment = steady.process(DepthMap(other, DepthKind.RELATIVE_INVERSE, valid), 1e-6)
    np.testing.assert_array_equal(depth.valid, valid)
    assert alignment.scale == pytest.approx(0.5, abs=1e-4)


def test_meters_are_never_touched_but_cuts_are_seen() -> None:
    steady = stabilizer()
    maps = [DepthMap(1 / (near + np.float32(0.1)), DepthKind.METRIC)
            for near in (FLOOR, 2 * FLOOR, WALL)]
    alignments = []
    for frame, depth in enumerate(maps):
        out, alignment = steady.process(depth, frame / 15)
        assert out is depth
        alignments.append(alignment)
    assert [each.cut for each in alignments] == [False, False, True]
    assert all((each.scale, each.shift) == (1.0, 0.0) for each in alignments)


def test_the_scale_is_let_go_to_that_of_the_network() -> None:
    steady = Stabilizer(SteadyParams(memory=0.5))
    steady.process(relative(FLOOR), 0.0)
    scales = [steady.process(relative(2 * FLOOR), frame / 10)[1].scale for frame in range(1, 60)]
    assert scales[0] == pytest.approx(0.5 + 0.5 * (1 - np.exp(-0.2)), abs=1e-3)
    assert np.all(np.diff(scales) >= -1e-9) and scales[-1] == pytest.approx(1.0, abs=1e-3)


def test_what_comes_nearer_and_nearer_does_not_drag_the_scale_along() -> None:
    rng = np.random.default_rng(3)
    steady = Stabilizer(SteadyParams(memory=0.5))
    small = FLOOR[::4, ::4]
    scales = []
    for frame in range(300):
        near = small * 1.01 ** frame + rng.normal(0, 0.02, small.shape)
        scales.append(steady.process(relative(near.astype(np.float32)), frame / 15)[1].scale)
    assert 0.8 < min(scales) and max(scales) <= 1.0  # 0.05 if it were never let go


def test_the_shown_range_follows_slowly() -> None:
    steady = stabilizer()
    steady.process(relative(FLOOR), 0.0)
    bright = FLOOR.copy()
    bright[100:150, 200:300] = 3.0
    shown = steady.process(relative(bright), 0.1)[1].shown
    assert shown == pytest.approx(shown_range(FLOOR), abs=0.05)
    assert shown_range(bright)[1] > 2.9
