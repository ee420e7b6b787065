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

"""Draw a random scene, and cameras that stand sensibly in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
import math
from random import Random

import numpy as np

from training import materials as m
from training import places, rooms, standing
from training.builder import Builder
from training.render import Picture, render, Scene, View

# Share of each kind of scene among the training pictures.
KINDS = {'dwelling': 0.34, 'corridor': 0.04, 'hall': 0.06, 'stairs': 0.03, 'jumble': 0.03,
         'floor': 0.16, 'street': 0.09, 'yard': 0.05, 'wild': 0.03, 'air': 0.05, 'square': 0.12}
INDOORS = {'dwelling': rooms.dwelling, 'corridor': rooms.corridor, 'hall': rooms.hall,
           'stairs': rooms.stairs, 'jumble': rooms.jumble, 'floor': standing.floor}
OUTDOORS = {'street': places.street, 'yard': places.yard, 'wild': places.wild,
            'air': places.village, 'square': standing.square}


class NoViewError(RuntimeError):
    """No camera found that sees something other than the inside of a thing."""


def axes(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """
    Compute the axes of a camera in a world with z up.

    Parameters
    ----------
    yaw, pitch, roll : float
        Radians; yaw 0 looks along y, positive pitch looks up.

    Returns
    -------
    ndarray of shape (3, 3)
        Rows right, down, forward.

    """
    forward = np.array([-math.sin(yaw) * math.cos(pitch), math.cos(yaw) * math.cos(pitch),
                        math.sin(pitch)])
    right = np.array([math.cos(yaw), math.sin(yaw), 0.0])
    down = np.cross(forward, right)
    c, s = math.cos(roll), math.sin(roll)
    return np.stack([c * right + s * down, c * down - s * right, forward])


def environment(rng: Random, indoors: bool) -> list[float]:
    """Draw sky, ambient light and haze."""
    u = rng.uniform
    grey = rng.random() < 0.4
    top = m.hsv(rng, (0.55, 0.65), (0.0, 0.15) if grey else (0.3, 0.8), (0.5, 1.0))
    low = m.hsv(rng, (0.05, 0.65), (0.0, 0.25), (0.7, 1.0))
    power = u(0.5, 2.5) * (2 if indoors else 1)
    tint = m.hsv(rng, (0.0, 0.7), (0.0, 0.3), (0.8, 1.0))
    ambient = u(0.15, 0.9) * (1 if indoors else 0.8)
    haze = math.exp(u(-6.5, -3)) if not indoors and rng.random() < 0.5 else 0.0
    fog = m.hsv(rng, (0.05, 0.65), (0, 0.1), (0.5, 0.95))
    lower = u(0.3, 1.0)
    return [*(c * power for c in top), *(c * power for c in low), *(c * ambient for c in tint),
            *(c * ambient * lower for c in tint), *fog, haze, rng.choice((0, 0.6, 1.0)),
            u(0.4, 2.0) if indoors else u(1, 8), float(rng.randrange(60000))]


def _camera(rng: Random, kind: str, extent: tuple[float, ...], size: tuple[int, int]) -> View:
    u, deg = rng.uniform, math.pi / 180
    roll = rng.gauss(0, 2.5) * deg
    spread = rng.random()
    if kind in INDOORS:
        width, length, height = extent
        eye = [u(-0.46, 0.46) * width, u(-0.46, 0.46) * length, u(1.0, 1.75)]
        pitch = rng.gauss(-11, 9) * deg
        yaw = math.atan2(eye[0], -eye[1]) + rng.gauss(0, 0.6)  # towards the middle
        if kind == 'dwelling' and spread < 0.12 or kind != 'dwelling' and spread < 0.45:
            eye[2], pitch = u(0.12, 0.9), rng.gauss(0, 7) * deg   # a ground robot
        elif spread > 0.8:   # held in a hand, or flown
            roll = rng.gauss(0, 10) * deg
            if spread > 0.94:
                pitch, eye[2] = u(-45, 35) * deg, u(0.3, max(height - 0.3, 0.5))
            else:
                pitch = rng.gauss(-28, 9) * deg
        if kind == 'corridor' and rng.random() < 0.7:
            yaw = rng.choice((0, math.pi)) + rng.gauss(0, 0.25)
        if kind == 'jumble':
            eye[2] = u(0.2, height - 0.2)
    elif kind == 'air':
        eye = [u(-20, 20), u(-20, 20), math.exp(u(1.1, 3.6))]
        pitch, yaw, roll = u(-88, -12) * deg, u(0, 6.3), rng.gauss(0, 6) * deg
    elif kind == 'square':
        reach, = extent
        angle, away = u(0, 6.3), u(0.6, 1.2) * reach
        eye = [away * math.cos(angle), away * math.sin(angle), math.exp(u(-1.9, 0.8))]
        pitch = rng.gauss(-4 - 5 * eye[2], 6) * deg
        yaw = math.atan2(eye[0], -eye[1]) + rng.gauss(0, 0.35)
    else:
        reach, = extent
        eye = [u(-0.8, 0.8) * reach, u(-10, 10), u(0.15, 0.9) if spread < 0.4 else u(1.1, 1.9)]
        pitch = rng.gauss(-3, 7) * deg
        yaw = rng.gauss(0, 0.5) if kind == 'street' and rng.random() < 0.8 else u(0, 6.3)
    rows, columns = size
    wide = math.tan(0.5 * deg * (rng.gauss(60, 5) if rng.random() < 0.5 else u(35, 95)))
    focal = max(columns, rows * 1.2) / 2 / wide
    return View(np.array(eye), axes(yaw, pitch, roll), size, (focal, focal),
                (columns / 2, rows / 2))


def _worth(scene: Scene, view: View, kind: str) -> float:
    """
    Return how much a view teaches, 0 for that of a camera that stands in no sensible place.

    In furnished rooms it is far over near depth (95 and 5 %), elsewhere, where there is much bare
    ground, one more than the number of things in view.
    """
    probe = (18, 24)
    k = probe[1] / view.size[1], probe[0] / view.size[0]
    small = replace(view, size=probe, focal=(view.focal[0] * k[0], view.focal[1] * k[1]),
                    center=(12.0, 9.0))
    seen = render(scene, small, 0)
    depth = seen.depth[seen.depth > 0]
    if depth.size < 0.3 * seen.depth.size:
        return 0.0
    near, middle, far = np.quantile(depth, (0.05, 0.5, 0.95))
    floor = 0.3 if kind in INDOORS else 0.5
    if near <= floor or middle <= 2.4 * floor or far <= 1.3 * near:
        return 0.0
    if kind in INDOORS and kind != 'floor':
        return float(far / near)
    return 1.0 + len(np.unique(seen.instances[seen.instances > 0]))


def build(rng: Random, kind: str) -> tuple[Scene, tuple[float, ...]]:
    """Build a scene of one kind; returns it with width, length and height, or with its reach."""
    b = Builder(rng)
    indoors = kind in INDOORS
    extent = INDOORS[kind](b) if indoors else (OUTDOORS[kind](b),)
    if indoors and rng.random() < 0.4:
        places.daylight(b)
    return b.scene(environment(rng, indoors)), extent


def draw(seed: int, size: tuple[int, int], views: int = 1,
         kinds: Sequence[str] = tuple(KINDS)) -> list[Picture]:
    """
    Draw one random scene and render it from several places.

    Parameters
    ----------
    seed : int
        Fixes scene and cameras.
    size : tuple of int
        Rows and columns of the pictures.
    views : int
        Number of pictures.
    kinds : sequence of str
        Kinds of scenes, of KINDS.

    Returns
    -------
    list of Picture
        As many as there were sensible cameras, at least one.

    Raises
    ------
    NoViewError
        When no sensible camera was found in 20 * views rounds.

    """
    rng = Random(seed)
    kind = rng.choices(kinds, [KINDS[kind] for kind in kinds])[0]
    scene, extent = build(rng, kind)
    pictures: list[Picture] = []
    for _ in range(20 * views):
        # Half of the time the best one of three: bare walls and bare ground teach little.
        tries = [_camera(rng, kind, extent, size) for _ in range(rng.choice((1, 3)))]
        worth, number = max((_worth(scene, v, kind), k) for k, v in enumerate(tries))
        if worth > 0:
            pictures.append(render(scene, tries[number], 2))
        if len(pictures) == views:
            break
    if not pictures:
        raise NoViewError(f'seed {seed}: no sensible view of a {kind!r} scene')
    return pictures
