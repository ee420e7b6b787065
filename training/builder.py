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

"""Collect solids, materials and lamps into a scene."""

from __future__ import annotations

import math
from random import Random
from typing import Callable

import numpy as np

from training.render import Scene

Triple = tuple[float, float, float]
BOX, BALL, FRUSTUM = 0.0, 1.0, 2.0


class Builder:
    """
    A scene in the making, with a movable frame.

    ``place`` moves the frame, and starts a new instance unless told that the following solids are
    built in (walls, ground); ``box``, ``ball`` and ``frustum`` add solids in that frame.

    Parameters
    ----------
    rng : random.Random
        The only source of chance.

    """

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.lights: list[list[float]] = []
        self._solids: list[tuple[float, ...]] = []
        self._materials: list[list[float]] = []
        self._frame = (0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
        self._usual: dict[Callable[[Random], list[float]], int] = {}
        self.instance = 0
        self._instances = 0

    @property
    def count(self) -> int:
        """Number of solids so far."""
        return len(self._solids)

    def paint(self, surface: Callable[[Random], list[float]]) -> int:
        """Draw a material, or in part the one that is usual here, and return its index."""
        usual = self._usual.get(surface)
        if usual is not None and self.rng.random() < 0.6:
            return usual
        return self.paint_row(surface(self.rng))

    def make_usual(self, *surfaces: Callable[[Random], list[float]]) -> None:
        """Draw one material of each kind that most things here share, as in a real room."""
        for surface in surfaces:
            self._usual[surface] = self.paint_row(surface(self.rng))

    def paint_row(self, row: list[float]) -> int:
        """Add a material and return its index."""
        self._materials.append(row)
        return len(self._materials) - 1

    def place(self, x: float, y: float, z: float = 0.0, yaw: float = 0.0,
              built_in: bool = False) -> None:
        """Move the frame to a point of the world, turned by yaw."""
        self._frame = (x, y, z, yaw, math.cos(yaw), math.sin(yaw))
        self.instance = 0 if built_in else self.new_instance()

    def new_instance(self) -> int:
        """Count up the instances."""
        self._instances += 1
        return self._instances

    def place_by(self, x: float, y: float) -> None:
        """Shift the frame within itself, keeping the instance."""
        ox, oy, oz, yaw, c, s = self._frame
        self._frame = (ox + c * x - s * y, oy + s * x + c * y, oz, yaw, c, s)

    def _add(self, kind: float, center: Triple, half: Triple, paint: int, turn: Triple,
             taper: float) -> None:
        x, y, z, yaw, c, s = self._frame
        self._solids.append((
            kind, x + c * center[0] - s * center[1], y + s * center[0] + c * center[1],
            z + center[2], half[0], half[1], half[2], yaw + turn[0], turn[1], turn[2], taper,
            self.instance, paint))

    def box(self, center: Triple, half: Triple, paint: int, turn: Triple = (0, 0, 0)) -> None:
        """Add a box; turn is yaw, pitch (about y) and roll (about x), in radians."""
        self._add(BOX, center, half, paint, turn, 0.0)

    def ball(self, center: Triple, half: Triple, paint: int, turn: Triple = (0, 0, 0)) -> None:
        """Add an ellipsoid."""
        self._add(BALL, center, half, paint, turn, 0.0)

    def frustum(self, center: Triple, half: Triple, paint: int, turn: Triple = (0, 0, 0),
                taper: float = 0.0) -> None:
        """Add a cylinder, or a cone where taper is near 1, along its z axis."""
        self._add(FRUSTUM, center, half, paint, turn, min(taper, 0.98))

    def lamp(self, x: float, y: float, z: float, color: Triple, shadows: bool,
             size: float = 0.1) -> None:
        """Add a point light of the world."""
        self.lights.append([1.0, x, y, z, *color, float(shadows), size])

    def sun(self, direction: Triple, color: Triple, size: float = 0.02) -> None:
        """Add the sun, direction towards it."""
        norm = math.sqrt(sum(d * d for d in direction))
        self.lights.append([0.0, *(d / norm for d in direction), *color, 1.0, size])

    def scene(self, environment: list[float]) -> Scene:
        """Turn what was collected into the arrays of the ray-caster."""
        rows = np.array(self._solids, np.float64).reshape(-1, 13)
        yaw, pitch, roll = rows[:, 7], rows[:, 8], rows[:, 9]
        cy, sy, cp, sp = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
        cr, sr = np.cos(roll), np.sin(roll)
        axes = np.stack([
            cy * cp, sy * cp, -sp,
            cy * sp * sr - sy * cr, sy * sp * sr + cy * cr, cp * sr,
            cy * sp * cr + sy * sr, sy * sp * cr - cy * sr, cp * cr], 1).reshape(-1, 3, 3)
        axes = axes * np.maximum(rows[:, 4:7], 1e-4)[:, :, None]
        solids = np.concatenate(
            [rows[:, :4], axes.reshape(-1, 9), rows[:, 10:13]], 1).astype(np.float32)
        return Scene(solids, np.array(self._materials, np.float32).reshape(-1, 28),
                     np.array(self.lights, np.float32).reshape(-1, 9),
                     np.array(environment, np.float32))
