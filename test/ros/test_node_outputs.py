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
"""What the node publishes for an image, over DDS."""

from __future__ import annotations

from depth_seg_ros.outputs import IMAGES
import numpy as np
import pytest

node_rig = pytest.importorskip('node_rig')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')

DTYPES = {'32FC1': np.float32, '16UC1': np.uint16, 'mono8': np.uint8, 'bgr8': np.uint8}


def array(message):
    """Return the pixels of a published image."""
    flat = np.frombuffer(message.data, DTYPES[message.encoding])
    return flat.reshape(message.height, message.width, -1).squeeze()


@pytest.fixture
def relative(spin_until, tmp_path):
    model = node_rig.recorded(tmp_path / 'maps', node_rig.scene())
    with node_rig.running(spin_until, '-p', f'model.name:={model}') as rig:
        yield rig


@pytest.fixture
def metric(spin_until, tmp_path):
    meters = np.full((48, 64), 2.0, np.float32)
    meters[:10] = np.nan
    model = node_rig.recorded(tmp_path / 'maps', meters, 'depth')
    with node_rig.running(spin_until, '-p', f'model.name:={model}') as rig:
        yield rig


def test_every_image_output_has_its_encoding_and_the_header_of_the_input(relative):
    outputs = [output for output in IMAGES if output.topic != 'depth/image']
    results = [relative.subscribe(sensor_msgs.Image, f'/depth_seg/{output.topic}')
               for output in outputs]
    relative.send_until(lambda: all(results), node_rig.image(height=60, width=80))
    for output, received in zip(outputs, results):
        message = received[-1]
        assert message.encoding == output.encoding, output.topic
        assert (message.height, message.width) == (60, 80), output.topic
        assert message.step == len(message.data) // 60, output.topic
        assert message.header.frame_id == node_rig.FRAME, output.topic
        assert node_rig.ns(message) % node_rig.STAMP_STEP == 0, output.topic


def test_the_mask_is_white_where_the_box_is_and_black_on_the_floor(relative):
    mask = array(relative.result(relative.subscribe(sensor_msgs.Image, '/depth_seg/mask')))
    assert set(np.unique(mask)) == {0, 255}
    assert (mask[15:30, 26:30] == 255).all()
    assert (mask[40:, :16] == 0).all()


def test_the_overlay_keeps_the_colors_of_the_image(relative):
    blue = node_rig.image(encoding='rgb8', data=bytes((0, 0, 200)) * (48 * 64))
    overlay = array(relative.result(
        relative.subscribe(sensor_msgs.Image, '/depth_seg/overlay'), blue))
    # The sky above the scene is background, which is not painted over.
    assert overlay[1, 60].tolist() == [200, 0, 0]


def test_regions_carry_box_class_and_the_id_of_the_label_image(relative):
    labels = relative.subscribe(sensor_msgs.Image, '/depth_seg/labels')
    regions = relative.subscribe(vision_msgs.Detection2DArray, '/depth_seg/regions')
    relative.send_until(lambda: labels and regions)
    found, = regions[-1].detections
    assert found.id == str(array(labels[-1])[20, 28])
    assert found.results[0].hypothesis.class_id == 'object'
    assert found.bbox.center.position.x == pytest.approx(28, abs=2)
    assert found.bbox.size_x == pytest.approx(12, abs=3)
    assert regions[-1].header == found.header
    assert regions[-1].header.frame_id == node_rig.FRAME


def test_labels_and_regions_keep_their_ids_from_image_to_image(relative):
    labels = relative.subscribe(sensor_msgs.Image, '/depth_seg/labels')
    regions = relative.subscribe(vision_msgs.Detection2DArray, '/depth_seg/regions')

    def pairs():
        images = {node_rig.ns(message): message for message in labels}
        return [(images[node_rig.ns(message)], message) for message in regions
                if node_rig.ns(message) in images]

    relative.send_until(lambda: len(pairs()) >= 5)
    shown = [array(image)[20, 28] for image, _ in pairs()]
    listed = [message.detections[0].id for _, message in pairs()]
    assert len(set(listed)) == 1
    assert [str(number) for number in shown] == listed


def test_a_late_subscriber_gets_the_class_names(relative):
    relative.wait_for_value('state', 'active')
    received = relative.subscribe(vision_msgs.LabelInfo, '/depth_seg/label_info', latched=True)
    relative.wait(lambda: received)
    names = {entry.class_id: entry.class_name for entry in received[0].class_map}
    assert names == {0: 'unknown', 1: 'ground', 2: 'object', 3: 'structure', 4: 'drop-off',
                     5: 'background'}


def test_nothing_is_computed_until_somebody_subscribes(relative):
    relative.send_until(lambda: relative.count('dropped: nobody subscribes'))
    assert relative.value('frames processed') == '0'
    assert relative.status.message == 'idle: nobody subscribes to a result'
    relative.result(relative.subscribe(sensor_msgs.Image, '/depth_seg/mask'))
    relative.wait(lambda: relative.count('frames processed'))


def test_a_relative_model_has_no_metric_topics(relative):
    relative.wait_for_value('state', 'active')
    topics = dict(relative.client.get_topic_names_and_types())
    assert '/depth_seg/inverse_depth' in topics
    assert not [topic for topic in topics if topic.startswith('/depth_seg/depth/')]
    relative.wait_for_value('scale source', 'none: relative depth')


def test_a_metric_model_publishes_meters_and_a_calibration_of_that_size(metric):
    infos = metric.client.create_publisher(sensor_msgs.CameraInfo, 'camera_info', 1)
    calibration = node_rig.stamped(sensor_msgs.CameraInfo(
        width=128, height=96, p=[100.0, 0, 63.5, 0, 0, 100, 47.5, 0, 0, 0, 1, 0]), 0)
    depth = metric.subscribe(sensor_msgs.Image, '/depth_seg/depth/image')
    received = metric.subscribe(sensor_msgs.CameraInfo, '/depth_seg/depth/camera_info')

    def both():
        infos.publish(calibration)
        return depth and received

    metric.send_until(both)
    meters = array(depth[-1])
    assert np.isnan(meters[:10]).all()
    assert (meters[10:] == 2.0).all()
    info = received[-1]
    assert (info.width, info.height, info.p[0], info.p[2]) == (64, 48, 50.0, 31.5)
    assert info.header.frame_id == node_rig.FRAME
    metric.wait_for_value('scale source', 'metric model')
    metric.wait_for_value('camera_info', 'calibrated')


def test_without_camera_info_there_is_depth_but_no_calibration(metric):
    received = metric.subscribe(sensor_msgs.CameraInfo, '/depth_seg/depth/camera_info')
    depth = metric.subscribe(sensor_msgs.Image, '/depth_seg/depth/image')
    metric.result(depth)
    metric.result(depth)
    assert received == []
    metric.wait_for_value('camera_info', 'none: angles, points and scans are unknown')
    metric.send_until(lambda: metric.status.message == (
        'nothing on ~/depth/camera_info: no camera_info that fits the image and is calibrated '
        'came in; publish it, or remap `camera_info` to its topic'))
    assert metric.status.level == b'\x01'


def test_an_uncalibrated_camera_info_is_as_none(metric):
    infos = metric.client.create_publisher(sensor_msgs.CameraInfo, 'camera_info', 1)
    received = metric.subscribe(sensor_msgs.CameraInfo, '/depth_seg/depth/camera_info')
    metric.result(metric.subscribe(sensor_msgs.Image, '/depth_seg/depth/image'))
    metric.wait(infos.get_subscription_count)
    done = metric.count('frames processed')

    def ten_more():
        infos.publish(sensor_msgs.CameraInfo())
        failed = metric.count('dropped: internal error')
        return metric.count('frames processed') + failed > done + 10

    metric.send_until(ten_more)
    assert metric.count('dropped: internal error') == 0
    assert received == []
    metric.wait_for_value('camera_info', 'none: angles, points and scans are unknown')
