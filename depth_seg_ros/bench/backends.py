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
How fast every engine and precision runs one network, each in a process of its own.

The engines take turns frame by frame, so that what else the machine does slows all of them.
"""

from __future__ import annotations

import argparse
from array import array
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

from depth_seg_ros.backends.random_model import model_or_random, RANDOM_SMALL
from depth_seg_ros.bench.machine import image_size, machine, positive
from depth_seg_ros.bench.speed import synthetic_frames
from depth_seg_ros.depth import load_estimator, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np

__all__ = ['add_arguments', 'main']

_RUNS = (('torch', 'fp32'), ('torch', 'bf16'), ('openvino', 'fp32'), ('openvino', 'bf16'),
         ('openvino', 'int8'))
"""The first is what the others are compared with: how networks are usually run."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench backends` takes."""
    parser.add_argument('--model', metavar='NAME', default='embedded',
                        help=f'value of model.name, or {RANDOM_SMALL}: the shape of Depth '
                             'Anything V2 Small, random weights (default: %(default)s)')
    parser.add_argument('--frames', metavar='N', type=positive, default=50,
                        help='frames for each (default: %(default)s)')
    parser.add_argument('--size', metavar='WxH', type=image_size, default='640x480',
                        help='size of the images (default: %(default)s)')
    parser.add_argument('--threads', metavar='N', type=positive, default=2,
                        help='value of model.threads (default: %(default)s)')


def main(args: argparse.Namespace) -> int:
    """Measure and print a table; what cannot run is named with the reason."""
    print(f'{machine()}\nmodel {args.model}, {args.threads} threads, {args.frames} frames in turn')
    with model_or_random(args.model) as name:
        _measure(name, args)
    return 0


def _measure(name: str, args: argparse.Namespace) -> None:
    context = get_context('spawn')
    lines: list[Connection] = []
    labels = []
    for backend, precision in _RUNS:
        params = ModelParams(name=name, backend=backend, precision=precision, device='cpu',
                             threads=args.threads)
        here, there = context.Pipe()
        context.Process(target=_serve, args=(there, params, args.size), daemon=True).start()
        there.close()
        failed = here.recv()
        if failed:
            print(f'{backend} {precision}: left out: {failed}')
        else:
            lines.append(here)
            labels.append(f'{backend} {precision}')
    seconds = [array('d') for _ in lines]
    for _ in range(args.frames):
        for line, times in zip(lines, seconds):
            line.send('frame')
            times.append(line.recv())
    print(f'{"":16}{"median ms":>10}{"least":>8}{"ratio":>7}{"start s":>9}{"peak MiB":>10}')
    for label, line, times in zip(labels, lines, seconds):
        line.send('end')
        start, peak = line.recv()
        ratio = np.median(seconds[0]) / np.median(times)
        print(f'{label:16}{np.median(times) * 1e3:10.1f}{min(times) * 1e3:8.1f}{ratio:7.2f}'
              f'{start:9.2f}{peak:10.0f}')


def _serve(line: Connection, params: ModelParams, size: tuple[int, int]) -> None:
    """Load a model and time one frame whenever asked."""
    images, _ = synthetic_frames(*size)
    start = perf_counter()
    try:
        estimator = load_estimator(params)
    except ModelLoadError as error:
        line.send(str(error))
        return
    loading = perf_counter() - start
    for image in images[:3]:
        estimator.estimate(image)
    line.send('')
    turn = 0
    while line.recv() == 'frame':
        start = perf_counter()
        estimator.estimate(images[turn % len(images)])
        line.send(perf_counter() - start)
        turn += 1
    line.send((loading, _peak()))


def _peak() -> float:
    """Return the most memory that this process had in RAM, in MiB."""
    text = Path('/proc/self/status').read_text(encoding='utf-8')
    line = next(line for line in text.splitlines() if line.startswith('VmHWM'))
    return int(line.split()[1]) / 1024
