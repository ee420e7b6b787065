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

"""Windows of rendered pictures, as the training sees them."""

from __future__ import annotations

import multiprocessing
from types import SimpleNamespace

import numpy as np
import pytest
from training import pictures


def test_the_picture_behind_a_wide_lens_keeps_its_corners_and_bends_its_borders() -> None:
    """Barrel shaped: the middle is larger, what is straight beside it bows out."""
    columns, rows = pictures._wide_lens((41, 61), 0.2)
    assert columns.dtype == rows.dtype == np.float32
    np.testing.assert_allclose([columns[0, 0], columns[0, -1], rows[0, 0], rows[-1, 0]],
                               [0, 60, 0, 40], atol=1e-4)
    assert (columns[20, 30], rows[20, 30]) == (30, 20)
    assert 0 < columns[20, 31] - columns[20, 30] < 0.75
    assert rows[0, 30] > 2
    assert (np.diff(columns, axis=1) > 0).all() and (np.diff(rows, axis=0) > 0).all()


def test_light_depth_and_lesson_are_cut_mirrored_and_bent_alike(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the lens is wide, which one of six windows here sees through."""
    bent = []
    lens = pictures._wide_lens

    def wide_lens(size: tuple[int, int], strength: float) -> tuple[np.ndarray, np.ndarray]:
        bent.append(size)
        return lens(size, strength)

    monkeypatch.setattr(pictures, '_wide_lens', wide_lens)
    monkeypatch.setattr(pictures, 'photograph', lambda light, rng, octaves: light)
    rows, columns = np.mgrid[0:1:60j, 0:1:80j]
    ramp = (0.2 * rows + columns).astype(np.float16)[None]
    ring = pictures.Ring(np.repeat(ramp[..., None], 3, axis=3), ramp, SimpleNamespace(value=1),
                         SimpleNamespace(value=0), ramp)
    light, depth, taught = pictures.batch(ring, 40, (64, 64), np.random.default_rng(0))
    assert 2 <= len(bent) <= 12
    assert ring.used.value == 40
    np.testing.assert_allclose(light[..., 0], depth, atol=0.03)   # two columns
    np.testing.assert_allclose(taught, light[..., 0], atol=1e-6)
    falls = depth[:, 32, 0] > depth[:, 32, -1]
    assert 8 < falls.sum() < 32


def test_a_teacher_sees_every_picture_photographed_and_its_lesson_is_kept_beside_it() -> None:
    ring = pictures.open_ring(2, 24, multiprocessing.get_context('fork'), taught=True)
    seen = []

    def teacher(rgb: np.ndarray) -> np.ndarray:
        seen.append(rgb)
        return np.arange(1, 1 + len(rgb), dtype=np.float32)[:, None, None] * np.ones((24, 32))

    pictures._render(ring, 3, teacher)
    assert ring.made.value == 2
    assert seen[0].shape == (2, 24, 32, 3) and seen[0].dtype == np.uint8
    assert ring.taught[:, 0, 0].tolist() == [1, 2]
    assert pictures.batch(ring, 2, (32, 32), np.random.default_rng(0)).taught.shape == (2, 32, 32)


def test_without_a_teacher_there_is_no_lesson() -> None:
    ring = pictures.open_ring(2, 24, multiprocessing.get_context('fork'))
    pictures._render(ring, 3)
    assert pictures.batch(ring, 2, (32, 32), np.random.default_rng(0)).taught is None


def test_a_teacher_sees_the_photograph_with_more_contrast(monkeypatch: pytest.MonkeyPatch) -> None:
    flat, clear = np.full((2, 2, 3), 9, np.uint8), np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    taken = [flat, clear, clear, flat]
    monkeypatch.setattr(pictures, 'photograph', lambda light, rng: taken.pop())
    assert all(pictures._clear(flat, 0) is clear for _ in range(2))


def test_a_renderer_lets_its_teacher_see_what_it_renders(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = pictures.open_ring(2, 24, multiprocessing.get_context('fork'), taught=True)
    seen = []

    def render(ring: pictures.Ring, seed: int, teacher: object) -> None:
        seen.append((seed, teacher))
        if len(seen) == 2:
            raise EOFError

    monkeypatch.setattr(pictures, '_hire', lambda folders: ('taught by', folders))
    monkeypatch.setattr(pictures, '_render', render)
    monkeypatch.setattr(pictures, 'signal', SimpleNamespace(
        signal=lambda *_: None, SIGINT=2, SIG_IGN=1))
    for folders, teacher in ((['a'], ('taught by', ['a'])), ([], None)):
        seen.clear()
        with pytest.raises(EOFError):
            pictures.render_forever(ring, 7, 5.0, folders)
        assert seen == [(8, teacher), (9, teacher)]
