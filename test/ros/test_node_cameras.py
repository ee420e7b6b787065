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
"""Several cameras in one node: each has its topics, its state and its status, and its turn."""

from __future__ import annotations

import threading

from depth_seg_ros.backends import recorded
import numpy as np
import pytest

node_rig = pytest.importorskip('node_rig')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_srvs = pytest.importorskip('std_srvs.srv')
vision_msgs = pytest.importorskip('vision_msgs.msg')
lifecycle_msgs = pytest.importorskip('lifecycle_msgs.msg')
lifecycle_srvs = pytest.importorskip('lifecycle_msgs.srv')

NAMES = ('front', 'left')
OK, WARN, ERROR = b'\x00', b'\x01', b'\x02'


class Camera:
    """One camera of a rig: it sends, and keeps what the node says about it."""

    def __init__(self, rig, name, height=48, width=64, color=0):
        self._rig, self.name, self._size = rig, name, (height, width)
        self._data = bytes((color,)) * (3 * height * width)
        self._publisher = rig.client.create_publisher(sensor_msgs.Image, f'{name}/image', 1)
        self._infos = rig.client.create_publisher(sensor_msgs.CameraInfo, f'{name}/camera_info', 1)
        self.results = {}

    def subscribe(self, topic, kind=None):
        """Listen to a topic below the name of the camera."""
        self.results[topic] = self._rig.subscribe(
            kind or sensor_msgs.Image, f'/depth_seg/{self.name}/{topic}')

    def is_connected(self):
        """Return whether a single message gets there and its results back."""
        asked = self._rig.client.get_subscriptions_info_by_topic(f'/{self.name}/image')
        offers = [offer for topic in self.results for offer in
                  self._rig.client.get_publishers_info_by_topic(
                      f'/depth_seg/{self.name}/{topic}')]
        return ([item.qos_profile.reliability.name for item in asked] == ['RELIABLE']
                and len(offers) == len(self.results) and self._publisher.get_subscription_count())

    def send(self, stamp_ns):
        """Send one image."""
        message = node_rig.image(*self._size, data=self._data, stamp_ns=stamp_ns)
        message.header.frame_id = f'{self.name}_optical'
        self._publisher.publish(message)

    def send_info(self, focal):
        """Send a calibration."""
        height, width = self._size
        self._infos.publish(sensor_msgs.CameraInfo(
            height=height, width=width, distortion_model='plumb_bob', d=[0.0] * 5,
            k=[focal, 0.0, width / 2, 0.0, focal, height / 2, 0.0, 0.0, 1.0],
            r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            p=[focal, 0.0, width / 2, 0.0, 0.0, focal, height / 2, 0.0, 0.0, 0.0, 1.0, 0.0]))

    def result(self, stamp_ns):
        """Send one image; return what came on every topic for it."""
        self.send(stamp_ns)
        self._rig.wait(lambda: all(
            got and node_rig.ns(got[-1]) == stamp_ns for got in self.results.values()))
        return {topic: got[-1] for topic, got in self.results.items()}

    @property
    def status(self):
        """Return the newest status of this camera; an empty one before the first."""
        return next((status for status in (self._rig.reports[-1].status if self._rig.reports
                                           else ())
                     if status.name == f'depth_seg: {self.name}'), node_rig.DiagnosticStatus())

    def count(self, key):
        """Return one number of that; -1 when it is not in it."""
        return int({item.key: item.value for item in self.status.values}.get(key, -1))


@pytest.fixture
def run(spin_until, tmp_path):
    """Return a function that starts a node with two cameras, and ends it after the test."""
    started = []

    def start(*arguments, maps=None, kind='inverse_depth'):
        for number, values in enumerate(maps or [node_rig.scene()] * 100):
            np.save(tmp_path / f'{number}_{kind}.npy', values)
        manager = node_rig.running(spin_until, '-p', f'model.name:=recorded:{tmp_path}',
                                   '-p', 'cameras:=front, left', *arguments)
        started.append(manager)
        return manager.__enter__()

    yield start
    for manager in started:
        manager.__exit__(None, None, None)


def two_boxes():
    """Return inverse depth of a floor with two boxes on it."""
    depth = node_rig.scene()
    depth[8:36, 46:58] = 0.48
    return depth


def test_each_camera_has_its_own_topics_frames_and_calibration(run):
    depth = 1 / (node_rig.scene() + 0.1)
    rig = run(maps=[depth] * 4, kind='depth')
    cameras = [Camera(rig, 'front', color=10), Camera(rig, 'left', 24, 32, color=200)]
    for camera, focal in zip(cameras, (60.0, 20.0)):
        camera.subscribe('overlay')
        camera.subscribe('depth/camera_info', sensor_msgs.CameraInfo)
        rig.wait(camera.is_connected)
        camera.send_info(focal)
        rig.wait(lambda camera=camera: 'calibrated' in str(camera.status.values))
    for camera, focal, size, color in zip(cameras, (60.0, 20.0), ((48, 64), (24, 32)), (10, 200)):
        got = camera.result(10**18)
        overlay, info = got['overlay'], got['depth/camera_info']
        assert {overlay.header.frame_id, info.header.frame_id} == {f'{camera.name}_optical'}
        assert (overlay.height, overlay.width) == (info.height, info.width) == size
        assert info.k[0] == focal
        assert (np.median(overlay.data) > 100) == (color > 100)
    topics = {topic for topic, _ in rig.client.get_topic_names_and_types()}
    assert not {'/image', '/depth_seg/overlay', '/depth_seg/label_info'} & (
        topics - {rig.images.topic_name})
    assert {f'/depth_seg/{name}/label_info' for name in NAMES} <= topics


def test_each_camera_has_its_own_stream_and_region_ids(run):
    """What one sees, and when, is no scene cut and no stamp that goes back for the other."""
    one, two = node_rig.scene(), two_boxes()
    rig = run(maps=[one, two] * 3)
    front, left = (Camera(rig, name) for name in NAMES)
    for camera in (front, left):
        camera.subscribe('regions', vision_msgs.Detection2DArray)
        rig.wait(camera.is_connected)
    seen = {front: [], left: []}
    for step in range(3):
        for camera, begin in ((front, 10**18), (left, 5 * 10**9)):
            got = camera.result(begin + step * 10**8)['regions']
            seen[camera].append(sorted(int(item.id) for item in got.detections))
    rig.wait(lambda: [camera.count('frames processed') for camera in (front, left)] == [3, 3])
    for camera in (front, left):
        assert camera.count('stamp went back') == camera.count('scene cuts') == 0
        assert seen[camera] == [seen[camera][0]] * 3
        assert seen[camera][0][0] == 1
    assert (len(seen[front][0]), len(seen[left][0])) == (1, 2)


@pytest.fixture
def held(monkeypatch):
    """Return a semaphore that every image waits for in the network, and the widths let in."""
    let_in, widths = threading.Semaphore(0), []

    def estimate(estimator, rgb):
        assert let_in.acquire(timeout=node_rig.TIMEOUT)
        widths.append(rgb.shape[1])
        return whole(estimator, rgb)

    whole = recorded.RecordedEstimator.estimate
    monkeypatch.setattr(recorded.RecordedEstimator, 'estimate', estimate)
    yield let_in, widths
    let_in.release(1000)


def test_a_fast_camera_does_not_starve_a_slow_one(held, run):
    let_in, widths = held
    rig = run()
    front, left = Camera(rig, 'front', 48, 64), Camera(rig, 'left', 24, 32)
    for camera in (front, left):
        camera.subscribe('labels')
        rig.wait(camera.is_connected)
    stamps = iter(range(10**18, 2 * 10**18, 10**8))

    def take(camera):
        before = camera.count('images received')
        camera.send(next(stamps))
        rig.wait(lambda: camera.count('images received') > before)

    take(front)
    for turn in range(3):
        for camera in (left, front, front, front):
            take(camera)
        let_in.release(2)
        rig.wait(lambda turn=turn: len(left.results['labels']) == turn + 1)
    let_in.release(1)
    rig.wait(lambda: front.count('frames processed') == 4)
    assert widths == [64, 32] * 3 + [64]
    assert left.count('dropped: newer image came') == 0
    assert front.count('dropped: newer image came') == 6


def test_a_silent_camera_warns_for_itself_alone(run):
    rig = run('-p', 'diagnostics.input_timeout:=0.3')
    front, left = (Camera(rig, name) for name in NAMES)
    rig.client.destroy_publisher(left._publisher)
    front.subscribe('mask')
    stamp = iter(range(10**18, 2 * 10**18, 10**7))

    def sent():
        front.send(next(stamp))
        return left.status.level == WARN and front.status.message.endswith('results per second')

    rig.wait(sent)
    assert front.status.level == OK
    assert left.status.message.startswith('no image on /left/image for ')
    assert left.status.message.endswith(
        'nobody publishes it; start the camera, or remap `left/image` to its topic')
    assert [status.name for status in rig.reports[-1].status] == [
        'depth_seg: front', 'depth_seg: left']


def test_enable_and_the_lifecycle_are_one_for_all(run):
    rig = run('-r', 'left/image:=/port/image_raw')
    front, left = (Camera(rig, name) for name in NAMES)
    rig.wait(lambda: front.status.level != b'' and 'active' in str(front.status.values))
    rig.call(std_srvs.SetBool, '/depth_seg/enable', std_srvs.SetBool.Request(data=False))
    stamp = iter(range(10**18, 2 * 10**18, 10**7))

    def sent():
        front.send(next(stamp))
        return front.count('dropped: disabled by ~/enable') > 2

    rig.wait(sent)
    assert left.count('dropped: disabled by ~/enable') == 0
    assert '/port/image_raw' in str(left.status.values)
    for step in ('deactivate', 'cleanup'):
        assert rig.call(
            lifecycle_srvs.ChangeState, '/depth_seg/change_state',
            lifecycle_srvs.ChangeState.Request(
                transition=lifecycle_msgs.Transition(label=step))).success
    rig.wait(lambda: all(camera.status.message == 'unconfigured: run `ros2 lifecycle set '
                         '/depth_seg configure`' for camera in (front, left)))
    rig.wait(lambda: not [topic for topic, _ in rig.client.get_topic_names_and_types()
                          if topic.startswith(('/depth_seg/front/', '/depth_seg/left/'))])


@pytest.mark.parametrize('arguments, text', [
    (('-p', 'cameras:=front, front'), 'cameras: expected different names of letters, digits and '
     "_, that begin with a letter, separated by commas, got 'front, front'"),
    (('-p', 'mount.attitude:=imu'), 'mount.attitude: imu knows one camera')])
def test_what_cannot_be_is_refused_with_what_to_do(run, arguments, text):
    rig = run(*arguments)
    rig.wait(lambda: rig.status.level == ERROR)
    assert rig.status.message.startswith(f'configure failed: {text}')
