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
"""Facts about how a depth map is made ready for segmentation."""

from __future__ import annotations

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.segmentation.frame import Frame, prepare
import numpy as np
from numpy.typing import NDArray
import pytest

RAMP = np.linspace(0, 1, 101 * 50).reshape(101, 50).astype(np.float32)


def frame_of(values: NDArray[np.float32], kind: DepthKind = DepthKind.RELATIVE_INVERSE,
             work_width: int = 336) -> Frame:
    """Return the frame of a map with relief."""
    frame = prepare(DepthMap(values, kind), work_width)
    assert frame is not None
    return frame


def test_the_spread_reaches_from_the_2_to_the_98_percent_quantile() -> None:
    frame = frame_of(5 + 10 * RAMP)
    assert frame.low == pytest.approx(5.2, abs=0.02)
    assert frame.spread == pytest.approx(9.6, abs=0.02)
    assert frame.to_inverse(0.5) == pytest.approx(10.0, abs=0.02)
    assert frame.near.dtype == np.float32
    assert np.mean((frame.near >= 0) & (frame.near <= 1)) == pytest.approx(0.96, abs=0.01)


def test_scale_and_shift_make_no_difference() -> None:
    frame, other = frame_of(RAMP), frame_of(np.float32(3.7) * RAMP + np.float32(0.9))
    np.testing.assert_allclose(other.near, frame.near, atol=1e-6)
    assert other.far == pytest.approx(frame.far, abs=1e-6)


def test_infinity_of_metric_depth_is_known() -> None:
    frame = frame_of(1 / (1 + RAMP), DepthKind.METRIC)
    assert frame.to_inverse(frame.far) == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(frame.to_inverse(frame.near), 1 + RAMP, rtol=1e-5)


def test_a_plateau_is_taken_for_infinity_and_a_slope_is_not() -> None:
    sky = RAMP.copy()
    sky[:10] = RAMP[10, 0]
    assert frame_of(sky).far == pytest.approx(0.0, abs=0.11)
    assert frame_of(RAMP).far < -0.19


def test_nearness_over_infinity_has_a_floor() -> None:
    over = frame_of(RAMP).over_far(0.5)
    assert over.min() == 0.5 and over.max() == pytest.approx(1.25, abs=0.05)


def test_unknown_pixels_take_the_nearest_known_nearness() -> None:
    values = np.zeros((20, 20), np.float32)
    values[:, 10:] = 1.0
    values[5:8, 3:7] = np.nan
    values[5:8, 12:14] = np.nan
    frame = frame_of(values)
    assert frame.valid.sum() == 400 - 18
    assert set(frame.near[5:8, 3:7].ravel()) == {frame.near[0, 0]}
    assert set(frame.near[5:8, 12:14].ravel()) == {frame.near[0, 19]}


def test_a_wide_map_is_reduced_and_a_narrow_one_is_not() -> None:
    wide = np.repeat(np.repeat(RAMP, 4, axis=0), 4, axis=1)
    frame = frame_of(wide, work_width=50)
    assert frame.shape == RAMP.shape
    np.testing.assert_allclose(
        frame.low + frame.spread * frame.near, RAMP, atol=1e-5)
    assert frame_of(wide, work_width=200).shape == wide.shape


def test_a_reduced_pixel_is_known_where_half_of_it_was_and_means_those() -> None:
    values = np.repeat(np.repeat(RAMP, 2, axis=0), 2, axis=1)
    values[0, 0] = np.nan  # one of four
    values[2:4, 2] = values[2, 3] = np.nan  # three of four
    frame = frame_of(values, work_width=50)
    assert frame.valid[0, 0] and not frame.valid[1, 1]
    assert frame.valid.sum() == RAMP.size - 1
    assert frame.near[0, 0] == pytest.approx((RAMP[0, 0] - frame.low) / frame.spread, abs=1e-5)


def test_scattered_points_of_a_wide_map_are_kept() -> None:
    values = np.full((80, 400), np.nan, np.float32)
    values[4::8, 4::8] = 1.0
    values[4::8, 204::8] = 2.0
    frame = frame_of(values, work_width=50)
    assert frame.valid.all() and frame.near[5, 10] == 0.0 and frame.near[5, 40] == 1.0


def test_a_small_thing_before_a_flat_wall_is_relief() -> None:
    values = np.ones((100, 100), np.float32)
    values[10:12, 10:12] = 2.0
    frame = frame_of(values)
    assert frame.near.min() == 0.0 and frame.near.max() == 1.0


@pytest.mark.parametrize('value', [0.0, 1.0, -3.0, 1e30])
def test_a_flat_map_is_none(value: float) -> None:
    flat = np.full((9, 9), value, np.float32)
    assert prepare(DepthMap(flat, DepthKind.RELATIVE_INVERSE), 336) is None


def test_rounding_is_no_relief() -> None:
    values = np.float32(1000) + np.array([[0, 1e-4], [6e-5, 0]], np.float32)
    assert len(np.unique(values)) > 1
    assert prepare(DepthMap(values, DepthKind.RELATIVE_INVERSE), 336) is None


def test_the_map_is_left_as_it_is() -> None:
    values = 1 / (1 + RAMP)
    values[3, 3] = np.nan
    depth = DepthMap(values.copy(), DepthKind.METRIC)
    prepare(depth, 20)
    np.testing.assert_array_equal(depth.values, values)
