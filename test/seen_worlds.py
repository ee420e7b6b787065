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
"""Rendered worlds as frames of metric depth, with everything about them known exactly."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.geometry import CameraModel, mount_of
from depth_seg_ros.navigation import View, view_of
from depth_seg_ros.params import MountParams, NavigationParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.readings import NOTHING
from depth_seg_ros.segmentation import GroundPlane, Region, RegionClass, Segmentation
from depth_seg_ros.synthetic import CAMERA, render, Solid, Surface, World
import numpy as np

GROUND = Surface((0.0, 1.0, 0.0), 0.0, RegionClass.GROUND)
NARROW = CameraModel(336, 252, 900.0, 900.0, 167.5, 125.5)
WIDE = CameraModel(336, 252, 120.0, 120.0, 150.0, 140.0)
SKY = 80.0


def wall(distance: float) -> Surface:
    """Return a wall across the view."""
    return Surface((0.0, 0.0, 1.0), distance, RegionClass.STRUCTURE)


def box(x: float, z: float, *, bottom: float = 0.0, half: float = 0.2, instance: int = 1
        ) -> Solid:
    """Return a cube whose middle is at (x, z), its lower face at a height over the ground."""
    return Solid('box', (x, -bottom - half, z), (half, half, half), 0.0, instance)


def world(*things: Surface | Solid, height: float = 0.5, pitch: float = 0.0, roll: float = 0.0
          ) -> World:
    """Return the ground with things on it, and a camera over it."""
    surfaces = tuple(thing for thing in things if isinstance(thing, Surface))
    solids = tuple(thing for thing in things if isinstance(thing, Solid))
    return World((GROUND, *surfaces), solids, (0.0, -height, 0.0), 0.0, pitch, roll)


def frame(seen: World, camera: CameraModel = CAMERA, sky: float = SKY) -> FrameResult:
    """
    Return the frame of a world, segmented without a mistake.

    Structure is region 100. The ground plane is fitted to the pixels of the ground. With an
    infinite sky, it is unknown.
    """
    scene = render(seen, camera)
    meters = np.minimum(scene.depth, np.float32(sky))
    depth = DepthMap(meters, DepthKind.METRIC)
    classes = np.where(scene.depth < sky, scene.classes, RegionClass.BACKGROUND)
    classes = np.where(depth.valid, classes, RegionClass.UNKNOWN).astype(np.uint8)
    structure = classes == RegionClass.STRUCTURE
    labels = np.where(structure, 100, scene.instances).astype(np.int32)
    regions = tuple(region(int(number), RegionClass(int(classes[labels == number][0])))
                    for number in np.unique(labels[labels > 0]))
    segmentation = Segmentation(labels, classes, regions, plane_of(meters, classes))
    rgb = np.full((2 * camera.height, 2 * camera.width, 3), (10, 20, 30), np.uint8)
    return FrameResult(1.5, rgb, depth, segmentation, regions, {'depth': 0.02}, camera=camera)


def region(number: int, kind: RegionClass) -> Region:
    """Return a region of which only id and class are told."""
    return Region(number, kind, 1, (0, 0, 1, 1), (0, 0), 1.0, 1.0, confidence=0.75)


def plane_of(meters: np.ndarray, classes: np.ndarray) -> GroundPlane | None:
    """Return the plane through the inverse depth of the ground."""
    rows, columns = np.nonzero(classes == RegionClass.GROUND)
    if len(rows) < 100:
        return None
    known = np.stack([columns, rows, np.ones(len(rows))], axis=1)
    inverse = 1.0 / meters[rows, columns].astype(np.float64)
    a, b, c = np.linalg.lstsq(known, inverse, rcond=None)[0]
    return GroundPlane(float(a), float(b), float(c), 1.0)


def view(seen: World, camera: CameraModel = CAMERA, sky: float = SKY, **params: Any) -> View:
    """Return what navigation sees of a world."""
    made = seen_by(frame(seen, camera, sky), **params)
    assert made is not None
    return made


def seen_by(result: FrameResult, **params: Any) -> View | None:
    """Return what navigation sees of a frame, with some of `mount.*` and `navigation.*`."""
    held = {item.name for item in fields(MountParams)} & set(params)
    mount = mount_of(MountParams(**{name: params.pop(name) for name in held}), NOTHING)
    return view_of(replace(result, mount=mount), NavigationParams(**params))


def mounted(seen: World, camera: CameraModel = CAMERA, **params: Any) -> View:
    """Return the same with the attitude from parameters, which are those of the world."""
    return view(seen, camera, attitude='fixed', height=-seen.position[1], pitch=seen.pitch,
                roll=seen.roll, **params)
