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
"""Clouds, scans, boxes and frames as their consumers read them."""

from __future__ import annotations

from importlib.resources import files
import math

from depth_seg_ros.navigation import Box3D, level_frame, PointCloud, Scan, Sectors
from depth_seg_ros.outputs import NAVIGATION, PX4
import numpy as np
import pytest
from seen_worlds import frame, seen_by, world

messages = pytest.importorskip('depth_seg_ros.ros.navigation_messages')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
Header = pytest.importorskip('std_msgs.msg').Header


@pytest.fixture
def header():
    header = Header(frame_id='camera_optical_frame')
    header.stamp.sec, header.stamp.nanosec = 12, 345
    return header


def cloud(count=3):
    xyz = np.arange(3 * count, dtype=np.float32).reshape(count, 3) / 4
    return PointCloud(xyz, np.arange(count, dtype=np.uint32) + 0x00102030,
                      np.full(count, 70_000, np.uint32))


def field(message, name):
    """Return one field of all points, read as its description says."""
    described = next(each for each in message.fields if each.name == name)
    kinds = {sensor_msgs.PointField.FLOAT32: '<f4', sensor_msgs.PointField.UINT32: '<u4'}
    raw = np.frombuffer(message.data, np.uint8).reshape(message.width, message.point_step)
    return raw[:, described.offset:described.offset + 4].copy().view(kinds[described.datatype])[
        :, 0]


def test_a_cloud_is_one_dense_row_without_padding(header):
    message = messages.cloud_message(cloud(), header)
    assert (message.height, message.width, message.is_dense) == (1, 3, True)
    assert (message.point_step, message.row_step, len(message.data)) == (20, 60, 60)
    assert message.header == header
    assert message.is_bigendian is False
    assert [(each.name, each.offset, each.datatype, each.count) for each in message.fields] == [
        ('x', 0, 7, 1), ('y', 4, 7, 1), ('z', 8, 7, 1), ('rgb', 12, 7, 1), ('region', 16, 6, 1)]


def test_the_fields_of_a_cloud_hold_its_numbers(header):
    message = messages.cloud_message(cloud(), header)
    for column, name in enumerate('xyz'):
        assert np.array_equal(field(message, name), cloud().xyz[:, column])
    assert field(message, 'region').tolist() == [70_000] * 3
    # PCL and RViz read the bits of the float as 0x00RRGGBB.
    assert field(message, 'rgb').view('<u4').tolist() == [0x102030, 0x102031, 0x102032]


def test_an_empty_cloud_is_a_message_too(header):
    message = messages.cloud_message(cloud(0), header)
    assert (message.width, message.row_step, len(message.data)) == (0, 0, 0)
    assert len(message.fields) == 5


def test_a_scan_says_its_angles_and_keeps_infinity_and_nan(header):
    ranges = np.float32([math.nan, 2.5, math.inf])
    message = messages.scan_message(Scan(-0.5, 0.5, 0.1, 8.0, ranges), header)
    assert message.angle_min + 2 * message.angle_increment == message.angle_max == 0.5
    assert (message.range_min, message.range_max) == pytest.approx((0.1, 8.0))
    assert np.array_equal(np.float32(message.ranges), ranges, equal_nan=True)
    assert (len(message.intensities), message.time_increment) == (0, 0.0)


def test_boxes_carry_id_class_score_center_and_size(header):
    box = Box3D('7', 'drop-off', 0.75, (1.0, 2.0, 3.0), (0.1, 0.2, 0.3))
    found, = messages.boxes_message((box,), header).detections
    assert (found.id, found.header) == ('7', header)
    hypothesis, = found.results
    assert (hypothesis.hypothesis.class_id, hypothesis.hypothesis.score) == ('drop-off', 0.75)
    assert (found.bbox.size.x, found.bbox.size.y, found.bbox.size.z) == (0.1, 0.2, 0.3)
    for center in (found.bbox.center.position, hypothesis.pose.pose.position):
        assert (center.x, center.y, center.z) == (1.0, 2.0, 3.0)
    assert found.bbox.center.orientation.w == 1.0


def test_without_boxes_the_message_is_empty(header):
    message = messages.boxes_message((), header)
    assert (message.header, message.detections) == (header, [])


def test_our_definition_of_a_transform_message_is_the_original():
    typesys = pytest.importorskip('rosbags.typesys')
    name = 'tf2_msgs/msg/TFMessage'
    text = (files('depth_seg_ros') / 'interfaces/tf2_msgs/msg/TFMessage.msg').read_text()
    original = typesys.get_typestore(typesys.Stores.ROS2_JAZZY).fielddefs[name]
    assert typesys.get_types_from_msg(text, name)[name] == original


def test_our_definition_of_px4_s_message_is_the_original_on_the_wire():
    typesys = pytest.importorskip('rosbags.typesys')
    name = 'px4_msgs/msg/ObstacleDistance'
    text = (files('depth_seg_ros') / 'interfaces/px4_msgs/msg/ObstacleDistance.msg').read_text()
    store = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)
    store.register(typesys.get_types_from_msg(text, name))
    assert store.hash_rihs01(name) == (
        'RIHS01_8e67aa053587cf93a4cb62428de6d58f5842da83ebcf2cd2ca67849d11a582c8')


class Px4Message:
    """px4_msgs/ObstacleDistance, where that is not installed."""

    MAV_FRAME_BODY_FRD, MAV_DISTANCE_SENSOR_LASER = 12, 0

    def __init__(self, **fields):
        self.__dict__.update(fields)


def test_sectors_are_in_the_frame_of_the_body_at_the_time_of_the_image(header, monkeypatch):
    if messages.ObstacleDistance is None:
        monkeypatch.setattr(messages, 'ObstacleDistance', Px4Message)
    distances = np.arange(72, dtype=np.uint16)
    header.stamp.nanosec = 345_999
    message = messages.navigation_message(Sectors(distances, 10, 800), header, '')
    assert message.timestamp == 12_000_345
    assert (message.frame, message.sensor_type) == (12, 0)
    assert (message.increment, message.angle_offset) == (5.0, 0.0)
    assert (message.min_distance, message.max_distance) == (10, 800)
    assert message.distances.tolist() == distances.tolist()


def test_an_output_exists_where_its_message_is_installed():
    px4 = () if messages.ObstacleDistance is None else (PX4,)
    assert messages.AVAILABLE == (*NAVIGATION, *px4)


@pytest.mark.parametrize('image, name, level', [
    ('cam_optical', '', 'cam_optical_level'), ('', '', 'camera_level'), ('cam', 'flat', 'flat')])
def test_the_level_frame_is_named_after_that_of_the_image(image, name, level):
    assert level_frame(image, name) == level
    assert level_frame(image, name, clockwise=True) == f'{level}_frd'


@pytest.mark.parametrize('clockwise', [False, True])
@pytest.mark.parametrize('name', ['cam_frd', 'cam'])
def test_the_frame_of_the_image_is_no_level_frame(name, clockwise):
    with pytest.raises(ValueError, match='not that of the image .cam_frd., got'):
        level_frame('cam_frd', name, clockwise)


@pytest.mark.parametrize('output', messages.AVAILABLE, ids=lambda output: output.topic)
def test_every_output_becomes_a_message_of_its_type_in_its_frame(output, header):
    view = seen_by(frame(world()))
    message = messages.navigation_message(output.make(view), header, 'flat')
    assert type(message) is messages.MESSAGE_TYPES[output.message]
    assert output.message.endswith(type(message).__name__)
    frames = {'scan': 'flat', 'obstacle_distance': 'flat_frd'}
    assert messages.is_level(output) == (output.topic in frames)
    if output is not PX4:  # which has no header
        assert message.header.frame_id == frames.get(output.topic, header.frame_id)
        assert message.header.stamp == header.stamp


def test_the_frames_of_the_scans_are_turned_as_the_camera_is(header, monkeypatch):
    class Transforms:
        def __init__(self, transforms):
            self.transforms = transforms

    monkeypatch.setattr(messages, 'TFMessage', Transforms)
    seen = seen_by(frame(world(pitch=0.3)), attitude='fixed', pitch=0.3, height=0.5)
    level, frd = messages.transforms_message(seen, header).transforms
    assert (level.header, level.child_frame_id) == (header, 'camera_optical_frame_level')
    turn = level.transform.rotation
    assert (turn.x, turn.y, turn.z, turn.w) == pytest.approx(seen.attitude.quaternion)
    assert (frd.header.frame_id, frd.header.stamp) == (level.child_frame_id, header.stamp)
    assert frd.child_frame_id == 'camera_optical_frame_level_frd'
    # Half a turn about forward: left becomes right, up becomes down.
    turn = frd.transform.rotation
    assert (turn.x, turn.y, turn.z, turn.w) == (1.0, 0.0, 0.0, 0.0)
    assert (level.transform.translation.x, frd.transform.translation.z) == (0.0, 0.0)
