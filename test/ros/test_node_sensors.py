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
"""Other sensors beside the camera: depth instead of a network, meters, attitude and height."""

from __future__ import annotations

from importlib.util import find_spec
import math

from depth_seg_ros.geometry import attitude_of_mount
from depth_seg_ros.synthetic import CAMERA, render
import numpy as np
import pytest
from seen_worlds import box, wall, world

node_rig = pytest.importorskip('node_rig')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
navigation_messages = pytest.importorskip('depth_seg_ros.ros.navigation_messages')
lifecycle_srvs = pytest.importorskip('lifecycle_msgs.srv')

WARN, ERROR = b'\x01', b'\x02'
SMALL = CAMERA.scaled(168, 126)
MATRIX = [SMALL.fx, 0.0, SMALL.cx, 0.0, 0.0, SMALL.fy, SMALL.cy, 0.0, 0.0, 0.0, 1.0, 0.0]
TRUTH = render(world(box(0.6, 2.5, half=0.25), wall(5.0), pitch=0.1), SMALL).depth
ALL = ('model.name:=depth_in', 'scale.source:=sparse', 'mount.attitude:=imu',
       'mount.height_from:=range')
SENSOR_TOPICS = ('/depth_in', '/sparse_depth', '/imu', '/range')
needs_scale = pytest.mark.skipif(
    find_spec('depth_seg_ros.scale.sparse') is None, reason='what fits the scale is not built yet')


class Together:
    """Publish further messages with every image, each with its stamp and so much later."""

    def __init__(self, rig, **messages):
        self._images = rig.images
        self._others = [
            (rig.client.create_publisher(type(message), topic, 1), message)
            for topic, message in messages.items()]
        self.later_ns = 0

    def publish(self, image):
        for publisher, message in self._others:
            publisher.publish(node_rig.stamped(message, node_rig.ns(image) + self.later_ns))
        self._images.publish(image)


@pytest.fixture
def run(spin_until):
    """Return a function that starts a node and ends it after the test."""
    started = []

    def start(*parameters):
        arguments = [part for parameter in parameters for part in ('-p', parameter)]
        manager = node_rig.running(spin_until, *arguments)
        started.append(manager)
        return manager.__enter__()

    yield start
    for manager in started:
        manager.__exit__(None, None, None)


def depth_message(meters, kind='32FC1'):
    """Return an image of depth; what is not finite is nothing."""
    rows = (meters.astype('<f4') if kind == '32FC1' else
            np.where(np.isfinite(meters), np.round(meters * 1e3), 0).clip(0, 65535).astype('<u2'))
    return node_rig.image(*rows.shape, kind, rows.strides[0], rows.tobytes())


def calibration():
    return sensor_msgs.CameraInfo(width=168, height=126, p=MATRIX)


def pixels(message):
    return np.frombuffer(message.data, '<f4').reshape(message.height, message.width)


def rgb():
    return node_rig.image(126, 168)


@pytest.mark.parametrize('kind', ['32FC1', '16UC1'])
def test_depth_of_another_camera_gives_all_that_a_metric_network_does(run, kind):
    rig = run('model.name:=depth_in')
    depths = rig.subscribe(sensor_msgs.Image, '/depth_seg/depth/image')
    scans = rig.subscribe(sensor_msgs.LaserScan, '/depth_seg/scan')
    regions = rig.subscribe(vision_msgs.Detection2DArray, '/depth_seg/regions')
    camera = Together(rig, depth_in=depth_message(TRUTH, kind), camera_info=calibration())
    rig.send_until(lambda: depths and scans and regions, rgb(), camera)
    known = np.isfinite(TRUTH) & (TRUTH < 60.0)
    np.testing.assert_allclose(pixels(depths[-1])[known], TRUTH[known], atol=6e-4)
    assert scans[-1].ranges[len(scans[-1].ranges) // 2] == pytest.approx(5.0, rel=0.02)
    right = np.float32(scans[-1].ranges[:len(scans[-1].ranges) // 2])
    assert np.nanmin(right) == pytest.approx(math.hypot(0.35, 2.25), rel=0.03)
    classes = {found.results[0].hypothesis.class_id for found in regions[-1].detections}
    assert 'object' in classes
    rig.wait_for_value('depth_in', 'used')
    assert rig.value('scale source') == 'depth_in'


def test_images_wait_for_the_depth_that_is_nearest_to_them(run):
    rig = run('model.name:=depth_in')
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    camera = Together(rig, depth_in=depth_message(TRUTH))
    camera.later_ns = 4 * 10**6
    rig.send_until(lambda: masks, rgb(), camera)
    assert node_rig.ns(masks[0]) % 10**7 == 0  # the stamp of the image, not that of the depth


def test_images_without_depth_are_counted_and_the_way_out_is_told(run, capfd):
    rig = run('model.name:=depth_in')
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    rig.send_until(lambda: rig.count('dropped: no depth came with it') > 3, rgb())
    rig.send_until(lambda: rig.status.message == (
        'depth_in: no message yet: nobody publishes /depth_in; start the sensor, or remap '
        '`depth_in` to its topic'), rgb())
    assert rig.status.level == WARN
    camera = Together(rig, depth_in=depth_message(TRUTH))
    camera.later_ns = -10**9
    rig.send_until(lambda: rig.status.message.startswith(
        'depth_in: no message within 0.05 s of the stamp of the image'), rgb(), camera)
    assert masks == []
    camera.later_ns = 0
    rig.send_until(lambda: masks, rgb(), camera)
    rig.send_until(lambda: rig.status.level == b'\x00', rgb(), camera)
    assert capfd.readouterr().err.count('images are dropped, depth_in: no message within') == 1


def test_depth_that_cannot_be_read_is_an_error_and_the_next_may_do(run):
    rig = run('model.name:=depth_in')
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    publisher = Together(rig, depth_in=node_rig.image(126, 168, 'rgb8'))
    rig.send_until(lambda: rig.count('dropped: bad image'), rgb(), publisher)
    rig.send_until(lambda: rig.status.message.startswith(
        'images are dropped: depth_in: image encoding: expected one of 32FC1'), rgb(), publisher)
    assert rig.status.level == ERROR
    rig.send_until(lambda: masks, rgb(), Together(rig, depth_in=depth_message(TRUTH)))
    assert rig.value('dropped: internal error') == '0'


def relative(tmp_path):
    """Return the name of a model that sees the scene without a unit."""
    return node_rig.recorded(tmp_path / 'maps', (3.0 / TRUTH + 0.2).astype(np.float32))


def test_without_a_scale_nothing_is_said_in_meters_and_the_reason_is_told(run, tmp_path, capfd):
    rig = run(f'model.name:={relative(tmp_path)}', 'scale.source:=sparse')
    received = [rig.subscribe(kind, f'/depth_seg/{topic}') for kind, topic in (
        (sensor_msgs.Image, 'depth/image'), (sensor_msgs.CameraInfo, 'depth/camera_info'),
        (sensor_msgs.LaserScan, 'scan'), (sensor_msgs.PointCloud2, 'points'))]
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    camera = Together(rig, camera_info=calibration())
    rig.send_until(lambda: rig.count('frames processed') > 3, rgb(), camera)
    assert masks
    rig.send_until(lambda: rig.status.message.startswith(
        'sparse_depth: no message yet: nobody publishes /sparse_depth'), rgb(), camera)
    assert rig.status.level == WARN
    assert rig.value('scale source') == 'sparse'
    assert rig.value('scale: problem') not in ('', 'none')
    assert (rig.value('scale: scale'), rig.value('scale: anchors')) == ('none', '0')
    assert received == [[], [], [], []]
    said = capfd.readouterr().err
    assert said.count('nothing on ~/depth/image, ~/depth/camera_info, ~/points, ~/scan: ') == 1


@needs_scale
def test_sparse_depth_gives_a_relative_model_meters(run, tmp_path):
    rig = run(f'model.name:={relative(tmp_path)}', 'scale.source:=sparse')
    depths = rig.subscribe(sensor_msgs.Image, '/depth_seg/depth/image')
    scans = rig.subscribe(sensor_msgs.LaserScan, '/depth_seg/scan')
    sparse = np.full_like(TRUTH, np.nan)
    sparse[::6, ::6] = TRUTH[::6, ::6]
    camera = Together(rig, sparse_depth=depth_message(sparse, '16UC1'), camera_info=calibration())
    rig.send_until(lambda: depths and scans, rgb(), camera)
    near = TRUTH < 6.0
    np.testing.assert_allclose(pixels(depths[-1])[near], TRUTH[near], rtol=0.03)
    assert np.nanmin(scans[-1].ranges) == pytest.approx(math.hypot(0.35, 2.25), rel=0.04)
    rig.wait_for_value('scale: problem', 'none')
    assert int(rig.value('scale: anchors')) > 100
    assert rig.value('sparse_depth') == 'used'


@needs_scale
def test_points_that_come_after_their_image_give_the_next_ones_meters(run, tmp_path):
    rig = run(f'model.name:={relative(tmp_path)}', 'scale.source:=sparse',
              'input.max_skew:=0.004')
    depths = rig.subscribe(sensor_msgs.Image, '/depth_seg/depth/image')
    sparse = np.full_like(TRUTH, np.nan)
    sparse[::6, ::6] = TRUTH[::6, ::6]
    camera = Together(rig, sparse_depth=depth_message(sparse), camera_info=calibration())
    camera.later_ns = -node_rig.STAMP_STEP  # those of the image before
    rig.send_until(lambda: len(depths) > 3, rgb(), camera)
    near = TRUTH < 6.0
    np.testing.assert_allclose(pixels(depths[-1])[near], TRUTH[near], rtol=0.03)
    rig.send_until(lambda: rig.value('scale: problem') == 'none'
                   and float(rig.value('scale: age (s)')) >= 0.01, rgb(), camera)
    assert rig.value('sparse_depth') == 'used'


def imu_message(pitch):
    """Return what an IMU in the body says that looks so far below the horizon."""
    message = sensor_msgs.Imu()
    message.orientation.y, message.orientation.w = math.sin(pitch / 2), math.cos(pitch / 2)
    return message


@needs_scale
@pytest.mark.skipif(navigation_messages.TFMessage is None, reason='tf2_msgs is not installed')
def test_the_imu_tells_where_the_level_frame_is(run):
    rig = run('model.name:=depth_in', 'mount.attitude:=imu', 'mount.height_from:=range')
    transforms = rig.subscribe(navigation_messages.TFMessage, '/tf')
    rig.subscribe(sensor_msgs.LaserScan, '/depth_seg/scan')
    height = sensor_msgs.Range(min_range=0.1, max_range=9.0, range=0.5)
    camera = Together(rig, depth_in=depth_message(TRUTH), camera_info=calibration(),
                      imu=imu_message(0.3), range=height)
    rig.send_until(lambda: transforms and rig.value('imu') == rig.value('range') == 'used',
                   rgb(), camera)
    turn = transforms[-1].transforms[0].transform.rotation
    expected = attitude_of_mount(0.3, 0.0, math.nan).quaternion
    assert (turn.x, turn.y, turn.z, turn.w) == pytest.approx(expected, abs=1e-6)


def test_an_imu_that_tells_nothing_is_named_and_the_images_go_on(run):
    rig = run('model.name:=depth_in', 'mount.attitude:=imu', 'mount.height_from:=range')
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    nothing = sensor_msgs.Imu()
    nothing.orientation.w = 0.0
    camera = Together(rig, depth_in=depth_message(TRUTH), imu=nothing, range=sensor_msgs.Range())
    rig.send_until(lambda: masks and rig.status.message.startswith(
        'imu: orientation: expected a quaternion of length 1, got 0')
        and rig.value('range') == 'expected 0 to 0 m, got 0: the height is unknown',
        rgb(), camera)
    assert rig.status.level == WARN


def test_sensors_are_subscribed_to_while_active_where_the_parameters_ask(run, tmp_path):
    rig = run(f'model.name:={relative(tmp_path)}')
    rig.wait_for_value('state', 'active')
    rig.wait(lambda: rig.client.count_subscribers('/camera_info') == 1)
    assert [rig.client.count_subscribers(topic) for topic in SENSOR_TOPICS] == [0, 0, 0, 0]


def test_a_sensor_of_another_type_is_named(run):
    rig = run('model.name:=depth_in', 'mount.attitude:=imu')
    rig.client.create_publisher(sensor_msgs.CompressedImage, '/depth_in', 1)
    rig.client.create_publisher(sensor_msgs.Image, '/imu', 1)
    rig.wait_for_value('depth_in', 'no message yet: sensor_msgs/msg/CompressedImage is published '
                                   'there, sensor_msgs/msg/Image is expected; remap `depth_in`')
    rig.wait_for_value('imu', 'no message yet on /imu, though somebody publishes it')


def test_sensors_are_left_alone_while_inactive(run):
    rig = run(*ALL)
    rig.wait(lambda: all(rig.client.count_subscribers(topic) == 1 for topic in SENSOR_TOPICS))
    deactivate = lifecycle_srvs.ChangeState.Request()
    deactivate.transition.id = 4
    rig.call(lifecycle_srvs.ChangeState, '/depth_seg/change_state', deactivate)
    rig.wait(lambda: not any(rig.client.count_subscribers(topic) for topic in SENSOR_TOPICS))
    rig.wait_for_value('state', 'inactive')
    assert rig.value('imu') == ''


def test_images_that_still_wait_for_their_depth_are_counted(run):
    rig = run('model.name:=depth_in')
    rig.wait_for_value('state', 'active')
    rig.send_until(lambda: rig.count('images received') > 3, rgb())
    deactivate = lifecycle_srvs.ChangeState.Request()
    deactivate.transition.id = 4
    rig.call(lifecycle_srvs.ChangeState, '/depth_seg/change_state', deactivate)
    rig.wait_for_value('state', 'inactive')
    assert rig.count('dropped: node deactivated') > 3
    assert rig.count('images received') == sum(
        rig.count(item.key) for item in rig.status.values if item.key.startswith('dropped: '))
