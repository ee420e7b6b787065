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
"""A network slower than the camera: the newest image has its turn, nothing queues, all counts."""

from __future__ import annotations

import threading

from depth_seg_ros.depth import DepthKind, DepthMap, EstimatorInfo
import pytest

node_rig = pytest.importorskip('node_rig')

import depth_seg_ros.ros.node  # noqa: I100, E402 after the check whether ROS is here
from depth_seg_ros.ros.camera_stream import CameraStream  # noqa: I100, E402
from lifecycle_msgs.msg import Transition  # noqa: I100, E402
from lifecycle_msgs.srv import ChangeState  # noqa: I100, E402
from rclpy.qos import ReliabilityPolicy  # noqa: I100, E402
from sensor_msgs.msg import Image  # noqa: I100, E402

TURNS = 5


class HeldNetwork:
    """A network that takes as long for an image as the test wants."""

    def __init__(self, device):
        self.info = EstimatorInfo('held', 'test', device, 'fp32', DepthKind.RELATIVE_INVERSE,
                                  sees_image=False)
        self.begun = 0
        self.let_go = threading.Semaphore(0)

    def load(self):
        """Do nothing."""

    def estimate(self, rgb):
        self.begun += 1
        assert self.let_go.acquire(timeout=node_rig.TIMEOUT)
        return DepthMap(node_rig.scene(), DepthKind.RELATIVE_INVERSE)

    def close(self):
        """Do nothing."""


@pytest.fixture(params=['cpu', 'cuda:0'])
def held(monkeypatch, request):
    """Put such a network into the node."""
    network = HeldNetwork(request.param)
    monkeypatch.setattr(depth_seg_ros.ros.node, 'load_estimator', lambda params: network)
    return network


def received(rig):
    return rig.count('images received')


def dropped(rig):
    """Return the number of images dropped: for a newer one, or before somebody listened."""
    return sum(rig.count(item.key) for item in rig.status.values
               if item.key.startswith('dropped: '))


def subscribed_reliably(rig):
    """Tell whether the node has adapted its subscription: from then on nothing is lost."""
    infos = rig.client.get_subscriptions_info_by_topic('/image')
    return [info.qos_profile.reliability for info in infos] == [ReliabilityPolicy.RELIABLE]


def send(rig, stamp):
    """Send one image, and wait until the node has it."""
    before = received(rig)
    rig.images.publish(node_rig.image(stamp_ns=stamp))
    rig.wait(lambda: received(rig) > before)


def test_every_processed_image_was_the_newest_and_at_most_one_waits(held, spin_until):
    with node_rig.running(spin_until) as rig:
        masks = rig.subscribe(Image, 'depth_seg/mask')
        rig.wait_for_value('state', 'active')
        rig.send_until(lambda: held.begun == 1)
        rig.wait(lambda: subscribed_reliably(rig))
        stamp = 2 * 10**18
        newest = []
        for turn in range(1, TURNS + 1):
            # While one is in work, three come: one waits, the others are dropped and counted.
            for _ in range(3):
                stamp += node_rig.STAMP_STEP
                send(rig, stamp)
            newest.append(stamp)
            rig.wait(lambda: dropped(rig) == received(rig) - turn - 1)
            assert held.begun == turn
            held.let_go.release()
            rig.wait(lambda: held.begun == turn + 1)
        held.let_go.release()
        rig.wait(lambda: len(masks) == TURNS + 1)
        assert [node_rig.ns(mask) for mask in masks[1:]] == newest
        rig.wait(lambda: rig.count('frames processed') == TURNS + 1)
        assert received(rig) == rig.count('frames processed') + dropped(rig)


@pytest.fixture
def finish(monkeypatch):
    """Hold every image before it is published; return what was, and what lets it go."""
    entered, let_go = [], threading.Semaphore(0)
    original = CameraStream.finish

    def held_finish(stream, begun):
        entered.append(begun)
        assert let_go.acquire(timeout=node_rig.TIMEOUT)
        original(stream, begun)

    monkeypatch.setattr(CameraStream, 'finish', held_finish)
    return entered, let_go


def test_only_a_gpu_looks_at_the_next_image_while_the_last_is_published(held, finish, spin_until):
    entered, let_go = finish
    ahead = held.info.device != 'cpu'
    held.let_go.release(10000)
    with node_rig.running(spin_until) as rig:
        masks = rig.subscribe(Image, 'depth_seg/mask')
        rig.send_until(lambda: entered)
        before = received(rig)
        rig.send_until(lambda: received(rig) >= before + 3 and held.begun >= 1 + ahead)
        assert held.begun == 1 + ahead and len(entered) == 1 and not masks
        let_go.release(10000)
        rig.wait(lambda: rig.count('frames processed') == held.begun == len(masks)
                 and received(rig) == held.begun + dropped(rig))
        stamps = [node_rig.ns(mask) for mask in masks]
        assert stamps == sorted(set(stamps)) and len(stamps) >= 2


def test_deactivating_finishes_what_is_begun_and_counts_what_waited(held, finish, spin_until):
    entered, let_go = finish
    held.let_go.release(10000)
    with node_rig.running(spin_until) as rig:
        rig.subscribe(Image, 'depth_seg/mask')
        rig.send_until(lambda: entered)
        before = received(rig)
        rig.send_until(lambda: received(rig) >= before + 3)
        let_go.release(10000)
        request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_DEACTIVATE))
        assert rig.call(ChangeState, 'depth_seg/change_state', request).success
        rig.wait_for_value('state', 'inactive')
        assert rig.count('frames processed') == held.begun
        assert received(rig) == rig.count('frames processed') + dropped(rig)
