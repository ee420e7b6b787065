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
"""What comes of a relative frame whose scale is known: the same as of one in meters."""

from __future__ import annotations

from dataclasses import replace
import math

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.frame_result import FrameResult, regions_in_image
from depth_seg_ros.geometry import attitude_of_plane, mount_of
from depth_seg_ros.navigation import (
    boxes, obstacle_distance, obstacles, points, scan, View, view_of)
from depth_seg_ros.params import MountParams, NavigationParams, ScaleParams
from depth_seg_ros.readings import NOTHING, Readings
from depth_seg_ros.scale import Scaler
from depth_seg_ros.segmentation import GroundPlane
from depth_seg_ros.synthetic import CAMERA, World
import numpy as np
import pytest
from seen_worlds import box, frame, wall, world

P, Q = 2.5, 0.3
HELD = {'height': 0.8, 'pitch': 0.2, 'roll': 0.1}


def seen(*, ground_only: bool = False) -> World:
    """Return a room with boxes, or bare ground."""
    things = () if ground_only else (wall(5.0), box(-0.5, 2.5), box(0.6, 3.5, instance=2))
    return world(*things, **HELD)


def as_relative(metric: FrameResult) -> FrameResult:
    """Return the frame as an exact network of no unit would give it."""
    plane = metric.segmentation.plane
    if plane is not None:
        plane = GroundPlane(P * plane.a, P * plane.b, P * plane.c + Q, plane.inlier_share)
    regions = tuple(replace(region, nearest=P * region.nearest + Q)
                    for region in metric.segmentation.regions)
    depth = DepthMap(P / metric.depth.values + np.float32(Q), DepthKind.RELATIVE_INVERSE)
    return replace(metric, depth=depth, segmentation=replace(
        metric.segmentation, plane=plane, regions=regions))


def scaled(metric: FrameResult, source: str) -> FrameResult:
    """Return the relative frame with the scale that a source tells."""
    result = as_relative(metric)
    mount = mount_of(MountParams(attitude='fixed', **HELD), NOTHING)
    sparse = metric.depth.values.copy()
    sparse[:, np.arange(336) % 16 > 0] = np.nan
    readings = Readings(sparse=DepthMap(sparse, DepthKind.METRIC))
    found = Scaler(ScaleParams(source=source)).process(
        result.depth, 0.0, readings, mount, CAMERA, result.segmentation.plane)
    return replace(result, mount=mount, scaling=found)


def view(result: FrameResult) -> View:
    """Return what navigation sees of a frame with the attitude of the mount."""
    mount = mount_of(MountParams(attitude='fixed', **HELD), NOTHING)
    made = view_of(replace(result, mount=mount), NavigationParams())
    assert made is not None
    return made


@pytest.mark.parametrize('source', ['sparse', 'ground'])
def test_every_output_is_that_of_metric_depth(source: str) -> None:
    metric = frame(seen())
    one, two = view(metric), view(scaled(metric, source))
    np.testing.assert_array_equal(np.isnan(scan(one).ranges), np.isnan(scan(two).ranges))
    for made in (scan, obstacle_distance):
        np.testing.assert_allclose(made(one).ranges, made(two).ranges, rtol=0.01)
    assert np.isfinite(scan(two).ranges).sum() > 50
    for cloud in (points, obstacles):
        first, second = cloud(one).xyz, cloud(two).xyz
        assert len(second) == pytest.approx(len(first), rel=0.03)
        np.testing.assert_allclose(first.mean(axis=0), second.mean(axis=0), atol=0.05)
    for first, second in zip(boxes(one), boxes(two), strict=True):
        assert first.id == second.id
        assert second.center == pytest.approx(first.center, abs=0.02)
        assert second.size == pytest.approx(first.size, abs=0.02)


@pytest.mark.parametrize('source', ['sparse', 'ground'])
def test_the_plane_in_meters_tells_attitude_and_height(source: str) -> None:
    result = scaled(frame(seen()), source)
    assert result.metric_plane is not None
    attitude = attitude_of_plane(*result.metric_plane, CAMERA)
    assert attitude is not None
    assert attitude.height == pytest.approx(HELD['height'], rel=1e-3)
    assert attitude.down == pytest.approx(result.mount.attitude.down, abs=1e-3)


def test_distances_of_regions_are_in_meters() -> None:
    result = scaled(frame(seen()), 'ground')
    box_region = result.segmentation.regions[0]
    near = 1.0 / 2.2
    result = replace(result, segmentation=replace(
        result.segmentation, regions=(replace(box_region, nearest=P * near + Q),)))
    assert regions_in_image(result, None)[0].distance == pytest.approx(2.2, rel=1e-3)
    beyond = replace(result, segmentation=replace(
        result.segmentation, regions=(replace(box_region, nearest=0.0),)))
    assert regions_in_image(beyond, None)[0].distance == math.inf


def test_without_a_scale_nothing_is_in_meters_and_a_failed_source_takes_them_back() -> None:
    metric = frame(seen())
    relative = as_relative(metric)
    assert relative.metric is None and relative.metric_plane is None
    failed = Scaler(ScaleParams(source='sparse')).process(
        metric.depth, 0.0, NOTHING, metric.mount, CAMERA, None)
    assert failed is not None and failed.reason
    for result in (replace(relative, scaling=failed), replace(metric, scaling=failed)):
        assert result.metric is None and result.metric_plane is None
        assert view_of(result, NavigationParams()) is None
        assert all(math.isnan(region.distance) for region in regions_in_image(result, None))


def test_a_metric_frame_is_in_meters_as_it_is() -> None:
    metric = frame(seen(ground_only=True))
    plane = metric.segmentation.plane
    assert metric.metric is metric.depth and plane is not None
    assert metric.metric_plane == (plane.a, plane.b, plane.c)
