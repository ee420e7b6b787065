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
"""Facts about edges: pixel noise, the far sides of steps, and creases."""

from __future__ import annotations

import cv2
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation import edges as module
from depth_seg_ros.segmentation.edges import Edges, find_edges, pixel_noise
from depth_seg_ros.segmentation.frame import Frame
import numpy as np
from numpy.typing import NDArray
import pytest

SHAPE = (60, 80)
ROWS, COLUMNS = np.indices(SHAPE)


def frame_of(near: NDArray[np.generic], far: float = 0.0) -> Frame:
    """Return a frame that is known everywhere."""
    return Frame(near.astype(np.float32), np.ones(near.shape, bool), far, 0.0, 1.0)


def edges_of(near: NDArray[np.generic], noise: float = 0.0, far: float = 0.0) -> Edges:
    """Return the edges that the default parameters find."""
    return find_edges(frame_of(near, far), noise, SegmentationParams())


def test_pixel_noise_is_that_of_white_noise_whatever_lies_under_it() -> None:
    slope = np.indices((252, 336)).sum(axis=0) / 600
    noise = np.random.default_rng(0).normal(0, 0.004, slope.shape)
    assert pixel_noise(frame_of(slope)) < 1e-6
    assert pixel_noise(frame_of(slope + noise)) == pytest.approx(0.004, rel=0.05)


def test_the_step_grows_with_nearness_and_with_noise() -> None:
    frame = frame_of(np.tile([0.0, 0.5, 1.0], (9, 3)))
    params = SegmentationParams(edge_step=0.1, edge_noise=5.0)
    np.testing.assert_allclose(find_edges(frame, 0.0, params).step[0, :3], [0.004, 0.05, 0.1])
    np.testing.assert_allclose(find_edges(frame, 0.012, params).step[0, :3], [0.06, 0.06, 0.1])


@pytest.mark.parametrize('blur', [0, 1])
def test_a_step_is_marked_on_its_far_side_up_to_the_middle(blur: int) -> None:
    near = np.full(SHAPE, 0.5)
    near[:, 40:] = 0.8
    if blur:
        near[:, 39], near[:, 40] = 0.6, 0.7
    steps = edges_of(near).steps
    assert steps[:, 38:40].all() and not steps[:, 40:].any() and not steps[:, :37].any()


def test_planes_have_no_edges_however_steep() -> None:
    for slope in (0.02 + 0.01 * (ROWS + COLUMNS), 0.9 - 0.005 * ROWS + 0.002 * COLUMNS):
        edges = edges_of(slope)
        assert not edges.steps.any() and not edges.creases.any()


def test_a_steep_valley_has_no_near_side() -> None:
    valley = edges_of(0.3 + 0.05 * np.abs(COLUMNS - 40))
    assert valley.steps[:, 40].all() and not valley.at_steps.any()
    near = np.full(SHAPE, 0.5)
    near[:, 40:] = 0.8
    at_steps = edges_of(near).at_steps
    assert at_steps[:, 37:41].all() and not at_steps[:, :37].any() and not at_steps[:, 41:].any()


def test_a_step_on_a_slope_is_marked_too() -> None:
    near = 0.3 + 0.002 * (ROWS + COLUMNS)
    near[:, 40:] += 0.2
    steps = edges_of(near).steps
    assert steps[:, 39].all() and not steps[:, 41:].any()


def test_a_step_below_the_threshold_or_in_the_noise_is_none() -> None:
    near = np.full(SHAPE, 0.5)
    near[:, 40:] = 0.51
    assert not edges_of(near).steps.any()
    near[:, 40:] = 0.6
    assert edges_of(near).steps.any() and not edges_of(near, noise=0.03).steps.any()


def test_a_valley_is_a_crease_and_the_edge_of_a_box_is_none() -> None:
    wall = np.full(SHAPE, 0.5)
    floor = 0.5 + 0.01 * (ROWS - 30)
    valley, box = edges_of(np.maximum(wall, floor)), edges_of(np.minimum(wall, floor))
    assert valley.creases[30, 5:-5].all()
    assert not valley.creases[:25].any() and not valley.creases[36:].any()
    assert not valley.steps.any()
    assert not box.creases.any() and not box.steps.any()


def test_a_crease_below_the_threshold_or_in_the_noise_is_none() -> None:
    def valley(slope: float) -> NDArray[np.float64]:
        return np.maximum(0.5, 0.5 + slope * (ROWS - 30))

    assert not edges_of(valley(0.001)).creases.any()
    assert edges_of(valley(0.01)).creases.any()
    assert not edges_of(valley(0.01), noise=0.02).creases.any()


def test_what_bends_everywhere_has_a_crease_only_where_it_bends_far_more() -> None:
    waves = 0.6 + 0.02 * np.sin(ROWS / 3) * np.sin(COLUMNS / 3)
    assert edges_of(waves).bend > 3 * SegmentationParams().crease
    assert not edges_of(waves).creases.any()
    calm = 0.5 + 0.1 * (waves - 0.6)
    valley = np.maximum(calm, 0.5 + 0.03 * (COLUMNS - 40))
    assert edges_of(valley).creases[5:-5, 36:44].any(axis=1).all()


def test_on_planes_the_parameter_alone_says_what_a_crease_is() -> None:
    near = np.maximum(0.5, 0.5 + 0.01 * (ROWS - 30))
    assert edges_of(near).bend == SegmentationParams().crease


def test_where_nothing_is_known_the_parameter_alone_says_what_a_crease_is() -> None:
    frame = Frame(np.zeros(SHAPE, np.float32), np.zeros(SHAPE, bool), 0.0, 0.0, 1.0)
    assert find_edges(frame, 0.0, SegmentationParams()).bend == SegmentationParams().crease


LARGE_ROWS, LARGE_COLUMNS = np.indices((120, 160))
SLOPE = 0.5 + 0.001 * (LARGE_ROWS + LARGE_COLUMNS)
INSIDE = (abs(LARGE_ROWS - 60) < 20) & (abs(LARGE_COLUMNS - 80) < 20)


def wavy(strength: float, sigma: float) -> NDArray[np.float64]:
    """Return waves of that deviation: noise that is alike in pixels as near as sigma."""
    waves = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 1, SLOPE.shape), (0, 0), sigma)
    return strength * waves / waves.std()


def before_steps(frame: Frame) -> tuple[NDArray[np.float32], int]:
    """Return what steps are looked for in, and how much of its border is spoiled."""
    return module._without_waves(frame.near, module._waves(frame, frame.over_far(0.04)))


def usual_bend(frame: Frame, reach: int) -> float:
    """Return the median bend as a share of the nearness."""
    return module._usual_bend(frame, frame.over_far(0.04), reach)


def test_planes_boxes_and_white_noise_are_not_blurred() -> None:
    box = np.where(INSIDE, 1.2, SLOPE)
    for near in (SLOPE, box, box + np.random.default_rng(0).normal(0, 0.01, SLOPE.shape)):
        frame = frame_of(near)
        found, spoiled = before_steps(frame)
        assert found is frame.near and spoiled == 0 == edges_of(near).waves


def test_waves_are_blurred_and_low_ones_less() -> None:
    for strength, share in ((0.01, 1.0), (0.00075, 0.44)):
        frame = frame_of(SLOPE + wavy(strength, 3))
        found, spoiled = before_steps(frame)
        blurred = cv2.GaussianBlur(frame.near, (0, 0), 1.5)
        assert spoiled == 2
        assert edges_of(frame.near).waves == pytest.approx(share, abs=0.05)
        assert (found - frame.near).std() / (blurred - frame.near).std() == pytest.approx(
            share, abs=0.05)


def test_where_depth_waves_a_lower_step_counts() -> None:
    """By a fifth where the blur is in full."""
    calm, wavy_ = (edges_of(SLOPE + each) for each in (0.0, wavy(0.01, 3)))
    assert wavy_.waves == 1.0
    usual = np.maximum(SLOPE + wavy(0.01, 3), 0.04) * SegmentationParams().edge_step
    np.testing.assert_allclose(wavy_.step, 0.8 * usual, rtol=1e-5)
    np.testing.assert_allclose(calm.step, np.maximum(SLOPE, 0.04) * 0.05, rtol=1e-5)


def test_waves_count_alike_in_both_directions_and_whatever_the_scale_and_shift() -> None:
    waves = SLOPE + 0.02 * np.sin(LARGE_COLUMNS / 2) + 0.01 * np.sin(LARGE_ROWS / 2)
    for reach in (2, 4):
        found = usual_bend(frame_of(waves, far=0.1), reach)
        assert found > 0.005
        assert usual_bend(frame_of(waves.T, far=0.1), reach) == pytest.approx(found, rel=1e-5)
        scaled = frame_of(3 * waves + 1, far=1.3)
        assert usual_bend(scaled, reach) == pytest.approx(found, rel=1e-4)


def test_waves_in_what_is_unknown_count_nothing() -> None:
    near = np.where(LARGE_COLUMNS < 70, SLOPE + wavy(0.02, 2), SLOPE).astype(np.float32)
    known = LARGE_COLUMNS >= 70
    assert usual_bend(Frame(near, known, 0.0, 0.0, 1.0), 4) < 1e-6
    assert usual_bend(Frame(near, ~known, 0.0, 0.0, 1.0), 4) > 0.01
    assert usual_bend(Frame(near, np.zeros_like(known), 0.0, 0.0, 1.0), 4) == 0.0


def test_planes_behind_a_blur_have_no_steps_at_the_border_neither(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, '_usual_bend', lambda frame, scale, reach: float(reach == 4))
    for plane in (0.008 * LARGE_ROWS, 0.008 * LARGE_COLUMNS, 0.004 * (LARGE_ROWS + LARGE_COLUMNS)):
        assert before_steps(frame_of(plane))[1] == 2
        assert not edges_of(plane).steps.any()


def test_waves_are_no_steps_and_things_among_them_keep_theirs(
        monkeypatch: pytest.MonkeyPatch) -> None:
    rim = cv2.dilate(INSIDE.astype(np.uint8), np.ones((9, 9))) > 0
    near = np.where(INSIDE, 1.2, SLOPE) + wavy(0.013, 1.3)
    after = edges_of(near).steps
    monkeypatch.setattr(module, '_WAVES', np.inf)
    before = edges_of(near).steps
    assert (before & ~rim).sum() > 200
    assert (after & ~rim).sum() < 0.2 * (before & ~rim).sum()
    for side in (after[39, 62:99], after[81, 62:99], after[42:79, 59], after[42:79, 101]):
        assert side.mean() > 0.95


def test_a_thin_slanted_pole_is_not_cut() -> None:
    near = np.full(SHAPE, 0.3)
    pole = np.abs(COLUMNS - 30 - 0.3 * ROWS) < 1.5
    near[pole] = 0.9
    edges = edges_of(near)
    assert not (edges.steps | edges.creases)[pole].any()


def test_edges_do_not_depend_on_scale_and_shift() -> None:
    near = np.random.default_rng(2).random(SHAPE).cumsum(axis=0) / 60
    first, second = edges_of(near), edges_of(near + 0.5, far=0.5)
    np.testing.assert_array_equal(first.creases, second.creases)
    np.testing.assert_array_equal(first.steps, second.steps)
    assert first.steps.any()


def test_images_smaller_than_the_filters_have_no_edges() -> None:
    for shape in ((1, 1), (1, 4), (4, 1), (3, 3)):
        edges = edges_of(np.random.default_rng(0).random(shape))
        assert not (edges.creases.any() or edges.steps.any())
