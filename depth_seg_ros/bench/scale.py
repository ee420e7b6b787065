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
How good are meters: AbsRel and delta1 in meters, before and after the scale is found.

`sparse` takes some of the true depth as what another sensor measured, and scores the rest.
`ground` takes the height and attitude of the camera from the ground plane of the true depth.
Beside them stands the least-squares fit of scale and shift to the truth that is scored: what is
lost to that, the fit has lost; the rest is the network's. Without images, `ground` is measured on
rendered scenes, whose camera is known.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
import math
from pathlib import Path

import cv2
from depth_seg_ros.bench.depth import (
    add_model_arguments, aligned, at_size, DepthScore, open_model, score)
from depth_seg_ros.bench.depth_sets import DepthSet, open_set
from depth_seg_ros.bench.scale_scenes import scene_table
from depth_seg_ros.depth import DepthEstimator, DepthKind, DepthMap, EstimatorInfo
from depth_seg_ros.geometry import attitude_of_plane, CameraModel
from depth_seg_ros.params import MountParams, PipelineParams, QualityParams, ScaleParams
from depth_seg_ros.pipeline import FrameResult, Pipeline
from depth_seg_ros.readings import NOTHING, Readings
from depth_seg_ros.segmentation import Segmenter
import numpy as np
from numpy.typing import NDArray

__all__ = ['add_arguments', 'evaluate', 'Judged', 'main']

_MIN = 1e-3

_MOST_ANCHORS = 0.5
"""Share of the true depth that may be taken for measured: as much has to be left to score."""


@dataclass(frozen=True)
class Judged:
    """
    One image.

    Parameters
    ----------
    scores : dict of str to DepthScore
        By method: `before` (a metric model as it is), `after`, and `best fit` to the truth.
    bias : dict of str to float
        Median of predicted / true depth, by method.
    frame : FrameResult

    """

    scores: dict[str, DepthScore]
    bias: dict[str, float]
    frame: FrameResult


class _Exact:
    """A network that says the true depth, up to scale and shift."""

    def __init__(self) -> None:
        self.info = EstimatorInfo('exact', 'none', 'cpu', 'fp32', DepthKind.RELATIVE_INVERSE)
        self.truth = np.ones((1, 1), np.float32)

    def load(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return the truth of this image."""
        return DepthMap(3.7 / self.truth + np.float32(0.9), DepthKind.RELATIVE_INVERSE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench scale` takes."""
    parser.add_argument('--data', metavar='FOLDER', type=Path, nargs='+', default=[],
                        help='images with true depth; the layout is recognized. None: rendered '
                             'scenes')
    add_model_arguments(parser)
    parser.add_argument('--source', choices=('sparse', 'ground'), default='sparse',
                        help='value of scale.source (default: %(default)s)')
    parser.add_argument('--anchors', metavar='N', type=int, default=200,
                        help='true depths taken for measured per image, half of all at most '
                             '(default: %(default)s)')
    parser.add_argument('--outliers', metavar='SHARE', type=float, default=0.0,
                        help='share of these that is put anywhere within the range of depth')
    parser.add_argument('--camera', metavar=('FX', 'FY', 'CX', 'CY'), type=float, nargs=4,
                        help='intrinsics in pixels of the images; --source ground needs them')
    parser.add_argument('--frames', '--limit', metavar='N', type=int, default=120,
                        help='images per folder, evenly spread (default: %(default)s)')
    parser.add_argument('--scenes', metavar='N', type=int, default=40,
                        help='rendered scenes (default: %(default)s)')
    parser.add_argument('--seed', metavar='N', type=int, default=0,
                        help='other seeds draw other points (default: %(default)s)')


def main(args: argparse.Namespace) -> int:
    """
    Measure one source of meters on every folder, or on rendered scenes, and print a table.

    Raises
    ------
    ModelLoadError, EstimationError, ValueError
        When the model, an argument or a folder cannot be used.

    """
    if not args.data:
        print(scene_table(args.scenes, args.seed))
        return 0
    _check(args)
    sets = [open_set(folder).spread(args.frames) for folder in args.data]
    for each in sets:
        if not each.layout.metric:
            raise ValueError(f'{each.folder}: depth of {each.layout.name} has no unit')
    estimator = _Exact() if args.model == 'exact' else open_model(args)
    try:
        print(f'{"data":24}{"images":>7}{"meters":>8}  {"method":10}{"AbsRel":>8}{"delta1":>8}'
              f'{"flicker":>9}{"ms":>7}')
        for each in sets:
            print(_table(each, list(evaluate(estimator, each, args))))
    finally:
        estimator.close()
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.frames < 1:
        raise ValueError(f'--frames: expected at least 1, got {args.frames}')
    if args.anchors < 1:
        raise ValueError(f'--anchors: expected at least 1, got {args.anchors}')
    if not 0.0 <= args.outliers <= 1.0:
        raise ValueError(f'--outliers: expected 0 to 1, got {args.outliers}')
    if args.source == 'ground' and args.camera is None:
        raise ValueError('--source ground needs --camera FX FY CX CY')


def evaluate(estimator: DepthEstimator, depth_set: DepthSet, args: argparse.Namespace
             ) -> Iterator[Judged]:
    """
    Yield what is found on every image of a set, one after the other through one pipeline.

    Parameters
    ----------
    estimator : DepthEstimator
        Loaded.
    depth_set : DepthSet
        Of metric depth.
    args : Namespace
        As of `add_arguments`.

    """
    # Every image counts, however dark.
    params = PipelineParams(scale=ScaleParams(source=args.source),
                            quality=QualityParams(enable=False))
    pipeline = Pipeline(estimator, params)
    rng = np.random.default_rng(args.seed)
    for index in range(len(depth_set.pairs)):
        sample = depth_set.read(index)
        if isinstance(estimator, _Exact):
            estimator.truth = sample.depth
        truth, readings, camera = sample.depth, NOTHING, None
        if args.camera is not None:
            camera = CameraModel(truth.shape[1], truth.shape[0], *args.camera)
        if args.source == 'sparse':
            sparse, truth = _split(truth, args.anchors, args.outliers, rng)
            readings = Readings(sparse=DepthMap(sparse, DepthKind.METRIC))
        elif camera is not None:
            mount = _mount(truth, camera)
            if mount is None:
                continue
            pipeline.update(replace(params, mount=mount))
        if depth_set.layout.rate == 0.0:
            pipeline.reset()
        stamp = index / (depth_set.layout.rate or 1.0)
        frame = pipeline.process(sample.rgb, stamp, camera, readings)
        yield _judged(frame, truth, depth_set.layout.max_depth)


def _split(truth: NDArray[np.float32], anchors: int, outliers: float, rng: np.random.Generator
           ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what is taken for measured, and what is left to score; NaN elsewhere."""
    known = np.flatnonzero(np.isfinite(truth))
    picked = rng.choice(known, min(anchors, int(_MOST_ANCHORS * len(known))), replace=False)
    sparse, rest = np.full(truth.shape, np.nan, np.float32), truth.copy()
    sparse.ravel()[picked] = truth.ravel()[picked]
    rest.ravel()[picked] = np.nan
    wrong = picked[:round(outliers * len(picked))]
    sparse.ravel()[wrong] = rng.uniform(np.nanmin(truth), np.nanmax(truth), len(wrong))
    return sparse, rest


def _mount(truth: NDArray[np.float32], camera: CameraModel) -> MountParams | None:
    """Return how the camera is held by the ground in the true depth; None without one."""
    width, height = round(252 * camera.width / camera.height), 252
    small = cv2.resize(truth, (width, height), interpolation=cv2.INTER_NEAREST)
    plane = Segmenter().process(DepthMap(small, DepthKind.METRIC), 0.0).plane
    if plane is None:
        return None
    found = attitude_of_plane(plane.a, plane.b, plane.c, camera.scaled(width, height))
    if found is None:
        return None
    return MountParams(attitude='fixed', height=found.height, pitch=math.asin(found.down[2]),
                       roll=math.atan2(found.down[0], found.down[1]))


def _judged(frame: FrameResult, truth: NDArray[np.float32], max_depth: float) -> Judged:
    inverse = at_size(frame.depth, truth.shape)
    maps = {'best fit': aligned(inverse, truth, max_depth)}
    if frame.depth.kind is DepthKind.METRIC:
        maps['before'] = np.clip(1.0 / inverse, _MIN, max_depth)
    if frame.metric is not None:
        maps['after'] = np.clip(1.0 / at_size(frame.metric, truth.shape), _MIN, max_depth)
    return Judged({name: score(each, truth) for name, each in maps.items()},
                  {name: float(np.nanmedian(each / truth)) for name, each in maps.items()}, frame)


def _table(depth_set: DepthSet, found: list[Judged]) -> str:
    """Return a row per method; best fit and after are of the same images."""
    with_meters = [each for each in found if 'after' in each.scores]
    lines = []
    data = (f'{depth_set.folder.name[:23]:24}{len(found):7}'
            f'{len(with_meters) / max(len(found), 1):8.1%}')
    for method in ('before', 'after', 'best fit'):
        of = [each for each in with_meters if method in each.scores]
        if not of:
            continue
        abs_rel = np.mean([each.scores[method].abs_rel for each in of])
        delta1 = np.mean([each.scores[method].delta1 for each in of])
        steps = np.abs(np.diff(np.log([each.bias[method] for each in of])))
        moving = depth_set.layout.rate > 0.0 and len(steps) > 0
        flicker = f'{steps.mean():9.2%}' if moving else f'{"-":>9}'
        time = float(np.median([each.frame.timings['scale'] for each in of])) * 1e3
        lines.append(f'{data:39}  {method:10}{abs_rel:8.3f}{delta1:8.3f}{flicker}'
                     + (f'{time:7.2f}' if method == 'after' else ''))
        data = ''
    held = np.mean([each.frame.scaling is not None and each.frame.scaling.age > 0.0
                    for each in with_meters]) if with_meters else 0.0
    if held > 0.0:
        lines.append(f'    held from a frame before: {held:.1%}')
    reasons = sorted({each.frame.scaling.reason for each in found
                      if each.frame.scaling is not None and each.frame.scaling.reason})
    return '\n'.join([*(lines or [data]), *(f'    no meters: {reason}' for reason in reasons[:5])])
