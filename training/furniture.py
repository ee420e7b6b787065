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

"""Furniture made of solids; every function stands its thing on the floor of the frame."""

from __future__ import annotations

import math

from training import materials as m
from training.builder import Builder
from training.things import clutter, monitor

HALF = math.pi / 2


def table(b: Builder, w: float, d: float, h: float, things: int = 4) -> None:
    """Stand a table with legs or a column, and things on it."""
    u, top = b.rng.uniform, b.paint(m.wood)
    leg = top if b.rng.random() < 0.6 else b.paint(m.thing)
    kind = b.rng.random()
    if kind < 0.2:
        b.frustum((0, 0, h - 0.02), (w / 2, d / 2, 0.02), top)
        b.frustum((0, 0, h / 2), (0.04, 0.04, h / 2), leg)
        b.frustum((0, 0, 0.02), (w / 4, d / 4, 0.02), leg)
    else:
        t, s = u(0.01, 0.04), u(0.015, 0.05)
        b.box((0, 0, h - t), (w / 2, d / 2, t), top)
        for sx in (-1, 1):
            if kind < 0.4:
                b.box((sx * (w / 2 - s), 0, h / 2 - t), (0.015, d / 2 * 0.95, h / 2 - t), leg)
                continue
            for sy in (-1, 1):
                b.box((sx * (w / 2 - s), sy * (d / 2 - s), h / 2 - t), (s, s, h / 2 - t), leg)
    clutter(b, w * 0.85, d * 0.85, h, things)


def desk(b: Builder) -> None:
    """Stand a writing desk with display, drawers and papers."""
    u = b.rng.uniform
    w, d, h = u(0.9, 1.8), u(0.5, 0.8), u(0.68, 0.78)
    table(b, w, d, h, b.rng.randint(3, 11))
    for _ in range(b.rng.choice((0, 1, 1, 2))):
        monitor(b, u(-0.3, 0.3) * w, 0.15 * d, h)
    if b.rng.random() < 0.5:
        b.box((u(-0.3, 0.3) * w, 0, 0.28), (0.2, d * 0.42, 0.28), b.paint(m.wood))


def chair(b: Builder) -> None:
    """Stand a chair: four legs or a swivel base, seat and back, perhaps arms."""
    u = b.rng.uniform
    s, h, back = u(0.19, 0.27), u(0.4, 0.5), u(0.3, 0.55)
    frame, seat = b.paint(m.wood), b.paint(b.rng.choice((m.wood, m.fabric)))
    b.box((0, 0, h), (s, s, u(0.015, 0.06)), seat)
    slant = u(0, 0.2)
    if b.rng.random() < 0.7:
        b.box((0, s + 0.5 * slant * back, h + 0.06 + back / 2), (s * 0.95, 0.02, back / 2), seat,
              (0, 0, -slant))
    else:
        for k in range(4):
            b.box(((k - 1.5) * s * 0.55, s, h + back / 2), (0.015, 0.015, back / 2), frame)
        b.box((0, s, h + back), (s, 0.02, 0.05), frame)
    if b.rng.random() < 0.3:
        b.frustum((0, 0, h / 2), (0.03, 0.03, h / 2), frame)
        for k in range(3):
            b.box((0, 0, 0.06), (s * 1.1, 0.025, 0.02), frame, (k * 1.05, 0, 0))
    else:
        for sx in (-1, 1):
            for sy in (-1, 1):
                b.box((sx * s * 0.9, sy * s * 0.9, h / 2), (0.018, 0.018, h / 2), frame)
    if b.rng.random() < 0.3:
        for sx in (-1, 1):
            b.box((sx * s, 0, h + 0.22), (0.03, s, 0.02), frame)


def shelf(b: Builder, w: float, d: float, h: float) -> None:
    """Stand an open shelf filled with books and things."""
    u, case = b.rng.uniform, b.paint(m.wood)
    for sx in (-1, 1):
        b.box((sx * w / 2, 0, h / 2), (0.015, d / 2, h / 2), case)
    if b.rng.random() < 0.7:
        b.box((0, d / 2 - 0.01, h / 2), (w / 2, 0.01, h / 2), case)
    rows = max(2, min(6, int(h / u(0.28, 0.45))))
    step = h / rows
    for k in range(rows + 1):
        b.box((0, 0, min(k * step + 0.02, h)), (w / 2, d / 2, 0.015), case)
        if k == rows:
            break
        if b.rng.random() < 0.55:
            part, side = u(0.3, 1), b.rng.choice((-1, 1))
            high = step * u(0.5, 0.85)
            b.box((side * (1 - part) * w / 2, 0.03, k * step + 0.035 + high / 2),
                  (w / 2 * part * 0.95, d / 2 * u(0.6, 0.85), high / 2), b.paint(m.books))
        else:
            clutter(b, w * 0.8, d * 0.6, k * step + 0.035, b.rng.randint(1, 3), step * 0.7)


def cabinet(b: Builder, w: float, d: float, h: float, z: float = 0.0) -> None:
    """Stand or hang a closed cabinet with doors or drawers and handles."""
    case = b.paint(m.wood)
    b.box((0, 0, z + h / 2), (w / 2, d / 2, h / 2), case)
    columns, rows = max(1, round(w / 0.5)), b.rng.choice((1, 1, 2, 3, 4))
    front = case if b.rng.random() < 0.5 else b.paint(m.wood)
    handle = b.paint(m.thing)
    for i in range(min(columns, 4)):
        for j in range(rows):
            x = (i + 0.5) / columns * w - w / 2
            y = z + (j + 0.5) / rows * h
            half = (w / columns / 2 * 0.96, 0.01, h / rows / 2 * 0.96)
            b.box((x, -d / 2 - 0.008, y), half, front)
            b.box((x + 0.3 * w / columns * (rows < 3), -d / 2 - 0.035, y), (0.04, 0.012, 0.012),
                  handle, (0, HALF if rows < 3 else 0, 0))


def sideboard(b: Builder, w: float, d: float, h: float) -> None:
    """Stand a closed cabinet with a few things on it."""
    cabinet(b, w, d, h)
    clutter(b, w * 0.9, d * 0.8, h, b.rng.randint(0, 8))


def counter(b: Builder, w: float) -> None:
    """Stand a kitchen counter with things on it, cabinets above, perhaps a stove hood."""
    u = b.rng.uniform
    cabinet(b, w, 0.6, 0.85)
    b.box((0, -0.01, 0.87), (w / 2 + 0.01, 0.32, 0.02), b.paint(m.floor))
    clutter(b, w * 0.9, 0.4, 0.89, b.rng.randint(3, 14))
    if b.rng.random() < 0.8:
        z = u(1.35, 1.6)
        b.place_by(0, 0.13)
        cabinet(b, w * u(0.4, 1), 0.33, u(0.5, 0.8), z)


def bed(b: Builder) -> None:
    """Stand a bed with mattress, cover, pillows and head board."""
    u = b.rng.uniform
    w, d, h = u(0.9, 2.0), u(1.9, 2.2), u(0.3, 0.6)
    b.box((0, 0, h * 0.3), (w / 2, d / 2, h * 0.3), b.paint(m.wood))
    cover = b.paint(m.fabric)
    b.box((0, 0, h * 0.8), (w / 2 * 0.98, d / 2 * 0.98, h * 0.22), b.paint(m.fabric))
    b.box((0, -0.15 * d, h), (w / 2 * 1.02, d / 2 * 0.72, u(0.03, 0.08)), cover)
    for k in range(b.rng.randint(1, 4)):
        b.ball((u(-0.3, 0.3) * w, d * 0.4 - 0.1 * k, h + 0.1), (u(0.2, 0.35), u(0.1, 0.22), 0.1),
               b.paint(m.fabric), (u(-0.3, 0.3), 0, u(-0.5, 0.2)))
    for _ in range(b.rng.randint(0, 3)):   # what lies on it in folds
        k = u(0.1, 0.4)
        b.ball((u(-0.4, 0.4) * w, u(-0.45, 0.3) * d, h + 0.02), (k, k * u(0.4, 1), u(0.05, 0.16)),
               b.paint(m.fabric), (u(0, 3), 0, 0))
    if b.rng.random() < 0.8:
        top = u(0.7, 1.3)
        b.box((0, d / 2 + 0.03, top / 2), (w / 2 + 0.04, 0.04, top / 2), b.paint(m.wood))
    if b.rng.random() < 0.4:
        clutter(b, w * 0.7, d * 0.5, h + 0.06, b.rng.randint(1, 4))


def sofa(b: Builder) -> None:
    """Stand a sofa or an arm chair with cushions."""
    u = b.rng.uniform
    seats = b.rng.randint(1, 4)
    w, d, h, back = seats * u(0.55, 0.8) + 0.3, u(0.75, 1.0), u(0.35, 0.5), u(0.65, 1.0)
    cloth = b.paint(m.fabric)
    b.box((0, 0, h * 0.45), (w / 2, d / 2, h * 0.42), cloth)
    b.box((0, d * 0.38, back / 2), (w / 2, 0.13, back / 2), cloth, (0, 0, u(-0.15, 0)))
    arm = u(0.5, 0.7)
    for sx in (-1, 1):
        b.box((sx * w / 2, 0, arm / 2), (0.1, d / 2, arm / 2), cloth)
        b.frustum((sx * w / 2, 0, arm), (0.11, 0.11, d / 2), cloth, (0, 0, HALF))
    for k in range(seats):
        x = (k + 0.5) / seats * (w - 0.25) - (w - 0.25) / 2
        b.box((x, -0.06, h), (w / seats / 2 * 0.88, d * 0.36, 0.07), cloth)
        if b.rng.random() < 0.5:
            b.ball((x, d * 0.18, h + 0.22), (0.22, 0.09, 0.2), b.paint(m.fabric), (0, 0, -0.3))


def appliance(b: Builder) -> None:
    """Stand a refrigerator, a washing machine, a stove or an oven."""
    u = b.rng.uniform
    w, d, h = u(0.5, 0.85), u(0.5, 0.7), b.rng.choice((0.85, 0.85, 1.4, 1.8))
    body, trim = b.paint(m.thing), b.paint(m.screen)
    b.box((0, 0, h / 2), (w / 2, d / 2, h / 2), body)
    b.box((0, -d / 2 - 0.01, h * u(0.3, 0.8)), (w / 2 * 0.9, 0.012, h * u(0.04, 0.2)), trim)
    b.box((w * 0.38, -d / 2 - 0.04, h * 0.6), (0.012, 0.015, h * 0.15), trim)
    if b.rng.random() < 0.6:
        clutter(b, w * 0.8, d * 0.7, h, b.rng.randint(1, 3))


def bath(b: Builder) -> None:
    """Stand a tub, a toilet or a wash stand with a dark pane."""
    u, kind = b.rng.uniform, b.rng.random()
    white = b.paint_row(m.material(b.rng, 'plain', (m.pale(b.rng),) * 3, 1, specular=0.8, bump=0))
    if kind < 0.35:
        w, d, h = u(0.6, 0.9), u(0.33, 0.42), u(0.25, 0.33)
        for sx in (-1, 1):
            b.box((sx * w, 0, h), (0.05, d, h), white)
            b.box((0, sx * d, h), (w, 0.05, h), white)
        b.box((0, 0, 0.1), (w, d, 0.1), white)
    elif kind < 0.7:
        b.frustum((0, -0.1, 0.2), (0.18, 0.24, 0.2), white, taper=-0.3)
        b.frustum((0, -0.1, 0.41), (0.2, 0.27, 0.025), white)
        b.box((0, 0.2, 0.6), (0.22, 0.09, 0.2), white)
        b.box((0, 0.13, 0.6), (0.19, 0.02, 0.22), white, (0, 0, -0.1))
    else:
        w = u(0.6, 1.6)
        cabinet(b, w, 0.5, 0.8)
        b.box((0, 0, 0.82), (w / 2 + 0.02, 0.27, 0.02), white)
        b.ball((0, -0.02, 0.83), (0.22, 0.17, 0.05), white)
        b.frustum((0, 0.18, 0.93), (0.015, 0.015, 0.1), b.paint(m.thing))
        clutter(b, w * 0.9, 0.35, 0.84, b.rng.randint(1, 5))
        pane = m.material(b.rng, 'plain', ((0.1, 0.1, 0.1),) * 3, 1, mirror=1.0, bump=0, mottle=0)
        b.box((0, 0.27, 1.5), (w / 2, 0.01, 0.4), b.paint_row(pane))


def island(b: Builder) -> None:
    """Stand a counter in the room with things on it and stools at it."""
    u = b.rng.uniform
    w = u(0.8, 2.2)
    cabinet(b, w, 0.7, 0.88)
    b.box((0, 0, 0.9), (w / 2 + 0.08, 0.43, 0.02), b.paint(m.floor))
    clutter(b, w, 0.6, 0.92, b.rng.randint(2, 13))
    for k in range(b.rng.randint(0, 3)):
        b.place_by(0, 0)
        b.instance = b.new_instance()
        x, h = (k - 1) * 0.55, u(0.5, 0.7)
        b.frustum((x, -0.65, h), (0.18, 0.18, 0.03), b.paint(m.fabric))
        b.frustum((x, -0.65, h / 2), (0.03, 0.03, h / 2), b.paint(m.thing))


def rack(b: Builder, w: float, d: float, h: float) -> None:
    """Stand an industrial rack with pallets and cartons."""
    u, steel, beam = b.rng.uniform, b.paint(m.thing), b.paint(m.thing)
    for sx in (-1, 1):
        for sy in (-1, 1):
            b.box((sx * w / 2, sy * d / 2, h / 2), (0.04, 0.04, h / 2), steel)
    z = u(0, 0.4)
    while z < h:
        for sy in (-1, 1):
            b.box((0, sy * d / 2, z), (w / 2, 0.03, 0.05), beam)
        x = -w / 2 + 0.3
        while x < w / 2 - 0.3:
            k, top = u(0.2, 0.55), u(0.2, 0.5)
            if b.rng.random() < 0.8:
                b.box((x, 0, z + 0.06 + top), (k * 0.9, d / 2 * u(0.6, 1), top), b.paint(m.thing))
            x += 2 * k
        z += u(0.9, 1.6)
