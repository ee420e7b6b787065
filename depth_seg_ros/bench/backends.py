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
from typing import Any

from depth_seg_ros.backends.random_model import model_or_random, RANDOM_SMALL
from depth_seg_ros.bench.machine import image_size, machine, positive
from depth_seg_ros.bench.speed import synthetic_frames
from depth_seg_ros.depth import load_estimator, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np

__all__ = ['add_arguments', 'main']

_RUNS = (('torch', 'fp32', False), ('torch', 'bf16', False), ('openvino', 'fp32', False),
         ('openvino', 'bf16', False), ('openvino', 'int8', False))
"""
Backend, precision, `model.compile`.

The first is what the others are compared with: how networks are usually run.
"""

_COMPILED = (('torch', 'fp32', True), ('torch', 'bf16', True))


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
    parser.add_argument('--compile', action='store_true',
                        help='torch with model.compile, too, which takes minutes to start')


def main(args: argparse.Namespace) -> int:
    """Measure and print a table; what cannot run is named with the reason."""
    print(f'{machine()}\nmodel {args.model}, {args.threads} threads, {args.frames} frames in turn')
    with model_or_random(args.model) as name:
        return _measure(name, args)


class _Engine:
    """One backend and precision in a process of its own."""

    def __init__(self, params: ModelParams, size: tuple[int, int]) -> None:
        self.label = f'{params.backend} {params.precision}' + ' compiled' * params.compile
        self.seconds = array('d')
        context = get_context('spawn')
        self._line, there = context.Pipe()
        self._process = context.Process(target=_serve, args=(there, params, size), daemon=True)
        self._process.start()
        there.close()

    def answer(self, word: str) -> Any:
        """Return what the process answers; an EOFError says how it ended before it did."""
        try:
            self._line.send(word)
            return self._line.recv()
        except (EOFError, OSError) as error:
            self._process.join()
            raise EOFError(f'its process ended with exit code {self._process.exitcode}') from error


def _answers(engines: list[_Engine], word: str) -> list[tuple[_Engine, Any]]:
    """Return each with its answer, in turn; those that have ended are named and taken out."""
    answers = []
    for engine in list(engines):
        try:
            answers.append((engine, engine.answer(word)))
        except EOFError as error:
            engines.remove(engine)
            print(f'{engine.label}: left out: {error}')
    return answers


def _measure(name: str, args: argparse.Namespace) -> int:
    engines: list[_Engine] = []
    for backend, precision, compile_it in _RUNS + _COMPILED * args.compile:
        one = [_Engine(ModelParams(name=name, backend=backend, precision=precision, device='cpu',
                                   threads=args.threads, compile=compile_it), args.size)]
        for engine, failed in _answers(one, 'load'):
            if failed:
                one.remove(engine)
                print(f'{engine.label}: left out: {failed}')
        engines += one
    for _ in range(args.frames):
        for engine, seconds in _answers(engines, 'frame'):
            engine.seconds.append(seconds)
    ends = _answers(engines, 'end')
    print(f'{"":20}{"median ms":>10}{"least":>8}{"ratio":>7}{"start s":>9}{"peak MiB":>10}')
    for engine, (start, peak) in ends:
        median = np.median(engine.seconds)
        print(f'{engine.label:20}{median * 1e3:10.1f}{min(engine.seconds) * 1e3:8.1f}'
              f'{np.median(engines[0].seconds) / median:7.2f}{start:9.2f}{peak:10.0f}')
    return 0 if engines else 1


def _serve(line: Connection, params: ModelParams, size: tuple[int, int]) -> None:
    """Load a model and time one frame whenever asked."""
    images, _ = synthetic_frames(*size)
    line.recv()
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
