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
"""Scale from frame to frame: where it comes from, how long it is held, when it is forgotten."""

from __future__ import annotations

import math
from typing import Any

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.geometry import attitude_of_mount, CameraModel, Mount
from depth_seg_ros.params import ScaleParams
from depth_seg_ros.readings import LatePoints, NOTHING, Readings
from depth_seg_ros.scale import FARTHEST, Scaler, Scaling
from depth_seg_ros.segmentation import GroundPlane
import numpy as np
import pytest

METERS = np.linspace(1.0, 10.0, 200, dtype=np.float32).reshape(10, 20)
DEPTH = DepthMap(1.0 / METERS, DepthKind.RELATIVE_INVERSE)
METRIC = DepthMap(METERS, DepthKind.METRIC)
NO_MOUNT = Mount()


def sparse(factor: float = 1.0) -> Readings:
    """Return what is measured where 1 / Z is a multiple of what the network says."""
    return Readings(sparse=DepthMap(METERS / np.float32(factor), DepthKind.METRIC))


def scaler(source: str = 'sparse', **params: Any) -> Scaler:
    """Return a scaler that takes each frame by itself."""
    return Scaler(ScaleParams(**{'source': source, 'memory': 0.0, **params}))


def step(made: Scaler, stamp: float, readings: Readings = NOTHING, depth: DepthMap = DEPTH
         ) -> Scaling:
    """Return the scaling of one frame."""
    found = made.process(depth, stamp, readings, NO_MOUNT, None, None)
    assert found is not None
    return found


def test_without_a_source_depth_is_as_the_network_gave_it() -> None:
    for depth in (DEPTH, METRIC):
        assert scaler('none').process(depth, 0.0, sparse(), NO_MOUNT, None, None) is None


def test_sparse_depth_gives_the_scale_of_its_frame() -> None:
    found = step(scaler(), 0.0, sparse(2.0))
    assert (found.scale, found.shift) == pytest.approx((2.0, 0.0), abs=1e-5)
    assert (found.source, found.anchors, found.age, found.reason) == ('sparse', 200, 0.0, '')


def test_without_a_message_there_is_a_reason() -> None:
    found = step(scaler(), 0.0)
    assert found.reason == ('no sparse_depth belongs to this image; is it published, with stamps '
                            'within input.max_skew of the images?')
    assert found.metric(DEPTH) is None and math.isnan(found.nearness(1.0))


def test_the_last_scale_is_held_and_its_age_told_until_it_is_too_old() -> None:
    made = scaler(hold=0.5)
    step(made, 1.0, sparse(2.0))
    held = step(made, 1.4)
    assert held.scale == pytest.approx(2.0) and held.reason == ''
    assert held.age == pytest.approx(0.4)
    assert held.anchors == 200
    assert step(made, 1.5).age == pytest.approx(0.5)
    ended = step(made, 1.6)
    assert 'no sparse_depth belongs to this image' in ended.reason
    assert math.isnan(ended.scale)
    assert step(made, 1.45).reason != ''


def late(stamp: float, factor: float) -> Readings:
    """Return what was measured at an earlier image and came only now."""
    points = sparse(factor).sparse
    assert points is not None
    return Readings(late_sparse=LatePoints(stamp, points))


def test_late_points_give_the_scale_of_their_image_to_those_that_follow() -> None:
    made = scaler()
    assert step(made, 1.0).reason != ''
    other = DepthMap(DEPTH.values * np.float32(0.5), DepthKind.RELATIVE_INVERSE)
    found = step(made, 1.1, late(1.0, 2.0), other)  # fitted to the depth they were measured in
    assert (found.scale, found.shift) == pytest.approx((2.0, 0.0), abs=1e-5)
    assert (found.anchors, found.reason) == (200, '')
    assert found.age == pytest.approx(0.1)
    assert step(made, 1.2, late(1.1, 2.0)).scale == pytest.approx(4.0)
    assert step(made, 1.3).age == pytest.approx(0.2)


def test_past_fits_count_beside_late_points_by_the_time_of_their_image() -> None:
    made = scaler(memory=0.1)
    step(made, 0.0, sparse(2.0))
    step(made, 0.1)
    assert step(made, 0.3, late(0.1, 3.0)).scale == pytest.approx(3.0 - math.exp(-1.0))


def test_points_that_are_later_than_a_scale_is_held_tell_what_to_do() -> None:
    made = scaler(hold=0.5)
    step(made, 1.0)
    assert step(made, 1.6, late(1.0, 2.0)).reason == (
        'sparse_depth came late, of an image 0.60 s before this one, and scale.hold is 0.5 s; '
        'publish it sooner, or raise scale.hold')


def test_late_points_of_an_image_of_another_scale_tell_nothing() -> None:
    made = scaler()
    step(made, 1.0)
    made.reset()
    assert 'and the scale of its image is not that of this one' in step(
        made, 1.1, late(1.0, 2.0)).reason


def test_late_points_that_give_no_fit_tell_why() -> None:
    made = scaler(min_anchors=201)
    step(made, 1.0)
    assert 'asks for 201' in step(made, 1.1, late(1.0, 2.0)).reason


def test_a_fit_that_fails_is_bridged_like_silence() -> None:
    made = scaler()
    step(made, 0.0, sparse(2.0))
    bad = Readings(sparse=DepthMap(METERS[::-1, ::-1], DepthKind.METRIC))
    assert step(made, 0.1, bad).age == pytest.approx(0.1)
    assert 'does not follow' in step(made, 0.9, bad).reason


def test_without_hold_meters_end_at_once() -> None:
    made = scaler(hold=0.0)
    step(made, 0.0, sparse())
    assert step(made, 0.01).reason != ''


@pytest.mark.parametrize('stamp', [4.9, 5.0])
def test_a_stamp_that_does_not_rise_forgets(stamp: float) -> None:
    made = scaler(memory=0.1)
    step(made, 5.0, sparse())
    assert step(made, stamp).reason != ''
    assert step(made, 5.1).reason != ''
    assert step(made, stamp, sparse(3.0)).scale == pytest.approx(3.0)


def test_a_reset_forgets() -> None:
    made = scaler(memory=0.1)
    step(made, 0.0, sparse())
    made.reset()
    assert step(made, 0.1).reason != ''
    assert step(made, 0.2, sparse(3.0)).scale == pytest.approx(3.0)


def test_past_fits_count_for_a_while() -> None:
    made = scaler(memory=0.1)
    assert step(made, 0.0, sparse(2.0)).scale == pytest.approx(2.0)
    assert step(made, 0.1, sparse(3.0)).scale == pytest.approx(3.0 - math.exp(-1.0))
    for number in range(2, 12):
        found = step(made, 0.1 * number, sparse(3.0))
    assert found.scale == pytest.approx(3.0, abs=1e-3)
    assert found.age == 0.0


def test_after_a_gap_no_past_fit_counts() -> None:
    made = scaler(memory=0.1, hold=0.5)
    step(made, 0.0, sparse(2.0))
    assert step(made, 0.6, sparse(3.0)).scale == pytest.approx(3.0, rel=1e-6)


def test_new_parameters_count_at_once_and_keep_what_is_held() -> None:
    made = scaler()
    step(made, 0.0, sparse(2.0))
    made.params = ScaleParams(source='sparse', min_anchors=201)
    assert step(made, 0.1, sparse(3.0)).scale == pytest.approx(2.0)
    assert 'asks for 201' in step(made, 0.9, sparse(3.0)).reason


def noisy(error: float) -> Readings:
    """Return what is measured where the network is off by so much, at the median."""
    off = np.random.default_rng(0).permutation(np.linspace(-2.0, 2.0, METERS.size)) * error
    meters = METERS * (1.0 + off.reshape(METERS.shape)).astype(np.float32)
    return Readings(sparse=DepthMap(meters, DepthKind.METRIC))


def test_infinity_is_known_from_a_sure_fit_on_and_until_one_that_is_far_off() -> None:
    made, known = scaler(), []
    assert made.infinity is None
    for number, error in enumerate((0.075, 0.055, 0.075, 0.095, 0.075, 0.055)):
        found = step(made, 0.1 * number, noisy(error))
        assert found.error == pytest.approx(0.94 * error, abs=0.004)  # on its side of 6.4 and 8 %
        known.append(made.infinity is not None)
        assert made.infinity in (None, found.infinity)
    assert known == [False, True, True, False, False, True]
    made.reset()
    assert made.infinity is None


def test_a_fit_of_meters_alone_tells_no_infinity() -> None:
    made = scaler('none')
    made.process(METRIC, 0.0, NOTHING, NO_MOUNT, None, None)
    assert made.infinity is None


def test_the_ground_is_a_source_and_is_held_too() -> None:
    camera = CameraModel(20, 10, 20.0, 20.0, 9.5, 4.5)
    mount = Mount(attitude_of_mount(0.3, 0.0, 1.0), True, False)
    y, z = mount.attitude.down[1:]
    plane = GroundPlane(0.0, 2.0 * y / 20.0, 2.0 * (z - y * 4.5 / 20.0) + 0.1, 0.7)
    depth = DepthMap(np.maximum(plane.at((10, 20)), 0.1), DepthKind.RELATIVE_INVERSE)
    made = scaler('ground')
    found = made.process(depth, 0.0, NOTHING, mount, camera, plane)
    assert found is not None and found.source == 'ground'
    assert (found.scale, found.shift) == pytest.approx((0.5, -0.05))
    held = made.process(depth, 0.2, NOTHING, mount, camera, None)
    assert held is not None and held.age == pytest.approx(0.2)
    ended = made.process(depth, 0.8, NOTHING, mount, camera, None)
    assert ended is not None and ended.reason == 'no ground is seen'


# The focal length


@pytest.mark.parametrize('camera', [
    CameraModel(640, 480, 585.0, 585.0, 320.0, 240.0),
    CameraModel(480, 640, 585.0, 585.0, 240.0, 320.0),
    CameraModel(640, 480, 585.0, 585.0, 320.0, 240.0).scaled(192, 192),
    CameraModel(480, 640, 585.0, 585.0, 240.0, 320.0).scaled(192, 192)])
def test_meters_of_a_model_grow_with_the_focal_length(camera: CameraModel) -> None:
    found = scaler('none', trained_focal=1.1547).process(
        METRIC, 0.0, NOTHING, NO_MOUNT, camera, None)
    assert found is not None and (found.source, found.reason) == ('model', '')
    metric = found.metric(METRIC)
    assert metric is not None
    np.testing.assert_allclose(metric.values, METERS * (585 / 480 / 1.1547), rtol=1e-5)


def test_the_focal_length_of_an_uncalibrated_camera_is_not_known() -> None:
    found = scaler('none', trained_focal=1.2).process(METRIC, 0.0, NOTHING, NO_MOUNT, None, None)
    assert found is not None and 'no camera_info has come' in found.reason
    assert found.metric(METRIC) is None


def test_relative_depth_has_no_meters_whatever_the_focal_length() -> None:
    camera = CameraModel(20, 10, 20.0, 20.0, 9.5, 4.5)
    made = scaler('none', trained_focal=1.2)
    assert made.process(DEPTH, 0.0, NOTHING, NO_MOUNT, camera, None) is None


# What a scaling does


def test_meters_are_one_over_a_line_and_end_at_the_farthest() -> None:
    depth = DepthMap(np.array([[2.0, 0.5, 0.25, -1.0, np.nan]], np.float32),
                     DepthKind.RELATIVE_INVERSE)
    metric = Scaling('sparse', 2.0, -0.5).metric(depth)
    assert metric is not None and metric.kind is DepthKind.METRIC
    np.testing.assert_allclose(metric.values[0, :4], [1 / 3.5, 2.0, FARTHEST, FARTHEST],
                               rtol=1e-6)
    assert metric.valid.tolist() == [[True, True, True, True, False]]
