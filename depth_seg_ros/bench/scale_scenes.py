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
"""Meters from the ground plane on rendered scenes, where camera and depth are known exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
import math

from depth_seg_ros.depth import DepthMap
from depth_seg_ros.geometry import mount_of
from depth_seg_ros.params import MountParams, ScaleParams
from depth_seg_ros.readings import NOTHING
from depth_seg_ros.scale import Scaler
from depth_seg_ros.segmentation import RegionClass, Segmenter
from depth_seg_ros.synthetic import HEAVY_NOISE, random_world, render, Scene, to_inverse, World
import numpy as np

__all__ = ['ground_error', 'GroundError', 'scene_table', 'world_of']

EXACT = {'blur_px': 0.0, 'low_freq': 0.0, 'noise': 0.0}
_NOISES: dict[str, Mapping[str, float]] = {'exact': EXACT, 'usual': {}, 'heavy': HEAVY_NOISE}
_FARTHEST = 8.0
"""Meters; what is farther than navigation looks by default is not scored."""


@dataclass(frozen=True)
class GroundError:
    """
    Of meters by the ground in one scene; NaN where there are none.

    Parameters
    ----------
    objects, everything : float
        Mean of |Z - true| / true over the objects, and over all that is within 8 m.

    """

    objects: float
    everything: float


def world_of(seed: int, number: int) -> World:
    """Return a room or open ground, in turn, seen from 0.3 to 2 m up, pitched -3 to 25 degrees."""
    rng = np.random.default_rng([seed, number])
    world = random_world(rng, ('indoor', 'outdoor')[number % 2])
    # A ceiling, if any, is no lower than 2.4 m.
    return replace(world, position=(0.0, -rng.uniform(0.3, 2.0), 0.0),
                   pitch=math.radians(rng.uniform(-3.0, 25.0)),
                   roll=math.radians(rng.uniform(-5.0, 5.0)))


def ground_error(scene: Scene, depth: DepthMap, mount: MountParams) -> GroundError:
    """
    Return how far meters by the ground are from the truth.

    Parameters
    ----------
    scene : Scene
        The truth.
    depth : DepthMap
        What a network says of it.
    mount : MountParams
        How the camera is said to be held.

    """
    plane = Segmenter().process(depth, 0.0).plane
    found = Scaler(ScaleParams(source='ground')).process(
        depth, 0.0, NOTHING, mount_of(mount, NOTHING), scene.camera, plane)
    metric = found.metric(depth) if found is not None else None
    if metric is None:
        return GroundError(math.nan, math.nan)
    near = scene.depth < _FARTHEST
    off = np.abs(metric.values[near] / scene.depth[near] - 1.0)
    objects = scene.classes[near] == RegionClass.OBJECT
    return GroundError(float(off[objects].mean()) if objects.any() else math.nan,
                       float(off.mean()))


def scene_table(scenes: int, seed: int) -> str:
    """
    Return the errors over some scenes, for exact and noisy depth, exact and wrong attitudes.

    Raises
    ------
    ValueError
        Without a scene.

    """
    if scenes < 1:
        raise ValueError(f'--scenes: expected at least 1, got {scenes}')
    worlds = [world_of(seed, number) for number in range(scenes)]
    rendered = [render(world) for world in worlds]
    lines = [f'{"depth":8}{"pitch off":>10}{"roll off":>10}{"scenes":>8}{"meters":>8}'
             f'{"objects":>9}{"all":>7}{"worst":>7}   AbsRel; median, and worst of all']
    for name, noise in _NOISES.items():
        depths = [to_inverse(scene, np.random.default_rng([seed, number, 1]), s=3.7, t=0.9,
                             **noise) for number, scene in enumerate(rendered)]
        for pitch, roll in ((0.0, 0.0), (0.3, 0.0), (1.0, 0.0), (-1.0, 0.0), (2.0, 0.0),
                            (0.0, 2.0)):
            errors = [ground_error(scene, depth, MountParams(
                attitude='fixed', height=-world.position[1],
                pitch=world.pitch + math.radians(pitch), roll=world.roll + math.radians(roll)))
                for world, scene, depth in zip(worlds, rendered, depths)]
            lines.append(f'{name:8}{pitch:10.1f}{roll:10.1f}{scenes:8}{_numbers(errors)}')
    return '\n'.join(lines)


def _numbers(errors: list[GroundError]) -> str:
    everything = np.array([each.everything for each in errors])
    objects = np.array([each.objects for each in errors])
    found = np.isfinite(everything)
    if not np.isfinite(objects).any():
        return f'{0.0:8.1%}'
    return (f'{found.mean():8.1%}{np.nanmedian(objects):9.1%}{np.nanmedian(everything):7.1%}'
            f'{np.nanmax(everything):7.1%}')
