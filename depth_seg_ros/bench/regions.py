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
network), so nothing but the package is needed. Folders of real views with true depth join them
with `--data`: with instances (`depth_mm` and `instance`), where objects count that stand out in
depth, or with classes (NYU Depth v2: `depth` and `class40`), where the ground counts. The pictures
themselves (`rgb`) are not looked at.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, fields
import math
from pathlib import Path

import cv2
from depth_seg_ros.bench.judging import judge, Judged, object_labels, Worst
from depth_seg_ros.bench.metrics import mean_score, MEDIUM, RegionScore, SMALL
from depth_seg_ros.bench.region_sets import FolderSet, open_folder, SCENES, SceneSet
from depth_seg_ros.bench.sheet import contact_sheet
from depth_seg_ros.bench.steadiness import Steadiness, steadiness
from depth_seg_ros.bench.tracks import track_scores
from depth_seg_ros.export import write_whole
from depth_seg_ros.params import PipelineParams, SegmentationParams, SteadyParams
import numpy as np

__all__ = ['add_arguments', 'evaluate', 'main', 'object_labels', 'run', 'TABLES']

METHODS = ('ground', 'local', 'threshold')

_COLUMNS = (
    ('F', 'overlap_f', '6.3f'), ('bF', 'boundary_f', '6.3f'), ('F>.75', 'share_75', '6.3f'),
    ('recall', 'recall', '7.3f'), ('small', 'small', '6.3f'), ('mid', 'medium', '6.3f'),
    ('large', 'large', '6.3f'), ('false', 'false', '6.2f'), ('parts', 'fragments', '6.2f'),
    ('ground', 'ground', '7.3f'))
"""Head, field of `RegionScore`, how it is written."""

_LEGEND = f"""\
F, bF          of the pixels, and of the outlines, that regions share with their objects
F>.75, recall  objects whose region has F > 0.75, and IoU >= 0.5; then the recall of small ones
               (under {100 * SMALL:g} % of the image), mid ones (under {100 * MEDIUM:g} %), large
false, parts   regions a frame that are in no object, and that are broken pieces of one
ground         IoU of the ground, which only method ground looks for
"""

_STREAM_LEGEND = """\
flicker, threshold, layers   of a still scene, in noise, scale and shift new in every frame:
               pixels of the mask that toggle, deviation of the ground noise, changes of the
               number of layers
depth          change from frame to frame of what the map says of one true depth, of the spread
ghosts         pixels that a thing has just left and that are still obstacle
precision, recall   of obstacle pixels while camera and things move
cuts, false_cuts    changes of scene that are seen, other frames taken for one (all in percent)
"""

_ID_LEGEND = """\
IDF1, MOTA, switches  as in TrackEval; regions match things at IoU 0.5, 45 frames a sequence
best           the IDF1 of a perfect tracker with the same regions
births         tracks; things: to be found, summed over all frames
"""


def evaluate(scenes: SceneSet | FolderSet, params: SegmentationParams, count: int, seed: int
             ) -> tuple[RegionScore, float]:
    """Return the mean score over a set and the median time of a frame in milliseconds."""
    return _summary(list(judge(scenes, params, count, seed)))


def run(sets: tuple[SceneSet | FolderSet, ...], count: int, seed: int,
        methods: tuple[str, ...] = METHODS, worst: Worst | None = None) -> Iterator[str]:
    """Yield the lines of the table as they get known; `worst` sees those of the first method."""
    heads = ''.join(f'{head:>{spec[0]}}' for head, _, spec in _COLUMNS)
    yield f'{"views":24}{"method":9}{heads}{"ms":>5}'
    for scenes in sets:
        for method in methods:
            frames = list(judge(scenes, SegmentationParams(method=method), count, seed))
            if worst is not None and method == methods[0]:
                worst.add(frames)
            score, milliseconds = _summary(frames)
            cells = ''.join(_cell(getattr(score, name), spec) for _, name, spec in _COLUMNS)
            name = scenes.name if method == methods[0] else ''
            yield f'{name:24}{method:9}{cells}{milliseconds:5.3g}'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `depth_seg bench regions` takes."""
    parser.add_argument('--scenes', metavar='N', type=int, default=30,
                        help='synthetic scenes of each sort, and views of each folder, evenly '
                             'spread (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=1,
                        help='other seeds give other scenes (default: %(default)s)')
    parser.add_argument('--data', metavar='FOLDER', type=Path, nargs='+', default=[],
                        help='views with true depth and labels; the layout is recognized')
    parser.add_argument('--method', choices=METHODS, nargs='+', default=METHODS,
                        help='methods to compare (default: all)')
    parser.add_argument('--sequences', metavar='N', type=int, default=5,
                        help='moving scenes that steadiness and ids are measured on; 0 for none '
                             '(default: %(default)s)')
    parser.add_argument('--sheet', metavar='FILE.png', type=Path,
                        help='picture to write of the worst frames of the first method')
    parser.add_argument('--worst', metavar='N', type=int, default=12,
                        help='frames in it (default: %(default)s)')


def main(args: argparse.Namespace) -> int:
    """
    Print every table, one after the other.

    Raises
    ------
    OSError
        When the sheet cannot be written.
    ValueError
        When an argument makes no sense or a folder holds no such views.

    """
    for name, value, least in (('scenes', args.scenes, 1), ('seed', args.seed, 0),
                               ('sequences', args.sequences, 0),
                               ('worst', args.worst, 1)):
        if value < least:
            raise ValueError(f'--{name}: expected {least} or more, got {value}')
    if args.sheet is not None and (args.sheet.suffix.lower() != '.png'
                                   or not args.sheet.parent.is_dir()):
        raise ValueError(f'--sheet: expected a .png file in a folder that is there, got '
                         f'{args.sheet}')
    for table in TABLES:
        for line in table(args):
            print(line, flush=True)
    return 0


def _objects(args: argparse.Namespace) -> Iterator[str]:
    """Yield the table of regions and ground, and write the sheet where one is wanted."""
    folders = tuple(views for folder in args.data for views in open_folder(folder))
    worst = Worst(args.worst)
    yield _LEGEND
    yield from run((*SCENES, *folders), args.scenes, args.seed, tuple(args.method), worst)
    if args.sheet is not None:
        write_whole(args.sheet, cv2.imencode('.png', contact_sheet(worst.frames))[1].tobytes())
        yield f'\nthe {len(worst.frames)} worst frames of method {args.method[0]}: {args.sheet}'


def _streams(args: argparse.Namespace) -> Iterator[str]:
    """Yield how steady streams are, with what is carried from frame to frame and without."""
    if args.sequences < 2:
        return
    yield '\n' + _STREAM_LEGEND
    yield f'{"streams":24}' + ''.join(f'{field.name:>11}' for field in fields(Steadiness))
    for name, enable in (('steady', True), ('each frame for itself', False)):
        params = PipelineParams(steady=SteadyParams(enable=enable))
        measured = astuple(steadiness(args.sequences, args.seed, params))
        yield f'{name:24}' + ''.join(_cell(value, '11.2f') for value in measured)


def _ids(args: argparse.Namespace) -> Iterator[str]:
    """Yield how well ids stay with things."""
    if args.sequences < 1:
        return
    yield '\n' + _ID_LEGEND
    yield f'{"ids":24}{"IDF1":>8}{"best":>8}{"MOTA":>8}{"switches":>10}{"births":>8}{"things":>8}'
    for name, exact in (('of regions', False), ('of true masks', True)):
        score = track_scores(args.sequences, args.seed, exact=exact)
        yield (f'{name:24}{score.idf1:8.3f}{score.best_idf1:8.3f}{score.mota:8.3f}'
               f'{score.switches:10}{score.births:8}{score.true:8}')


TABLES: tuple[Callable[[argparse.Namespace], Iterator[str]], ...] = (_objects, _streams, _ids)
"""What is printed; each yields its lines as they get known."""


def _summary(frames: Sequence[Judged]) -> tuple[RegionScore, float]:
    return (mean_score(judged.score for judged in frames),
            1e3 * float(np.median([judged.seconds for judged in frames])))


def _cell(value: float, spec: str) -> str:
    return f'{"-":>{spec[0]}}' if math.isnan(value) else f'{value:{spec}}'
