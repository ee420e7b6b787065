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
"""A few analytic solids and planes under a pinhole camera, cast ray by ray: exact, and fast."""

from __future__ import annotations

from dataclasses import dataclass, replace
import math
from typing import TypeAlias

from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.segmentation import RegionClass
import numpy as np
from numpy.typing import NDArray

__all__ = ['CAMERA', 'moved', 'render', 'Scene', 'Solid', 'Surface', 'World']

CAMERA = CameraModel(336, 252, 280.0, 280.0, 167.5, 125.5)
"""The default view: 62 degrees wide, on the grid of the default network."""

_Array: TypeAlias = NDArray[np.float64]
_Vector: TypeAlias = tuple[float, float, float]


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
        GROUND, STRUCTURE or DROP_OFF.

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
        1 or more; solids with the same number are one thing. 0 for what is no thing.
    velocity : tuple of float
        In meters a second.
    kind : RegionClass
        What its pixels are.

    """

    shape: str
    center: _Vector
    half: _Vector
    yaw: float
    instance: int
    velocity: _Vector = (0.0, 0.0, 0.0)
    kind: RegionClass = RegionClass.OBJECT


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
            replace(solid, center=moved(solid.center, solid.velocity, seconds))
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
        RegionClass: GROUND, OBJECT, STRUCTURE, DROP_OFF, or BACKGROUND for sky.
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
        t = _solid_depth(solid, origin, rays[:, window[0], window[1]])
        nearer = t < depth[window]
        depth[window][nearer] = t[nearer]
        classes[window][nearer] = solid.kind
        instances[window][nearer] = solid.instance
    return Scene(depth.astype(np.float32), instances, classes, camera)


def moved(point: _Vector, velocity: _Vector, seconds: float) -> _Vector:
    """Return where a point is after some seconds."""
    return (point[0] + velocity[0] * seconds, point[1] + velocity[1] * seconds,
            point[2] + velocity[2] * seconds)


def _rotation(yaw: float, pitch: float, roll: float) -> _Array:
    """Return the matrix from camera axes to world axes."""
    cy, sy, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(pitch), math.sin(pitch)
    cr, sr = math.cos(roll), math.sin(roll)
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    return turn @ nod @ np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])


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
