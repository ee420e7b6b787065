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

"""Render one view of a scene with the ray-caster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.native import at, library

SOLID, MATERIAL, LIGHT, ENVIRONMENT = 16, 28, 9, 19


@dataclass(frozen=True)
class Scene:
    """
    Solids, materials and light of one scene, as the rows that raycast.c reads.

    Attributes
    ----------
    solids : ndarray of shape (N, 16), float32
        Kind (0 box, 1 ball, 2 frustum), center, three half axes, taper, instance, material.
    materials : ndarray of shape (M, 28), float32
        Pattern, colors and surface of every material.
    lights : ndarray of shape (L, 9), float32
        Kind (0 sun, 1 lamp), direction or position, color, casts shadows, size.
    environment : ndarray of shape (19,), float32
        Sky, ambient light and haze.

    """

    solids: np.ndarray
    materials: np.ndarray
    lights: np.ndarray
    environment: np.ndarray


@dataclass(frozen=True)
class View:
    """
    A pinhole camera in the world (z up, meters).

    Attributes
    ----------
    eye : ndarray of shape (3,)
        Position in meters.
    axes : ndarray of shape (3, 3)
        Rows are the unit vectors to the right, down and forward.
    size : tuple of int
        Rows and columns of the picture.
    focal : tuple of float
        fx and fy in pixels.
    center : tuple of float
        cx and cy in pixels, measured from the outer corner of the first pixel.

    """

    eye: np.ndarray
    axes: np.ndarray
    size: tuple[int, int]
    focal: tuple[float, float]
    center: tuple[float, float]


@dataclass(frozen=True)
class Picture:
    """
    What the camera sees, and the truth behind it.

    Attributes
    ----------
    light : ndarray of shape (H, W, 3), float32
        Linear light, without exposure.
    depth : ndarray of shape (H, W), float32
        Meters along the optical axis, 0 in the sky.
    instances : ndarray of shape (H, W), int32
        Instance of the solid, 0 for the ground and what is built in, -1 in the sky.

    """

    light: np.ndarray
    depth: np.ndarray
    instances: np.ndarray


def _rows(array: np.ndarray, columns: int, name: str) -> np.ndarray:
    array = np.ascontiguousarray(array, np.float32)
    if array.ndim != 2 or array.shape[1] != columns:
        raise ValueError(f'{name}: expected shape (N, {columns}), got {array.shape}')
    return array


def render(scene: Scene, view: View, outline_samples: int = 3) -> Picture:
    """
    Render one view.

    Parameters
    ----------
    scene : Scene
        What there is.
    view : View
        Where it is seen from.
    outline_samples : int
        Further rays for the color of pixels at outlines, against jagged edges.

    Returns
    -------
    Picture
        Light, depth and instances.

    Raises
    ------
    ValueError
        When an array has the wrong number of columns.
    CompilerNotFoundError
        When the ray-caster must be compiled and there is no compiler.

    """
    solids = _rows(scene.solids, SOLID, 'solids')
    materials = _rows(scene.materials, MATERIAL, 'materials')
    lights = _rows(scene.lights, LIGHT, 'lights')
    environment = np.ascontiguousarray(scene.environment, np.float32)
    if environment.shape != (ENVIRONMENT,):
        raise ValueError(f'environment: expected shape ({ENVIRONMENT},), got {environment.shape}')
    height, width = view.size
    pose = np.concatenate([view.eye, np.ravel(view.axes), view.focal, view.center])
    pose = np.ascontiguousarray(pose, np.float32)
    light = np.empty((height, width, 3), np.float32)
    depth = np.empty((height, width), np.float32)
    instances = np.empty((height, width), np.int32)
    status = library('raycast').render(
        at(solids), len(solids), at(materials), at(lights), len(lights), at(environment), at(pose),
        width, height, outline_samples, at(light), at(depth), at(instances))
    if status:
        raise MemoryError(f'no memory for a view of {height} x {width}')
    return Picture(light, depth, instances)
