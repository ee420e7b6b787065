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

"""Places under the sky: streets, yards, fields, woods, villages seen from the air."""

from __future__ import annotations

from functools import partial
import math

from training import materials as m
from training import outdoors as o
from training.builder import Builder
from training.things import basket, carton, person

HALF = math.pi / 2


def daylight(b: Builder) -> None:
    """Add the sun of a random hour, unless it is overcast."""
    u = b.rng.uniform
    a, up = u(0, 6.3), math.tan(u(0.1, 1.4))
    power = u(0, 1) if b.rng.random() < 0.3 else u(1.5, 6)
    low = math.exp(-2 * up)
    color = (power, power * (1 - 0.4 * low), power * (0.95 - 0.7 * low))
    b.sun((math.cos(a), math.sin(a), up), color, u(0.005, 0.1))


def ground(b: Builder, rolling: bool) -> None:
    """Lay the ground, with hills where rolling."""
    u = b.rng.uniform
    b.place(0, 0, 0, 0, built_in=True)
    b.box((0, 0, -1), (600, 600, 1), b.paint(b.rng.choice((m.soil, m.soil, m.road))))
    for _ in range(b.rng.randint(2, 7) if rolling else 0):
        r, d, a = u(5, 60), u(15, 200), u(0, 6.3)
        b.ball((d * math.cos(a), d * math.sin(a), 0), (r, r * u(0.6, 1.5), r * u(0.05, 0.35)),
               b.paint(m.soil))


def scatter(b: Builder, makers: tuple, count: int, reach: float, keep: float = 0.0) -> None:
    """Strew things within reach, denser near the middle, outside |x| < keep."""
    u = b.rng.uniform
    for _ in range(count):
        if b.count > 300:
            return
        d, a = reach * u(0.02, 1) ** 1.5, u(0, 6.3)
        x = d * math.cos(a)
        if abs(x) < keep:
            x = math.copysign(keep + u(0, 2), x)
        b.place(x, d * math.sin(a), 0, u(0, 6.3))
        b.rng.choice(makers)(b)


def _line_street(b: Builder, half: float, walk: float) -> None:
    u = b.rng.uniform
    kind = b.rng.random()
    for s in (-1, 1):
        y = -40.0
        while y < 120 and b.count < 190:
            w = u(4, 16)
            b.place(s * (half + walk + u(0, 3)), y + w / 2, 0, -s * HALF)
            if kind < 0.65 and b.rng.random() < 0.85:
                d = u(5, 12)
                b.place_by(0, d / 2)
                b.instance = 0
                o.house(b, w, d, u(3, 18))
            elif b.rng.random() < 0.6:
                b.rng.choice((o.tree, o.bush))(b)
            else:
                o.fence(b, w)
            y += w + u(0, 3) * (kind > 0.3)


def _park_along(b: Builder, half: float) -> None:
    u = b.rng.uniform
    for s in (-1, 1):
        y = u(-10, 6)
        while y < 70 and b.count < 260:
            if b.rng.random() < 0.6:
                b.place(s * (half - 1.1), y, 0, u(-0.05, 0.05) + (math.pi if s > 0 else 0))
                o.car(b)
            if b.rng.random() < 0.5:
                b.place(s * (half + 0.4), y + 2, 0, u(0, 6))
                b.rng.choice((o.pole, o.tree, o.bush, o.pole, person, o.cone))(b)
            y += u(5, 14)


def street(b: Builder) -> float:
    """Build a street along y between houses or walls; returns half its width."""
    u = b.rng.uniform
    ground(b, b.rng.random() < 0.3)
    daylight(b)
    half, walk = u(2.5, 7), u(0.8, 4)
    b.place(0, 0, 0, 0, built_in=True)
    b.box((0, 0, 0), (half, 300, 0.01), b.paint(m.road))
    mark = b.paint_row(m.material(b.rng, 'plain', ((0.8,) * 3,) * 3, 1))
    for k in range(-5, 12):
        b.box((0, k * 5, 0.01), (0.07, u(0.8, 2), 0.004), mark)
    side = b.paint(m.road)
    for s in (-1, 1):
        b.box((s * (half + walk / 2), 0, 0.04), (walk / 2, 300, 0.09), side)
    _line_street(b, half, walk)
    _park_along(b, half)
    scatter(b, (person, person, o.car, o.cone, basket), b.rng.randint(0, 7), 40)
    return half + walk


def yard(b: Builder) -> float:
    """Build an open place with things, people, walls and steps; returns half its width."""
    u = b.rng.uniform
    ground(b, b.rng.random() < 0.5)
    daylight(b)
    b.place(0, 0, 0, 0, built_in=True)
    b.box((u(-3, 3), u(-3, 3), 0), (u(2, 20), u(2, 20), 0.012), b.paint(m.road), (u(0, 3), 0, 0))
    for _ in range(b.rng.randint(0, 4)):
        d, a = u(8, 30), u(0, 6.3)
        b.place(d * math.cos(a), d * math.sin(a), 0, a - HALF, built_in=True)
        if b.rng.random() < 0.5:
            o.house(b, u(6, 20), u(4, 10), u(3, 12))
        else:
            o.fence(b, u(5, 20))
    if b.rng.random() < 0.4:
        b.place(u(-6, 6), u(-6, 6), 0, u(0, 6), built_in=True)
        paint, rise = b.paint(m.road), u(0.1, 0.2)
        for k in range(b.rng.randint(2, 9)):
            b.box((0, k * 0.32, (k + 1) * rise / 2), (u(1, 3), 0.16, (k + 1) * rise / 2), paint)
    if b.rng.random() < 0.4:
        b.place(u(-8, 8), u(-8, 8), 0, u(0, 6), built_in=True)
        b.box((0, 0, 0), (u(1, 4), u(2, 6), 0.05), b.paint(m.road), (0, 0, u(0.1, 0.4)))
    scatter(b, (person, carton, basket, o.pole, o.tree, o.bush, o.rock, o.car, o.cone, o.bench),
            b.rng.randint(5, 28), u(8, 40))
    return 5.0


def wild(b: Builder) -> float:
    """Build a field or a wood; returns half the width of what is free."""
    u = b.rng.uniform
    ground(b, True)
    daylight(b)
    if b.rng.random() < 0.5:
        b.place(0, 0, 0, 0, built_in=True)
        b.box((u(-2, 2), 0, 0), (u(0.5, 2), 200, 0.01), b.paint(m.soil), (u(-0.3, 0.3), 0, 0))
    dense = b.rng.random() < 0.5
    open_land = (o.tree, o.bush, o.bush, o.rock, o.rock)
    scatter(b, (o.tree,) * 4 + (o.bush, o.rock) if dense else open_land, b.rng.randint(10, 45),
            u(15, 60))
    scatter(b, (person, o.pole, o.bench, o.car, partial(o.fence, length=8.0)),
            b.rng.randint(0, 4), 25)
    return 2.0


def village(b: Builder) -> float:
    """Build houses, roads, trees and cars for a camera in the air; returns the reach."""
    u = b.rng.uniform
    ground(b, b.rng.random() < 0.4)
    daylight(b)
    b.place(0, 0, 0, u(0, 3), built_in=True)
    paint = b.paint(m.road)
    for k in range(b.rng.randint(0, 4)):
        b.box((u(-40, 40), u(-40, 40), 0.02 + 0.01 * k), (u(1.5, 4), 300, 0.02), paint,
              (b.rng.choice((0, HALF)), 0, 0))
    for _ in range(b.rng.randint(0, 16)):
        if b.count > 120:
            break
        b.place(u(-60, 60), u(-60, 60), 0, b.rng.choice((0, HALF, u(0, 3))))
        o.house(b, u(5, 18), u(5, 14), math.exp(u(1, 2.8)))
    scatter(b, (o.tree, o.tree, o.bush, o.car, person, o.rock, o.pole, o.bench, carton),
            b.rng.randint(10, 45), u(15, 70))
    return 40.0
