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
How long every stage takes, one frame after the other, and whether memory stays flat.

The frames are a rendered room. Without a network (`--model none`) its depth, blurred and noisy as
that of a network, takes the network's place, so that the rest can be measured anywhere.
"""

from __future__ import annotations

import argparse
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
import itertools
import json
import os
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
from depth_seg_ros.backends.random_model import model_or_random, RANDOM_SMALL
from depth_seg_ros.bench.machine import image_size, machine, positive, use_of
from depth_seg_ros.depth import DepthEstimator, DepthKind, DepthMap, EstimatorInfo, load_estimator
from depth_seg_ros.detections import detections
from depth_seg_ros.images import decode_image
from depth_seg_ros.navigation import view_of
from depth_seg_ros.outputs import IMAGES, NAVIGATION
from depth_seg_ros.params import ModelParams, PipelineParams
from depth_seg_ros.pipeline import FrameResult, Pipeline
from depth_seg_ros.synthetic import CAMERA, random_scene, to_inverse
import numpy as np
from numpy.typing import NDArray

__all__ = ['add_arguments', 'main', 'measure', 'SyntheticDepth', 'synthetic_frames']

_WARM_UP = 5
_USUAL = ('decode bgr8', 'quality', 'steady', 'segmentation', 'tracking', 'scale', 'regions',
          'draw mask', 'fill mask', 'draw labels', 'fill labels', 'fill regions')
"""What a robot pays besides the network when it subscribes to mask, labels and regions."""

_FIRST_SUM = 'without the network: mask, labels and regions'
_WHOLE = 'whole: mask, labels and regions'

_VARIANTS = 12
"""Different frames; they are taken in turn."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench speed` takes."""
    parser.add_argument('--model', metavar='NAME', default='embedded',
                        help=f'value of model.name; none; or {RANDOM_SMALL}, Depth Anything V2 '
                             'Small without its weights (default: %(default)s)')
    parser.add_argument('--device', default='auto', help='value of model.device')
    parser.add_argument('--frames', metavar='N', type=positive, default=200,
                        help='frames to measure (default: %(default)s)')
    parser.add_argument('--size', metavar='WxH', type=image_size, default='640x480',
                        help='size of the images (default: %(default)s)')
    parser.add_argument('--one-core', action='store_true',
                        help='keep the process on one core')
    parser.add_argument('--metric', action='store_true',
                        help='with --model none: depth in meters, and what navigation gets of it')
    parser.add_argument('--memory', action='store_true',
                        help='also print the memory at the start, in the middle and at the end')
    parser.add_argument('--json', metavar='FILE', type=Path, help='write all figures there, too')


def main(args: argparse.Namespace) -> int:
    """
    Measure and print a table.

    Raises
    ------
    ModelLoadError
        When the model cannot be had.

    """
    if args.one_core:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        cv2.setNumThreads(1)
    width, height = args.size
    frames, maps = synthetic_frames(width, height, args.metric)
    with model_or_random(args.model) as model:
        if model == 'none':
            estimator: DepthEstimator = SyntheticDepth(maps)
        else:
            estimator = load_estimator(ModelParams(name=model, device=args.device,
                                                   threads=1 if args.one_core else 0))
    info = estimator.info
    print(f'{machine()}\nmodel {args.model}: {info.backend} on {info.device}, {info.precision}')
    with Pipeline(estimator, PipelineParams()) as pipeline:
        start = use_of()
        run = _with_sums(measure(pipeline, itertools.cycle(frames), args.frames, args.memory))
        end = use_of()
    print(f'\n{width}x{height}, {args.frames} frames\n{_table(run)}\n'
          f'{1 / run[_WHOLE].mean():.1f} frames per second with mask, labels and regions; '
          f'CPU {end.load_since(start):.0f} % of one core; memory {end.memory:.0f} MiB, peak '
          f'{end.peak:.0f}')
    if args.json:
        args.json.write_text(json.dumps({
            'machine': machine(), 'model': args.model, 'size': [width, height],
            'frames': args.frames, 'cpu_percent': end.load_since(start), 'memory': end.memory,
            'peak': end.peak, 'stages': {stage: _numbers(each) for stage, each in run.items()},
        }, indent=2) + '\n', encoding='utf-8')
    return 0


def synthetic_frames(width: int, height: int, metric: bool = False
                     ) -> tuple[list[NDArray[np.uint8]], list[DepthMap]]:
    """
    Return a few BGR images of a room, and their depth as a network would give it.

    Parameters
    ----------
    width, height : int
        Of the images in pixels.
    metric : bool
        Whether depth is in meters.

    Returns
    -------
    images : list of uint8 ndarray of shape (height, width, 3)
    maps : list of DepthMap
        On the grid of `depth_seg_ros.synthetic.CAMERA`.

    """
    rng = np.random.default_rng(4)
    scene = random_scene(rng, 'indoor', CAMERA)
    maps = [to_inverse(scene, rng) for _ in range(_VARIANTS)]
    if metric:
        unit = np.float32(np.quantile(scene.depth, 0.02))  # to_inverse makes nearness 1 there
        maps = [DepthMap(unit / each.values, DepthKind.METRIC) for each in maps]
    shade = cv2.normalize(scene.classes * 40 + scene.instances % 7 * 25, None, 30, 220,
                          cv2.NORM_MINMAX, cv2.CV_8U)
    room = cv2.resize(cv2.applyColorMap(shade, cv2.COLORMAP_PINK), (width, height))
    images = [np.clip(room + rng.normal(0.0, 6.0, room.shape), 0, 255).astype(np.uint8)
              for _ in maps]
    return images, maps


class SyntheticDepth:
    """Prepared depth maps in turn; takes the place of a network."""

    def __init__(self, maps: list[DepthMap]) -> None:
        self._kind = maps[0].kind
        self._maps = itertools.cycle(maps)

    @property
    def info(self) -> EstimatorInfo:
        """Return that it is no network."""
        return EstimatorInfo('none', 'synthetic', 'cpu', 'fp32', self._kind)

    def load(self) -> None:
        """Do nothing."""

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return the next map."""
        return next(self._maps)

    def close(self) -> None:
        """Do nothing."""


def measure(pipeline: Pipeline, images: Iterator[NDArray[np.uint8]], count: int,
            with_memory: bool = False) -> dict[str, array[float]]:
    """
    Take images through everything that a node with all outputs subscribed does.

    Parameters
    ----------
    pipeline : Pipeline
        With any model.
    images : iterator of uint8 ndarray of shape (H, W, 3)
        Blue, green, red; at least `count` and a few to warm up.
    count : int
        Frames to measure.
    with_memory : bool
        Print the memory in use at the start, in the middle and at the end.

    Returns
    -------
    dict of str to array of float
        Seconds of every stage, one per frame.

    """
    from tqdm import tqdm
    fill_image, fill_regions, fill_other = _message_fillers()
    params = PipelineParams()
    # Lists of floats would be the one thing that grows by much: 32 bytes a number.
    seconds: dict[str, array[float]] = defaultdict(lambda: array('d'))
    for index in tqdm(range(-_WARM_UP, count), unit='frame', leave=False, disable=None):
        if index == 0:
            seconds.clear()
        if with_memory and index in (0, count // 2, count - 1):
            print(f'memory before frame {index:6}: {use_of().memory:7.1f} MiB')
        bgr = next(images)
        height, width = bgr.shape[:2]
        with _timed(seconds, 'decode bgr8'):
            rgb = decode_image(bgr.data.cast('B'), height, width, 'bgr8', 3 * width)
        result = pipeline.process(rgb, index / 30.0, CAMERA)
        for stage, duration in result.timings.items():
            seconds[stage].append(duration)
        for output in IMAGES:
            with _timed(seconds, f'draw {output.topic}'):
                image = output.render(result, params.drawing)
            if image is not None:
                with _timed(seconds, f'fill {output.topic}'):
                    fill_image(image, output.encoding)
        with _timed(seconds, 'fill regions'):
            fill_regions(result)
        view = view_of(result, params.navigation)
        if view is not None:
            for other in NAVIGATION:
                with _timed(seconds, f'make {other.topic}'):
                    made = other.make(view)
                with _timed(seconds, f'fill {other.topic}'):
                    fill_other(made)
    return seconds


@contextmanager
def _timed(seconds: dict[str, array[float]], stage: str) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[stage].append(perf_counter() - start)


def _message_fillers() -> tuple[Callable[[NDArray[np.generic], str], Any],
                                Callable[[FrameResult], Any], Callable[[Any], Any]]:
    """Return what makes messages of an image, of regions, of the rest, where ROS is installed."""
    if find_spec('sensor_msgs') is None or find_spec('vision_msgs') is None:
        print('arrays instead of messages, as sensor_msgs or vision_msgs is not installed')
        return lambda image, encoding: image.tobytes(), detections, lambda made: made
    # By name, as the core may not depend on ROS.
    convert = import_module('depth_seg_ros.ros.conversions')
    navigation = import_module('depth_seg_ros.ros.navigation_messages')
    header = import_module('std_msgs.msg').Header()
    return (lambda image, encoding: convert.image_message(image, encoding, header),
            lambda result: convert.detections_message(result, header),
            lambda made: navigation.navigation_message(made, header, ''))


def _with_sums(seconds: dict[str, array[float]]) -> dict[str, NDArray[np.float64]]:
    """Return the stages, and what users ask for: several of them together."""
    columns = {stage: np.array(each) for stage, each in seconds.items()}
    every = np.sum(list(columns.values()), axis=0)
    usual = np.sum([columns[stage] for stage in _USUAL], axis=0)
    other = [columns[f'{step} {output.topic}'] for output in NAVIGATION
             for step in ('make', 'fill') if f'make {output.topic}' in columns]
    return columns | {
        _FIRST_SUM: usual, 'without the network: every output': every - columns['depth'],
        **({'for navigation: every output': np.sum(other, axis=0)} if other else {}),
        _WHOLE: usual + columns['depth'], 'whole: every output': every}


def _table(seconds: dict[str, NDArray[np.float64]]) -> str:
    lines = [f'{"stage":48}{"median ms":>11}{"p95 ms":>10}']
    for stage, each in seconds.items():
        if stage == _FIRST_SUM:
            lines.append('-' * 69)
        numbers = _numbers(each)
        lines.append(f'{stage:48}{numbers["p50"]:11.2f}{numbers["p95"]:10.2f}')
    return '\n'.join(lines)


def _numbers(seconds: NDArray[np.float64]) -> dict[str, float]:
    """Return mean and percentiles in milliseconds."""
    p50, p95, p99 = np.quantile(seconds, (0.5, 0.95, 0.99)) * 1e3
    return {'mean': float(seconds.mean() * 1e3), 'p50': float(p50), 'p95': float(p95),
            'p99': float(p99)}
