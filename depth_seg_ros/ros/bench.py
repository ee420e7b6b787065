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
"""
The node through the middleware: how old a result is, what the node adds, what gets lost.

The node runs in a process of its own, anew for every line. Images go out one at a time, each
after the answer to the last, and at a fixed rate. What the node adds is the age of a result less
the time of the pipeline as the node reports it: both ways through the middleware, decoding, the
mask, waiting.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
import subprocess
import tempfile
import time

from depth_seg_ros.bench.speed import image_size, machine, positive, synthetic_frames
from depth_seg_ros.ros.conversions import image_message, stamp_ns
from depth_seg_ros.ros.frame_statistics import WINDOW
from depth_seg_ros.ros.processes import last_lines, node_process, use_own_domain
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

__all__ = ['add_arguments', 'main']

LOAD_TIMEOUT = 300.0
ANSWER_TIMEOUT = 5.0
SETTLE_SECONDS = 1.0
REPORT_PERIOD = 0.2
WARM_UP = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench dds` takes."""
    parser.add_argument('--model', metavar='NAME', default='embedded',
                        help='value of model.name (default: %(default)s)')
    parser.add_argument('--device', default='auto', help='value of model.device')
    parser.add_argument('--frames', metavar='N', type=positive, default=200,
                        help='images of each size and kind of run (default: %(default)s)')
    parser.add_argument('--size', metavar='WxH', type=image_size, nargs='+',
                        default=[(640, 480), (1280, 720)],
                        help='sizes of the images (default: 640x480 1280x720)')
    parser.add_argument('--rate', metavar='HZ', type=positive, default=30,
                        help='images per second of the second run (default: %(default)s)')
    parser.add_argument('--topic', default='mask',
                        help='image topic of the node to subscribe to (default: %(default)s)')


def main(args: argparse.Namespace) -> int:
    """
    Measure and print a table.

    Raises
    ------
    ChildProcessError
        When the node does not come up, or ends; the text says why.

    """
    use_own_domain()
    print(f'{machine()}\n{args.model}, topic ~/{args.topic}; times in ms, ages from the stamp of '
          f'the image to the result in hand\n\n{_header()}')
    rclpy.init(args=[])
    try:
        for size in args.size:
            images = [image_message(image, 'bgr8', Header(frame_id='camera'))
                      for image in synthetic_frames(*size)[0]]
            for rate in (None, args.rate):
                print(_row(size, rate, _measure(args, images, rate)), flush=True)
    finally:
        rclpy.try_shutdown()
    return 0


def _measure(args: argparse.Namespace, images: list[Image], rate: int | None) -> _Run:
    """Run a node of its own, and send it images."""
    parameters = {'model.name': args.model, 'model.device': args.device,
                  'diagnostics.period': REPORT_PERIOD}
    with ExitStack() as stack:
        log = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        process = stack.enter_context(node_process('depth_seg_ros.ros.node', log, parameters))
        client = stack.enter_context(_Client(args.topic, process, log / 'node.log'))
        return client.measure(images, args.frames, rate)


@dataclass
class _Run:
    """What one run gave: the age of each result by stamp, and what the node says in the end."""

    sent: int = 0
    ages: dict[int, float] = field(default_factory=dict)
    report: dict[str, str] = field(default_factory=dict)
    memory: tuple[float, float] = (np.nan, np.nan)

    @property
    def dropped(self) -> int:
        """Return how many the node received and did not process."""
        return sum(int(value) for key, value in self.report.items()
                   if key.startswith('dropped: '))


class _Client:
    """Publishes images, and takes the time of the answers."""

    def __init__(self, topic: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log
        self._failure = ''
        self._node = rclpy.create_node('depth_seg_bench')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._publisher = self._node.create_publisher(Image, 'image', 1)
        self._results = self._node.create_subscription(
            Image, f'depth_seg/{topic}', self._on_result, QoSProfile(depth=10))
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._on_report, 1)
        self._run = _Run()

    def __enter__(self) -> _Client:
        return self

    def __exit__(self, *exc: object) -> None:
        self._executor.shutdown()
        self._node.destroy_node()

    def measure(self, images: list[Image], count: int, rate: int | None) -> _Run:
        """Send images, each after the answer to the last, or at a rate."""
        if not self._spin(LOAD_TIMEOUT, lambda: self._run.report.get('state') == 'active'):
            raise ChildProcessError(f'the node is not active after {LOAD_TIMEOUT:g} s; '
                                    f'{last_lines(self._log)}')
        for number in range(WARM_UP):
            self._answered(images[number % len(images)])
        run = self._run = _Run()
        memory = _resident_mb(self._process.pid)
        start = time.monotonic()
        for number in range(count):
            if rate is None:
                self._answered(images[number % len(images)])
            else:
                self._spin(start + number / rate - time.monotonic(), lambda: False)
                self._send(images[number % len(images)])
        self._spin(SETTLE_SECONDS, lambda: False)
        run.memory = memory, _resident_mb(self._process.pid)
        return run

    def _answered(self, message: Image) -> None:
        stamp = self._send(message)
        self._spin(ANSWER_TIMEOUT, lambda: stamp in self._run.ages)

    def _send(self, message: Image) -> int:
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
        self._run.sent += 1
        return stamp_ns(message.header)

    def _on_result(self, message: Image) -> None:
        now = self._node.get_clock().now().nanoseconds
        stamp = stamp_ns(message.header)
        self._run.ages[stamp] = (now - stamp) * 1e-9

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


def _resident_mb(pid: int) -> float:
    """Return the memory of a process in MB; NaN where there is no /proc."""
    status = Path(f'/proc/{pid}/status')
    if not status.exists():
        return float('nan')
    line, = (line for line in status.read_text().splitlines() if line.startswith('VmRSS'))
    return int(line.split()[1]) / 1024


def _header() -> str:
    return (f'{"size":>9} {"images":>9} {"sent":>5} {"results":>7} {"dropped":>7} {"age p50":>7} '
            f'{"p95":>6} {"p99":>6} {"pipeline":>8} {"added":>6} {"memory of the node":>20}')


def _row(size: tuple[int, int], rate: int | None, run: _Run) -> str:
    ages = list(run.ages.values()) or [float('nan')]
    p50, p95, p99 = np.percentile(ages, (50, 95, 99)) * 1e3
    pipeline = float(run.report.get('pipeline p50 (ms)', 'nan'))
    # The node reports on its last seconds only.
    end = max(run.ages, default=0)
    recent = [age for stamp, age in run.ages.items() if end - stamp <= WINDOW * 1e9] or ages
    kind = 'answered' if rate is None else f'{rate} Hz'
    added = np.median(recent) * 1e3 - pipeline
    return (f'{f"{size[0]}x{size[1]}":>9} {kind:>9} {run.sent:>5} {len(run.ages):>7} '
            f'{run.dropped:>7} {p50:>7.1f} {p95:>6.1f} {p99:>6.1f} {pipeline:>8.1f} '
            f'{added:>6.1f} {run.memory[0]:>8.0f} -> {run.memory[1]:.0f} MB')
