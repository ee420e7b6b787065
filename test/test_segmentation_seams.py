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
"""Facts about seams: who owns an outline, and which parts are one thing."""

from __future__ import annotations

from depth_seg_ros.segmentation.edges import Edges
from depth_seg_ros.segmentation.frame import Frame
from depth_seg_ros.segmentation.seams import find_seams, join, Seams
import numpy as np
from numpy.typing import NDArray
import pytest

SHAPE = (60, 80)


def seams_of(labels: NDArray[np.int32], near: NDArray[np.float64],
             ground: NDArray[np.bool_] | None = None,
             valid: NDArray[np.bool_] | None = None) -> Seams:
    """Return the seams of labels on nearness, every jump of which is a step."""
    near = near.astype(np.float32)
    steps = np.zeros(near.shape, bool)
    steps[:, 1:] |= near[:, 1:] != near[:, :-1]
    steps[1:] |= near[1:] != near[:-1]
    frame = Frame(near, np.ones(near.shape, bool) if valid is None else valid, 0.0, 0.0, 1.0)
    return find_seams(labels, np.zeros(near.shape, bool) if ground is None else ground, frame,
                      Edges(0.05 * near, steps, np.zeros_like(steps), 0.015, steps))


def owned(labels: NDArray[np.int32], near: NDArray[np.float64],
          ground: NDArray[np.bool_] | None = None,
          valid: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
    """Return the ownership of every label."""
    return seams_of(labels, near, ground, valid).ownership(np.bincount(labels.ravel()))


def block(*boxes: tuple[slice, slice]) -> NDArray[np.int32]:
    """Return labels 1, 2, ... of boxes."""
    labels = np.zeros(SHAPE, np.int32)
    for number, box in enumerate(boxes):
        labels[box] = number + 1
    return labels


def test_a_thing_owns_its_outline_and_a_wall_does_not() -> None:
    near = np.full(SHAPE, 0.3)
    near[20:40, 20:40] = 0.6
    own = owned(block(np.s_[:, :], np.s_[20:40, 20:40]), near)
    assert len(own) == 3
    assert own[1] == 0.0 and own[2] == 1.0


def test_the_border_of_the_image_counts_half_against_a_thing() -> None:
    near = np.full(SHAPE, 0.3)
    near[20:40, :20] = 0.6
    own = owned(block(np.s_[20:40, :20]), near)
    assert own[1] == pytest.approx(60 / 70)


def test_contact_with_the_ground_and_unknown_pixels_say_nothing() -> None:
    near = np.full(SHAPE, 0.6)
    near[:, 40:] = 0.3
    labels = block(np.s_[20:40, 20:40])  # right of it is a step, around it more of the same
    assert owned(labels, near)[1] == pytest.approx(0.25, abs=0.03)
    ground = labels == 0
    ground[:, 40:] = False
    assert owned(labels, near, ground)[1] == 1.0
    valid = labels > 0
    valid[:, 40:] = True
    assert owned(labels, near, valid=valid)[1] == 1.0


def test_a_low_thing_with_ground_all_around_is_a_thing() -> None:
    labels = block(np.s_[20:40, 20:40])
    assert owned(labels, np.full(SHAPE, 0.5), labels == 0)[1] == 1.0


def test_ragged_noise_of_the_ground_is_no_low_thing() -> None:
    labels = block(np.s_[20:21, 20:50], np.s_[18:23:2, 22:48:3])
    labels[labels > 0] = 1
    assert owned(labels, np.full(SHAPE, 0.5), labels == 0)[1] == 0.0


def test_what_a_nearer_thing_hides_counts_half() -> None:
    near = np.full(SHAPE, 0.3)
    near[10:30, 10:30], near[10:30, 30:50] = 0.6, 0.9
    own = owned(block(np.s_[10:30, 10:30], np.s_[10:30, 30:50]), near)
    assert own[1] == pytest.approx(60 / 70, abs=0.02) and own[2] == 1.0


def test_a_jump_away_from_the_steps_owns_nothing() -> None:
    near = np.full(SHAPE, 0.3)
    near[20:40, 20:40] = 0.6
    labels, none = block(np.s_[20:40, 20:40]), np.zeros(SHAPE, bool)
    frame = Frame(near.astype(np.float32), ~none, 0.0, 0.0, 1.0)
    edges = Edges(0.05 * frame.near, ~none, none, 0.015, none)
    assert not find_seams(labels, none, frame, edges).owned.any()
    edges = Edges(0.05 * frame.near, ~none, none, 0.015, ~none)
    assert find_seams(labels, none, frame, edges).owned.any()


def test_what_leaves_the_image_on_the_ground_is_no_low_thing() -> None:
    labels = block(np.s_[:4, :])
    assert owned(labels, np.full(SHAPE, 0.5), labels == 0)[1] == 0.0


def test_no_regions_own_nothing() -> None:
    seams = seams_of(np.zeros(SHAPE, np.int32), np.full(SHAPE, 0.5))
    assert len(seams.ownership(np.zeros(1, int))) == 1 and join(seams, 0.1).tolist() == [0]


def test_two_parts_of_one_thing_are_joined() -> None:
    near = np.full(SHAPE, 0.3)
    near[10:50, 20:40] = 0.6
    labels = block(np.s_[10:30, 20:40], np.s_[30:50, 20:40])
    seams = seams_of(labels, near)
    names = join(seams, 0.0)
    assert names.tolist() == [0, 1, 1]
    assert owned(names.take(labels), near).tolist() == [0.0, 1.0]


def test_a_thing_is_not_joined_to_the_wall_that_it_touches() -> None:
    near = np.full(SHAPE, 0.6)
    near[:30] = 0.3
    labels = block(np.s_[30:, :], np.s_[10:30, 20:40])
    near[10:30, 20:40] = 0.6
    assert join(seams_of(labels, near), 0.05).tolist() == [0, 1, 2]
    assert join(seams_of(labels, near), 1.0).tolist() == [0, 1, 1]


def test_parts_with_a_step_between_them_are_not_joined() -> None:
    near = np.full(SHAPE, 0.3)
    near[10:30, 20:40], near[30:50, 20:40] = 0.6, 0.9
    labels = block(np.s_[10:30, 20:40], np.s_[30:50, 20:40])
    assert join(seams_of(labels, near), 1.0).tolist() == [0, 1, 2]


def test_parts_are_joined_in_chains_and_numbered_without_gaps() -> None:
    near = np.full(SHAPE, 0.3)
    near[10:30, 10:40] = near[40:50, 10:20] = 0.6
    labels = block(np.s_[10:30, 20:30], np.s_[40:50, 10:20], np.s_[10:30, 10:20],
                   np.s_[10:30, 30:40])
    assert join(seams_of(labels, near), 0.05).tolist() == [0, 1, 2, 1, 1]


def test_every_side_of_a_pixel_is_counted_once() -> None:
    labels = np.random.default_rng(1).integers(0, 4, SHAPE).astype(np.int32)
    seams = seams_of(labels, np.random.default_rng(2).random(SHAPE))
    padded = np.pad(labels, 1, constant_values=-1)
    for number in range(4):
        sides = sum(int(((labels == number) & (other != number) & (other >= 0)).sum())
                    for other in (padded[:-2, 1:-1], padded[2:, 1:-1],
                                  padded[1:-1, :-2], padded[1:-1, 2:]))
        assert seams.length[number] == sides
    assert (seams.pairs[:, 0] < seams.pairs[:, 1]).all()
    assert (seams.owned.sum(axis=1) <= seams.asked).all()
