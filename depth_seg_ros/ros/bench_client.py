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
"""The other side of a node that is measured: sends images, takes the time of the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import subprocess
import time

from depth_seg_ros.bench.machine import ProcessUse, use_of
from depth_seg_ros.ros.conversions import stamp_ns
from depth_seg_ros.ros.processes import last_lines
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

__all__ = ['BenchClient', 'Run']

LOAD_TIMEOUT = 300.0
ANSWER_TIMEOUT = 5.0
SILENCE = 2.0
"""Seconds without a result after which none is expected any more."""

WARM_UP = 10


@dataclass
class Run:
    """
    What one run gave.

    Parameters
    ----------
    sent, received : dict of int to float
        Seconds on the monotonic clock by stamp in nanoseconds, in the order of time.
    report : dict of str to str
        What the node says of itself in the end.
    start, end : ProcessUse
        What the node's process had taken before the first image, and after the last was sent.

    """

    sent: dict[int, float] = field(default_factory=dict)
    received: dict[int, float] = field(default_factory=dict)
    report: dict[str, str] = field(default_factory=dict)
    start: ProcessUse = field(default_factory=use_of)
    end: ProcessUse = field(default_factory=use_of)


class BenchClient:
    """
    Publishes images, and notes when which was sent and answered.

    Parameters
    ----------
    node : str
        Name of the node that is measured.
    topic : str
        Image topic below that name; its messages carry the stamp of the image they answer.
    process : subprocess.Popen
        Of that node.
    log : Path
        What it writes.

    """

    def __init__(self, node: str, topic: str, process: subprocess.Popen[bytes], log: Path
                 ) -> None:
        self._process = process
        self._log = log
        self._failure = ''
        self._reports = node == 'depth_seg'
        self._node = rclpy.create_node('depth_seg_bench')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._publisher = self._node.create_publisher(Image, 'image', 1)
        self._topic = f'/{node}/{topic}'
        self._node.create_subscription(
            Image, self._topic, self._on_result, QoSProfile(depth=10))
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._on_report, 1)
        self._run = Run()

    def __enter__(self) -> BenchClient:
        return self

    def __exit__(self, *exc: object) -> None:
        self._executor.shutdown()
        self._node.destroy_node()

    def measure(self, images: list[Image], count: int, rate: int | None) -> Run:
        """
        Send images, each after the answer to the last, or at a rate.

        Raises
        ------
        ChildProcessError
            When the node does not come up, or ends; the text says why.

        """
        if not self._spin(LOAD_TIMEOUT, self._ready):
            raise ChildProcessError(
                f'the node is not active, or its subscription not reliable, after '
                f'{LOAD_TIMEOUT:g} s; {last_lines(self._log)}')
        for number in range(WARM_UP):
            self._answered(images[number % len(images)])
        run = self._run = Run(start=use_of(self._process.pid))
        start = time.monotonic()
        for number in range(count):
            if rate is None:
                self._answered(images[number % len(images)])
            else:
                self._spin(start + number / rate - time.monotonic(), lambda: False)
                self._send(images[number % len(images)])
        run.end = use_of(self._process.pid)
        self._drain()
        return run

    def _ready(self) -> bool:
        if self._reports:   # a subscription that turns reliable only later loses an image then
            return (self._run.report.get('state') == 'active'
                    and any(one.qos_profile.reliability == ReliabilityPolicy.RELIABLE
                            for one in self._node.get_subscriptions_info_by_topic(
                                self._publisher.topic_name)))
        return (self._node.count_publishers(self._topic) > 0
                and self._publisher.get_subscription_count() > 0)

    def _drain(self) -> None:
        """Take the results that are still to come, and a report of after the last."""
        known = -1
        while known < len(self._run.received):
            known = len(self._run.received)
            self._spin(SILENCE, lambda: len(self._run.received) > known)

    def _answered(self, message: Image) -> None:
        stamp = self._send(message)
        self._spin(ANSWER_TIMEOUT, lambda: stamp in self._run.received)

    def _send(self, message: Image) -> int:
        message.header.stamp = self._node.get_clock().now().to_msg()
        stamp = stamp_ns(message.header)
        self._run.sent[stamp] = time.monotonic()
        self._publisher.publish(message)
        return stamp

    def _on_result(self, message: Image) -> None:
        stamp = stamp_ns(message.header)
        if stamp in self._run.sent:  # else one that was late in the warm-up
            self._run.received[stamp] = time.monotonic()

    def _on_report(self, message: DiagnosticArray) -> None:
        status = message.status[0]
        self._run.report = {item.key: item.value for item in status.values}
        if self._run.report['state'] == 'unconfigured' and status.level == DiagnosticStatus.ERROR:
            self._failure = status.message

    def _spin(self, seconds: float, condition: Callable[[], bool]) -> bool:
        """Take messages until the condition holds; return whether it does."""
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if self._process.poll() is not None:
                raise ChildProcessError(f'the node ended; {last_lines(self._log)}')
            if self._failure:
                raise ChildProcessError(f'the node: {self._failure}')
            self._executor.spin_once(timeout_sec=min(left, 0.1))
        return True
