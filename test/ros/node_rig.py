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
"""The real node in a thread, and a client of it that talks over DDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
import threading
import time
from typing import Any

from depth_seg_ros.ros.node import DepthSegNode
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
from numpy.typing import NDArray
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image

FRAME = 'camera_optical_frame'
STAMP_STEP = 10**7
TIMEOUT = 30.0


def scene() -> NDArray[np.float32]:
    """Return inverse depth of a floor with one box on it, 48 x 64."""
    depth = np.repeat(np.maximum(np.arange(48) - 12, 0) * 0.02, 64).reshape(48, 64)
    depth[8:36, 22:34] = 0.48
    return depth.astype(np.float32)


def recorded(folder: Path, values: NDArray[np.float32], kind: str = 'inverse_depth',
             count: int = 1600) -> str:
    """
    Write a model that gives the same map `count` times; return its `model.name`.

    By default enough for an image every 0.02 s until `TIMEOUT`.
    """
    folder.mkdir(exist_ok=True)
    first = folder / f'0_{kind}.npy'
    np.save(first, values)
    for number in range(1, count):
        (folder / f'{number}_{kind}.npy').symlink_to(first)
    return f'recorded:{folder}'


def image(height: int = 48, width: int = 64, encoding: str = 'bgr8', step: int | None = None,
          data: bytes | None = None, stamp_ns: int = 0) -> Image:
    """Return an image message; by default a correct one."""
    step = 3 * width if step is None else step
    message = Image(height=height, width=width, encoding=encoding, step=step)
    message.data.frombytes(bytes(height * step) if data is None else data)
    return stamped(message, stamp_ns)


def stamped(message: Any, stamp_ns: int) -> Any:
    """Set the stamp of a message; return it."""
    message.header.frame_id = FRAME
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
    return message


def ns(message: Any) -> int:
    """Return the stamp of a message in nanoseconds."""
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


class Rig:
    """
    One running node and its client.

    Parameters
    ----------
    spin_until : callable
        The fixture.
    arguments : str
        ROS arguments of the node: '-p', 'model.name:=embedded'.

    """

    def __init__(self, spin_until: Callable[..., None], *arguments: str) -> None:
        self._spin_until = spin_until
        self._stamp = 10**18
        # A context of its own is a DDS participant of its own, as another process has it.
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context)
        self.node = DepthSegNode(context=self._context, cli_args=[
            '--ros-args', '-p', 'diagnostics.period:=0.1', *arguments])
        self.client = rclpy.create_node('client', use_global_arguments=False)
        self.images = self.client.create_publisher(Image, 'image', 1)
        self.reports = self.subscribe(DiagnosticArray, '/diagnostics')
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin)
        self._thread.start()

    def close(self) -> None:
        """End both."""
        self._executor.shutdown()
        self._thread.join()
        self.node.release()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)
        self.client.destroy_node()

    def subscribe(self, kind: type, topic: str, latched: bool = False) -> list[Any]:
        """Return the list to which messages of a topic get appended."""
        received: list[Any] = []
        durability = DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE
        self.client.create_subscription(
            kind, topic, received.append, QoSProfile(depth=10, durability=durability))
        return received

    def wait(self, condition: Callable[[], Any]) -> None:
        """Spin the client until the condition holds."""
        self._spin_until([self.client], condition, TIMEOUT)

    def send_until(self, condition: Callable[[], Any], message: Any = None,
                   publisher: Any = None) -> None:
        """Publish an image with ever newer stamps until the condition holds."""
        message = image() if message is None else message
        publisher = publisher or self.images
        last = 0.0

        def sent() -> bool:
            nonlocal last
            if condition():
                return True
            if time.monotonic() - last > 0.02:
                last = time.monotonic()
                self._stamp += STAMP_STEP
                publisher.publish(stamped(message, self._stamp))
            return False

        self.wait(sent)

    def result(self, results: list[Any], message: Any = None) -> Any:
        """Send images until one more result is in the list; return it."""
        after = self._stamp
        self.send_until(lambda: results and ns(results[-1]) > after, message)
        return results[-1]

    @property
    def status(self) -> DiagnosticStatus:
        """Return the newest status; an empty one before the first."""
        return self.reports[-1].status[0] if self.reports else DiagnosticStatus()

    def value(self, key: str) -> str:
        """Return one value of the newest status; empty when it is not in it."""
        return {item.key: item.value for item in self.status.values}.get(key, '')

    def count(self, key: str) -> int:
        """Return one value of the newest status as a number; 0 when it is not in it."""
        return int(self.value(key) or 0)

    def wait_for_value(self, key: str, value: str) -> None:
        """Wait until the diagnostics say so."""
        self.wait(lambda: self.value(key) == value)

    def call(self, kind: type, name: str, request: Any) -> Any:
        """Return the answer of a service."""
        service = self._ready_client(kind, name)
        future = service.call_async(request)
        self.wait(future.done)
        self.client.destroy_client(service)
        return future.result()

    def _ready_client(self, kind: type, name: str) -> Any:
        """Return a client that has its service; Fast DDS now and then never matches a new one."""
        for share in (0.2, 0.3, 0.5):
            client = self.client.create_client(kind, name)
            until = time.monotonic() + share * TIMEOUT
            self.wait(lambda: client.service_is_ready() or time.monotonic() > until)
            if client.service_is_ready():
                return client
            self.client.destroy_client(client)
        raise TimeoutError(f'{name}: condition not met within {TIMEOUT:g} s')


@contextmanager
def running(spin_until: Callable[..., None], *arguments: str) -> Iterator[Rig]:
    """Run a node with ROS of its own."""
    rclpy.init(args=[])
    rig = Rig(spin_until, *arguments)
    try:
        yield rig
    finally:
        rig.close()
        rclpy.try_shutdown()
