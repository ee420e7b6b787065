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
"""Views with true depth on which regions are judged: synthetic scenes, and labeled folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from depth_seg_ros.bench.depth_sets import DepthSet, LAYOUTS, open_set
from depth_seg_ros.bench.metrics import standing_out
from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.segmentation import RegionClass
from depth_seg_ros.synthetic import HEAVY_NOISE, random_scene, to_inverse
import numpy as np
from numpy.typing import NDArray

__all__ = ['FolderSet', 'open_folder', 'SceneSet', 'SCENES', 'View']

_Labels: TypeAlias = NDArray[np.int32]
_Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class View:
    """
    One depth map and what is known to be in it.

    Parameters
    ----------
    name : str
        Its number or file name in the set.
    depth : DepthMap
    objects : int32 ndarray of shape (H, W) or None
        True objects, 0 for none; None where no one labeled them.
    ground : bool ndarray of shape (H, W) or None
        True ground, likewise.
    judged : bool ndarray of shape (H, W) or None
        Where the ground is known; None for everywhere.

    """

    name: str
    depth: DepthMap
    objects: _Labels | None = None
    ground: _Mask | None = None
    judged: _Mask | None = None


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
    min_share : float
        Share of the image that an object must have to count.

    """

    name: str
    kinds: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)
    noise: dict[str, float] = field(default_factory=dict)
    min_share: float = 200 / (640 * 480)

    def views(self, count: int, seed: int) -> Iterator[View]:
        """Yield the views of `count` scenes, each in depth of random scale and shift."""
        for index in range(count):
            rng = np.random.default_rng([seed, index])
            scene = random_scene(rng, self.kinds[index % len(self.kinds)], **self.options)
            depth = to_inverse(scene, rng, s=rng.uniform(0.3, 30.0), t=rng.uniform(-1.0, 3.0),
                               **self.noise)
            yield View(str(index), depth, scene.instances, scene.classes == RegionClass.GROUND)


@dataclass(frozen=True)
class FolderSet:
    """
    Views with true depth, and with instances or with the floor labeled.

    Parameters
    ----------
    data : DepthSet
        Of a layout with labels; each pair has them.
    relative : bool
        Whether to hide the unit of depth, and where zero is.
    min_share : float
        As of `SceneSet`.

    """

    data: DepthSet
    relative: bool
    min_share: float = 0.003

    @property
    def name(self) -> str:
        """Return its name in the table."""
        return f'{self.data.folder.name[:14]} {"relative" if self.relative else "metric"}'

    def views(self, count: int, seed: int) -> Iterator[View]:
        """Yield at most `count` views, evenly spread; the seed changes nothing."""
        data = self.data.spread(count)
        crop = data.layout.crop
        for index, (image, _) in enumerate(data.pairs):
            full = data.depth(index)
            labels = data.labels(index, full.shape)[crop]
            # A depth of unknown unit is still metric in that zero is at the camera.
            depth = DepthMap(full[crop], DepthKind.METRIC)
            inverse = depth.inverse()
            if self.relative:
                depth = DepthMap(inverse, DepthKind.RELATIVE_INVERSE)
            if data.layout.floor:
                yield View(image.stem, depth, ground=labels == data.layout.floor,
                           judged=labels > 0)
            else:
                yield View(image.stem, depth, standing_out(inverse, labels))


def open_folder(folder: Path) -> tuple[FolderSet, FolderSet]:
    """
    Recognize a folder by what it holds, and return it as metric and as relative views.

    Raises
    ------
    ValueError
        When it is of no known layout or holds no labels.

    """
    data = open_set(folder).labeled()
    if not data.pairs:
        known = ' or '.join(f'{each.truths} with {each.labels}' for each in LAYOUTS if each.labels)
        raise ValueError(f'{folder}: expected depth with label images of the same names, such as '
                         f'{known}; found no labels')
    return FolderSet(data, False), FolderSet(data, True)


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
"""The synthetic rows of the table."""
