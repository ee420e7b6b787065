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
Score our regions on freshly rendered scenes with a network in the loop, beside the exact depth.

Objects are the instances that stand out in the true depth. What the exact depth scores is the
most that any network can reach.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
from depth_seg_ros.bench.metrics import mean_score, RegionScore, score_frame, standing_out
from depth_seg_ros.bench.regions import object_labels
from depth_seg_ros.depth import DepthKind, DepthMap, load_estimator
from depth_seg_ros.drawing.colors import region_color
from depth_seg_ros.params import ModelParams
from depth_seg_ros.segmentation import RegionClass, Segmenter
import numpy as np
from training.photometric import photograph
from training.scenes import draw, KINDS, NoViewError
from training.sheet import heat_map

FIRST = 8 * 10 ** 13   # seed; training has smaller ones, its validation begins at 9e13
SMALLEST = 0.003       # share of the picture, as for real views in `depth_seg bench regions`


def frames(count: int, seed: int, size: tuple[int, int], kinds: Sequence[str] = tuple(KINDS)
           ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """
    Render scenes that no network was trained on.

    Parameters
    ----------
    count : int
        Number of pictures, each of a scene of its own.
    seed : int
        Fixes the scenes and how they are photographed.
    size : tuple of int
        Rows and columns.
    kinds : sequence of str
        Kinds of scenes, of KINDS.

    Yields
    ------
    rgb : ndarray of shape (H, W, 3), uint8
        The picture.
    inverse : ndarray of shape (H, W), float32
        True inverse depth in 1/m, 0 in the sky.
    objects : ndarray of shape (H, W), int32
        The instances that stand out in depth, 0 elsewhere.

    """
    made, number = 0, FIRST + seed * 10 ** 7
    while made < count:
        number += 1
        try:
            picture = draw(number, size, kinds=kinds)[0]
        except NoViewError:
            continue
        depth = picture.depth
        inverse = np.where(depth > 0, 1 / np.maximum(depth, 0.05), 0).astype(np.float32)
        rgb = photograph(picture.light, np.random.default_rng(number))
        yield rgb, inverse, standing_out(inverse, picture.instances)
        made += 1


def at_size(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Resize labels to rows and columns without mixing them."""
    return cv2.resize(image.astype(np.int32), shape[1::-1], interpolation=cv2.INTER_NEAREST)


def painted(rgb: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Paint regions over a darker picture."""
    bgr = rgb[..., ::-1] // 2
    for label in np.unique(labels[labels > 0]):
        color = np.array(region_color(int(label), RegionClass.OBJECT), np.uint8)
        bgr[labels == label] = bgr[labels == label] // 2 + color // 2
    return bgr


def main() -> None:
    """Print a row for the exact depth and for every network."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--model', nargs='+', default=['embedded'], help='names or folders')
    p.add_argument('--count', type=int, default=100, help='pictures')
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--size', type=int, nargs=2, default=(240, 320), help='rows and columns')
    p.add_argument('--kinds', nargs='+', choices=KINDS, default=list(KINDS),
                   help='of scenes (default: all); floor and square have free-standing things')
    p.add_argument('--draw', type=Path, help='PNG of the first 24: picture, true objects, then '
                   'depth and regions of the exact depth and of every network')
    o = p.parse_args()
    segmenter = Segmenter()
    estimators = {name: load_estimator(ModelParams(name=name, device='cpu')) for name in o.model}
    scores: dict[str, list[RegionScore]] = {name: [] for name in ('exact depth', *o.model)}
    rows = []
    for rgb, inverse, objects in frames(o.count, o.seed, tuple(o.size), o.kinds):
        depths = {'exact depth': DepthMap(inverse, DepthKind.RELATIVE_INVERSE)}
        depths.update((name, each.estimate(rgb)) for name, each in estimators.items())
        cells = [rgb[..., ::-1], painted(rgb, objects)]
        for name, depth in depths.items():
            found = at_size(object_labels(segmenter.process(depth, 0.0)), objects.shape)
            scores[name].append(score_frame(found, objects, SMALLEST))
            cells += [heat_map(depth.inverse(), objects.shape), painted(rgb, found)]
        rows.append(np.hstack(cells))
    print(f'{"depth":40}{"overlap F":>10}{"boundary F":>11}{"recall":>8}{"false":>7}')
    for name, each in scores.items():
        mean = mean_score(each)
        print(f'{name[-39:]:40}{mean.overlap_f:10.3f}{mean.boundary_f:11.3f}{mean.recall:8.3f}'
              f'{mean.false:7.2f}')
    if o.draw:
        cv2.imwrite(str(o.draw), np.vstack(rows[:24]))


if __name__ == '__main__':
    main()
