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
"""What the node publishes for navigation, over DDS."""

from __future__ import annotations

from dataclasses import replace
import math

from depth_seg_ros.backends.recorded import RecordedEstimator
from depth_seg_ros.outputs import NAVIGATION, PX4
from depth_seg_ros.synthetic import CAMERA, render
import numpy as np
import pytest
from seen_worlds import box, wall, world

node_rig = pytest.importorskip('node_rig')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
navigation_messages = pytest.importorskip('depth_seg_ros.ros.navigation_messages')

rclpy_qos = pytest.importorskip('rclpy.qos')
Parameter = pytest.importorskip('rclpy.parameter').Parameter
rcl_interfaces = pytest.importorskip('rcl_interfaces.srv')

WITHOUT_TF = rcl_interfaces.SetParameters.Request(parameters=[
    Parameter('navigation.publish_tf', value=False).to_parameter_msg()])
IN_THE_IMAGES_FRAME = rcl_interfaces.SetParameters.Request(parameters=[
    Parameter('navigation.level_frame', value=node_rig.FRAME).to_parameter_msg()])
IN_A_FRAME = rcl_interfaces.SetParameters.Request(parameters=[
    Parameter('navigation.level_frame', value='level').to_parameter_msg()])
SMALL = CAMERA.scaled(168, 126)
MATRIX = [SMALL.fx, 0.0, SMALL.cx, 0.0, 0.0, SMALL.fy, SMALL.cy, 0.0, 0.0, 0.0, 1.0, 0.0]


@pytest.fixture
def metric(spin_until, tmp_path):
    seen = render(world(box(0.6, 2.5, half=0.25), wall(5.0), pitch=0.1), SMALL).depth
    model = node_rig.recorded(tmp_path / 'maps', seen, 'depth')
    with node_rig.running(spin_until, '-p', f'model.name:={model}') as rig:
        yield rig


def test_all_outputs_of_one_frame_tell_the_same(metric):
    infos = metric.client.create_publisher(sensor_msgs.CameraInfo, 'camera_info', 1)
    calibration = node_rig.stamped(sensor_msgs.CameraInfo(width=168, height=126, p=MATRIX), 0)
    received = {
        output.topic: metric.subscribe(navigation_messages.MESSAGE_TYPES[output.message],
                                       f'/depth_seg/{output.topic}') for output in NAVIGATION}
    transforms = (metric.subscribe(navigation_messages.TFMessage, '/tf')
                  if navigation_messages.TFMessage else [])

    def of_one_frame():
        infos.publish(calibration)
        stamps = [{node_rig.ns(message) for message in each} for each in received.values()]
        return set.intersection(*stamps)

    metric.send_until(of_one_frame, node_rig.image(126, 168))
    stamp = of_one_frame().pop()
    found = {topic: next(message for message in each if node_rig.ns(message) == stamp)
             for topic, each in received.items()}

    scan, sectors = found['scan'], found['obstacle_distance']
    assert scan.header.frame_id == f'{node_rig.FRAME}_level'
    assert sectors.header.frame_id == f'{node_rig.FRAME}_level_frd'
    assert scan.ranges[len(scan.ranges) // 2] == pytest.approx(5.0, rel=0.02)
    assert sectors.ranges[0] == pytest.approx(5.0, rel=0.02)
    # The box is on the right: a negative angle, a sector soon after the first.
    right = np.float32(scan.ranges[:len(scan.ranges) // 2])
    assert np.nanmin(right) == pytest.approx(math.hypot(0.35, 2.25), rel=0.03)
    assert sectors.ranges[3] == pytest.approx(math.hypot(0.6, 2.25), rel=0.05)
    assert found['points'].header.frame_id == node_rig.FRAME
    assert found['points'].width > found['obstacles'].width > 100
    depths = np.frombuffer(found['obstacles'].data, '<f4').reshape(-1, 5)[:, 2]
    assert np.isfinite(depths).all() and depths.max() < 5.2
    boxes = {box.results[0].hypothesis.class_id: box for box in found['regions_3d'].detections}
    assert boxes['object'].bbox.center.position.x == pytest.approx(0.6, abs=0.1)
    if navigation_messages.TFMessage is not None:
        metric.wait(lambda: transforms)
        assert transforms[-1].transforms[0].child_frame_id == scan.header.frame_id
        metric.call(rcl_interfaces.SetParameters, '/depth_seg/set_parameters', WITHOUT_TF)
        metric.result(received['scan'], node_rig.image(126, 168))
        newest = metric.result(received['scan'], node_rig.image(126, 168))
        assert node_rig.ns(transforms[-1].transforms[0]) < node_rig.ns(newest)


def test_no_calibration_but_that_of_the_view_makes_a_scan(metric, capfd):
    infos = metric.client.create_publisher(sensor_msgs.CameraInfo, 'camera_info', 1)
    scans = metric.subscribe(sensor_msgs.LaserScan, '/depth_seg/scan')
    infos_out = metric.subscribe(sensor_msgs.CameraInfo, '/depth_seg/depth/camera_info')
    metric.send_until(lambda: metric.count('frames processed') > 2, node_rig.image(126, 168))
    metric.send_until(lambda: metric.status.message == (
        'nothing on ~/depth/camera_info, ~/scan: no camera_info that fits the image and is '
        'calibrated came in; publish it, or remap `camera_info` to its topic'),
        node_rig.image(126, 168))
    assert metric.status.level == b'\x01'
    nan, other = list(MATRIX), list(MATRIX)
    nan[2], other[0] = math.nan, -1.0
    for hostile in (
            {}, {'width': 168, 'p': MATRIX}, {'width': 168, 'height': 126},
            {'width': 168, 'height': 126, 'p': nan}, {'width': 168, 'height': 126, 'p': other},
            {'width': 168, 'height': 94, 'p': MATRIX}):
        done = metric.count('frames processed')

        def three_more():
            infos.publish(sensor_msgs.CameraInfo(**hostile))
            return metric.count('frames processed') > done + 3

        metric.send_until(three_more, node_rig.image(126, 168))
        assert (scans, infos_out, metric.count('dropped: internal error')) == ([], [], 0)
        metric.wait(lambda: metric.value('camera_info').endswith('points and scans are unknown'))
    said = capfd.readouterr().err
    assert said.count(': no camera_info that fits the image') == 1
    assert 'camera_info is not used: expected the view of a 168x126 image, got 168x94' in said
    right = sensor_msgs.CameraInfo(width=168, height=126, p=MATRIX)

    def scanned():
        infos.publish(right)
        return scans

    metric.send_until(scanned, node_rig.image(126, 168))
    metric.wait_for_value('camera_info', 'calibrated')


def clouds_alone(metric, reason):
    """Wait until there are clouds, and the reason for no scans; return scans and transforms."""
    infos = metric.client.create_publisher(sensor_msgs.CameraInfo, 'camera_info', 1)
    calibration = node_rig.stamped(sensor_msgs.CameraInfo(width=168, height=126, p=MATRIX), 0)
    scans = metric.subscribe(sensor_msgs.LaserScan, '/depth_seg/scan')
    clouds = metric.subscribe(sensor_msgs.PointCloud2, '/depth_seg/points')
    transforms = (metric.subscribe(navigation_messages.TFMessage, '/tf')
                  if navigation_messages.TFMessage else [])

    def told():
        infos.publish(calibration)
        return clouds and metric.status.message.startswith(f'nothing on ~/scan: {reason}')

    metric.send_until(told, node_rig.image(126, 168))
    assert metric.status.level == b'\x01'
    return scans, transforms


def test_no_scan_is_said_to_be_in_the_frame_of_the_image(metric):
    metric.call(rcl_interfaces.SetParameters, '/depth_seg/set_parameters', IN_THE_IMAGES_FRAME)
    assert clouds_alone(metric, 'navigation.level_frame: expected a frame that is not that of the'
                        ) == ([], [])


def test_without_a_frame_of_the_image_scans_need_one_that_the_user_knows(metric, monkeypatch):
    monkeypatch.setattr(node_rig, 'FRAME', '')
    scans, transforms = clouds_alone(
        metric, 'the image has no frame_id, so nothing on /tf can tell where')
    metric.call(rcl_interfaces.SetParameters, '/depth_seg/set_parameters', WITHOUT_TF)
    done = metric.count('frames processed')
    metric.send_until(lambda: metric.count('frames processed') > done + 5,
                      node_rig.image(126, 168))
    assert (scans, transforms) == ([], [])
    metric.call(rcl_interfaces.SetParameters, '/depth_seg/set_parameters', IN_A_FRAME)
    assert metric.result(scans, node_rig.image(126, 168)).header.frame_id == 'level'
    assert transforms == []


@pytest.mark.parametrize('source', ['none', 'sparse'])
def test_of_an_image_that_shows_nothing_every_ray_is_unknown(
        spin_until, tmp_path, monkeypatch, capfd, source):
    """Not left out: who steers by an old scan would think that it still holds."""
    info = RecordedEstimator.info.fget
    monkeypatch.setattr(RecordedEstimator, 'info', property(
        lambda estimator: replace(info(estimator), sees_image=True)))
    kind = 'depth' if source == 'none' else 'inverse_depth'
    model = node_rig.recorded(tmp_path / 'maps', node_rig.scene() + 0.1, kind)
    with node_rig.running(spin_until, '-p', f'model.name:={model}',
                          '-p', f'scale.source:={source}') as rig:
        infos = rig.client.create_publisher(sensor_msgs.CameraInfo, 'camera_info', 1)
        calibration = sensor_msgs.CameraInfo(width=168, height=126, p=MATRIX)
        results = [rig.subscribe(sensor_msgs.LaserScan, '/depth_seg/scan'),
                   rig.subscribe(sensor_msgs.LaserScan, '/depth_seg/obstacle_distance'),
                   rig.subscribe(sensor_msgs.PointCloud2, '/depth_seg/points')]

        def told():
            infos.publish(calibration)
            return all(results) and rig.status.message.startswith(
                'all is unknown: too dark: 100.0% of the image is black')

        rig.send_until(told, node_rig.image(126, 168))
        scans, sectors, clouds = results
        assert rig.status.level == b'\x01'
        assert scans[-1].angle_max > scans[-1].angle_min
        assert np.isnan(scans[-1].ranges).all() and np.isnan(sectors[-1].ranges).all()
        assert clouds[-1].width == 0
        assert 0 < rig.count('frames not fit') == rig.count('frames processed')
        assert rig.count('dropped: internal error') == rig.count('regions') == 0
    assert '[depth_seg]: all is unknown: too dark' in capfd.readouterr().err


def test_px4_gets_the_sectors_over_its_own_quality_of_service(metric):
    px4_msgs = pytest.importorskip('px4_msgs.msg')
    infos = metric.client.create_publisher(sensor_msgs.CameraInfo, 'camera_info', 1)
    calibration = node_rig.stamped(sensor_msgs.CameraInfo(width=168, height=126, p=MATRIX), 0)
    received = []
    # As the reader that the client in the autopilot asks its agent for.
    metric.client.create_subscription(
        px4_msgs.ObstacleDistance, f'/depth_seg/{PX4.topic}', received.append,
        rclpy_qos.QoSProfile(depth=2, reliability=rclpy_qos.ReliabilityPolicy.BEST_EFFORT))

    def sent():
        infos.publish(calibration)
        return received

    metric.send_until(sent, node_rig.image(126, 168))
    assert received[0].timestamp % (node_rig.STAMP_STEP // 1000) == 0
    assert received[0].timestamp > 10**15
    assert received[0].distances[0] == pytest.approx(500, rel=0.02)
    assert received[0].distances[36] == 65535
    assert (received[0].increment, received[0].max_distance) == (5.0, 800)


def test_a_relative_model_has_nothing_for_navigation(spin_until, tmp_path):
    model = node_rig.recorded(tmp_path / 'maps', node_rig.scene())
    with node_rig.running(spin_until, '-p', f'model.name:={model}') as rig:
        rig.wait_for_value('state', 'active')
        topics = dict(rig.client.get_topic_names_and_types())
        assert '/depth_seg/mask' in topics
        assert not topics.keys() & {
            f'/depth_seg/{output.topic}' for output in (*NAVIGATION, PX4)}
        assert '/tf' not in topics
