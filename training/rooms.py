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

"""Rooms of all kinds: dwellings, offices, kitchens, corridors, halls, stairwells, table tops."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import math

from training import furniture as f
from training import materials as m
from training import things as small
from training.builder import Builder
from training.outdoors import cone

HALF = math.pi / 2
THICK = 0.08   # half the thickness of a wall


def on_wall(side: int, along: float, out: float) -> tuple[float, float]:
    """Turn a point of the frame of a wall (along it, towards it) into world x, y."""
    c, s = math.cos(side * HALF), math.sin(side * HALF)
    return c * along - s * out, s * along + c * out


def window(b: Builder, side: int, x: float, dist: float, width: float, low: float, top: float
           ) -> None:
    """Put frame, sill and perhaps a blinding pane into an opening of a wall."""
    u, frame, t, middle = b.rng.uniform, b.paint(m.wood), THICK, (low + top) / 2
    bars = b.rng.randint(0, 2)
    for k in range(bars + 2):
        bar = x + width * (k / (bars + 1) - 0.5)
        b.box((bar, dist + t * 0.5, middle), (0.03, 0.03, (top - low) / 2), frame)
    b.box((x, dist - 0.03, low), (width / 2 + 0.05, 0.1, 0.02), frame)
    b.box((x, dist + t * 0.5, top), (width / 2, 0.03, 0.03), frame)
    if b.rng.random() < 0.5:   # so bright that nothing shows behind it
        b.box((x, dist + t * 1.2, middle), (width / 2, 0.005, (top - low) / 2),
              b.paint(m.lamp if b.rng.random() < 0.7 else m.screen))
    if b.rng.random() < 0.5:
        for e in (x - width / 2 - 0.1, x + width / 2 + 0.1):
            b.place(*on_wall(side, e, dist - 0.1), low - 0.3, side * HALF)
            small.curtain(b, u(0.2, 0.7), top - low + 0.5)


def doorway(b: Builder, x: float, dist: float, width: float, top: float) -> None:
    """Put frame and door leaf, shut or ajar, into an opening of a wall."""
    frame, t, left = b.paint(m.wood), THICK, x - width / 2
    for e in (left, x + width / 2):
        b.box((e, dist + t * 0.8, top / 2), (0.05, t * 1.4, top / 2), frame)
    swing = b.rng.choice((0.0, 0.0, b.rng.uniform(0.2, 1.6)))
    if b.rng.random() < 0.7:
        hinge = (left + width / 2 * math.cos(swing), dist - width / 2 * math.sin(swing) + t)
        b.box((*hinge, top / 2), (width / 2, 0.025, top / 2), b.paint(m.wood), (-swing, 0, 0))


def wall(b: Builder, side: int, length: float, dist: float, h: float, paint: int) -> None:
    """Build one wall, half of them with a window or a doorway, some with pictures."""
    u, t, kind = b.rng.uniform, THICK, b.rng.random()
    b.place(0, 0, 0, side * HALF, built_in=True)
    if b.rng.random() < 0.6:
        b.box((0, dist, 0.05), (length / 2, 0.012, 0.05), b.paint(m.wood))
    for _ in range(b.rng.choice((0, 0, 1, 2, 3))):
        w, v, x, z = u(0.1, 0.7), u(0.1, 0.5), u(-0.45, 0.45) * length, u(1.2, 1.9)
        b.box((x, dist - 0.012, z), (w + 0.03, 0.012, v + 0.03), b.paint(m.wood))
        b.box((x, dist - 0.016, z), (w, 0.012, v), b.paint(m.picture))
    if kind < 0.45 or length < 1.6:
        b.box((0, dist + t, h / 2), (length / 2 + 2 * t, t, h / 2), paint)
        return
    w, door = min(u(0.8, 2.4), length - 0.6), kind < 0.7
    low, top = (0.0, u(1.95, 2.2)) if door else (u(0.6, 1.1), u(1.8, 2.3))
    x = u(-1, 1) * (length - w - 0.4) / 2
    for a, e in ((-length / 2, x - w / 2), (x + w / 2, length / 2)):
        b.box(((a + e) / 2, dist + t, h / 2), ((e - a) / 2, t, h / 2), paint)
    b.box((x, dist + t, (top + h) / 2), (w / 2, t, (h - top) / 2), paint)
    if door:
        doorway(b, x, dist, w, top)
    else:
        b.box((x, dist + t, low / 2), (w / 2, t, low / 2), paint)
        window(b, side, x, dist, w, low, top)


def piece(b: Builder, room: float, h: float) -> tuple[float, float, Callable[[Builder], object]]:
    """Choose furniture that stands at a wall; returns its width, depth and maker."""
    u, kind = b.rng.uniform, b.rng.random()
    w, d = min(u(0.5, 1.6), room), u(0.3, 0.6)
    if kind < 0.2:
        return w, 0.32, partial(f.shelf, w=w, d=0.32, h=min(u(0.7, 2.3), h - 0.1))
    if kind < 0.42:
        tall = b.rng.choice((u(0.4, 1.0), u(0.7, 1.2), u(1.7, 2.2)))
        return w, d, partial(f.sideboard, w=w, d=d, h=tall)
    if kind < 0.54:
        return 1.5, 0.8, f.desk
    if kind < 0.64:
        return 2.2, 0.95, f.sofa
    if kind < 0.74:
        return u(1.2, 2.0), 2.1, f.bed
    if kind < 0.86:
        w = min(u(1, 3), max(room, 0.6))
        return w, 0.65, partial(f.counter, w=w)
    return 0.7, 0.6, b.rng.choice((f.appliance, f.bath, f.bath, small.plant, small.floor_lamp,
                                   f.chair, small.basket, small.carton, small.person))


def furnish(b: Builder, side: int, length: float, dist: float, h: float, density: float) -> None:
    """Stand furniture along one wall."""
    u = b.rng.uniform
    x = -length / 2 + u(0, 0.5)
    while x < length / 2 - 0.4 and b.count < 230:
        if b.rng.random() > density:
            x += u(0.3, 1.2)
            continue
        w, d, make = piece(b, length / 2 - x, h)
        b.place(*on_wall(side, x + w / 2, dist - d / 2 - 0.03), 0, side * HALF)
        make(b)
        x += w + u(0, 0.4)


def ceiling(b: Builder, w: float, long: float, h: float) -> None:
    """Close a room above, with lamps, and light it."""
    u = b.rng.uniform
    b.place(0, 0, 0, 0, built_in=True)
    paint = b.paint(m.wall)
    b.box((0, 0, h + 0.08), (w / 2 + 0.2, long / 2 + 0.2, 0.08), paint)
    if b.rng.random() < 0.2:
        for k in range(4):
            b.box((0, (k - 1.5) * long / 4, h - 0.1), (w / 2, 0.08, 0.1), b.paint(m.wood))
    warm = u(0.6, 1.0)
    for k in range(b.rng.randint(1, 4)):
        x, y, z = u(-0.4, 0.4) * w, u(-0.4, 0.4) * long, h * u(0.6, 0.97)
        power = u(0.5, 4) * (w * long) ** 0.5
        b.lamp(x, y, z, (power, power * (0.6 + 0.4 * warm), power * warm), k < 2, u(0.02, 0.3))
        if b.rng.random() < 0.6:
            b.box((x, y, h - 0.01), (u(0.05, 0.6), u(0.05, 0.3), 0.02), b.paint(m.lamp))


def shell(b: Builder, w: float, long: float, h: float) -> None:
    """Build the floor and the walls, and something to see through the openings."""
    b.place(0, 0, 0, 0, built_in=True)
    b.box((0, 0, -0.1), (w / 2 + 3, long / 2 + 3, 0.1), b.paint(m.floor))
    same = b.paint(m.wall)
    for side in range(4):
        length, dist = (w, long / 2) if side % 2 == 0 else (long, w / 2)
        wall(b, side, length, dist, h, same if b.rng.random() < 0.7 else b.paint(m.wall))
    if b.rng.random() < 0.7:
        b.place(0, 0, 0, 0, built_in=True)
        beyond = b.rng.uniform(1.0, 5)
        paint = b.paint(m.wall)
        for side in range(4):
            b.place(0, 0, 0, side * HALF, built_in=True)
            dist = (long if side % 2 == 0 else w) / 2 + beyond
            b.box((0, dist, 2), (dist + 8, 0.1, 2.5), paint)


def dwelling(b: Builder) -> tuple[float, float, float]:
    """Build a furnished room; returns its width, length and height."""
    u = b.rng.uniform
    w, long, h = u(2.2, 6.5), u(2.4, 8), u(2.3, 3.1)
    b.make_usual(*b.rng.choice(((m.wood,), (m.wood, m.fabric), (), (m.wood, m.picture))))
    shell(b, w, long, h)
    ceiling(b, w, long, h)
    density = u(0.35, 0.95)
    for side in range(4):
        length, dist = (w, long / 2) if side % 2 == 0 else (long, w / 2)
        furnish(b, side, length, dist, h, density)
    for _ in range(b.rng.randint(0, 5)):
        if b.count > 260:
            break
        b.place(u(-0.35, 0.35) * w, u(-0.35, 0.35) * long, 0, u(0, 6.3))
        kind = b.rng.random()
        if kind < 0.3:
            tw, td = u(0.6, 1.8), u(0.5, 1.0)
            f.table(b, tw, td, b.rng.choice((0.42, 0.74)), b.rng.randint(2, 9))
            for _ in range(b.rng.randint(0, 6)):
                b.place_by(u(-0.5, 0.5) * tw, b.rng.choice((-1, 1)) * td * 0.3)
                b.instance = b.new_instance()
                f.chair(b)
        elif kind < 0.4:
            f.sofa(b)
        elif kind < 0.5:
            f.island(b)
        elif kind < 0.55:
            b.box((0, 0, 0.005), (u(0.5, 1.5), u(0.5, 1), 0.006), b.paint(m.fabric))
        elif kind < 0.62:
            small.pendant(b, h)
        else:
            b.rng.choice((f.chair, f.chair, small.person, small.carton, small.basket, small.plant,
                          f.desk, small.floor_lamp))(b)
    return w, long, h


def corridor(b: Builder) -> tuple[float, float, float]:
    """Build a long corridor with doors, things at its sides and people in it."""
    u = b.rng.uniform
    w, long, h = u(1.3, 4), u(8, 40), u(2.3, 4)
    shell(b, w, long, h)
    ceiling(b, w, long, h)
    door, frame = b.paint(m.wood), b.paint(m.wood)
    y = -long / 2 + 1
    while y < long / 2 and b.count < 150:
        for side in (-1, 1):
            if b.rng.random() < 0.5:
                b.place(side * w / 2, y, 0, HALF, built_in=True)
                b.box((0, 0, 1.0), (0.45, 0.03, 1.02), door)
                b.box((0, 0, 1.0), (0.52, 0.015, 1.08), frame)
            elif b.rng.random() < 0.3:
                b.place(side * (w / 2 - 0.25), y, 0, -side * HALF)
                b.rng.choice((small.plant, small.basket, small.carton, f.appliance, small.person,
                              f.chair))(b)
        y += u(1, 3)
    for _ in range(b.rng.randint(0, 4)):
        b.place(u(-0.3, 0.3) * w, u(-0.45, 0.45) * long, 0, u(0, 6.3))
        b.rng.choice((small.person, small.person, small.carton, small.basket, cone))(b)
    return w, long, h


def hall(b: Builder) -> tuple[float, float, float]:
    """Build a hall: laboratory, store, warehouse, with free-standing things and pillars."""
    u = b.rng.uniform
    w, long, h = u(6, 20), u(8, 30), u(2.8, 8)
    shell(b, w, long, h)
    ceiling(b, w, long, h)
    if b.rng.random() < 0.5:
        step = u(3, 6)
        paint = b.paint(m.wall)
        b.place(0, 0, 0, 0, built_in=True)
        for i in range(-1, 2):
            for j in range(-2, 3):
                b.box((i * step, j * step, h / 2), (0.2, 0.2, h / 2), paint)
    if b.rng.random() < 0.6:
        aisle = u(2, 5)
        for i in (-1, 1):
            for j in range(-1, 2):
                b.place(i * aisle, j * 4, 0, HALF)
                if b.rng.random() < 0.8 and b.count < 160:
                    f.rack(b, u(2, 3.8), u(0.5, 1), min(h - 0.5, u(1.5, 5)))
    for _ in range(b.rng.randint(4, 22)):
        if b.count > 260:
            break
        b.place(u(-0.45, 0.45) * w, u(-0.45, 0.45) * long, 0, u(0, 6.3))
        b.rng.choice((small.person, small.carton, small.basket, f.chair, f.desk, cone,
                      small.plant, f.appliance, small.carton, small.basket))(b)
    return w, long, h


def stairs(b: Builder) -> tuple[float, float, float]:
    """Build a room with a flight of stairs up, and another one down along a wall."""
    u = b.rng.uniform
    w, long, h = u(3, 7), u(5, 10), u(3, 6)
    shell(b, w, long, h)
    ceiling(b, w, long, h)
    rise, run, wide = u(0.14, 0.2), u(0.24, 0.34), u(0.9, 2.2)
    step, rail = b.paint(m.floor), b.paint(m.wood)
    b.place(u(-0.25, 0.25) * w, u(-0.2, 0.2) * long, 0, b.rng.choice((0, HALF, 2 * HALF, u(0, 6))),
            built_in=True)
    count = b.rng.randint(4, 14)
    for k in range(count):
        b.box((0, k * run, (k + 1) * rise / 2), (wide / 2, run / 2, (k + 1) * rise / 2), step)
    if b.rng.random() < 0.7:
        slope = math.atan2(rise, run)
        length = count * math.hypot(rise, run) / 2
        for sx in (-1, 1):
            middle = (sx * wide / 2, count * run / 2, count * rise / 2 + 0.9)
            b.box(middle, (0.03, length, 0.03), rail, (0, 0, slope))
            for k in range(0, count, 2):
                b.box((sx * wide / 2, k * run, k * rise + 0.5), (0.015, 0.015, 0.5), rail)
    for _ in range(b.rng.randint(0, 6)):
        b.place(u(-0.45, 0.45) * w, u(-0.45, 0.45) * long, 0, u(0, 6.3))
        b.rng.choice((small.person, small.carton, small.basket, small.plant, f.chair))(b)
    return w, long, h


def jumble(b: Builder) -> tuple[float, float, float]:
    """Fill a box with solids of any kind, size, place and surface."""
    u = b.rng.uniform
    w, long, h = u(2, 8), u(2, 8), u(2, 5)
    shell(b, w, long, h)
    ceiling(b, w, long, h)
    floating = b.rng.random() < 0.4
    for _ in range(b.rng.randint(8, 60)):
        x, y = u(-0.48, 0.48) * w, u(-0.48, 0.48) * long
        k = math.exp(u(-3, 0))
        half = (k * u(0.2, 1.2), k * u(0.2, 1.2), k * u(0.2, 1.2))
        z = u(0, h) if floating else half[2]
        b.place(x, y, z, u(0, 6.3))
        turn = (u(0, 6), u(-1, 1), u(-1, 1)) if b.rng.random() < 0.4 else (0.0, 0.0, 0.0)
        b.rng.choice((b.box, b.box, b.ball, b.frustum))((0, 0, 0), half, b.paint(m.anything), turn)
    return w, long, h
