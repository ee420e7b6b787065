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
"""Facts about synthetic scenes: exact depth, classes and instances, and the noise of a network."""

from __future__ import annotations

from dataclasses import replace
import math

from depth_seg_ros.depth import DepthKind
from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.segmentation import RegionClass
from depth_seg_ros.synthetic import (
    CAMERA, drop_world, DROPS, HEAVY_NOISE, KINDS, random_scene, random_world, render, Scene,
    sequence, Solid, Surface, to_inverse, World)
import numpy as np
import pytest

GROUND = Surface((0.0, 1.0, 0.0), 0.0, RegionClass.GROUND)
SMALL = CameraModel(81, 61, 60.0, 60.0, 40.0, 30.0)


def view(*solids: Solid, surfaces: tuple[Surface, ...] = (GROUND,), height: float = 1.0,
         **pose: float) -> Scene:
    """Return what a camera 1 m over the ground sees."""
    return render(World(surfaces, solids, (0.0, -height, 0.0), **pose), SMALL)


def test_the_ground_is_a_plane_in_inverse_depth_up_to_the_horizon() -> None:
    scene = view(height=1.5)
    rows = np.arange(SMALL.height)
    expected = np.maximum((rows - SMALL.cy) / SMALL.fy / 1.5, 0)
    np.testing.assert_allclose(1 / scene.depth, np.repeat(expected[:, None], 81, 1), atol=1e-6)
    assert (scene.classes[:31] == RegionClass.BACKGROUND).all()
    assert (scene.classes[31:] == RegionClass.GROUND).all()


def test_it_stays_a_plane_for_a_camera_that_pitches_and_rolls() -> None:
    scene = view(pitch=0.5, roll=0.2)
    rows, columns = np.nonzero(scene.classes == RegionClass.GROUND)
    points = np.stack([columns, rows, np.ones(len(rows))], 1)
    inverse = 1 / scene.depth[rows, columns].astype(float)
    plane, *_ = np.linalg.lstsq(points, inverse, rcond=None)
    np.testing.assert_allclose(points @ plane, inverse, atol=1e-6)


def test_a_box_has_the_depth_of_its_front_where_it_projects() -> None:
    scene = view(Solid('box', (0.0, -1.0, 5.0), (0.5, 0.25, 1.0), 0.0, 7))
    rows, columns = np.nonzero(scene.instances == 7)
    np.testing.assert_allclose(scene.depth[rows, columns], 4.0, atol=1e-5)
    assert (columns.min(), columns.max()) == (33, 47)  # 0.5 m * 60 px / 4 m = 7.5 px
    assert (rows.min(), rows.max()) == (27, 33)
    assert (scene.classes[rows, columns] == RegionClass.OBJECT).all()


@pytest.mark.parametrize(('shape', 'depth'), [('box', 4.0), ('ball', 4.0), ('post', 4.0)])
def test_solids_are_met_at_their_surface(shape: str, depth: float) -> None:
    scene = view(Solid(shape, (0.0, -1.0, 5.0), (1.0, 1.0, 1.0), 0.0, 1), surfaces=())
    assert scene.depth[30, 40] == pytest.approx(depth)
    assert np.isinf(scene.depth[0, 0]) and scene.instances[0, 0] == 0


def test_a_ball_is_round_and_a_post_is_as_wide_at_the_top() -> None:
    ball = view(Solid('ball', (0.0, -1.0, 5.0), (1.0, 1.0, 1.0), 0.0, 1)).instances > 0
    assert ball.sum() == pytest.approx(math.pi * (60 / math.sqrt(24)) ** 2, rel=0.03)
    post = view(Solid('post', (0.0, -1.0, 5.0), (0.5, 1.0, 0.5), 0.0, 1)).instances > 0
    assert post[20].sum() == post[38].sum() == 13


def test_yaw_turns_a_solid_about_the_vertical() -> None:
    plate = Solid('box', (0.0, -1.0, 5.0), (1.0, 0.5, 0.01), 0.0, 1)
    assert (view(plate).instances[30] > 0).sum() == 25
    assert (view(replace(plate, yaw=math.pi / 2)).instances[30] > 0).sum() == 1


def test_the_nearer_of_two_things_hides_the_other() -> None:
    back = Solid('box', (0.0, -1.0, 6.0), (1.0, 1.0, 0.5), 0.0, 1)
    front = Solid('box', (0.3, -1.0, 4.0), (0.3, 0.3, 0.5), 0.0, 2)
    for order in ((back, front), (front, back)):
        scene = view(*order)
        assert scene.instances[30, 44] == 2 and scene.instances[30, 32] == 1


def test_a_solid_around_the_camera_is_drawn_wherever_it_is() -> None:
    beside = Solid('box', (2.0, -1.0, 1.0), (0.5, 0.5, 3.0), 0.0, 1)
    scene = view(beside)
    assert (scene.instances[30, 65:] > 0).all() and not (scene.instances[:, :41] > 0).any()
    behind = view(Solid('ball', (0.0, -1.0, -5.0), (1.0, 1.0, 1.0), 0.0, 1))
    assert not behind.instances.any()


def test_walls_bound_the_room() -> None:
    wall = Surface((0.0, 0.0, 1.0), 8.0, RegionClass.STRUCTURE)
    scene = view(surfaces=(GROUND, wall))
    assert (scene.classes[:37] == RegionClass.STRUCTURE).all()
    assert scene.depth[10, 40] == pytest.approx(8.0)
    assert np.isfinite(scene.depth).all()


@pytest.mark.parametrize('kind', KINDS)
def test_the_same_seed_gives_the_same_scene_and_another_another(kind: str) -> None:
    first, again, other = (random_scene(np.random.default_rng(seed), kind) for seed in (1, 1, 2))
    np.testing.assert_array_equal(again.depth, first.depth)
    np.testing.assert_array_equal(again.instances, first.instances)
    assert not np.array_equal(other.depth, first.depth)


@pytest.mark.parametrize(('kind', 'seen'), [
    ('indoor', {'GROUND', 'OBJECT', 'STRUCTURE'}), ('outdoor', {'GROUND', 'OBJECT', 'BACKGROUND'}),
    ('uav', {'GROUND', 'OBJECT', 'BACKGROUND'}),
    ('no_ground', {'OBJECT', 'STRUCTURE', 'BACKGROUND'})])
def test_a_kind_shows_what_it_is_named_for(kind: str, seen: set[str]) -> None:
    classes: set[str] = set()
    for seed in range(8):
        scene = random_scene(np.random.default_rng(seed), kind)
        here = {RegionClass(int(value)).name for value in np.unique(scene.classes)}
        assert 'OBJECT' in here and here <= seen
        assert ((scene.instances > 0) == (scene.classes == RegionClass.OBJECT)).all()
        assert (np.isinf(scene.depth) == (scene.classes == RegionClass.BACKGROUND)).all()
        assert (scene.depth > 0).all() and scene.depth.dtype == np.float32
        classes |= here
    assert classes == seen


def test_a_world_holds_as_many_objects_as_asked_for() -> None:
    rng = np.random.default_rng(0)
    assert not random_world(rng, 'outdoor', objects=0).solids
    few = random_world(rng, 'outdoor', objects=4)
    assert {solid.instance for solid in few.solids} == {1, 2, 3, 4}


def test_a_slope_lifts_the_ground_and_what_stands_on_it() -> None:
    flat, steep = (random_world(np.random.default_rng(3), 'outdoor', slope=slope)
                   for slope in (0.0, 0.15))
    assert len(flat.surfaces) == 1 and len(steep.surfaces) == 2
    lifts = [low.center[1] - high.center[1]
             for low, high in zip(flat.solids, steep.solids) if low.center[2] > 6]
    assert lifts and min(lifts) > 0.1
    ramp = steep.surfaces[1]
    start = ramp.offset / ramp.normal[2]
    assert 3 <= start <= 5
    assert ramp.normal[1] * -0.15 + ramp.normal[2] * (start + 1) == pytest.approx(ramp.offset)


def test_an_unknown_kind_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="of indoor, outdoor, uav, no_ground; got 'x'"):
        random_world(np.random.default_rng(0), 'x')


@pytest.mark.parametrize('kind', DROPS)
def test_what_drops_off_lies_below_the_plane_of_the_ground(kind: str) -> None:
    for seed in range(4):
        world = drop_world(np.random.default_rng(seed), kind)
        scene = render(world, SMALL)
        foot = np.array([[50, 5, 1], [60, 75, 1], [60, 5, 1]])
        assert (scene.classes[foot[:, 0], foot[:, 1]] == RegionClass.GROUND).all()
        plane = np.linalg.solve(foot, 1 / scene.depth[foot[:, 0], foot[:, 1]].astype(float))
        rows, columns = np.nonzero(scene.classes == RegionClass.DROP_OFF)
        assert (len(rows) > 0) is (kind != 'descent')
        over = 1 / scene.depth[rows, columns] - (plane[0] * rows + plane[1] * columns + plane[2])
        assert (over < 1e-6).all()
        assert not scene.instances.any()


def test_an_unknown_drop_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="of edge, stairs, pit, descent; got 'x'"):
        drop_world(np.random.default_rng(0), 'x')


def test_a_solid_is_of_the_class_it_says() -> None:
    scene = view(Solid('box', (0.0, -1.0, 5.0), (0.5, 0.25, 1.0), 0.0, 0,
                       kind=RegionClass.STRUCTURE))
    assert scene.classes[30, 40] == RegionClass.STRUCTURE and not scene.instances.any()


def test_without_noise_the_inverse_is_exact_up_to_scale_and_shift() -> None:
    scene = random_scene(np.random.default_rng(1), 'outdoor')
    depth = to_inverse(scene, np.random.default_rng(0), blur_px=0, low_freq=0, noise=0, s=4, t=-1)
    assert depth.kind is DepthKind.RELATIVE_INVERSE and depth.valid.all()
    near = 1 / scene.depth.astype(float)
    scale = 4 / np.quantile(near, 0.98)
    np.testing.assert_allclose(depth.values, scale * near - 1, atol=1e-5)


def test_each_kind_of_noise_is_as_large_as_it_says() -> None:
    wall = Surface((0.0, 0.0, 1.0), 8.0, RegionClass.STRUCTURE)
    scene = render(World((wall,), (), (0.0, 0.0, 0.0)), CAMERA)
    off = {'blur_px': 0.0, 'low_freq': 0.0, 'noise': 0.0}
    white = to_inverse(scene, np.random.default_rng(0), **{**off, 'noise': 0.01}).values
    assert white.std() == pytest.approx(0.01, rel=0.02)
    slow = [to_inverse(scene, np.random.default_rng(seed), **{**off, 'low_freq': 0.02}).values
            for seed in range(40)]
    assert np.std(slow) == pytest.approx(0.02, rel=0.3)
    assert np.abs(np.diff(slow[0], axis=1)).max() < 0.002
    edge = replace(scene, depth=np.where(np.arange(336) < 168, 2.0, 8.0)[None].repeat(252, 0))
    soft = to_inverse(edge, np.random.default_rng(0), **{**off, 'blur_px': 2.0}).values[100]
    assert ((soft > 0.3) & (soft < 0.95)).sum() >= 4


def test_heavy_noise_is_accepted_and_seeded() -> None:
    scene = random_scene(np.random.default_rng(1), 'indoor')
    first, again = (to_inverse(scene, np.random.default_rng(4), **HEAVY_NOISE) for _ in range(2))
    np.testing.assert_array_equal(first.values, again.values)


def test_a_sequence_moves_the_camera_and_half_of_the_things() -> None:
    scenes = list(sequence(np.random.default_rng(2), frames=3, rate=2.0, camera=SMALL))
    assert len(scenes) == 3
    assert not np.array_equal(scenes[0].depth, scenes[1].depth)
    world = World((), (Solid('ball', (0.0, 0.0, 5.0), (1.0, 1.0, 1.0), 0.0, 1, (1.0, 0.0, 2.0)),),
                  (0.0, 0.0, 0.0))
    assert world.after(0.5).solids[0].center == (0.5, 0.0, 6.0)
