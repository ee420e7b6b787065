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

The node runs in a process of its own. First the same pipeline runs in this one; then images go
out one at a time, each after the answer to the last, and at a fixed rate. What the node adds is
the age of a result less the time of the pipeline: both ways through the middleware, decoding, the
mask, waiting.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass, field
import os
from pathlib import Path
import random
import signal
import subprocess
import sys
import time
from typing import Any

from depth_seg_ros.bench.speed import synthetic_frames
from depth_seg_ros.params import ModelParams, PipelineParams
from depth_seg_ros.pipeline import build_pipeline
from depth_seg_ros.ros.conversions import image_message, stamp_ns
from diagnostic_msgs.msg import DiagnosticArray
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from sensor_msgs.msg import Image
from std_msgs.msg import Header

__all__ = ['add_arguments', 'main']

LOAD_TIMEOUT = 300.0
ANSWER_TIMEOUT = 5.0
WARM_UP = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench dds` takes."""
    parser.add_argument('--model', metavar='NAME', default='embedded',
                        help='value of model.name (default: %(default)s)')
    parser.add_argument('--device', default='auto', help='value of model.device')
    parser.add_argument('--frames', metavar='N', type=int, default=200,
                        help='images of each size and kind of run (default: %(default)s)')
    parser.add_argument('--size', metavar='WxH', nargs='+', default=['640x480', '1280x720'],
                        help='sizes of the images (default: 640x480 1280x720)')
    parser.add_argument('--rate', metavar='HZ', type=float, default=30.0,
                        help='images per second of the second run (default: %(default)s)')
    parser.add_argument('--topic', default='mask',
                        help='image topic of the node to subscribe to (default: %(default)s)')


def main(args: argparse.Namespace) -> int:
    """
    Measure and print a table.

    Raises
    ------
    ValueError
        When an argument makes no sense.
    ModelLoadError
        When the model cannot be had.
    RuntimeError
        When the node does not come up.

    """
    if args.frames < 1 or args.rate <= 0:
        raise ValueError('--frames and --rate: expected at least 1 and more than 0, got '
                         f'{args.frames} and {args.rate:g}')
    sizes = [_size(text) for text in args.size]
    model = ModelParams(name=args.model, device=args.device)
    alone = [_pipeline_seconds(model, size, min(args.frames, 100)) for size in sizes]
    _environment()
    print(f'{args.model}, topic ~/{args.topic}; ages in ms from the stamp of the image to the '
          'result in hand\n\n' + _header())
    with ExitStack() as stack:
        stack.callback(rclpy.try_shutdown)
        rclpy.init(args=[])
        process = stack.enter_context(_node_process(model))
        client = _Client(args.topic, process)
        stack.callback(client.close)
        for size, pipeline in zip(sizes, alone):
            images = _messages(size)
            client.one_at_a_time(images, WARM_UP)
            print(_row(size, 'one at a time', client.one_at_a_time(images, args.frames),
                       pipeline), flush=True)
            print(_row(size, f'{args.rate:g} Hz', client.at_rate(images, args.frames, args.rate),
                       pipeline), flush=True)
        print(f'\nmemory of the node: {client.memory_text()}')
    return 0


@dataclass
class _Run:
    """What one run gave: seconds by stamp, and counts of the node."""

    sent: int = 0
    ages: dict[int, float] = field(default_factory=dict)
    dropped: int = 0


class _Client:
    """Publishes images, and takes the time of the answers."""

    def __init__(self, topic: str, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._node = rclpy.create_node('depth_seg_bench')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._publisher = self._node.create_publisher(Image, 'image', 1)
        self._node.create_subscription(
            Image, f'depth_seg/{topic}', self._on_result, QoSProfile(depth=10))
        self._node.create_subscription(DiagnosticArray, '/diagnostics', self._on_report, 1)
        self._run = _Run()
        self._counts: dict[str, str] = {}
        self._memory: list[float] = []
        self._spin(LOAD_TIMEOUT, lambda: (
            self._publisher.get_subscription_count() == 1
            and self._node.count_publishers(f'/depth_seg/{topic}') == 1))

    def close(self) -> None:
        """Free the node."""
        self._executor.shutdown()
        self._node.destroy_node()

    def one_at_a_time(self, images: list[Image], count: int) -> _Run:
        """Send each image when the last was answered."""
        run = self._begin()
        for number in range(count):
            stamp = self._send(images[number % len(images)])
            self._spin(ANSWER_TIMEOUT, lambda: stamp in run.ages)
        return self._end()

    def at_rate(self, images: list[Image], count: int, rate: float) -> _Run:
        """Send images at a rate, answered or not."""
        self._begin()
        start = time.monotonic()
        for number in range(count):
            due = start + number / rate
            self._spin(due - time.monotonic(), lambda: False)
            self._send(images[number % len(images)])
        self._spin(1.0, lambda: False)
        return self._end()

    def memory_text(self) -> str:
        """Return the resident memory of the node after each run."""
        return ', '.join(f'{megabytes:.0f}' for megabytes in self._memory) + ' MB after each run'

    def _begin(self) -> _Run:
        self._run = _Run()
        self._run.dropped = -self._dropped()
        return self._run

    def _end(self) -> _Run:
        self._counts = {}
        self._spin(ANSWER_TIMEOUT, lambda: bool(self._counts))
        self._run.dropped += self._dropped()
        status = Path(f'/proc/{self._process.pid}/status')
        if status.exists():  # Linux
            line, = (line for line in status.read_text().splitlines() if 'VmRSS' in line)
            self._memory.append(int(line.split()[1]) / 1024)
        return self._run

    def _dropped(self) -> int:
        return sum(int(value) for key, value in self._counts.items()
                   if key.startswith('dropped: ') and 'nobody' not in key)

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
        self._counts = {item.key: item.value for item in message.status[0].values}

    def _spin(self, seconds: float, condition: Any) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and (left := deadline - time.monotonic()) > 0:
            if self._process.poll() is not None:
                raise RuntimeError('the node ended; what it printed stands above')
            self._executor.spin_once(timeout_sec=min(left, 0.1))


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition('x')
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ValueError(f'--size: expected WIDTHxHEIGHT, such as 640x480, got {text!r}')
    return int(width), int(height)


def _messages(size: tuple[int, int]) -> list[Image]:
    return [image_message(image, 'bgr8', Header(frame_id='camera'))
            for image in synthetic_frames(*size)[0]]


def _pipeline_seconds(model: ModelParams, size: tuple[int, int], count: int) -> float:
    """Return the median time of the pipeline alone, in this process."""
    images = [image[..., ::-1].copy() for image in synthetic_frames(*size)[0]]
    seconds = []
    with build_pipeline(PipelineParams(model=model)) as pipeline:
        for number in range(WARM_UP + count):
            start = time.perf_counter()
            pipeline.process(images[number % len(images)], float(number))
            seconds.append(time.perf_counter() - start)
    return float(np.median(seconds[WARM_UP:]))


def _environment() -> None:
    """Set what both processes need, before the middleware starts."""
    os.environ['ROS_DOMAIN_ID'] = str(random.SystemRandom().randint(1, 101))
    # Either of them makes Fast DDS ignore the size below.
    for name in ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'ROS_LOCALHOST_ONLY'):
        os.environ.pop(name, None)
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'DEFAULT?sockets_size=16MB')


@contextmanager
def _node_process(model: ModelParams) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, '-m', 'depth_seg_ros.ros.node', '--ros-args', '--log-level', 'warn',
         '-p', f'model.name:={model.name}', '-p', f'model.device:={model.device}',
         '-p', 'diagnostics.period:=0.2'], start_new_session=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _header() -> str:
    return (f'{"size":>9}  {"images":<13} {"sent":>5} {"results":>7} {"dropped":>7} {"p50":>7} '
            f'{"p95":>7} {"p99":>7} {"pipeline":>8} {"added":>6}')


def _row(size: tuple[int, int], kind: str, run: _Run, pipeline: float) -> str:
    p50, p95, p99 = (np.percentile(list(run.ages.values()), (50, 95, 99)) * 1e3 if run.ages
                     else (np.nan, np.nan, np.nan))
    added = p50 - pipeline * 1e3
    return (f'{f"{size[0]}x{size[1]}":>9}  {kind:<13} {run.sent:>5} {len(run.ages):>7} '
            f'{run.dropped:>7} {p50:>7.1f} {p95:>7.1f} {p99:>7.1f} {pipeline * 1e3:>8.1f} '
            f'{added:>6.1f}')
