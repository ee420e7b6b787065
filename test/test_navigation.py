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
"""What navigation gets of rendered worlds, against where things are."""

from __future__ import annotations

from dataclasses import replace
import math
from typing import Any

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.geometry import CameraModel, mount_of
from depth_seg_ros.navigation import (
    boxes, obstacle_distance, obstacles, points, Scan, scan, View, view_of)
from depth_seg_ros.params import MountParams, NavigationParams, SegmentationParams
from depth_seg_ros.readings import Readings
from depth_seg_ros.segmentation import RegionClass, Segmentation, Segmenter
from depth_seg_ros.synthetic import CAMERA, random_world, Solid, World
import numpy as np
from numpy.typing import NDArray
import pytest
from seen_worlds import box, frame, mounted, NARROW, seen_by, view, wall, WIDE, world

POSES = [(0.0, 0.0), (0.25, 0.0), (0.1, 0.2), (0.15, -0.3)]
LENSES = pytest.mark.parametrize('camera', [CAMERA, NARROW, WIDE],
                                 ids=['usual', 'narrow', 'wide'])
AHEAD = 0


def angles(made: Scan) -> NDArray[np.float64]:
    """Return the angle of every ray."""
    return made.angle_min + made.angle_step * np.arange(len(made.ranges))


def range_at(made: Scan, angle: float) -> float:
    """Return the range of the ray nearest to an angle."""
    return float(made.ranges[round((angle - made.angle_min) / made.angle_step)])


def in_level(seen: View, xyz: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return points (N, 3) in level axes from the camera, (3, N)."""
    return np.asarray(seen.attitude.axes @ xyz.T.astype(np.float64))


def sent_by_mavros(made: Scan) -> list[int]:
    """Return what the obstacle_distance plugin makes of the message, in centimeters."""
    sent = []
    for meters in made.ranges.astype(np.float32):
        centimeters = np.float32(float(meters) * 1e2)
        unknown = np.isnan(centimeters) or centimeters >= 65535 or centimeters < 0
        sent.append(65535 if unknown else int(centimeters))
    return sent


# One wall, everywhere at the same distance


@LENSES
@pytest.mark.parametrize('pitch, roll', POSES)
def test_a_wall_is_at_its_distance_in_every_output(
        camera: CameraModel, pitch: float, roll: float) -> None:
    seen = mounted(world(wall(3.0), pitch=pitch, roll=roll, height=1.0), camera)
    made = scan(seen)
    found = np.isfinite(made.ranges)
    assert found.sum() > 10
    np.testing.assert_allclose(made.ranges[found] * np.cos(angles(made)[found]), 3.0, rtol=0.015)
    assert obstacle_distance(seen).ranges[AHEAD] == pytest.approx(3.0, rel=0.001)
    forward, _, up = in_level(seen, obstacles(seen).xyz)
    np.testing.assert_allclose(forward, 3.0, rtol=1e-5)
    everything = in_level(seen, points(seen).xyz)
    assert everything[0].max() == pytest.approx(3.0)
    assert everything[2].min() >= -1.0001
    found_box, = boxes(seen)
    middle = in_level(seen, np.array([found_box.center], np.float32))
    assert middle[0, 0] == pytest.approx(3.0, abs=0.02 if pitch == roll == 0 else 0.6)


def test_the_attitude_of_the_ground_in_view_does_as_well_as_that_of_the_mount() -> None:
    seen = view(world(wall(3.0), pitch=0.3, roll=-0.1, height=0.7))
    assert seen.attitude.height == pytest.approx(0.7, rel=1e-3)
    assert obstacle_distance(seen).ranges[AHEAD] == pytest.approx(3.0, rel=0.002)


def test_without_ground_in_view_the_mount_counts() -> None:
    result = frame(world(wall(1.0), pitch=0.0, height=2.0), NARROW)
    assert result.segmentation.plane is None
    seen = seen_by(result, height=2.0, pitch=0.1)
    assert seen is not None
    assert (seen.attitude.height, seen.attitude.down[2]) == (2.0, math.sin(0.1))


def test_the_mount_counts_where_the_parameter_says_so() -> None:
    seen = view(world(height=0.5), attitude='fixed', height=3.0, roll=0.2)
    assert (seen.attitude.height, seen.attitude.down[0]) == (3.0, math.sin(0.2))


# Left and right, up and down


@LENSES
@pytest.mark.parametrize('pitch, roll', [(0.0, 0.0), (0.1, 0.2), (0.05, -0.3)])
def test_what_is_on_the_left_is_on_the_left_everywhere(
        camera: CameraModel, pitch: float, roll: float) -> None:
    seen = mounted(world(box(-0.3, 2.5, half=0.1), pitch=pitch, roll=roll, height=0.3), camera)
    made = scan(seen)
    hit = angles(made)[np.isfinite(made.ranges)]
    assert hit.min() == pytest.approx(math.atan(0.2 / 2.4), abs=2 * made.angle_step)
    assert hit.max() == pytest.approx(math.atan(0.4 / 2.4), abs=2 * made.angle_step)
    assert np.nanmin(made.ranges) == pytest.approx(math.hypot(0.2, 2.4), rel=0.02)
    sectors = obstacle_distance(seen)
    hit_sectors = set(np.flatnonzero(sectors.ranges < 4.0))
    assert hit_sectors and hit_sectors <= {72 - 2, 72 - 1}
    assert in_level(seen, obstacles(seen).xyz)[1].mean() == pytest.approx(0.3, abs=0.05)
    found, = boxes(seen)
    assert in_level(seen, np.array([found.center], np.float32))[1, 0] == pytest.approx(
        0.3, abs=0.08)


def test_the_box_of_a_cube_is_as_large_as_its_face() -> None:
    found, = boxes(mounted(world(box(0.4, 3.0, half=0.25), height=1.0)))
    assert (found.id, found.class_id, found.score) == ('1', 'object', 0.75)
    x, y, z = found.center
    assert (x, y) == pytest.approx((0.4, 0.75), abs=0.04)
    assert 2.75 <= z <= 3.0
    assert found.size[0] == pytest.approx(0.45, abs=0.04)
    assert 0.4 <= found.size[1] <= 0.5


def test_a_box_far_up_is_up_and_only_where_it_is_too_high_not_in_the_scan() -> None:
    seen = world(box(0.0, 4.0, bottom=1.6), height=1.5)
    high = mounted(seen, max_height=1.5)
    assert boxes(high)[0].center[1] == pytest.approx(-0.3, abs=0.05)
    assert len(obstacles(high).xyz) > 10
    assert math.isinf(range_at(scan(high), 0.0))
    assert obstacle_distance(high).ranges[AHEAD] > 8.0
    assert range_at(scan(mounted(seen, max_height=2.5)), 0.0) == pytest.approx(3.8, rel=0.01)


def test_what_is_lower_than_min_height_is_not_in_the_scan() -> None:
    seen = world(box(0.0, 3.0, half=0.03), height=0.5)
    assert range_at(scan(mounted(seen, min_height=0.02)), 0.0) == pytest.approx(2.97, rel=0.01)
    assert math.isinf(range_at(scan(mounted(seen, min_height=0.1)), 0.0))


def test_without_a_height_no_obstacle_is_too_high() -> None:
    seen = world(box(0.0, 4.0, bottom=3.0), height=3.2)
    assert range_at(scan(view(seen, attitude='fixed')), 0.0) == pytest.approx(3.8, rel=0.01)


def test_heights_over_the_camera_suit_a_uav() -> None:
    seen = world(box(0.5, 4.0, bottom=2.8), box(-0.5, 4.0, bottom=1.6, instance=2), height=3.0)
    made = scan(mounted(seen, height_over='camera', min_height=-0.5, max_height=0.5))
    assert range_at(made, -0.125) == pytest.approx(3.8, rel=0.02)
    assert math.isinf(range_at(made, 0.125))


# Free and unknown


@LENSES
@pytest.mark.parametrize('pitch, roll', [(0.0, 0.0), (0.1, 0.05)])
@pytest.mark.parametrize('sky', [80.0, math.inf])
def test_an_empty_floor_is_free_and_what_is_out_of_view_unknown(
        camera: CameraModel, pitch: float, roll: float, sky: float) -> None:
    seen = view(world(pitch=pitch, roll=roll), camera, sky)
    assert obstacles(seen).xyz.shape == (0, 3)
    assert boxes(seen) == ()
    made = scan(seen)
    assert not np.isfinite(made.ranges).any()
    free = angles(made)[np.isposinf(made.ranges)]
    left, right = -camera.bearing(-0.5), -camera.bearing(camera.width - 0.5)
    assert (free.max(), free.min()) == pytest.approx((left, right), abs=0.05)
    assert len(free) == round((free.max() - free.min()) / made.angle_step) + 1
    sectors = obstacle_distance(seen)
    assert sent_by_mavros(sectors)[AHEAD] == 801
    assert sent_by_mavros(sectors)[18:55] == [65535] * 37


def test_free_is_only_what_is_seen_as_far_as_the_range() -> None:
    down = world(pitch=0.9)
    assert np.isnan(scan(mounted(down)).ranges).all()
    assert math.isinf(range_at(scan(mounted(down, range_max=0.6)), 0.0))


def test_a_uav_sees_nothing_free_at_its_height_when_it_looks_down() -> None:
    band: dict[str, Any] = {'height_over': 'camera', 'min_height': -0.5, 'max_height': 0.5}
    assert np.isnan(scan(mounted(world(height=10.0, pitch=0.6), **band)).ranges).all()
    assert math.isinf(range_at(scan(mounted(world(height=10.0, pitch=0.2), **band)), 0.0))


def test_a_wall_beyond_the_range_leaves_the_way_free() -> None:
    seen = world(wall(12.0))
    assert math.isinf(range_at(scan(mounted(seen)), 0.0))
    assert len(obstacles(mounted(seen)).xyz) == 0
    assert range_at(scan(mounted(seen, range_max=15.0)), 0.0) == pytest.approx(12.0, rel=1e-4)


def test_above_the_camera_nothing_is_seen_to_be_free() -> None:
    up = mounted(world(pitch=-0.6))
    assert np.isnan(scan(up).ranges).all()


def with_depth(seen: World, change: NDArray[np.bool_]) -> View:
    """Return the view of a world with unknown depth where `change` is True."""
    result = frame(seen)
    segmentation = result.segmentation
    hidden = replace(segmentation, classes=np.where(change, 0, segmentation.classes).astype(
        np.uint8), labels=np.where(change, 0, segmentation.labels))
    depth = DepthMap(result.depth.values, DepthKind.METRIC, ~change)
    made = seen_by(replace(result, depth=depth, segmentation=hidden),
                   attitude='fixed', height=0.5)
    assert made is not None
    return made


def test_nothing_known_is_unknown_everywhere() -> None:
    seen = with_depth(world(wall(3.0)), np.ones((252, 336), bool))
    assert np.isnan(scan(seen).ranges).all()
    assert sent_by_mavros(obstacle_distance(seen)) == [65535] * 72
    assert len(points(seen).xyz) == len(obstacles(seen).xyz) == len(boxes(seen)) == 0


def test_columns_without_depth_are_unknown_and_their_neighbors_free() -> None:
    hidden = np.zeros((252, 336), bool)
    hidden[:, 100:140] = True
    made = scan(with_depth(world(), hidden))
    assert math.isnan(range_at(made, -CAMERA.bearing(120.0)))
    assert math.isinf(range_at(made, -CAMERA.bearing(80.0)))
    assert math.isinf(range_at(made, -CAMERA.bearing(160.0)))


@pytest.mark.parametrize('rows, free', [
    (slice(126, 140), True),  # 9.7 m away and farther
    (slice(130, 145), False),  # 7.2 to 31 m away: something 0.38 m tall could be there
    (slice(180, 184), True),  # 2.4 m away, 0.03 m tall
    (slice(180, 195), False)])
def test_a_direction_is_unknown_when_an_obstacle_fits_into_a_hole(
        rows: slice, free: bool) -> None:
    hidden = np.zeros((252, 336), bool)
    hidden[rows] = True
    assert math.isinf(range_at(scan(with_depth(world(), hidden)), 0.0)) == free


@pytest.mark.parametrize('share, free', [(0.15, True), (0.25, False)])
def test_a_direction_is_unknown_when_a_fifth_below_its_horizon_is(
        share: float, free: bool) -> None:
    rows = np.arange(126, 252)
    hidden = np.zeros((252, 336), bool)
    hidden[rows[np.floor(rows * share) != np.floor((rows - 1) * share)]] = True
    assert math.isinf(range_at(scan(with_depth(world(), hidden)), 0.0)) == free


@pytest.mark.parametrize('pitch, roll', POSES)
@pytest.mark.parametrize('height', [0.3, 1.0])
def test_behind_a_thing_that_gives_no_depth_nothing_is_free(
        height: float, pitch: float, roll: float) -> None:
    seen = world(box(0.0, 4.0, half=0.15), height=height, pitch=pitch, roll=roll)
    result = frame(seen)
    glass = result.segmentation.labels == 1
    depth = DepthMap(result.depth.values, DepthKind.METRIC, ~glass)
    segmentation = replace(
        result.segmentation, labels=np.zeros((252, 336), np.int32),
        classes=np.where(glass, 0, result.segmentation.classes).astype(np.uint8))
    made = seen_by(replace(result, depth=depth, segmentation=segmentation))
    assert made is not None
    level = scan(made)
    behind = np.abs(angles(level)) < math.atan(0.15 / 3.85) - level.angle_step
    assert np.isnan(level.ranges[behind]).all() and behind.sum() > 5
    assert np.isposinf(level.ranges[np.abs(np.abs(angles(level)) - 0.1) < 0.02]).all()


def test_what_stands_out_but_is_no_region_is_not_free() -> None:
    result = frame(world())
    classes = result.segmentation.classes.copy()
    classes[135:200, 150:186] = RegionClass.UNKNOWN
    seen = seen_by(replace(result, segmentation=replace(result.segmentation, classes=classes)))
    assert seen is not None
    assert math.isnan(range_at(scan(seen), 0.0))


@pytest.mark.parametrize('half, distance, min_area', [(0.03, 3.0, 0.002), (0.05, 2.0, 0.005)])
def test_behind_what_is_measured_but_too_small_for_a_region_nothing_is_free(
        half: float, distance: float, min_area: float) -> None:
    result = frame(world(box(0.0, distance, half=half), height=0.3))
    segmentation = Segmenter(SegmentationParams(min_area=min_area)).process(result.depth, 0.0)
    thing = result.segmentation.labels == 1
    assert thing.any() and (segmentation.classes[thing] == RegionClass.UNKNOWN).mean() > 0.9
    seen = seen_by(replace(result, segmentation=segmentation, regions=segmentation.regions))
    assert seen is not None
    made = scan(seen)
    behind = np.abs(angles(made)) < math.atan(half / distance) - made.angle_step
    assert behind.any() and np.isnan(made.ranges[behind]).all()
    assert math.isinf(range_at(made, 0.2))


def test_where_an_obstacle_is_not_sure_nothing_is_free() -> None:
    seen = world(box(0.0, 2.0, bottom=2.2), height=3.0, pitch=0.3)
    result = frame(seen)
    sign = result.segmentation.labels == 1
    assert math.isinf(range_at(scan(mounted(seen)), 0.0))
    under = np.roll(sign, 1, axis=0) & ~sign
    meters = np.where(under, np.float32(4.0), result.depth.values)
    classes = np.where(under, RegionClass.OBJECT, result.segmentation.classes).astype(np.uint8)
    labels = np.where(under, 2, result.segmentation.labels)
    made = seen_by(
        replace(result, depth=DepthMap(meters, DepthKind.METRIC),
                segmentation=replace(result.segmentation, classes=classes, labels=labels)),
        attitude='fixed', height=3.0, pitch=0.3)
    assert made is not None
    assert not made.solid[under].any()
    assert math.isnan(range_at(scan(made), 0.0))


def test_a_camera_that_looks_straight_down_sees_nothing_free() -> None:
    seen = view(world(height=10.0, pitch=1.5))
    assert seen.result.segmentation.plane is not None
    assert np.isnan(scan(seen).ranges).all()
    assert sent_by_mavros(obstacle_distance(seen)) == [65535] * 72


@pytest.mark.parametrize('down', [(0.0, 0.0, 1.0), (0.0, 0.0, -1.0)])
def test_an_imu_may_say_straight_down_or_up(down: tuple[float, float, float]) -> None:
    result = frame(world(height=10.0, pitch=1.5), replace(CAMERA, cx=168.0, cy=126.0))
    held = mount_of(MountParams(attitude='imu', imu_axes='optical', height=10.0),
                    Readings(down=down))
    seen = view_of(replace(result, mount=held), NavigationParams(range_max=2.0))
    assert seen is not None and seen.is_tilt_known
    with np.errstate(all='raise'):
        ranges = scan(seen).ranges
    # From 10 m up, the ground is seen 2 m away and further.
    assert not np.isfinite(ranges).any() and np.isinf(ranges).any() == (down[2] > 0.0)


def without_plane(**params: Any) -> View:
    """Return the view of an empty floor in which no ground plane was found."""
    result = frame(world(height=0.5))
    seen = seen_by(replace(result, segmentation=replace(result.segmentation, plane=None)),
                   **params)
    assert seen is not None
    return seen


def test_nothing_is_free_along_a_pitch_that_is_neither_seen_nor_told() -> None:
    assert np.isnan(scan(without_plane()).ranges).all()
    assert math.isinf(range_at(scan(without_plane(height=0.5)), 0.0))
    assert math.isinf(range_at(scan(without_plane(attitude='fixed')), 0.0))


@pytest.mark.parametrize('distance, free', [(5.0, False), (9.0, True)])
def test_what_a_threshold_takes_for_background_is_free_only_beyond_the_range(
        distance: float, free: bool) -> None:
    result = frame(world(box(0.0, distance), box(0.7, 1.0, instance=2), wall(20.0)))
    segmentation = Segmenter(SegmentationParams(method='threshold')).process(result.depth, 0.0)
    assert segmentation.classes[126, 168] == RegionClass.BACKGROUND
    made = seen_by(replace(result, segmentation=segmentation, regions=segmentation.regions),
                   attitude='fixed', height=0.5)
    assert made is not None
    assert math.isinf(range_at(scan(made), 0.0)) == free
    assert math.isinf(range_at(scan(made), 0.2))


# Drop-offs


def test_a_drop_off_begins_where_the_ground_ends() -> None:
    result = frame(world(height=0.5))
    rows = np.arange(252)
    slope = (rows - CAMERA.cy) / CAMERA.fy
    meters = np.repeat(np.float32(np.where(slope > 0.5 / 3.0, 0.5, 2.0)
                                  / np.maximum(slope, 0.025))[:, None], 336, axis=1)
    below = np.repeat(((slope <= 0.5 / 3.0) & (slope > 0.0))[:, None], 336, axis=1)
    classes = np.where(below, RegionClass.DROP_OFF, RegionClass.GROUND).astype(np.uint8)
    classes[:126] = RegionClass.BACKGROUND
    result = replace(
        result, depth=DepthMap(meters, DepthKind.METRIC),
        segmentation=Segmentation(below.astype(np.int32), classes))
    seen = seen_by(result, attitude='fixed', height=0.5, edge_jump=5.0, range_max=20.0)
    assert seen is not None
    assert range_at(scan(seen), 0.0) == pytest.approx(3.0, rel=0.03)
    assert in_level(seen, obstacles(seen).xyz)[2].max() == pytest.approx(-2.0, abs=0.01)
    unknown_height = seen_by(result, attitude='fixed', range_max=40.0)
    assert unknown_height is not None
    assert range_at(scan(unknown_height), 0.0) == pytest.approx(12.0, rel=0.03)


# Details


def test_pixels_between_a_thing_and_the_wall_behind_it_are_in_no_output() -> None:
    result = frame(world(box(0.0, 2.0), wall(5.0)))
    smeared = result.depth.values.copy()
    edge = np.flatnonzero(np.diff((smeared[160] < 3.0).astype(int)))[0]
    smeared[smeared[:, edge + 1] < 2.5, edge] = 3.4
    result = replace(result, depth=DepthMap(smeared, DepthKind.METRIC))
    seen = seen_by(result, attitude='fixed', height=0.5)
    assert seen is not None
    forward = in_level(seen, obstacles(seen).xyz)[0]
    assert not ((forward > 2.3) & (forward < 4.9)).any()
    made = scan(seen)
    found = made.ranges[np.isfinite(made.ranges)]
    assert not ((found > 2.4) & (found < 4.9)).any()


def test_a_thin_pole_is_in_scan_and_cloud() -> None:
    pole = Solid('post', (0.0, -0.5, 3.0), (0.008, 0.5, 0.008), 0.0, 1)
    seen = mounted(world(pole, wall(6.0)))
    assert 0 < (seen.result.segmentation.labels == 1).sum(axis=1).max() <= 2
    assert range_at(scan(seen), 0.0) == pytest.approx(3.0, rel=0.01)
    assert (obstacles(seen).region == 1).any()


def test_points_carry_the_color_of_the_image_and_the_region_of_the_label_image() -> None:
    result = frame(world(box(0.0, 3.0), wall(5.0)))
    rgb = np.zeros_like(result.rgb)
    rgb[:, :, 0] = np.arange(rgb.shape[1]) // 3
    rgb[:, :, 1] = (np.arange(rgb.shape[0]) // 3)[:, None]
    rgb[:, :, 2] = 7
    seen = seen_by(replace(result, rgb=rgb), voxel=0.0, max_points=10**6)
    assert seen is not None
    cloud = points(seen)
    assert (cloud.xyz.dtype, cloud.color.dtype, cloud.region.dtype) == (
        np.float32, np.uint32, np.uint32)
    x, y, z = cloud.xyz.astype(np.float64).T
    column = np.rint(x / z * CAMERA.fx + CAMERA.cx).astype(int)
    row = np.rint(y / z * CAMERA.fy + CAMERA.cy).astype(int)
    np.testing.assert_array_equal(cloud.color >> 16, (2 * column + 1) // 3)
    np.testing.assert_array_equal(cloud.color >> 8 & 255, (2 * row + 1) // 3)
    assert (cloud.color & 255 == 7).all()
    np.testing.assert_array_equal(cloud.region, result.segmentation.labels[row, column])
    assert set(np.unique(obstacles(seen).region)) == {1, 100}


def test_clouds_keep_to_their_bound() -> None:
    seen = mounted(world(wall(5.0)), voxel=0.01, max_points=500)
    assert 200 < len(points(seen).xyz) <= 500
    assert len(obstacles(seen).xyz) <= 500


def test_what_is_nearer_than_the_range_is_reported_at_its_beginning() -> None:
    seen = mounted(world(wall(0.2)), range_min=0.4)
    assert range_at(scan(seen), 0.0) == np.float32(0.4)
    assert sent_by_mavros(obstacle_distance(seen))[AHEAD] == 40


def test_free_rays_may_be_a_number() -> None:
    seen = mounted(world(), scan_free='over_range_max', range_max=6.0)
    assert range_at(scan(seen), 0.0) == pytest.approx(6.01)
    assert not np.isposinf(scan(seen).ranges).any()


def test_a_scan_is_the_half_circle_before_the_camera_in_even_steps() -> None:
    made = scan(mounted(world()))
    assert made.angle_step == 0.0087
    assert angles(made)[0] == pytest.approx(-angles(made)[-1])
    assert math.pi / 2 - made.angle_step < angles(made)[-1] <= math.pi / 2
    assert not made.clockwise
    assert scan(mounted(world(), scan_step=0.05)).angle_step == 0.05


def test_rays_are_no_finer_than_the_pixels_and_have_no_gaps() -> None:
    made = scan(mounted(world(wall(3.0)), WIDE, scan_step=0.001))
    assert made.angle_step == 1.5 / 120.0
    found = np.flatnonzero(np.isfinite(made.ranges))
    assert len(found) == found[-1] - found[0] + 1


@pytest.mark.parametrize('range_max', [0.57, 4.7, 8.0, 12.34, 199.99])
def test_mavros_gets_whole_centimeters_and_one_more_for_free(range_max: float) -> None:
    made = obstacle_distance(view(world(), sky=300.0, range_max=range_max))
    farthest = int(np.float32(float(np.float32(made.range_max)) * 1e2))
    assert farthest == round(100 * range_max)
    assert sent_by_mavros(made)[AHEAD] == farthest + 1
    assert (made.clockwise, len(made.ranges), made.angle_min) == (True, 72, 0.0)
    assert made.angle_step == pytest.approx(math.radians(5.0))


def test_a_region_without_a_sure_point_has_no_box() -> None:
    result = frame(world(box(0.0, 3.0)))
    empty = replace(result.segmentation, labels=np.zeros_like(result.segmentation.labels))
    seen = seen_by(replace(result, segmentation=empty))
    assert seen is not None and boxes(seen) == ()


def test_without_meters_or_a_camera_there_is_no_view() -> None:
    result = frame(world())
    assert seen_by(replace(result, camera=None)) is None
    relative = DepthMap(result.depth.values, DepthKind.RELATIVE_INVERSE)
    assert seen_by(replace(result, depth=relative)) is None


def test_scan_and_sectors_share_their_rays_and_leave_them_as_they_are() -> None:
    seen = mounted(world(box(0.0, 3.0)), scan_free='over_range_max')
    before = seen.rays.ranges.copy()
    scan(seen), obstacle_distance(seen)
    np.testing.assert_array_equal(seen.rays.ranges, before)


def in_world(seen: World, meters: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return right, down, forward of every pixel from the camera in world axes, (3, H, W)."""
    cp, sp, cr, sr = (f(a) for a in (seen.pitch, seen.roll) for f in (math.cos, math.sin))
    rows, columns = np.mgrid[:CAMERA.height, :CAMERA.width]
    x, y = (columns - CAMERA.cx) / CAMERA.fx, (rows - CAMERA.cy) / CAMERA.fy
    x, y = cr * x - sr * y, sr * x + cr * y
    return np.stack([x, cp * y + sp, cp - sp * y]) * meters


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('kind', ['indoor', 'outdoor', 'uav'])
def test_in_any_world_no_ray_reaches_past_an_obstacle_or_ends_where_there_is_none(
        kind: str, seed: int) -> None:
    seen = random_world(np.random.default_rng(seed), kind)
    result = frame(seen)
    view_of_it = mounted(seen)
    made = scan(view_of_it)
    right, down, forward = in_world(seen, result.depth.values)
    height, distance = -seen.position[1] - down, np.hypot(right, forward)
    counts = (view_of_it.solid & result.segmentation.mask & (height > 0.06) & (height < 1.99)
              & (distance < 7.99))
    rays = np.rint((np.arctan2(-right, forward) - made.angle_min) / made.angle_step).astype(int)
    # A pixel between two rays may count for either.
    nearest = np.fmin(made.ranges, np.fmin(np.roll(made.ranges, 1), np.roll(made.ranges, -1)))
    assert counts.any()
    assert (nearest[rays[counts]] <= distance[counts] * 1.001).all()
    hit = np.flatnonzero(np.isfinite(made.ranges))
    for ray in hit[::4]:
        near = distance[counts & (np.abs(rays - ray) <= 1)]
        assert np.abs(near - made.ranges[ray]).min() < 0.01 * made.ranges[ray]


@pytest.mark.parametrize('pitch, roll', [(0.0, 0.0), (0.2, 0.1)])
def test_the_real_segmenter_leads_to_the_same(pitch: float, roll: float) -> None:
    result = frame(world(box(0.5, 3.0, half=0.3), pitch=pitch, roll=roll, height=0.6),
                   sky=math.inf)
    segmentation = Segmenter().process(result.depth, 0.0)
    seen = seen_by(replace(result, segmentation=segmentation, regions=segmentation.regions))
    assert seen is not None
    assert seen.attitude.height == pytest.approx(0.6, rel=0.01)
    made = scan(seen)
    assert np.nanmin(made.ranges) == pytest.approx(math.hypot(0.2, 2.7), rel=0.02)
    hit = angles(made)[np.isfinite(made.ranges)]
    assert -0.32 < hit.min() < hit.max() < -0.05
    assert np.isposinf(made.ranges[angles(made) > 0.05]).sum() > 20
    assert len(boxes(seen)) == 1
