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
"""Random scenes of the kinds on which segmentation is judged, and what a network makes of them."""

from __future__ import annotations

from dataclasses import replace
import math

import cv2
from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.segmentation import RegionClass
from depth_seg_ros.synthetic.raycast import CAMERA, moved, render, Scene, Solid, Surface, World
import numpy as np

__all__ = ['HEAVY_NOISE', 'KINDS', 'random_scene', 'random_world', 'to_inverse']

KINDS = ('indoor', 'outdoor', 'uav', 'no_ground')
"""Room with walls; ground and sky; 2 to 6 m up and pitched; things before sky or a far wall."""

HEAVY_NOISE = {'blur_px': 1.8, 'low_freq': 0.04, 'noise': 0.004}
"""Keyword arguments of `to_inverse` for a bad network."""


def random_scene(rng: np.random.Generator, kind: str, camera: CameraModel = CAMERA, *,
                 slope: float = 0.0, objects: int | None = None) -> Scene:
    """Return a rendered `random_world`; the parameters are the same."""
    return render(random_world(rng, kind, slope=slope, objects=objects), camera)


def random_world(rng: np.random.Generator, kind: str, *, slope: float = 0.0,
                 objects: int | None = None) -> World:
    """
    Make up a scene.

    Parameters
    ----------
    rng : numpy Generator
        The same state gives the same world.
    kind : str
        One of `KINDS`.
    slope : float
        Rise of the ground beyond 3 to 5 m, as meters per meter.
    objects : int, optional
        How many; by default 3 to 8.

    Raises
    ------
    ValueError
        When the kind is unknown.

    """
    if kind not in KINDS:
        raise ValueError(f'kind: expected one of {", ".join(KINDS)}; got {kind!r}')
    count = int(rng.integers(3, 9)) if objects is None else objects
    if kind == 'no_ground':
        return _world_without_ground(rng, count)
    uav = kind == 'uav'
    height = rng.uniform(2.0, 6.0) if uav else rng.uniform(0.3, 1.6)
    pitch = rng.uniform(12, 34) if uav else rng.uniform(0, 14)
    roll = rng.normal(0.0, 4.6 if uav else 1.0)
    start = rng.uniform(3.0, 5.0)
    surfaces = [Surface((0.0, 1.0, 0.0), 0.0, RegionClass.GROUND)]
    if slope:
        length = math.hypot(1.0, slope)
        surfaces.append(Surface((0.0, 1.0 / length, slope / length), slope * start / length,
                                RegionClass.GROUND))
    if kind == 'indoor':
        surfaces += _walls(rng, height)
    # Below the camera of a UAV the nearest visible ground is farther away.
    near = max(1.5, 1.3 * height)
    solids = _objects(rng, count, near, near + (5.0 if kind == 'indoor' else 9.0))
    solids = [replace(s, center=moved(s.center, (0.0, -slope, 0.0), max(0.0, s.center[2] - start)))
              for s in solids]
    return World(tuple(surfaces), tuple(solids), (0.0, -height, 0.0), 0.0, math.radians(pitch),
                 math.radians(roll))


def to_inverse(scene: Scene, rng: np.random.Generator, *, blur_px: float = 1.0,
               low_freq: float = 0.01, noise: float = 0.002, s: float = 1.0,
               t: float = 0.0) -> DepthMap:
    """
    Return the scene as a network would see it: inverse depth of unknown scale and shift.

    Parameters
    ----------
    scene : Scene
        Sky in it comes out as `t`.
    rng : numpy Generator
        The same state gives the same errors.
    blur_px : float
        Sigma of the smear over depth edges, in pixels; 0 for none.
    low_freq : float
        Standard deviation of slow errors, as a share of the nearness.
    noise : float
        Standard deviation of white noise, as a share of the 98 % quantile of nearness.
    s, t : float
        Scale and shift of the result.

    """
    near = 1.0 / scene.depth.astype(np.float64)
    near /= max(np.quantile(near, 0.98), 1e-12)
    if blur_px:
        near = cv2.GaussianBlur(near, (0, 0), blur_px)
    slow = cv2.resize(rng.normal(0.0, 1.0, (4, 5)), near.shape[::-1],
                      interpolation=cv2.INTER_CUBIC)
    near *= 1.0 + low_freq * slow
    near += rng.normal(0.0, noise, near.shape)
    return DepthMap((s * near + t).astype(np.float32), DepthKind.RELATIVE_INVERSE)


def _walls(rng: np.random.Generator, height: float) -> list[Surface]:
    """Return a back wall, two side walls and, in half of the rooms, a ceiling."""
    turn = math.radians(rng.uniform(-15, 15))
    c, s = math.cos(turn), math.sin(turn)
    walls = [Surface((s, 0.0, c), rng.uniform(7.0, 11.0), RegionClass.STRUCTURE),
             Surface((c, 0.0, -s), rng.uniform(2.5, 5.0), RegionClass.STRUCTURE),
             Surface((-c, 0.0, s), rng.uniform(2.5, 5.0), RegionClass.STRUCTURE)]
    if rng.random() < 0.5:
        walls.append(Surface((0.0, -1.0, 0.0), max(2.4, height + 1.0), RegionClass.STRUCTURE))
    return walls


def _world_without_ground(rng: np.random.Generator, count: int) -> World:
    """Return things in the air before the sky or a far wall."""
    wall = (Surface((0.0, 0.0, 1.0), rng.uniform(15.0, 30.0), RegionClass.STRUCTURE),)
    solids = [replace(s, center=(s.center[0], rng.uniform(-0.25, 0.25) * s.center[2],
                                 s.center[2]))
              for instance in range(1, count + 1)
              for s in _thing(rng, rng.choice(['box', 'ball']), instance, rng.uniform(-3, 3),
                              rng.uniform(3.0, 8.0))]
    return World(wall if rng.random() < 0.5 else (), tuple(solids), (0.0, 0.0, 0.0), 0.0, 0.0,
                 math.radians(rng.normal(0.0, 2.0)))


def _objects(rng: np.random.Generator, count: int, near: float, far: float) -> list[Solid]:
    """Return things that stand clear of each other; every third one hides part of another."""
    places: list[tuple[float, float]] = []
    solids: list[Solid] = []
    for instance in range(1, count + 1):
        for _ in range(20):
            z = rng.uniform(near, far)
            x = rng.uniform(-0.5, 0.5) * z
            if places and instance % 3 == 0:
                front = places[-1]
                z = min(front[1] + rng.uniform(1.0, 2.5), far + 1.0)
                x = front[0] * z / front[1] + rng.uniform(-0.35, 0.35)
            if all(math.hypot(x - px, z - pz) > 0.9 for px, pz in places):
                places.append((x, z))
                kind = rng.choice(['box', 'ball', 'floating', 'pole', 'person'],
                                  p=[0.35, 0.15, 0.1, 0.2, 0.2])
                solids += _thing(rng, kind, instance, x, z)
                break
    return solids


def _thing(rng: np.random.Generator, kind: str, instance: int, x: float, z: float
           ) -> list[Solid]:
    """Return the solids of one thing that stands on (or floats over) the ground at (x, z)."""
    if kind == 'pole':
        radius, half = rng.uniform(0.04, 0.10), rng.uniform(0.6, 1.5)
        return [Solid('post', (x, -half, z), (radius, half, radius), 0.0, instance)]
    if kind == 'person':
        half = rng.uniform(0.65, 0.8)
        return [Solid('post', (x, -half, z), (0.24, half, 0.16), rng.uniform(0, 3), instance),
                Solid('ball', (x, -2 * half - 0.1, z), (0.12, 0.15, 0.12), 0.0, instance)]
    if kind == 'box':
        hx, hy, hz = rng.uniform(0.12, 0.45, 3)
        return [Solid('box', (x, -hy, z), (hx, hy, hz), rng.uniform(0, 3), instance)]
    radius = rng.uniform(0.15, 0.4)
    lift = rng.uniform(0.3, 1.2) if kind == 'floating' else 0.0
    return [Solid('ball', (x, -radius - lift, z), (radius, radius, radius), 0.0, instance)]
