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
"""Facts about drop-offs: found where a rim is seen, and invented nowhere else."""

from __future__ import annotations

from typing import Any

from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation import RegionClass, Segmenter
from depth_seg_ros.segmentation.drop_off import below, beyond_rim
from depth_seg_ros.segmentation.frame import FloatImage, Frame, Labels
from depth_seg_ros.segmentation.ground import Ground
from depth_seg_ros.synthetic import (
    drop_world, DROPS, HEAVY_NOISE, KINDS, random_scene, render, Scene, to_inverse)
import numpy as np
import pytest

SHAPE = (126, 168)
SURFACE = np.repeat(np.linspace(0.2, 1.0, 126, dtype=np.float32)[:, None], 168, axis=1)
PARAMS = SegmentationParams()


def drops(near: FloatImage, least: int = 20, noise: float = 0.004) -> Labels:
    """Return the drop-offs of a map whose ground is SURFACE, and infinity 0."""
    frame = Frame(near, np.ones(SHAPE, bool), 0.0, 0.0, 1.0)
    ground = Ground((0.0, 0.8, 0.2), 1.0, SURFACE, noise, (near - SURFACE) / (noise * SURFACE),
                    SURFACE)
    step = np.maximum(0.05 * near, np.float32(0.002))
    return beyond_rim(below(frame, ground, PARAMS), frame, ground, step, least, PARAMS)


def lowered(share: float, rows: slice = slice(40, 70)) -> FloatImage:
    """Return the ground with some rows of a part of it lower."""
    near = SURFACE.copy()
    near[rows, 50:100] *= np.float32(1 - share)
    return near


def test_a_lowered_part_is_a_drop_off_where_it_is() -> None:
    found = drops(lowered(0.3))
    assert set(np.unique(found)) == {0, 1}
    np.testing.assert_array_equal(found > 0, lowered(0.3) < SURFACE)


def test_each_of_two_has_its_number() -> None:
    near = np.minimum(lowered(0.3), lowered(0.4, slice(90, 110)))
    assert set(np.unique(drops(near))) == {0, 1, 2}


def test_a_small_one_is_dropped() -> None:
    assert not drops(lowered(0.3), least=30 * 50 + 1).any()
    assert drops(lowered(0.3), least=30 * 50).any()


@pytest.mark.parametrize('share', [0.0, 0.008, 0.03, 0.06])
def test_a_shallow_reflection_is_none(share: float) -> None:
    assert not drops(lowered(share)).any()


def test_what_slopes_down_is_none() -> None:
    near = SURFACE.copy()
    near[20:80] *= 1 - np.linspace(0.5, 0.0, 60, dtype=np.float32)[:, None]
    assert not drops(near).any()


def test_what_begins_behind_an_obstacle_is_none() -> None:
    near = lowered(0.3)
    near[70:90, 40:110] = 1.0
    assert not drops(near).any()
    near[70:90, 75:] = SURFACE[70:90, 75:]  # half of the rim comes into view
    assert drops(near).any()


def test_it_goes_on_to_the_horizon_where_little_is_left_of_its_depth() -> None:
    surface = np.repeat(np.linspace(0.0, 1.0, 126, dtype=np.float32)[:, None], 168, axis=1)
    near = surface.copy()
    near[:70] *= np.float32(0.7)
    frame = Frame(near, np.ones(SHAPE, bool), 0.0, 0.0, 1.0)
    clearance = np.maximum(surface, np.float32(0.05))
    ground = Ground((0.0, 1.0, 0.0), 1.0, surface, 0.004,
                    (near - surface) / (0.004 * clearance), clearance)
    found = below(frame, ground, PARAMS)
    assert found[10:70].all() and not found[70:].any() and not found[:5].any()


def scenes(kind: str, count: int) -> list[Scene]:
    """Return some scenes of a kind, with or without drop-offs."""
    return [render(drop_world(rng, kind)) if kind in DROPS else random_scene(rng, kind)
            for rng in map(np.random.default_rng, range(count))]


def found_in(scene: Scene, **noise: Any) -> np.ndarray[Any, Any]:
    """Return where drop-offs are seen through a network."""
    depth = to_inverse(scene, np.random.default_rng(0), s=3.0, t=0.4, **noise)
    return np.asarray(Segmenter().process(depth, 0.0).classes == RegionClass.DROP_OFF)


@pytest.mark.parametrize('kind', ['edge', 'stairs', 'pit'])
def test_rims_stairs_and_pits_are_found_in_the_depth_of_a_network(kind: str) -> None:
    covered = []
    for scene in scenes(kind, 4):
        truth, found = scene.classes == RegionClass.DROP_OFF, found_in(scene)
        covered.append((found & truth).sum() / truth.sum())
        assert (found & (scene.classes == RegionClass.GROUND)).mean() < 0.01
    assert np.mean(np.array(covered) > 0.5) >= 0.75


@pytest.mark.parametrize('noise', [{}, HEAVY_NOISE], ids=['good', 'bad'])
@pytest.mark.parametrize('kind', ['descent', *KINDS])
def test_none_is_invented_in_rooms_in_the_open_and_on_ramps_down(
        kind: str, noise: dict[str, float]) -> None:
    assert [found_in(scene, **noise).any() for scene in scenes(kind, 3)] == 3 * [False]
