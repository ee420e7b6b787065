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
"""Scenes in which the ground ends: where it must not be driven over, and where it may."""

from __future__ import annotations

import math

from depth_seg_ros.segmentation import RegionClass
from depth_seg_ros.synthetic.raycast import Solid, Surface, World
import numpy as np

__all__ = ['DROPS', 'drop_world']

DROPS = ('edge', 'stairs', 'pit', 'descent')
"""Rim of a platform or table; stairs down; hole in the floor; a ramp down, which is none."""

_WIDE = 30.0
"""Half of the width of what fills the view, in meters."""

_FAR = 1000.0
"""Meters to the horizon."""


def drop_world(rng: np.random.Generator, kind: str) -> World:
    """
    Make up a scene whose ground ends 1.5 to 3 camera heights in front of the camera.

    What lies below the ground is DROP_OFF: the lower floor, steps, the walls of a pit. The ramp of
    `descent`, of 6 to 15 %, is GROUND.

    Parameters
    ----------
    rng : numpy Generator
        The same state gives the same world.
    kind : str
        One of `DROPS`.

    Raises
    ------
    ValueError
        When the kind is unknown.

    """
    if kind not in DROPS:
        raise ValueError(f'kind: expected one of {", ".join(DROPS)}; got {kind!r}')
    height = rng.uniform(0.4, 1.6)
    rim = height * rng.uniform(1.8, 3.0)
    depth = rng.uniform(0.25, 1.0) * max(height, 0.6)
    low = depth
    solids: list[Solid] = []
    surfaces: list[Surface] = []
    if kind == 'stairs':
        low = 0.17 * int(rng.integers(3, 9))
        solids = [step for k in range(round(low / 0.17) - 1)
                  for step in _slab(0.0, _WIDE, rim + 0.28 * k, rim + 0.28 * (k + 1),
                                    0.17 * (k + 1), low, RegionClass.DROP_OFF)]
    if kind == 'pit':
        left, half, end = rng.uniform(-0.4, 0.4) * rim, rng.uniform(0.25, 0.7) * rim, 1.6 * rim
        for side in (-1, 1):
            solids += _slab(left + side * (half + _WIDE), _WIDE, rim, end, 0.0, depth)
        solids += _slab(0.0, 2 * _WIDE, end, end + _FAR, 0.0, depth)
    if kind == 'descent':
        slope = rng.uniform(0.06, 0.15)
        length = math.hypot(1.0, slope)
        surfaces.append(Surface((0.0, 1.0 / length, -slope / length), -slope * rim / length,
                                RegionClass.GROUND))
    else:
        surfaces.append(Surface((0.0, 1.0, 0.0), low, RegionClass.DROP_OFF))
    solids += _slab(0.0, 2 * _WIDE, -_WIDE, rim, 0.0, low)
    if rng.random() < 0.5:
        surfaces.append(Surface((0.0, 0.0, 1.0), rng.uniform(3.0, 5.0) * rim,
                                RegionClass.STRUCTURE))
    return World(tuple(surfaces), tuple(solids), (0.0, -height, 0.0),
                 math.radians(rng.uniform(-20, 20)), math.radians(rng.uniform(8, 20)),
                 math.radians(rng.normal(0.0, 1.0)))


def _slab(x: float, half: float, start: float, end: float, top: float, low: float,
          kind: RegionClass = RegionClass.GROUND) -> list[Solid]:
    """Return a block from `top` down to `low`, whose sides are DROP_OFF below the first cm."""
    middle, reach = (start + end) / 2, (end - start) / 2
    return [Solid('box', (x, top + 0.005, middle), (half, 0.005, reach), 0.0, 0, kind=kind),
            Solid('box', (x, (top + 0.01 + low) / 2, middle),
                  (half, (low - top - 0.01) / 2, reach), 0.0, 0, kind=RegionClass.DROP_OFF)]
