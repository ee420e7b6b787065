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
"""What a camera sees that drives through a scene in which half of the things move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import math

from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.synthetic.raycast import CAMERA, moved, render, Scene, Solid, World
from depth_seg_ros.synthetic.scenes import random_world
import numpy as np

__all__ = ['moving_world', 'sequence']

_DRIVE = (0.0, 0.0, 0.25)
"""Velocity of the camera in meters a second."""

_SWING, _SWING_RATE = math.radians(4.6), 2.0
"""Amplitude of its yaw, and radians of phase a second."""

_FASTEST = 1.5
"""Of a thing that crosses another, in meters a second: a walk."""


def sequence(rng: np.random.Generator, kind: str = 'outdoor', frames: int = 45,
             rate: float = 15.0, camera: CameraModel = CAMERA, *, crossing: bool = False,
             turn: float = 0.0) -> Iterator[Scene]:
    """
    Yield what a camera sees that drives forward and swings 4.6 degrees; half of the things move.

    Parameters
    ----------
    rng : numpy Generator
        The same state gives the same sequence.
    kind : str
        One of `KINDS`.
    frames : int
        How many.
    rate : float
        Frames a second.
    camera : CameraModel
        The view.
    crossing : bool
        Whether one thing passes in front of another halfway.
    turn : float
        Yaw rate beside the swing in radians a second.

    """
    world = moving_world(rng, kind, 0.5 * frames / rate if crossing else None)
    for frame in range(frames):
        now = frame / rate
        yield render(replace(
            world.after(now), yaw=_SWING * math.sin(_SWING_RATE * now) + turn * now,
            position=moved(world.position, _DRIVE, now)), camera)


def moving_world(rng: np.random.Generator, kind: str, crossed_at: float | None = None) -> World:
    """
    Return a random world in which every second thing moves.

    Parameters
    ----------
    rng : numpy Generator
        The same state gives the same world.
    kind : str
        One of `KINDS`.
    crossed_at : float, optional
        Time in seconds at which one thing is in front of another for a camera that drives like
        that of `sequence`.

    """
    world = random_world(rng, kind)
    speeds = {s.instance: (rng.uniform(-0.6, 0.6), 0.0, rng.uniform(-0.6, 0.6))
              for s in world.solids if s.instance % 2}
    if crossed_at is not None:
        speeds.update(_crossing(world, crossed_at))
    return replace(world, solids=tuple(
        replace(s, velocity=speeds.get(s.instance, (0.0, 0.0, 0.0))) for s in world.solids))


def _crossing(world: World, seconds: float) -> dict[int, tuple[float, float, float]]:
    """Return the velocities of two things of which one hides the other after some seconds."""
    first: dict[int, Solid] = {}
    for solid in world.solids:
        first.setdefault(solid.instance, solid)
    ahead = world.position[2] + _DRIVE[2] * seconds
    pairs = []
    for front in first.values():
        for behind in first.values():
            (fx, _, fz), (bx, _, bz) = front.center, behind.center
            speed = (bx * (fz - ahead) / (bz - ahead) - fx) / seconds
            if bz > fz + 0.8 and 0.3 < abs(speed) < _FASTEST:
                pairs.append((abs(speed - 0.7), front.instance, behind.instance, speed))
    if not pairs:
        return {}
    _, front_instance, behind_instance, speed = min(pairs)
    return {front_instance: (speed, 0.0, 0.0), behind_instance: (0.0, 0.0, 0.0)}
