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

"""The scene generator of the training, and its loss."""

from __future__ import annotations

from dataclasses import replace
import math
from random import Random
import shutil

import numpy as np
import pytest
from training import materials, photometric, scenes
from training.builder import Builder
from training.photometric import photograph
from training.render import render, Scene, View

if not (shutil.which('cc') or shutil.which('gcc')):
    pytest.skip('the ray-caster needs a C compiler', allow_module_level=True)

DARK = [0.0] * 17 + [1.0, 0.0]


def front_view(rows: int = 30, columns: int = 40) -> View:
    """Look along y from the origin."""
    return View(np.zeros(3), scenes.axes(0, 0, 0), (rows, columns), (40.0, 40.0),
                (columns / 2, rows / 2))


def plain(builder: Builder) -> int:
    """Paint everything the same grey."""
    grey = (0.5, 0.5, 0.5)
    return builder.paint_row(
        materials.material(builder.rng, 'plain', (grey, grey, grey), 1, bump=0))


def test_wall_at_known_distance_has_that_depth_everywhere() -> None:
    """Depth is measured along the optical axis, not along the ray."""
    b = Builder(Random(0))
    b.place(0, 0, built_in=True)
    b.box((0, 3.25, 0), (50, 0.25, 50), plain(b))
    picture = render(b.scene(DARK), front_view())
    np.testing.assert_allclose(picture.depth, 3.0, rtol=1e-6)
    assert not picture.instances.any()


def test_slanted_ground_follows_the_pinhole_equation() -> None:
    """A floor 1 m under a level camera lies at f / (v - cy) meters."""
    b = Builder(Random(0))
    b.place(0, 0, built_in=True)
    b.box((0, 0, -1.5), (900, 900, 0.5), plain(b))
    depth = render(b.scene(DARK), front_view()).depth
    rows = np.arange(16, 30) + 0.5 - 15
    np.testing.assert_allclose(depth[16:], np.repeat((40 / rows)[:, None], 40, 1), rtol=1e-4)
    assert not depth[:15].any()


@pytest.mark.parametrize(('shape', 'near'), [('box', 1.8), ('ball', 1.8), ('frustum', 1.8)])
def test_nearest_point_of_every_shape(shape: str, near: float) -> None:
    """A shape of half size 0.2 at 2 m begins at 1.8 m."""
    b = Builder(Random(0))
    b.place(0, 2)
    getattr(b, shape)((0, 0, 0), (0.2, 0.2, 0.2), plain(b))
    depth = render(b.scene(DARK), front_view(31, 41)).depth
    assert depth[depth > 0].min() == pytest.approx(near, rel=1e-4)


def test_instances_agree_with_depth_and_the_nearer_one_hides_the_farther() -> None:
    """Each thing is seen at its own distance, the sky has neither depth nor instance."""
    b = Builder(Random(0))
    for distance in (4.0, 2.0):
        b.place(0, distance + 0.1)
        b.box((0, 0, 0), (0.3 * distance if distance > 3 else 0.3, 0.1, 0.3), plain(b))
    picture = render(b.scene(DARK), front_view())
    assert set(np.unique(picture.instances)) == {-1, 1, 2}
    np.testing.assert_allclose(picture.depth[picture.instances == 1], 4, rtol=1e-5)
    np.testing.assert_allclose(picture.depth[picture.instances == 2], 2, rtol=1e-5)
    assert not picture.depth[picture.instances == -1].any()
    assert picture.instances[15, 20] == 2


@pytest.mark.parametrize('kind', sorted(scenes.KINDS))
def test_every_kind_of_scene_is_fixed_by_its_seed(kind: str) -> None:
    """The same seed gives the same picture, another one a different picture."""
    first, again, other = (scenes.draw(seed, (12, 16), kinds=[kind])[0]
                           for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.light, again.light)
    np.testing.assert_array_equal(first.depth, again.depth)
    np.testing.assert_array_equal(first.instances, again.instances)
    assert not np.array_equal(first.depth, other.depth)
    assert np.isfinite(first.light).all() and (first.depth >= 0).all()


def test_the_kind_of_scene_is_the_one_that_was_asked_for() -> None:
    corridor, air = (scenes.draw(4, (12, 16), kinds=[kind])[0].depth
                     for kind in ('corridor', 'air'))
    assert not np.array_equal(corridor, air)


@pytest.mark.parametrize('kind', ['floor', 'square'])
def test_free_standing_things_stand_apart(kind: str) -> None:
    for seed in range(8):
        solids = scenes.build(Random(seed), kind)[0].solids
        instances = solids[:, 14]
        centers = [solids[instances == number, 1:3].mean(0)
                   for number in np.unique(instances[instances > 0])]
        assert centers
        for k, center in enumerate(centers):
            assert all(math.dist(center, other) > 0.5 for other in centers[:k])


def two_things(builder: Builder) -> Scene:
    """Stand two boxes 2 and 5 m away on a floor 1 m under the camera."""
    builder.place(0, 0, built_in=True)
    builder.box((0, 0, -1.5), (900, 900, 0.5), plain(builder))
    for x, y in ((-0.5, 2.0), (1.0, 5.0)):
        builder.place(x, y)
        builder.box((0, 0, -0.7), (0.3, 0.1, 0.3), plain(builder))
    return builder.scene(DARK)


def test_worth_of_a_view_is_the_number_of_things_outside_and_the_range_of_depth_in_rooms() -> None:
    scene, view = two_things(Builder(Random(0))), front_view()
    assert scenes._worth(scene, view, 'square') == scenes._worth(scene, view, 'floor') == 3
    assert 3 < scenes._worth(scene, view, 'dwelling') < 200
    away = replace(view, axes=scenes.axes(math.pi, 0, 0))
    assert scenes._worth(scene, away, 'square') == 1


@pytest.mark.parametrize('distance', [0.2, 3.0])
def test_a_view_that_is_blocked_or_flat_is_worth_nothing(distance: float) -> None:
    """Right before a wall, and at a wall that fills the picture."""
    b = Builder(Random(0))
    b.place(0, 0, built_in=True)
    b.box((0, distance + 0.25, 0), (50, 0.25, 50), plain(b))
    scene = b.scene(DARK)
    assert scenes._worth(scene, front_view(), 'dwelling') == 0
    assert scenes._worth(scene, front_view(), 'street') == 0


def test_of_three_views_the_one_that_teaches_most_is_rendered(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of the pictures are such; the others are of the only view that was tried."""
    tried: list[int] = []
    rounds: list[tuple[int, list[int]]] = []

    def camera(*_: object) -> int:
        tried.append(sum(len(numbers) for _, numbers in rounds) + len(tried))
        return tried[-1]

    def rendered(scene: Scene, view: int, samples: int) -> int:
        rounds.append((view, tried.copy()))
        tried.clear()
        return view

    def worth(scene: Scene, view: int, kind: str) -> float:
        return 1.0 + view * 7 % 11

    for name, fake in (('_camera', camera), ('_worth', worth), ('render', rendered)):
        monkeypatch.setattr(scenes, name, fake)
    assert len(scenes.draw(5, (12, 16), views=30)) == 30
    assert {len(numbers) for _, numbers in rounds} == {1, 3}
    assert all(view == max(numbers, key=lambda k: k * 7 % 11) for view, numbers in rounds)
    assert any(view != numbers[-1] for view, numbers in rounds)


def test_polished_floors_reflect_little_from_above_and_much_at_a_low_angle() -> None:
    """By Schlick's law: 4 % straight down, and `mirror` is the share of it that a floor has."""
    def seen(pitch: float, mirror: float) -> float:
        b = Builder(Random(0))
        b.place(0, 0, built_in=True)
        black = ((0.0, 0.0, 0.0),) * 3
        b.box((0, 0, -1.5), (90, 90, 0.5), b.paint_row(materials.material(
            b.rng, 'plain', black, 1, bump=0, mottle=0, specular=0, mirror=mirror)))
        sky = [1.0] * 6 + DARK[6:]
        view = replace(front_view(), axes=scenes.axes(0, pitch, 0))
        return float(render(b.scene(sky), view).light[15, 20].mean())

    assert seen(-math.pi / 2, 0.0) == 0
    assert seen(-math.pi / 2, 1.0) == pytest.approx(0.04, abs=0.002)
    assert seen(-math.pi / 2, 0.5) == pytest.approx(0.02, abs=0.001)
    slope = math.radians(10) + math.atan(0.5 / 40)   # of the ray of that pixel
    assert seen(-math.radians(10), 1.0) == pytest.approx(
        0.04 + 0.96 * (1 - math.sin(slope)) ** 5, abs=0.005)


def test_axes_are_a_right_handed_frame_with_the_camera_upright() -> None:
    """Right, down and forward are orthonormal, and down points down."""
    frame = scenes.axes(0.7, -0.3, 0.1)
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(np.cross(frame[0], frame[1]), frame[2], atol=1e-12)
    assert frame[1, 2] < 0 and frame[2, 2] < 0


def test_photograph_is_fixed_by_its_generator() -> None:
    """The same state of the generator gives the same 8-bit picture."""
    light = np.linspace(0, 4, 12 * 16 * 3, dtype=np.float32).reshape(12, 16, 3)
    first, again = (photograph(light, np.random.default_rng(3)) for _ in range(2))
    assert first.dtype == np.uint8 and first.shape == light.shape
    np.testing.assert_array_equal(first, again)


def test_photographs_are_as_bright_whatever_the_power_of_the_lamps() -> None:
    light = np.random.default_rng(0).random((24, 32, 3), np.float32)
    for seed in range(5):
        dim, bright = (photograph(light * power, np.random.default_rng(seed)).mean()
                       for power in (1, 30))
        assert dim == pytest.approx(bright, abs=2)


def test_octaves_change_the_grain_and_neither_mean_nor_plain_pictures() -> None:
    """Over many pictures the fine is as often stronger as weaker."""
    plain = np.full((33, 41, 3), 0.4, np.float32)   # odd sizes, too
    image = np.random.default_rng(0).uniform(0, 1, (33, 41, 3)).astype(np.float32)
    grain = []
    for seed in range(40):
        np.testing.assert_allclose(
            photometric._octaves(plain, np.random.default_rng(seed)), plain, atol=1e-5)
        found = photometric._octaves(image, np.random.default_rng(seed))
        assert found.dtype == np.float32 and abs(found.mean() - image.mean()) < 0.02
        grain.append(found.std() / image.std())
    assert min(grain) < 0.75 and max(grain) > 1.3 and 0.85 < np.median(grain) < 1.15


def test_octaves_are_changed_as_often_as_told_and_not_where_nothing_is(
        monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(photometric, '_octaves', lambda image, rng: seen.append(1) or image)
    light = np.random.default_rng(0).random((12, 16, 3), np.float32)
    for often, low, high in ((0.0, 0, 0), (0.4, 8, 32), (1.0, 50, 50)):
        seen.clear()
        for seed in range(50):
            photograph(light, np.random.default_rng(seed), octaves=often)
        assert low <= len(seen) <= high
    seen.clear()
    photograph(light, np.random.default_rng(0))
    assert not seen


def test_most_photographs_of_dull_light_use_the_range_and_some_stay_dull() -> None:
    light = np.random.default_rng(0).uniform(0.4, 0.7, (24, 32, 3)).astype(np.float32)
    pictures = [photograph(light, np.random.default_rng(seed)) for seed in range(40)]
    spans = [np.subtract(*np.quantile(picture, (0.95, 0.05))) for picture in pictures]
    assert 0.35 < np.mean(np.array(spans) > 110) < 0.85


def test_rows_of_the_wrong_length_are_refused() -> None:
    """The ray-caster reads raw memory, so shapes are checked before."""
    scene = Scene(np.zeros((1, 15)), np.zeros((1, 28)), np.zeros((0, 9)), np.zeros(19))
    with pytest.raises(ValueError, match=r'solids: expected shape \(N, 16\), got \(1, 15\)'):
        render(scene, front_view())


def test_loss_ignores_scale_and_shift_and_punishes_everything_else() -> None:
    """A prediction that is affine in the truth costs nothing."""
    torch = pytest.importorskip('torch')
    from training.loss import affine_invariant_loss

    truth = torch.rand(2, 16, 20, generator=torch.Generator().manual_seed(0)) * 0.2 + 0.4
    assert affine_invariant_loss(3.7 * truth + 0.9, truth) < 1e-4
    assert affine_invariant_loss(-truth, truth) > 1
    assert affine_invariant_loss(truth.flip(2), truth) > 0.5


def test_what_is_wrong_beside_an_outline_counts_more_than_on_a_plane() -> None:
    """Steep planes are no outlines."""
    torch = pytest.importorskip('torch')
    from training.loss import _outlines, affine_invariant_loss

    plane = torch.linspace(-2, 2, 64).expand(1, 64, 64)
    assert _outlines(plane).max() < 1e-5
    box = torch.full((1, 64, 64), 0.1)
    box[:, 20:44, 20:44] = 0.9
    near, far = _outlines(box)[0, 32, 22], _outlines(box)[0, 32, 5]
    assert near > 0.999 and far < 1e-5

    def loss(column: int) -> float:
        wrong = box + 2
        wrong[:, 28:36, column] += 0.1
        return float(affine_invariant_loss(wrong, box, 0.0))

    assert loss(17) > 1.5 * loss(4)


def test_a_teacher_that_is_right_is_followed_and_one_that_is_far_off_is_not() -> None:
    """What neither scale nor shift of the teacher changes."""
    torch = pytest.importorskip('torch')
    from training.loss import affine_invariant_loss

    truth = torch.linspace(0.1, 0.9, 64).expand(1, 64, 64)
    near_truth = (truth + 0.05 * torch.linspace(-1, 1, 64)[:, None]) * 3 + 2
    wrong = truth.flip(2)

    def loss(guess: torch.Tensor, taught: torch.Tensor | None, share: float) -> float:
        return float(affine_invariant_loss(guess + 3, truth, 0.1, taught, share))

    assert loss(near_truth, near_truth, 1.0) < 1e-4
    assert loss(near_truth, near_truth, 0.0) == pytest.approx(loss(near_truth, None, 1.0))
    half = loss(near_truth, near_truth, 0.5)
    assert 0.4 < half / loss(near_truth, None, 0.0) < 0.6
    assert loss(near_truth, wrong, 1.0) == pytest.approx(loss(near_truth, None, 0.0))


def test_in_the_sky_the_truth_alone_counts() -> None:
    torch = pytest.importorskip('torch')
    from training.loss import affine_invariant_loss

    truth = torch.cat([torch.zeros(1, 16, 64), torch.linspace(0.1, 0.9, 48)[:, None].expand(
        1, 48, 64)], 1)
    taught = truth.clone()
    taught[:, :16, :32] = 0.3   # a cloud that it takes for a thing

    def loss(guess: torch.Tensor) -> float:
        return float(affine_invariant_loss(guess + 3, truth, 0.0, taught, 1.0))

    assert loss(taught) > loss(truth)


def test_the_loss_of_bends_sees_waves_and_lost_steps_as_the_segmentation_does() -> None:
    """The same wave and the same step are worse far away; planes, scale and shift are free."""
    torch = pytest.importorskip('torch')
    from training.loss import bend_loss

    plane = torch.linspace(0.1, 1, 64)[:, None].expand(1, 64, 64)   # far above, near below
    wave = 0.005 * torch.sin(1.5 * torch.arange(64.0))

    def waving(rows: slice) -> float:
        guess = plane.clone()
        guess[:, rows] += wave
        return float(bend_loss(3 * guess + 2, plane))

    assert bend_loss(3 * plane + 2, plane) < 1e-4
    assert waving(slice(0, 16)) > 2 * waving(slice(48, 64)) > 1e-3
    things = plane.clone()
    things[:, 6:14, 20:40] += 0.1   # on the first rows it stands out of 0.2, below out of 0.9
    things[:, 50:58, 20:40] += 0.1
    flat, low = things.clone(), things.clone()
    flat[:, 6:14], low[:, 50:58] = plane[:, 6:14], plane[:, 50:58]
    assert bend_loss(flat, things) > 1.1 * bend_loss(low, things) > 0.1
    assert bend_loss(3 * things - 2 * plane, things) < 0.5 * bend_loss(flat, things)


def test_a_faint_wave_in_the_sky_is_no_bend() -> None:
    """Nearness is nothing there, and a share of nothing would be anything."""
    torch = pytest.importorskip('torch')
    from training.loss import bend_loss

    truth = torch.linspace(-1, 1, 64).clamp_min(0)[:, None].repeat(1, 1, 64)
    guess = truth + 1e-4 * (truth == 0) * torch.sin(1.5 * torch.arange(64.0))
    assert 1e-3 < bend_loss(guess, truth) < 0.1


def test_bends_of_a_picture_that_is_all_sky_are_no_nan() -> None:
    torch = pytest.importorskip('torch')
    from training.loss import bend_loss

    guess = torch.linspace(0, 1, 32).square().repeat(1, 32, 1).requires_grad_()
    bend_loss(guess, torch.zeros(1, 32, 32)).backward()
    assert torch.isfinite(guess.grad).all()


def test_frames_are_white_or_black_and_keep_the_size_of_the_picture() -> None:
    """What is inside is not moved or changed."""
    image = np.random.default_rng(0).uniform(0.1, 0.9, (100, 120, 3)).astype(np.float32)
    found = set()
    for seed in range(8):
        framed = photometric._frame(image, np.random.default_rng(seed))
        rim = {float(value) for value in np.unique(framed[framed != image])}
        assert len(rim) == 1
        found |= rim
        np.testing.assert_array_equal(framed[4:-4, 4:-4], image[4:-4, 4:-4])
    assert found == {0.0, 1.0}


def test_sharpening_overshoots_at_edges_and_leaves_the_rest() -> None:
    image = np.full((40, 40, 3), 0.3, np.float32)
    image[:, 20:] = 0.6
    sharp = photometric._sharpen(image, np.random.default_rng(0))
    assert sharp[:, 19].max() < 0.29 and sharp[:, 20].min() > 0.61
    np.testing.assert_allclose(sharp[:, :10], 0.3, atol=1e-3)


def test_many_things_are_near_white_or_dark() -> None:
    """As linear light: a quarter to two fifths each."""
    tones = [max(materials.any_color(Random(seed))) for seed in range(400)]
    assert 0.26 < np.mean(np.array(tones) < 0.05) < 0.4
    assert 0.26 < np.mean(np.array(tones) > 0.6) < 0.4


def test_held_back_scenes_are_fixed_by_their_seed_and_never_those_of_the_training() -> None:
    """Picture, truth and objects agree in size; seeds begin beyond those of the training."""
    pytest.importorskip('torch')
    from training import loop, train

    def first(seed: int, *kinds: str) -> tuple[np.ndarray, ...]:
        return next(loop.frames(1, seed, (24, 32), kinds or tuple(scenes.KINDS)))

    (rgb, inverse, objects), again, other = first(0), first(0), first(1)
    assert rgb.shape == (24, 32, 3) and inverse.shape == objects.shape == (24, 32)
    assert all(np.array_equal(a, b) for a, b in zip((rgb, inverse, objects), again))
    assert not np.array_equal(inverse, other[1])
    assert not np.array_equal(first(0, 'air')[1], first(0, 'corridor')[1])
    assert train.HELD_OUT > loop.FIRST + 100 * 10 ** 7 > 1000 * 10 ** 10


def test_heat_map_is_brightest_where_it_is_near() -> None:
    """Unknown pixels look far."""
    from training.sheet import heat_map

    inverse = np.array([[0.1, 0.5, 0.9, np.nan]], np.float32)
    light = heat_map(inverse, (1, 4, 3)).astype(int).sum(2)[0]
    assert light[0] < light[1] < light[2] and light[3] == light[0]


def test_regions_are_painted_over_a_darker_picture() -> None:
    """What is no region is half as bright as in the picture."""
    from training.loop import painted

    rgb = np.full((2, 3, 3), 100, np.uint8)
    labels = np.array([[0, 1, 2], [0, 1, 2]])
    drawn = painted(rgb, labels)
    assert (drawn[:, 0] == 50).all()
    assert not np.array_equal(drawn[0, 1], drawn[0, 2]) and rgb.min() == 100
