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

"""Small things, lamps and people; every function stands its thing on the floor of the frame."""

from __future__ import annotations

import math

from training import materials as m
from training.builder import Builder


def clutter(b: Builder, width: float, depth: float, z: float, count: int,
            top: float = 0.45) -> None:
    """Strew small objects over a horizontal surface at height z."""
    u = b.rng.uniform
    for _ in range(count):
        x, y = u(-0.5, 0.5) * width, u(-0.5, 0.5) * depth
        h = min(math.exp(u(-3.4, -0.9)), top)
        r = min(math.exp(u(-3.5, -1.7)), 0.3 * width)
        kind = b.rng.random()
        paint = b.paint(m.thing)
        if kind < 0.4:
            half = (r * u(0.4, 1.3), r * u(0.3, 1.3), h / 2)
            b.box((x, y, z + h / 2), half, paint, (u(0, 3), 0, 0))
        elif kind < 0.65:
            b.frustum((x, y, z + h / 2), (r * 0.6, r * 0.6, h / 2), paint, taper=u(-0.4, 0.5))
        elif kind < 0.75:
            b.frustum((x, y, z + h / 2), (r * 0.4, r * 0.4, h / 2), paint)
            b.frustum((x, y, z + h * 1.2), (r * 0.2, r * 0.2, h * 0.25), paint, taper=0.3)
        elif kind < 0.85:
            b.ball((x, y, z + r * 0.6), (r * 0.6, r * 0.6, r * 0.6), paint)
        else:
            for k in range(b.rng.randint(1, 4)):
                b.box((x, y, z + 0.02 + 0.04 * k), (r, r * 0.7, 0.018), b.paint(m.thing),
                      (u(0, 0.6), 0, 0))


def monitor(b: Builder, x: float, y: float, z: float) -> None:
    """Set a display on a surface."""
    w, h = b.rng.uniform(0.2, 0.4), b.rng.uniform(0.14, 0.25)
    case, tilt = b.paint(m.thing), b.rng.uniform(-0.4, 0.4)
    b.box((x, y, z + 0.1 + h), (w, 0.02, h), case, (tilt, 0, 0))
    b.box((x - math.sin(-tilt) * -0.022, y - 0.022, z + 0.1 + h), (w * 0.94, 0.004, h * 0.92),
          b.paint(m.screen), (tilt, 0, 0))
    b.frustum((x, y + 0.03, z + 0.06), (0.03, 0.03, 0.08), case)
    b.box((x, y, z + 0.01), (0.12, 0.09, 0.01), case)


def floor_lamp(b: Builder) -> None:
    """Stand a lamp with a shade; half of them are lit."""
    u = b.rng.uniform
    h, r = u(1.2, 1.9), u(0.12, 0.25)
    pole = b.paint(m.thing)
    b.frustum((0, 0, h / 2), (0.015, 0.015, h / 2), pole)
    b.frustum((0, 0, 0.015), (0.14, 0.14, 0.015), pole)
    shade = b.paint(b.rng.choice((m.lamp, m.fabric)))
    b.frustum((0, 0, h), (r, r, u(0.1, 0.2)), shade, taper=u(0, 0.6))


def plant(b: Builder) -> None:
    """Stand a potted plant."""
    u = b.rng.uniform
    r, h, size = u(0.1, 0.22), u(0.15, 0.4), u(0.2, 0.55)
    b.frustum((0, 0, h / 2), (r, r, h / 2), b.paint(m.thing), taper=-0.3)
    b.frustum((0, 0, h + size / 2), (0.02, 0.02, size / 2), b.paint(m.wood))
    for _ in range(b.rng.randint(2, 5)):
        k = size * u(0.4, 0.9)
        b.ball((u(-0.4, 0.4) * size, u(-0.4, 0.4) * size, h + size * u(0.5, 1.5)),
               (k * u(0.4, 1), k * u(0.4, 1), k * u(0.4, 1.2)), b.paint(m.leaves),
               (u(0, 3), u(-0.6, 0.6), 0))


def person(b: Builder, stride: float | None = None) -> None:
    """Stand, walk or seat a person; stride is the phase of the walk in radians."""
    u = b.rng.uniform
    k = u(0.85, 1.1) * (0.65 if b.rng.random() < 0.1 else 1)
    cloth, legs, skin = b.paint(m.fabric), b.paint(m.fabric), b.paint(m.skin)
    hair, shoe = b.paint(m.skin), b.paint(m.thing)
    swing = 0.45 * math.sin(stride if stride is not None else u(0, 6.3))
    wide, arm_out = u(0.9, 1.25), u(0.05, 0.35)
    for side in (-1, 1):
        a = swing * side
        x = side * 0.09 * wide * k
        b.frustum((x, -math.sin(a) * 0.42 * k, 0.9 * k - math.cos(a) * 0.42 * k),
                  (0.085 * k * wide, 0.085 * k * wide, 0.43 * k), legs, (0, 0, -a), taper=-0.35)
        b.box((x, -math.sin(a) * 0.82 * k - 0.05 * k, 0.9 * k - math.cos(a) * 0.85 * k),
              (0.045 * k, 0.12 * k, 0.04 * k), shoe)
        b.frustum((side * (0.2 * wide + 0.25 * arm_out) * k, math.sin(a) * 0.2 * k, 1.17 * k),
                  (0.05 * k, 0.05 * k, 0.28 * k), cloth, (0, -side * arm_out, a * 0.8), taper=-0.3)
        b.ball((side * (0.2 * wide + 0.5 * arm_out) * k, math.sin(a) * 0.42 * k, 0.88 * k),
               (0.05 * k, 0.05 * k, 0.08 * k), skin)
    trunk = (0.17 * wide * k, 0.11 * wide * k, 0.29 * k)
    b.frustum((0, 0, 1.15 * k), trunk, cloth, taper=u(-0.4, 0.1))
    b.ball((0, 0, 1.4 * k), (0.21 * wide * k, 0.11 * wide * k, 0.1 * k), cloth)
    b.frustum((0, 0, 1.5 * k), (0.05 * k, 0.05 * k, 0.07 * k), skin)
    b.ball((0, -0.01 * k, 1.65 * k), (0.08 * k, 0.1 * k, 0.125 * k), skin)
    b.ball((0, 0.025 * k, 1.69 * k), (0.09 * k, 0.1 * k, 0.11 * k), hair)


def carton(b: Builder) -> None:
    """Stack boxes, crates or cans."""
    u, z = b.rng.uniform, 0.0
    for _ in range(b.rng.choice((1, 1, 2, 3))):
        w, d, h = u(0.12, 0.45), u(0.12, 0.35), u(0.08, 0.35)
        center = (u(-0.05, 0.05), u(-0.05, 0.05), z + h)
        b.box(center, (w, d, h), b.paint(m.thing), (u(-0.5, 0.5), 0, 0))
        z += 2 * h


def basket(b: Builder) -> None:
    """Stand a bin, a bucket, a barrel, a stool or a vase."""
    u = b.rng.uniform
    r, h = u(0.1, 0.35), u(0.1, 0.55)
    b.frustum((0, 0, h), (r, r, h), b.paint(m.thing), taper=u(-0.4, 0.4))


def curtain(b: Builder, w: float, h: float) -> None:
    """Hang a curtain of folds."""
    cloth, folds = b.paint(m.fabric), max(3, min(9, int(w / 0.12)))
    for k in range(folds):
        b.frustum(((k + 0.5) / folds * w - w / 2, 0, h / 2), (w / folds * 0.6, 0.05, h / 2), cloth)


def pendant(b: Builder, top: float) -> None:
    """Hang a lamp from the ceiling."""
    u = b.rng.uniform
    drop, r = u(0.2, 1.1), u(0.08, 0.3)
    b.frustum((0, 0, top - drop / 2), (0.008, 0.008, drop / 2), b.paint(m.thing))
    glow = b.paint(b.rng.choice((m.lamp, m.fabric, m.thing)))
    if b.rng.random() < 0.5:
        b.frustum((0, 0, top - drop), (r, r, r * u(0.4, 1)), glow, taper=u(0, 0.8))
    else:
        b.ball((0, 0, top - drop), (r, r, r * u(0.5, 1)), glow)
