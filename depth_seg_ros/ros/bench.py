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
The node through the middleware: rates, ages, jitter, what gets lost, what it takes.

The node runs in a process of its own, anew for every line. Images go out one at a time, each
after the answer to the last, and at a fixed rate. The metrics are those of NVIDIA's
ros2_benchmark (`depth_seg_ros.bench.stream_metrics`). What the node adds is the age of a result
less the time of the pipeline as the node reports it: both ways through the middleware, decoding,
the mask, waiting.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
import json
import math
from pathlib import Path
import tempfile

from depth_seg_ros.backends.random_model import model_or_random, RANDOM_SMALL
from depth_seg_ros.bench.machine import image_size, machine, positive
from depth_seg_ros.bench.speed import synthetic_frames
from depth_seg_ros.bench.stream_metrics import stream_metrics, StreamMetrics
from depth_seg_ros.ros.bench_client import BenchClient, Run
from depth_seg_ros.ros.conversions import image_message
from depth_seg_ros.ros.processes import node_process, use_own_domain
import numpy as np
import rclpy
from sensor_msgs.msg import Image
from std_msgs.msg import Header

__all__ = ['add_arguments', 'main']

REPORT_PERIOD = 0.2
EAGER = 'eager'
OURS = 'depth_seg'

LEGEND = """\
Times in ms. first, last: first and last image sent to first and last result, mean to p99: age of
a result, from its image sent to it in hand. jitter: mean difference of one interval between
results to the next. pipeline: its stages, median, as the node says. added: p50 less that.
p99/time: in pipelines; a node that is never late stays under 2. dropped: by the node, the newest
image wins. CPU: of the node's process, 100 % is one core."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench dds` takes."""
    parser.add_argument('--model', metavar='NAME', default='embedded',
                        help=f'value of model.name, or {RANDOM_SMALL}: the network of Depth '
                             'Anything V2 Small without its weights (default: %(default)s)')
    parser.add_argument('--device', default='auto', help='value of model.device')
    parser.add_argument('-p', '--param', metavar='NAME=VALUE', type=_parameter, action='append',
                        default=[], help='one parameter of the node; repeatable')
    parser.add_argument('--frames', metavar='N', type=positive, default=200,
                        help='images of each size and kind of run (default: %(default)s)')
    parser.add_argument('--size', metavar='WxH', type=image_size, nargs='+',
                        default=[(640, 480), (1280, 720)],
                        help='sizes of the images (default: 640x480 1280x720)')
    parser.add_argument('--rate', metavar='HZ', type=positive, default=30,
                        help='images per second of the second run (default: %(default)s)')
    parser.add_argument('--topic', default='mask',
                        help='image topic of the node to subscribe to (default: %(default)s)')
    parser.add_argument('--against', choices=(EAGER,),
                        help='also measure a node that runs the same model the usual way: eager '
                             'fp32 inside the callback, a queue of ten, depth at full size')
    parser.add_argument('--rounds', metavar='N', type=positive, default=1,
                        help='measure every kind of run so often, the nodes in turn; ratios are '
                             'medians (default: %(default)s)')
    parser.add_argument('--json', metavar='FILE', type=Path, help='write all figures there, too')


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition('=')
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f'expected NAME=VALUE, got {text!r}')
    return name, value


@dataclass(frozen=True)
class _Line:
    """One line of the table."""

    node: str
    size: str
    images: str
    metrics: StreamMetrics
    pipeline: float
    processing: float
    dropped: dict[str, int]
    cpu: float
    memory: float
    peak: float

    @property
    def lateness(self) -> float:
        """Return the age that 99 of 100 results stay under, in pipeline times."""
        return self.metrics.p99_latency / self.pipeline


def main(args: argparse.Namespace) -> int:
    """
    Measure and print a table; with `--against`, ratios under it.

    Raises
    ------
    ChildProcessError
        When a node does not come up, or ends; the text says why.
    OSError
        When the JSON file cannot be written.

    """
    use_own_domain()
    print(f'{machine()}\n{args.model}, topic ~/{args.topic}\n{LEGEND}\n\n{_header()}')
    lines = []
    rclpy.init(args=[])
    try:
        with model_or_random(args.model) as model:
            for line in _lines(args, model):
                lines.append(line)
                print(_row(line), flush=True)
    finally:
        rclpy.try_shutdown()
    if args.against:
        print('', *_ratios(lines), sep='\n')
    if args.json:
        content = {'machine': machine(), 'model': args.model, 'parameters': dict(args.param),
                   'topic': args.topic, 'runs': [asdict(line) for line in lines]}
        args.json.write_text(json.dumps(_known(content), indent=2) + '\n', encoding='utf-8')
    return 0


def _lines(args: argparse.Namespace, model: str) -> Iterator[_Line]:
    parameters = {'model.device': args.device, **dict(args.param), 'model.name': model,
                  'diagnostics.period': REPORT_PERIOD}
    nodes = [(OURS, 'depth_seg_ros.ros.node', args.topic)]
    if args.against:
        nodes.append((EAGER, 'depth_seg_ros.ros.eager_node', 'depth_color'))
    for size in args.size:
        images = [image_message(image, 'bgr8', Header(frame_id='camera'))
                  for image in synthetic_frames(*size)[0]]
        for rate in (None, args.rate):
            for name, module, topic in nodes * args.rounds:
                run = _measure(name, module, topic, parameters, images, args.frames, rate)
                yield _line(name, f'{size[0]}x{size[1]}',
                            'answered' if rate is None else f'{rate} Hz', run)


def _measure(name: str, module: str, topic: str, parameters: dict[str, object],
             images: list[Image], count: int, rate: int | None) -> Run:
    """Run a node of its own, and send it images."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        process = stack.enter_context(node_process(module, folder, parameters))
        log = folder / f'{module.rpartition(".")[2]}.log'
        client = stack.enter_context(BenchClient(name, topic, process, log))
        return client.measure(images, count, rate)


def _line(node: str, size: str, images: str, run: Run) -> _Line:
    report = run.report if node == OURS else {}
    dropped = {key.removeprefix('dropped: '): int(value) for key, value in report.items()
               if key.startswith('dropped: ') and int(value)}
    pipeline, processing = (float(report.get(f'{key} p50 (ms)', 'nan'))
                            for key in ('pipeline', 'processing'))
    return _Line(
        node, size, images, stream_metrics(run.sent, run.received), pipeline, processing, dropped,
        run.end.load_since(run.start), run.start.memory, run.end.peak)


_COLUMNS = ('size', 'images', 'node', 'Hz', 'sent', 'missed', 'dropped', 'first', 'last', 'mean',
            'p50', 'p95', 'p99', 'jitter', 'pipeline', 'added', 'p99/time', 'CPU %', 'MB', 'peak')
_WIDTHS = (9, 9, 10, *(max(8, len(title) + 1) for title in _COLUMNS[3:]))


def _header() -> str:
    return _cells(*_COLUMNS)


def _row(line: _Line) -> str:
    found = line.metrics
    times = (found.first_latency, found.last_latency, found.mean_latency, found.p50_latency,
             found.p95_latency, found.p99_latency, found.mean_jitter, line.pipeline,
             found.p50_latency - line.pipeline)
    return _cells(line.size, line.images, line.node, f'{found.rate:.1f}', found.sent,
                  found.missed, sum(line.dropped.values()), *(f'{time:.1f}' for time in times),
                  f'{line.lateness:.2f}', f'{line.cpu:.0f}', f'{line.memory:.0f}',
                  f'{line.peak:.0f}')


def _cells(*values: object) -> str:
    return ''.join(f'{"-" if value == "nan" else value:>{width}}'
                   for value, width in zip(values, _WIDTHS))


def _ratios(lines: list[_Line]) -> Iterator[str]:
    """Yield how the nodes compare in every kind of run, medians over the rounds."""
    for size, images in dict.fromkeys((line.size, line.images) for line in lines):
        chosen = [line.metrics for line in lines if (line.size, line.images) == (size, images)]
        ratios = {name: np.median([getattr(ours, name) / getattr(other, name)
                                   for ours, other in zip(chosen[::2], chosen[1::2])])
                  for name in ('rate', 'p50_latency', 'p95_latency', 'p99_latency')}
        yield (f'{size} {images}, {OURS} to {EAGER}: rate {ratios["rate"]:.2f} times; age p50 '
               f'{ratios["p50_latency"]:.2f}, p95 {ratios["p95_latency"]:.2f}, p99 '
               f'{ratios["p99_latency"]:.2f} of theirs')


def _known(value: object) -> object:
    """Return it with None for NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_known(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
