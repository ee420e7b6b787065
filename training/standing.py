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

"""Scenes in which a few things stand free on a floor or a square, apart from each other."""

from __future__ import annotations

import math

from training import furniture as f
from training import things as small
from training.builder import Builder
from training.outdoors import bush, cone, pole, rock
from training.places import daylight, ground
from training.rooms import ceiling, shell

APART = 1.1   # meters between two of them


def _spread(b: Builder, makers: tuple, count: int, half: tuple[float, float]) -> None:
    """Stand things at random, none close to another."""
    u, taken = b.rng.uniform, []
    for _ in range(8 * count):
        x, y = u(-half[0], half[0]), u(-half[1], half[1])
        if len(taken) < count and all(math.hypot(x - p, y - q) > APART for p, q in taken):
            taken.append((x, y))
            b.place(x, y, 0, u(0, 6.3))
            b.rng.choice(makers)(b)


def floor(b: Builder) -> tuple[float, float, float]:
    """Build an empty room with some things on its floor; returns its width, length, height."""
    u = b.rng.uniform
    w, long, h = u(4, 12), u(5, 14), u(2.4, 5)
    shell(b, w, long, h)
    ceiling(b, w, long, h)
    _spread(b, (small.person, small.carton, small.basket, f.chair, small.plant, cone,
                small.carton, small.basket), b.rng.randint(1, 7), (0.4 * w, 0.4 * long))
    return w, long, h


def square(b: Builder) -> float:
    """Build level ground with some things on it; returns the reach of a camera around it."""
    ground(b, False)
    daylight(b)
    half = b.rng.uniform(1.5, 7)
    _spread(b, (small.person, small.carton, small.basket, cone, bush, rock, pole, small.plant),
            b.rng.randint(1, 9), (half, half))
    return half + 1.5
