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
What corrupted pictures cost: the resilience of depth and of regions, kind by kind.

Depth error is DEE = (AbsRel - delta1 + 1) / 2 after the fit of `bench depth`, resilience the mean
over levels of (1 - DEE) as a share of that of the clean images (Kong et al. 2023); for regions it
is the mean of overlap F, or of recall at IoU 0.5, as a share of the clean one. Regions are judged
against the instances of the folder where it has them, otherwise against those of the clean image:
that is agreement with the clean result, right or wrong. What an occluder hides is judged nowhere.
A share of a clean score under 10 % says nothing, and is not printed.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
import math
from pathlib import Path
from typing import Any, TypeAlias

import cv2
from depth_seg_ros.bench.corruptions import corrupt, hidden, KINDS, LEVELS
from depth_seg_ros.bench.depth import add_model_arguments, aligned, at_size, open_model, score
from depth_seg_ros.bench.depth_sets import DepthSet, open_set
from depth_seg_ros.bench.judging import object_labels
from depth_seg_ros.bench.metrics import score_frame, standing_out
from depth_seg_ros.depth import DepthEstimator, DepthMap
from depth_seg_ros.segmentation import Segmenter
import numpy as np
from numpy.typing import NDArray

__all__ = ['add_arguments', 'CLEAN', 'Costs', 'depth_error', 'evaluate', 'main', 'mean_costs',
           'resilience', 'table']

_Labels: TypeAlias = NDArray[np.int32]
_MIN_SHARE = 0.003
_LEAST_CLEAN = 0.1
LEGEND = ('DEE: depth error, (AbsRel - delta1 + 1) / 2, less is better; RR: what is left of the '
          'clean score,\n100 is unharmed; mRR: mean of RR over kinds; -: clean score too low')
"""Under every table."""

CLEAN = ('clean', 0)
"""Kind and level of the image as it came."""


@dataclass(frozen=True)
class Costs:
    """
    Means over the frames of one kind and level, or one frame.

    Parameters
    ----------
    dee : float
        Depth error, 0 for none; 1 is a mean relative error of 100 % and no pixel right.
    overlap_f, recall : float
        Of regions, as `RegionScore`; NaN where no frame has an object.

    """

    dee: float
    overlap_f: float
    recall: float


Case: TypeAlias = tuple[str, int]


def evaluate(estimator: DepthEstimator, data: DepthSet, cases: Sequence[Case],
             with_instances: bool, seed: int = 0) -> Iterator[dict[Case, Costs]]:
    """
    Yield per image what every case costs, the clean one first.

    Parameters
    ----------
    estimator : DepthEstimator
        Loaded.
    data : DepthSet
        All of its images are taken.
    cases : sequence of (str, int)
        Kinds and levels of `corrupt`.
    with_instances : bool
        Judge regions against the label images of the set, which hold instances; otherwise
        against the regions of the clean image.
    seed : int
        Of the corruptions; every image has others.

    Raises
    ------
    EstimationError, ValueError
        When an image cannot be estimated, read or scored; a ValueError names it.

    """
    segmenter = Segmenter()
    for index, (image, _) in enumerate(data.pairs):
        sample = data.read(index)
        shape = sample.depth.shape
        clean = estimator.estimate(sample.rgb)
        objects = object_labels(segmenter.process(clean, 0.0))
        if with_instances:
            objects = _resized(_true_objects(data, index), clean.shape)
        costs = {}
        own_seed = seed + 1000 * index
        for case in (CLEAN, *cases):
            depth, unseen = clean, np.zeros(shape, np.bool_)
            if case != CLEAN:
                depth = estimator.estimate(corrupt(sample.rgb, *case, own_seed))
                unseen = hidden(shape, *case, own_seed)
            found = object_labels(segmenter.process(depth, 0.0))
            truth = np.where(unseen, np.float32(np.nan), sample.depth)
            try:
                dee = depth_error(depth, truth, data.layout.max_depth)
            except ValueError as error:
                raise ValueError(f'{image}, {case[0]} {case[1]}: {error}') from error
            costs[case] = Costs(dee, *_agreement(found, objects, unseen))
        yield costs


def depth_error(depth: DepthMap, truth: NDArray[np.float32], max_depth: float) -> float:
    """
    Return DEE, 0 for none; parameters and errors are those of `aligned` of `bench depth`.

    Raises
    ------
    ValueError
        When no pixel is known in both.

    """
    scored = score(aligned(at_size(depth, truth.shape), truth, max_depth), truth)
    return (scored.abs_rel - scored.delta1 + 1) / 2


def _true_objects(data: DepthSet, index: int) -> _Labels:
    depth = data.depth(index)
    return standing_out(1 / depth, data.labels(index, depth.shape))


def _agreement(found: _Labels, objects: _Labels, unseen: NDArray[np.bool_]
               ) -> tuple[float, float]:
    """Return overlap F and recall of regions, both without what is not to be seen."""
    seen = _resized(unseen, found.shape) == 0
    result = score_frame(found * seen, _resized(objects, found.shape) * seen, _MIN_SHARE)
    return result.overlap_f, result.recall


def _resized(labels: NDArray[Any], shape: tuple[int, ...]) -> _Labels:
    return np.asarray(cv2.resize(labels.astype(np.int32), shape[::-1],
                                 interpolation=cv2.INTER_NEAREST))


def mean_costs(frames: Sequence[dict[Case, Costs]]) -> dict[Case, Costs]:
    """Return the means over frames; those without objects count for depth alone."""
    means = {}
    for case in frames[0]:
        table = np.array([astuple(frame[case]) for frame in frames])
        means[case] = Costs(*(float(np.nanmean(column)) if np.isfinite(column).any() else math.nan
                              for column in table.T))
    return means


def resilience(means: dict[Case, Costs], kind: str) -> Costs:
    """
    Return the mean over the levels of a kind as a share of the clean score; 1 is unharmed.

    Parameters
    ----------
    means : dict of (str, int) to Costs
        With `CLEAN`, and with a level or more of the kind.
    kind : str
        One of `KINDS`.

    Returns
    -------
    Costs
        Of depth the resilience of 1 - DEE; NaN where the clean score is under 0.1 or unknown.

    """
    levels = np.array([astuple(costs) for (each, _), costs in means.items() if each == kind])
    clean = np.array(astuple(means[CLEAN]))
    levels[:, 0], clean[0] = 1 - levels[:, 0], 1 - clean[0]
    shares = levels.mean(axis=0) / np.where(clean >= _LEAST_CLEAN, clean, np.nan)
    return Costs(*(float(share) for share in shares))


def table(means: dict[Case, Costs], kinds: Sequence[str], levels: Sequence[int]) -> Iterator[str]:
    """Yield the lines of the table of one set, in percent."""
    wide = max(4, -(-12 // len(levels)))  # for the titles
    width = wide * len(levels) + 6
    numbers = ''.join(f'{level:{wide}}' for level in levels) + f'{"RR":>6}'
    yield _line('', (f'{title:^{width}}' for title in (
        'DEE of depth', 'overlap F', 'recall at IoU .5')))
    yield _line('kind', [numbers] * 3)
    yield _line('clean', (f'{_percent(value, wide):{width}}' for value in astuple(means[CLEAN])))
    rates = {kind: resilience(means, kind) for kind in kinds}
    for kind in kinds:
        rows = zip(*(astuple(means[kind, level]) for level in levels))
        yield _line(kind, (''.join(_percent(value, wide) for value in row) + _percent(rate, 6, 1)
                           for row, rate in zip(rows, astuple(rates[kind]))))
    for family in dict.fromkeys(KINDS[kind].family for kind in kinds):
        yield _line(f'mean {family}', _mean(
            [rates[kind] for kind in kinds if KINDS[kind].family == family], width))
    yield _line('mRR', _mean(list(rates.values()), width))
    yield _line('worst kind', (f'{_worst(rates, index):>{width}}' for index in range(3)))


def _line(name: str, groups: Iterable[str]) -> str:
    return ' |'.join([f'{name:12}', *groups]).rstrip()


def _mean(rates: Sequence[Costs], width: int) -> list[str]:
    means = np.mean([astuple(rate) for rate in rates], axis=0)
    return [_percent(mean, width, 1) for mean in means]


def _worst(rates: dict[str, Costs], index: int) -> str:
    known = {kind: value for kind, rate in rates.items()
             if not math.isnan(value := astuple(rate)[index])}
    return min(known, key=lambda kind: known[kind]) if known else '-'


def _percent(value: float, width: int, decimals: int = 0) -> str:
    return f'{"-":>{width}}' if math.isnan(value) else f'{100 * value:{width}.{decimals}f}'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench robustness` takes."""
    parser.add_argument('--data', metavar='FOLDER', type=Path, nargs='+', required=True,
                        help='images with true depth, as of bench depth; with instances, regions '
                             'are judged against them')
    add_model_arguments(parser)
    parser.add_argument('--kinds', metavar='KIND', choices=tuple(KINDS), nargs='+',
                        default=tuple(KINDS), help=f'of {", ".join(KINDS)} (default: all)')
    parser.add_argument('--levels', metavar='LEVEL', type=int, choices=LEVELS, nargs='+',
                        default=LEVELS, help='of 1 to 5 (default: all)')
    parser.add_argument('--frames', metavar='N', type=int, default=10,
                        help='images per folder, evenly spread (default: %(default)s)')
    parser.add_argument('--agreement', action='store_true',
                        help='judge regions against those of the clean image everywhere')
    parser.add_argument('--seed', type=int, default=0,
                        help='other seeds give other flakes and shapes (default: %(default)s)')


def main(args: argparse.Namespace) -> int:
    """
    Measure one model on every folder and print a table for each.

    Raises
    ------
    ModelLoadError, EstimationError, ValueError
        When the model or a folder cannot be used.

    """
    from tqdm import tqdm
    for name, value, least in (('frames', args.frames, 1), ('seed', args.seed, 0)):
        if value < least:
            raise ValueError(f'--{name}: expected {least} or more, got {value}')
    sets = [_chosen(folder, args.frames, args.agreement) for folder in args.data]
    kinds, levels = list(dict.fromkeys(args.kinds)), sorted(set(args.levels))
    cases = [(kind, level) for kind in kinds for level in levels]
    estimator = open_model(args)
    try:
        for data, with_instances in sets:
            frames = list(tqdm(evaluate(estimator, data, cases, with_instances, args.seed),
                               total=len(data.pairs), desc=data.folder.name, unit='image',
                               leave=False, disable=None))
            print(f'\n{data.folder.name}, images: {len(frames)}; percent; regions against',
                  'true objects' if with_instances else 'those of the clean image: agreement')
            print(*table(mean_costs(frames), kinds, levels), LEGEND, sep='\n')
    finally:
        estimator.close()
    return 0


def _chosen(folder: Path, count: int, agreement: bool) -> tuple[DepthSet, bool]:
    """Return the images to take, and whether to judge regions against their instances."""
    data = open_set(folder)
    labeled = data.labeled()
    if agreement or data.layout.floor or not labeled.pairs:
        return data.spread(count), False
    return labeled.spread(count), True
