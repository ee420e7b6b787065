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
"""Bad images, old images, too many images: each is counted by its cause, and the node goes on."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

node_rig = pytest.importorskip('node_rig')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
qos = pytest.importorskip('rclpy.qos')
std_srvs = pytest.importorskip('std_srvs.srv')

BEST_EFFORT = qos.ReliabilityPolicy.BEST_EFFORT
BAD_IMAGES = {
    'unknown encoding': (node_rig.image(encoding='9UC7'), 'unsupported encoding', '9UC7'),
    'short buffer': (node_rig.image(data=b'short'), 'bad image', 'got 5'),
    'zero size': (node_rig.image(height=0, width=0), 'bad image', 'got 0x0'),
    'step smaller than a row': (node_rig.image(step=10), 'bad image', 'got 10'),
    '40 megapixels': (node_rig.image(5000, 8000, data=b''), 'bad image', '36 megapixels'),
}


@pytest.fixture
def run(spin_until, tmp_path):
    """Return a function that starts a node with recorded depth and ends it after the test."""
    started = []

    def start(*arguments, values=None, count=1600):
        model = node_rig.recorded(
            tmp_path / 'maps', node_rig.scene() if values is None else values, count=count)
        manager = node_rig.running(spin_until, '-p', f'model.name:={model}', *arguments)
        started.append(manager)
        return manager.__enter__()

    yield start
    for manager in started:
        manager.__exit__(None, None, None)


def test_bad_images_are_counted_and_reported_and_good_ones_still_work(run):
    rig = run()
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    rig.result(masks)
    for name, (message, cause, text) in BAD_IMAGES.items():
        before = rig.count(f'dropped: {cause}')
        rig.send_until(lambda: rig.count(f'dropped: {cause}') > before, message)
        rig.wait(lambda: text in rig.status.message)
        assert rig.status.level == b'\x02', name
        assert rig.status.message.startswith('images are dropped: '), name
        rig.result(masks)
    rig.wait(lambda: rig.status.level == b'\x00')
    assert rig.value('dropped: internal error') == '0'


def test_an_image_of_one_pixel_gives_a_mask_of_one_pixel(run):
    rig = run()
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    message = rig.result(masks, node_rig.image(1, 1))
    assert (message.height, message.width, len(message.data)) == (1, 1, 1)


@pytest.mark.parametrize('depth', [np.nan, 0.5])
def test_depth_that_says_nothing_gives_no_obstacle_and_no_free_space(run, depth):
    rig = run(values=np.full((48, 64), depth, np.float32))
    classes = rig.subscribe(sensor_msgs.Image, '/depth_seg/classes')
    assert set(rig.result(classes).data) == {0}


def test_row_padding_is_stepped_over(run):
    rig = run()
    overlays = rig.subscribe(sensor_msgs.Image, '/depth_seg/overlay')
    row = bytes((10, 20, 30)) * 64 + bytes(8)
    message = rig.result(overlays, node_rig.image(step=200, data=row * 48))
    assert bytes(message.data[3 * 60:3 * 60 + 3]) == bytes((10, 20, 30))


def test_compressed_images_are_taken_where_asked_for(run):
    rig = run('-p', 'input.transport:=compressed')
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    camera = rig.client.create_publisher(sensor_msgs.CompressedImage, 'image/compressed', 1)
    message = sensor_msgs.CompressedImage(format='jpeg')
    message.data.frombytes(cv2.imencode('.jpg', np.zeros((48, 64, 3), np.uint8))[1])
    rig.send_until(lambda: masks, message, camera)
    assert (masks[0].height, masks[0].width) == (48, 64)
    damaged = sensor_msgs.CompressedImage(format='jpeg')
    damaged.data.frombytes(bytes(message.data[:40]))
    rig.send_until(lambda: rig.count('dropped: bad image'), damaged, camera)


def test_a_stamp_that_goes_back_is_counted_and_begins_a_new_stream(run):
    rig = run()
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    rig.result(masks)
    rig.images.publish(node_rig.image(stamp_ns=5 * 10**9))
    rig.wait(lambda: node_rig.ns(masks[-1]) == 5 * 10**9)
    rig.wait_for_value('stamp went back', '1')
    rig.wait_for_value('alignment: inlier share', 'none')


def test_images_that_come_faster_than_they_are_processed_are_counted(run):
    rig = run()
    for topic in ('overlay', 'depth_color', 'inverse_depth', 'labels'):
        rig.subscribe(sensor_msgs.Image, f'/depth_seg/{topic}')
    rig.send_until(lambda: rig.count('dropped: newer image came'), node_rig.image(1080, 1920))
    rig.wait(lambda: rig.count('images received') == rig.count('frames processed')
             + sum(rig.count(item.key) for item in rig.status.values
                   if item.key.startswith('dropped: ')))


def test_images_older_than_max_age_are_counted(run):
    rig = run('-p', 'input.max_age:=1.0')
    rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    rig.send_until(lambda: rig.count('dropped: too old'))
    rig.wait(lambda: 'input.max_age' in rig.status.message)
    assert rig.status.level == b'\x01'


def test_a_model_that_cannot_go_on_is_reported_and_counted(run):
    rig = run(count=2)
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    rig.send_until(lambda: rig.count('dropped: model error'))
    assert len(masks) == 2
    rig.wait(lambda: 'all 2 maps are used up' in rig.status.message)


def test_disabling_stops_the_work_and_enabling_starts_it_again(run):
    rig = run()
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    rig.result(masks)
    answer = rig.call(std_srvs.SetBool, '/depth_seg/enable', std_srvs.SetBool.Request(data=False))
    assert (answer.success, answer.message) == (True, 'disabled')
    rig.send_until(lambda: rig.count('dropped: disabled by ~/enable') > 3)
    processed = len(masks)
    dropped = rig.count('dropped: disabled by ~/enable')
    rig.send_until(lambda: rig.count('dropped: disabled by ~/enable') > dropped)
    assert len(masks) == processed
    assert rig.status.message == 'disabled; call /depth_seg/enable with data: true'
    rig.call(std_srvs.SetBool, '/depth_seg/enable', std_srvs.SetBool.Request(data=True))
    rig.result(masks)


def reliability(rig):
    """Return what the node asks for on its image topic; empty while it does not."""
    return ''.join(asked.qos_profile.reliability.name
                   for asked in rig.client.get_subscriptions_info_by_topic('/image'))


def test_the_subscription_is_as_reliable_as_all_publishers_are(run):
    rig = run()
    masks = rig.subscribe(sensor_msgs.Image, '/depth_seg/mask')
    rig.wait(lambda: reliability(rig) == 'RELIABLE')
    rig.result(masks)
    fast = rig.client.create_publisher(
        sensor_msgs.Image, 'image', qos.QoSProfile(depth=1, reliability=BEST_EFFORT))
    rig.wait(lambda: reliability(rig) == 'BEST_EFFORT')
    rig.client.destroy_publisher(rig.images)
    masks.clear()
    rig.send_until(lambda: masks, publisher=fast)


def test_reliability_and_diagnostics_do_not_wait_for_simulated_time(run):
    rig = run('-p', 'use_sim_time:=true')  # nobody publishes /clock
    rig.wait(lambda: reliability(rig) == 'RELIABLE')
    rig.result(rig.subscribe(sensor_msgs.Image, '/depth_seg/mask'))
    rig.wait_for_value('state', 'active')


def test_the_reliability_of_the_user_is_kept(run):
    rig = run('-p', 'qos_overrides./image.subscription.reliability:=best_effort')
    rig.result(rig.subscribe(sensor_msgs.Image, '/depth_seg/mask'))
    adapted = rig.count('images received') + 60  # more than a second later
    rig.send_until(lambda: rig.count('images received') > adapted)
    assert reliability(rig) == 'BEST_EFFORT'


def test_a_reliability_that_no_publisher_offers_is_named(run):
    rig = run('-p', 'diagnostics.input_timeout:=0.1',
              '-p', 'qos_overrides./image.subscription.reliability:=reliable')
    rig.client.destroy_publisher(rig.images)
    rig.client.create_publisher(
        sensor_msgs.Image, 'image', qos.QoSProfile(depth=1, reliability=BEST_EFFORT))
    rig.wait(lambda: 'its QoS does not match' in rig.status.message)
    assert rig.status.message.endswith('change qos_overrides./image')


def test_silence_is_reported_with_what_to_do(run):
    rig = run('-p', 'diagnostics.input_timeout:=0.1', '-r', 'image:=/camera/image_raw')
    rig.wait(lambda: 'no image on /camera/image_raw' in rig.status.message)
    assert rig.status.message.endswith(
        'nobody publishes it; start the camera, or remap `image` to its topic')
    assert rig.status.level == b'\x01'


def test_a_publisher_of_another_type_is_named(run):
    rig = run('-p', 'diagnostics.input_timeout:=0.1', '-r', 'image:=/camera/image_raw')
    rig.client.create_publisher(sensor_msgs.CompressedImage, '/camera/image_raw', 1)
    rig.wait(lambda: 'sensor_msgs/msg/CompressedImage is published there' in rig.status.message)
