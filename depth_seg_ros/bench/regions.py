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
How well the regions of each method match true objects, the three methods side by side.

Scenes are synthetic (research kinds: rooms, open ground, UAV, ramps, no ground, bare floor, a bad
network), so nothing but the package is needed. A folder of real views with exact depth and
instances (`depth_mm/*.png` in millimeters, `instance/*.png` with the same names) joins them with
`--data`; there, objects count that stand out in depth.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import cv2
from depth_seg_ros.bench.metrics import mean_score, RegionScore, score_frame, standing_out
from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation import RegionClass, Segmentation, Segmenter
from depth_seg_ros.synthetic import HEAVY_NOISE, random_scene, to_inverse
import numpy as np
from numpy.typing import NDArray

__all__ = ['add_arguments', 'evaluate', 'FolderSet', 'main', 'object_labels', 'run',
           'SceneSet', 'SCENES']

METHODS = ('ground', 'local', 'threshold')

_Labels: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True)
class SceneSet:
    """
    Random scenes of one sort.

    Parameters
    ----------
    name : str
        As in the table.
    kinds : tuple of str
        Kinds of `depth_seg_ros.synthetic`, taken in turn.
    options : dict
        Keyword arguments of `random_scene`.
    noise : dict
        Keyword arguments of `to_inverse`.

    """

    name: str
    kinds: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    noise: dict[str, float] = field(default_factory=dict)
    min_share: float = 200 / (640 * 480)

    def frames(self, count: int, seed: int) -> Iterator[tuple[DepthMap, _Labels]]:
        """Yield depth, of random scale and shift, and true objects of each scene."""
        for index in range(count):
            rng = np.random.default_rng([seed, index])
            scene = random_scene(rng, self.kinds[index % len(self.kinds)], **self.options)
            yield to_inverse(scene, rng, s=rng.uniform(0.3, 30.0), t=rng.uniform(-1.0, 3.0),
                             **self.noise), scene.instances


@dataclass(frozen=True)
class FolderSet:
    """
    Views with exact depth and instances.

    Parameters
    ----------
    folder : Path
        Holds `depth_mm` and `instance`.
    relative : bool
        Whether to hide the unit of depth.

    Raises
    ------
    ValueError
        When the folder holds no such views.

    """

    folder: Path
    relative: bool
    min_share: float = 0.003

    def __post_init__(self) -> None:
        if not self._names():
            raise ValueError(f'{self.folder}: expected depth_mm/*.png and instance/*.png of the '
                             'same names, found none')

    @property
    def name(self) -> str:
        """Return its name in the table."""
        return f'{self.folder.name[:15]} {"relative" if self.relative else "metric"}'

    def frames(self, count: int, seed: int) -> Iterator[tuple[DepthMap, _Labels]]:
        """Yield depth and the objects that stand out of it, of at most `count` views."""
        for name in self._names()[:count]:
            meters = _read(self.folder / 'depth_mm' / name).astype(np.float32) / 1000
            depth = DepthMap(meters, DepthKind.METRIC)
            inverse = depth.inverse()
            truth = standing_out(inverse, _read(self.folder / 'instance' / name))
            if self.relative:
                depth = DepthMap(inverse, DepthKind.RELATIVE_INVERSE)
            yield depth, truth

    def _names(self) -> list[str]:
        there = {path.name for path in (self.folder / 'instance').glob('*.png')}
        return sorted(path.name for path in (self.folder / 'depth_mm').glob('*.png')
                      if path.name in there)


_ALL_KINDS = ('indoor', 'outdoor', 'uav')

SCENES: tuple[SceneSet, ...] = (
    SceneSet('default', _ALL_KINDS),
    SceneSet('indoor', ('indoor',)),
    SceneSet('outdoor', ('outdoor',)),
    SceneSet('uav', ('uav',)),
    SceneSet('heavy noise', _ALL_KINDS, noise=HEAVY_NOISE),
    SceneSet('ramp 6 %', ('outdoor',), {'slope': 0.06}),
    SceneSet('ramp 15 %', ('outdoor',), {'slope': 0.15}),
    SceneSet('no ground', ('no_ground',)),
    SceneSet('bare floor', _ALL_KINDS, {'objects': 0}),
)
"""The rows of the table."""


def object_labels(segmentation: Segmentation) -> _Labels:
    """Return the labels of the regions that are objects, 0 elsewhere."""
    return np.where(segmentation.classes == RegionClass.OBJECT, segmentation.labels, 0)


def evaluate(scenes: SceneSet | FolderSet, params: SegmentationParams, count: int, seed: int
             ) -> tuple[RegionScore, float]:
    """Return the mean score over a set and the median time of a frame in milliseconds."""
    segmenter = Segmenter(params)
    scores, times = [], []
    for depth, truth in scenes.frames(count, seed):
        start = perf_counter()
        found = segmenter.process(depth, 0.0)
        times.append(perf_counter() - start)
        scores.append(score_frame(object_labels(found), truth, scenes.min_share))
    return mean_score(scores), 1e3 * float(np.median(times))


def run(sets: tuple[SceneSet | FolderSet, ...], count: int, seed: int,
        methods: tuple[str, ...] = METHODS) -> Iterator[str]:
    """Yield the lines of the table as they get known."""
    yield (f'{"scenes":26}{"method":10}{"overlap F":>10}{"boundary F":>11}{"%75":>7}'
           f'{"recall":>8}{"false":>7}{"fragments":>10}{"ms":>7}')
    for scenes in sets:
        for method in methods:
            score, milliseconds = evaluate(
                scenes, SegmentationParams(method=method), count, seed)
            name = scenes.name if method == methods[0] else ''
            yield (f'{name:26}{method:10}{score.overlap_f:10.3f}{score.boundary_f:11.3f}'
                   f'{score.share_75:7.3f}{score.recall:8.3f}{score.false:7.2f}'
                   f'{score.fragments:10.2f}{milliseconds:7.1f}')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench regions` takes."""
    parser.add_argument('--scenes', metavar='N', type=int, default=30,
                        help='synthetic scenes of each sort (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=1,
                        help='other seeds give other scenes (default: %(default)s)')
    parser.add_argument('--data', metavar='FOLDER', type=Path, nargs='+', default=[],
                        help='views with exact depth: FOLDER/depth_mm and FOLDER/instance')
    parser.add_argument('--method', choices=METHODS, nargs='+', default=METHODS,
                        help='methods to compare (default: all)')


def main(args: argparse.Namespace) -> int:
    """
    Score every method on every set and print a table.

    Raises
    ------
    ValueError
        When an argument makes no sense or a folder holds no views.

    """
    if args.scenes < 1:
        raise ValueError(f'--scenes: expected at least 1, got {args.scenes}')
    if args.seed < 0:
        raise ValueError(f'--seed: expected 0 or more, got {args.seed}')
    folders = tuple(FolderSet(folder, relative) for folder in args.data
                    for relative in (False, True))
    for line in run((*SCENES, *folders), args.scenes, args.seed, tuple(args.method)):
        print(line, flush=True)
    return 0


def _read(path: Path) -> NDArray[Any]:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 2:
        raise ValueError(f'{path}: expected an image of one channel')
    return image.astype(np.int32)
