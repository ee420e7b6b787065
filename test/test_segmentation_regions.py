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
"""Facts about regions: noise, hysteresis, splits, holes, and who owns an outline."""

from __future__ import annotations

from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.frame import Frame
from depth_seg_ros.segmentation.regions import (
    behind_edge, connected, edge_step, hysteresis, ownership, pixel_noise, split, without_holes)
import numpy as np
from numpy.typing import NDArray
import pytest

SHAPE = (60, 80)


def frame_of(near: NDArray[np.float32], far: float = 0.0) -> Frame:
    """Return a frame that is known everywhere."""
    return Frame(near.astype(np.float32), np.ones(near.shape, bool), far, 0.0, 1.0)


def drawn(*rows: str) -> NDArray[np.int32]:
    """Return labels from digits; a dot is none."""
    return np.array([[0 if c == '.' else int(c) for c in row] for row in rows], np.int32)


def step_of(near: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the step that separates in a noise-free frame with default parameters."""
    return edge_step(frame_of(near), 0.0, SegmentationParams())


def test_pixel_noise_is_that_of_white_noise_whatever_lies_under_it() -> None:
    slope = np.indices((252, 336)).sum(axis=0) / 600
    noise = np.random.default_rng(0).normal(0, 0.004, slope.shape)
    assert pixel_noise(frame_of(slope)) < 1e-6
    assert pixel_noise(frame_of(slope + noise)) == pytest.approx(0.004, rel=0.05)


def test_the_step_grows_with_nearness_and_with_noise() -> None:
    near = np.array([[0.0, 0.5, 1.0]], np.float32)
    params = SegmentationParams(edge_step=0.1, edge_noise=5.0)
    np.testing.assert_allclose(edge_step(frame_of(near), 0.0, params), [[0.004, 0.05, 0.1]])
    np.testing.assert_allclose(edge_step(frame_of(near), 0.012, params), [[0.06, 0.06, 0.1]])


def test_hysteresis_keeps_the_parts_that_reach_the_high_mask() -> None:
    low = drawn('11...11', '.......', '11.1...', '..1....') > 0
    high = drawn('1......', '.......', '...1...', '.......') > 0
    kept = drawn('11.....', '.......', '11.1...', '..1....') > 0
    np.testing.assert_array_equal(hysteresis(low, high), kept)
    assert not hysteresis(low, np.zeros_like(low)).any()


@pytest.mark.parametrize('blur', [0, 1])
def test_a_split_falls_in_the_middle_of_an_edge(blur: int) -> None:
    near = np.full(SHAPE, 0.5, np.float32)
    near[:, 40:] = 0.8
    if blur:
        near[:, 39], near[:, 40] = 0.6, 0.7
    parts = split(np.ones(SHAPE, bool), near, step_of(near), 0.55)
    assert parts[:, 40:].all() and not parts[:, 38:40].any() and parts[:, :37].all()


def test_no_slope_is_split_however_steep() -> None:
    near = (0.02 + 0.01 * np.indices(SHAPE).sum(axis=0)).astype(np.float32)
    assert split(np.ones(SHAPE, bool), near, step_of(near), 0.55).all()


def test_a_step_is_split_on_a_slope_too() -> None:
    near = (0.3 + 0.002 * np.indices(SHAPE).sum(axis=0)).astype(np.float32)
    near[:, 40:] += 0.2
    parts = split(np.ones(SHAPE, bool), near, step_of(near), 0.55)
    assert not parts[:, 39].any() and parts[:, 40:].mean() > 0.99


def test_a_step_below_the_threshold_is_not_split() -> None:
    near = np.full(SHAPE, 0.5, np.float32)
    near[:, 40:] = 0.51
    assert split(np.ones(SHAPE, bool), near, step_of(near), 0.55).all()


def test_regions_touch_along_sides_and_are_large_and_thick_enough() -> None:
    mask = np.zeros((12, 30), bool)
    mask[1:5, 1:5] = mask[5:9, 5:9] = True  # corner to corner
    mask[1:11, 12:14] = True  # two pixels wide
    mask[1:4, 17:20] = True
    labels = connected(mask, 10)
    assert labels.max() == 2 and labels[2, 2] != labels[6, 6]
    assert not labels[:, 12:].any()
    assert connected(mask, 9).max() == 3


def test_a_hole_is_filled_when_it_is_small_and_has_one_owner() -> None:
    labels = drawn('11111..', '1.111..', '11112.2', '111.222', '111.2.2', '1111222')
    filled = drawn('11111..', '11111..', '11112.2', '111.222', '11132.2', '1111222')
    filled[4, 3] = 0  # between two regions
    filled[4, 5] = 2
    np.testing.assert_array_equal(without_holes(labels, 3), filled)
    np.testing.assert_array_equal(without_holes(labels, 0), labels)


def test_a_bay_of_the_border_is_no_hole() -> None:
    labels = drawn('111', '1.1', '1.1')
    np.testing.assert_array_equal(without_holes(labels, 9), labels)


def test_a_thing_owns_its_outline_and_a_wall_does_not() -> None:
    near = np.full(SHAPE, 0.3, np.float32)
    near[20:40, 20:40] = 0.6
    labels = np.full(SHAPE, 1, np.int32)
    labels[20:40, 20:40] = 2
    nothing = np.zeros(SHAPE, bool)
    own = ownership(labels, nothing, frame_of(near), step_of(near))
    assert len(own) == 3
    assert own[1] < 0.1 and own[2] == 1.0


def test_contact_with_the_ground_and_unknown_pixels_say_nothing() -> None:
    near = np.full(SHAPE, 0.6, np.float32)
    near[:, 40:] = 0.3
    labels = np.zeros(SHAPE, np.int32)
    labels[20:40, 20:40] = 1  # right of it is a step, around it more of the same
    nothing = np.zeros(SHAPE, bool)
    frame, step = frame_of(near), step_of(near)
    assert ownership(labels, nothing, frame, step)[1] == pytest.approx(0.3, abs=0.04)
    ground = labels == 0
    ground[:, 40:] = False
    assert ownership(labels, ground, frame, step)[1] == 1.0
    frame.valid[:, :20] = frame.valid[:20] = frame.valid[40:] = False
    assert ownership(labels, nothing, frame, step)[1] == 1.0


def test_a_low_thing_with_ground_all_around_is_a_thing() -> None:
    near = np.full(SHAPE, 0.5, np.float32)
    labels = np.zeros(SHAPE, np.int32)
    labels[20:40, 20:40] = 1
    assert ownership(labels, labels == 0, frame_of(near), step_of(near))[1] == 1.0


def test_no_regions_own_nothing() -> None:
    near = np.full(SHAPE, 0.5, np.float32)
    nothing = np.zeros(SHAPE, bool)
    assert len(ownership(np.zeros(SHAPE, np.int32), nothing, frame_of(near), step_of(near))) == 1


def test_only_what_lies_behind_an_edge_is_kept() -> None:
    near = np.full(SHAPE, 0.8, np.float32)
    near[20:40, 50:70] = 0.4
    labels = np.zeros(SHAPE, np.int32)
    labels[20:40, 10:30], labels[20:40, 50:70] = 1, 2
    kept = behind_edge(labels, frame_of(near), step_of(near), 0.2)
    assert not kept[:, :40].any()
    np.testing.assert_array_equal(kept[:, 40:] == 1, labels[:, 40:] == 2)
