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
How good is the depth of a model: AbsRel and delta1 against ground truth.

As is usual for relative models, scale and shift are fitted per image, by least squares in inverse
depth, before scoring (Ranftl et al. 2020). A metric model is scored as given, too. Beside them
stand what the same fit makes of nothing (a constant) and of the image row alone.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import cv2
from depth_seg_ros.bench.depth_sets import DepthSet, open_set
from depth_seg_ros.depth import DepthEstimator, DepthKind, DepthMap, load_estimator
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray

__all__ = ['add_arguments', 'add_model_arguments', 'aligned', 'at_size', 'DepthScore', 'evaluate',
           'main', 'open_model', 'score']

_MIN = 1e-3


@dataclass(frozen=True)
class DepthScore:
    """
    How far a depth map is from the true one.

    Parameters
    ----------
    abs_rel : float
        Mean of |predicted - true| / true.
    delta1 : float
        Share of pixels where the larger is less than 1.25 times the smaller.
    known : float
        Share of pixels with true depth where the model gave depth; only those are scored.

    """

    abs_rel: float
    delta1: float
    known: float


def aligned(inverse: NDArray[np.float32], truth: NDArray[np.float32], max_depth: float
            ) -> NDArray[np.float32]:
    """
    Return depth from inverse depth, after the scale >= 0 and shift that fit the truth best.

    A model that takes far for near is fitted best by a constant, and gets no more.

    Parameters
    ----------
    inverse : float32 ndarray of shape (H, W)
        Inverse depth up to scale and shift; NaN where unknown.
    truth : float32 ndarray of shape (H, W)
        True depth; NaN where unknown.
    max_depth : float
        Depth is clipped to it, in the unit of `truth`.

    Raises
    ------
    ValueError
        When no pixel is known in both.

    """
    both = _known(inverse, truth)
    given, wanted = inverse[both].astype(np.float64), 1 / truth[both].astype(np.float64)
    (scale, shift), *_ = np.linalg.lstsq(
        np.stack([given, np.ones_like(given)], axis=1), wanted, rcond=None)
    if scale < 0:
        scale, shift = 0.0, wanted.mean()
    fitted = np.maximum(scale * inverse.astype(np.float64) + shift, _MIN)
    return np.clip(1 / fitted, _MIN, max_depth).astype(np.float32)


def score(depth: NDArray[np.float32], truth: NDArray[np.float32]) -> DepthScore:
    """
    Compare two depth maps of the same unit; NaN is unknown in either.

    Raises
    ------
    ValueError
        When no pixel is known in both.

    """
    both = _known(depth, truth)
    ratio = depth[both] / truth[both]
    return DepthScore(float(np.mean(np.abs(ratio - 1))),
                      float(np.mean(np.maximum(ratio, 1 / ratio) < 1.25)),
                      float(both.sum() / np.isfinite(truth).sum()))


def evaluate(estimator: DepthEstimator, depth_set: DepthSet
             ) -> Iterator[tuple[dict[str, DepthScore], float]]:
    """
    Yield per image {method: score} and the seconds that the estimate took.

    Methods are `aligned`, `as given` (metric model and metric truth only), `row` and `constant`.

    Raises
    ------
    EstimationError, ValueError
        When an image cannot be estimated, read or scored; a ValueError names it.

    """
    layout = depth_set.layout
    for index in range(len(depth_set.pairs)):
        sample = depth_set.read(index)
        start = perf_counter()
        depth = estimator.estimate(sample.rgb)
        seconds = perf_counter() - start
        inverse = at_size(depth, sample.depth.shape)
        rows = np.indices(inverse.shape, np.float32)[0]
        guesses = {'aligned': inverse, 'row': rows, 'constant': np.zeros_like(rows)}
        try:
            scores = {name: score(aligned(guess, sample.depth, layout.max_depth), sample.depth)
                      for name, guess in guesses.items()}
        except ValueError as error:
            raise ValueError(f'{depth_set.pairs[index][0]}: {error}') from error
        if depth.kind is DepthKind.METRIC and layout.metric:
            meters = np.clip(1 / inverse, _MIN, layout.max_depth)
            scores['as given'] = score(meters, sample.depth)
        yield scores, seconds


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which model is measured, and how it runs."""
    parser.add_argument('--model', metavar='NAME', default='embedded',
                        help='value of model.name (default: %(default)s)')
    parser.add_argument('--device', default='auto', help='value of model.device')
    parser.add_argument('--input-size', metavar='PX', type=int, default=ModelParams().input_size,
                        help='value of model.input_size (default: %(default)s)')


def open_model(args: argparse.Namespace) -> DepthEstimator:
    """
    Load the model of `add_model_arguments` and print what it is.

    Raises
    ------
    ModelLoadError
        When the model cannot be had.

    """
    estimator = load_estimator(replace(ModelParams(), name=args.model, device=args.device,
                                       input_size=args.input_size))
    info = estimator.info
    print(f'{info.name}: {info.kind.value}, {info.backend} on {info.device}, '
          f'{info.precision}, input size {args.input_size}')
    return estimator


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench depth` takes."""
    parser.add_argument('--data', metavar='FOLDER', type=Path, nargs='+', required=True,
                        help='images with true depth; the layout is recognized')
    add_model_arguments(parser)
    parser.add_argument('--frames', '--limit', metavar='N', type=int, default=60,
                        help='images per folder, evenly spread (default: %(default)s)')


def main(args: argparse.Namespace) -> int:
    """
    Score one model on every folder and print a table.

    Raises
    ------
    ModelLoadError, EstimationError, ValueError
        When the model or a folder cannot be used.

    """
    from tqdm import tqdm
    if args.frames < 1:
        raise ValueError(f'--frames: expected at least 1, got {args.frames}')
    sets = [open_set(folder).spread(args.frames) for folder in args.data]
    estimator = open_model(args)
    try:
        print(f'{"data":24}{"images":>7}  {"method":10}{"AbsRel":>8}{"delta1":>8}{"known":>8}'
              f'{"ms/image":>10}')
        for depth_set in sets:
            found = list(tqdm(evaluate(estimator, depth_set), total=len(depth_set.pairs),
                              desc=depth_set.folder.name, unit='image', leave=False,
                              disable=None))
            print(_table(depth_set, found))
    finally:
        estimator.close()
    return 0


def _table(depth_set: DepthSet, found: list[tuple[dict[str, DepthScore], float]]) -> str:
    by_method: dict[str, list[DepthScore]] = defaultdict(list)
    for scores, _ in found:
        for method, each in scores.items():
            by_method[method].append(each)
    lines = []
    milliseconds = float(np.median([seconds for _, seconds in found])) * 1e3
    for method in ('aligned', 'as given', 'row', 'constant'):
        if method in by_method:
            mean = np.mean([(s.abs_rel, s.delta1, s.known) for s in by_method[method]], axis=0)
            first = method == 'aligned'
            data = f'{depth_set.folder.name[:23]:24}{len(found):7}' if first else ' ' * 31
            time = f'{milliseconds:10.1f}' if first else ''
            lines.append(f'{data}  {method:10}{mean[0]:8.3f}{mean[1]:8.3f}{mean[2]:8.1%}{time}')
    return '\n'.join(lines)


def _known(depth: NDArray[np.float32], truth: NDArray[np.float32]) -> NDArray[np.bool_]:
    both: NDArray[np.bool_] = np.isfinite(depth) & np.isfinite(truth)
    if not both.any():
        raise ValueError('no pixel has both a predicted and a true depth; leave this image out')
    return both


def at_size(depth: DepthMap, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the inverse depth of a map at another shape (H, W); NaN where unknown."""
    inverse = depth.inverse()
    if inverse.shape != shape:
        inverse = cv2.resize(inverse, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return inverse
