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
Seeded scenes with exact depth, instances and classes, to test and measure geometry.

A few analytic solids under a pinhole camera, cast ray by ray in numpy: about 20 ms a scene. The
kinds are those on which the segmentation is judged: rooms, open ground, the view of a UAV, and
views without ground. `to_inverse` turns exact depth into what a network would say of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.segmentation.result import RegionClass

__all__ = ['CAMERA', 'HEAVY_NOISE', 'KINDS', 'Scene', 'Solid', 'Surface', 'World',
           'random_scene', 'random_world', 'render', 'sequence', 'to_inverse']

CAMERA = CameraModel(336, 252, 280.0, 280.0, 167.5, 125.5)
"""The default view: 62 degrees wide, on the grid of the default network."""

KINDS = ('indoor', 'outdoor', 'uav', 'no_ground')
"""Room with walls; ground and sky; 2 to 6 m up and pitched; things before sky or a far wall."""

HEAVY_NOISE = {'blur_px': 1.8, 'low_freq': 0.04, 'noise': 0.004}
"""Keyword arguments of `to_inverse` for a bad network."""

_Array = NDArray[np.float64]
_Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Surface:
    """
    An endless plane seen from the side that `normal` points away from.

    Parameters
    ----------
    normal : tuple of float
        Unit vector from the camera's side through the plane (world axes, y down).
    offset : float
        normal . p of its points, in meters.
    kind : RegionClass
        GROUND or STRUCTURE.

    """

    normal: _Vector
    offset: float
    kind: RegionClass


@dataclass(frozen=True)
class Solid:
    """
    A box, a ball (ellipsoid) or a post (upright elliptic cylinder).

    Parameters
    ----------
    shape : str
        `box`, `ball` or `post`.
    center, half : tuple of float
        Middle, and half of the extent along its own x, y, z, in meters (world axes, y down).
    yaw : float
        Turn about the vertical in radians.
    instance : int
        1 or more; solids with the same number are one thing.
    velocity : tuple of float
        In meters a second.

    """

    shape: str
    center: _Vector
    half: _Vector
    yaw: float
    instance: int
    velocity: _Vector = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class World:
    """
    What stands around the camera, and how the camera looks at it.

    Axes are x right, y down, z forward; the flat ground is y = 0.

    Parameters
    ----------
    surfaces : tuple of Surface
    solids : tuple of Solid
    position : tuple of float
        Of the camera in meters; y is minus its height.
    yaw, pitch, roll : float
        Of the camera in radians: to the right, down, clockwise.

    """

    surfaces: tuple[Surface, ...]
    solids: tuple[Solid, ...]
    position: _Vector
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    def after(self, seconds: float) -> World:
        """Return the world with every solid moved on by its velocity."""
        return replace(self, solids=tuple(
            replace(solid, center=_moved(solid.center, solid.velocity, seconds))
            for solid in self.solids))


@dataclass(frozen=True, eq=False)
class Scene:
    """
    One rendered view.

    Parameters
    ----------
    depth : float32 ndarray of shape (H, W)
        Meters along the optical axis, inf for sky.
    instances : int32 ndarray of shape (H, W)
        Which object, 0 for none.
    classes : uint8 ndarray of shape (H, W)
        RegionClass: GROUND, OBJECT, STRUCTURE, or BACKGROUND for sky.
    camera : CameraModel

    """

    depth: NDArray[np.float32]
    instances: NDArray[np.int32]
    classes: NDArray[np.uint8]
    camera: CameraModel


def render(world: World, camera: CameraModel = CAMERA) -> Scene:
    """Return depth, instances and classes of the world as the camera sees it."""
    rotation = _rotation(world.yaw, world.pitch, world.roll)
    rows, columns = np.mgrid[:camera.height, :camera.width]
    # With a z component of one, the ray parameter is the depth along the optical axis.
    rays = np.stack([(columns - camera.cx) / camera.fx, (rows - camera.cy) / camera.fy,
                     np.ones(rows.shape)]).astype(np.float64)
    rays = np.tensordot(rotation, rays, 1)
    origin = np.array(world.position)
    depth = np.full(rows.shape, np.inf)
    classes = np.full(rows.shape, RegionClass.BACKGROUND, np.uint8)
    instances = np.zeros(rows.shape, np.int32)
    for surface in world.surfaces:
        t = _plane_depth(surface, origin, rays)
        nearer = t < depth
        depth[nearer] = t[nearer]
        classes[nearer] = surface.kind
    for solid in world.solids:
        window = _window(solid, origin, rotation, camera)
        t = _solid_depth(solid, origin, rays[(slice(None), *window)])
        nearer = t < depth[window]
        depth[window][nearer] = t[nearer]
        classes[window][nearer] = RegionClass.OBJECT
        instances[window][nearer] = solid.instance
    return Scene(depth.astype(np.float32), instances, classes, camera)


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
    solids = [replace(s, center=_moved(s.center, (0.0, -slope, 0.0),
                                       max(0.0, s.center[2] - start))) for s in solids]
    return World(tuple(surfaces), tuple(solids), (0.0, -height, 0.0), 0.0, math.radians(pitch),
                 math.radians(roll))


def sequence(rng: np.random.Generator, kind: str = 'outdoor', frames: int = 45,
             rate: float = 15.0, camera: CameraModel = CAMERA) -> Iterator[Scene]:
    """Yield what a camera sees that drives forward and swings 4.6 degrees; half moves."""
    world = random_world(rng, kind)
    speeds = {s.instance: (rng.uniform(-0.6, 0.6), 0.0, rng.uniform(-0.6, 0.6))
              for s in world.solids if s.instance % 2}
    world = replace(world, solids=tuple(
        replace(s, velocity=speeds.get(s.instance, (0.0, 0.0, 0.0))) for s in world.solids))
    for frame in range(frames):
        now = frame / rate
        yield render(replace(
            world.after(now), yaw=math.radians(4.6) * math.sin(2.0 * now),
            position=_moved(world.position, (0.0, 0.0, 0.25), now)), camera)


def to_inverse(scene: Scene, rng: np.random.Generator, *, blur_px: float = 1.0,
               low_freq: float = 0.01, noise: float = 0.002, s: float = 1.0,
               t: float = 0.0) -> DepthMap:
    """
    Return the scene as a network would see it: inverse depth of unknown scale and shift.

    Parameters
    ----------
    scene : Scene
    rng : numpy Generator
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
    slow = cv2.resize(rng.normal(0.0, 1.0, (5, 7)), near.shape[::-1],
                      interpolation=cv2.INTER_CUBIC)
    near *= 1.0 + low_freq * slow
    near += rng.normal(0.0, noise, near.shape)
    return DepthMap((s * near + t).astype(np.float32), DepthKind.RELATIVE_INVERSE)


def _moved(point: _Vector, velocity: _Vector, seconds: float) -> _Vector:
    return (point[0] + velocity[0] * seconds, point[1] + velocity[1] * seconds,
            point[2] + velocity[2] * seconds)


def _rotation(yaw: float, pitch: float, roll: float) -> _Array:
    """Return the matrix from camera axes to world axes."""
    cy, sy, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch)
    cr, sr = math.cos(roll), math.sin(roll)
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    return turn @ nod @ np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])


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


def _plane_depth(surface: Surface, origin: _Array, rays: _Array) -> _Array:
    normal = np.array(surface.normal)
    with np.errstate(divide='ignore', invalid='ignore'):
        t = (surface.offset - normal @ origin) / np.tensordot(normal, rays, 1)
    return np.where(t > 0, t, np.inf)


def _solid_depth(solid: Solid, origin: _Array, rays: _Array) -> _Array:
    """Return where rays enter a solid, in its own axes scaled to a unit shape; inf for a miss."""
    own = _rotation(solid.yaw, 0.0, 0.0).T / np.array(solid.half)[:, None]
    start, way = own @ (origin - np.array(solid.center)), np.tensordot(own, rays, 1)
    with np.errstate(divide='ignore', invalid='ignore'):
        if solid.shape == 'ball':
            enter, leave = _quadric(start, way)
        else:
            to_low, to_high = (-1 - start[:, None, None]) / way, (1 - start[:, None, None]) / way
            enters, leaves = np.minimum(to_low, to_high), np.maximum(to_low, to_high)
            if solid.shape == 'post':
                side = _quadric(start[::2], way[::2])
                enters, leaves = np.stack([side[0], enters[1]]), np.stack([side[1], leaves[1]])
            enter, leave = enters.max(axis=0), leaves.min(axis=0)
        return np.where((enter <= leave) & (enter > 0), enter, np.inf)


def _quadric(start: _Array, way: _Array) -> tuple[_Array, _Array]:
    """Return where rays enter and leave the unit sphere (3 axes) or circle (2); NaN for a miss."""
    a = (way * way).sum(axis=0)
    b = np.tensordot(start, way, 1)
    root = np.sqrt(b * b - a * (start @ start - 1.0))
    return (-b - root) / a, (-b + root) / a


def _window(solid: Solid, origin: _Array, rotation: _Array, camera: CameraModel
            ) -> tuple[slice, slice]:
    """Return the rows and columns that a solid can cover: the bounds of its projected box."""
    signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1)
    corners = _rotation(solid.yaw, 0.0, 0.0) @ (signs * np.array(solid.half)[:, None])
    seen = rotation.T @ (corners + np.array(solid.center)[:, None] - origin[:, None])
    if seen[2].min() < 0.05:  # beside or behind the camera: its projection has no bounds
        return slice(0, camera.height), slice(0, camera.width)
    columns = seen[0] / seen[2] * camera.fx + camera.cx
    rows = seen[1] / seen[2] * camera.fy + camera.cy
    return (_span(rows, camera.height), _span(columns, camera.width))


def _span(values: _Array, size: int) -> slice:
    low, high = math.floor(values.min()), math.ceil(values.max()) + 1
    return slice(min(max(low, 0), size), min(max(high, 0), size))
