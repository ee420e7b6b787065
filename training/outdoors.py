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

"""Outdoor things made of solids; every function stands its thing on the ground of the frame."""

from __future__ import annotations

import math

from training import materials as m
from training.builder import Builder

HALF = math.pi / 2


def tree(b: Builder) -> None:
    """Stand a leafy tree, a conifer or a bare trunk."""
    u = b.rng.uniform
    h = math.exp(u(0.6, 2.5))
    r = h * u(0.015, 0.05)
    b.frustum((0, 0, h / 2), (r, r, h / 2), b.paint(m.wood), (0, u(-0.08, 0.08), 0), taper=0.4)
    kind = b.rng.random()
    if kind < 0.25:
        leaf = b.paint(m.leaves)
        for k in range(3):
            wide = h * (0.24 - 0.06 * k)
            b.frustum((0, 0, h * (0.35 + 0.27 * k)), (wide, wide, h * 0.2), leaf, taper=0.95)
    elif kind < 0.9:
        for _ in range(b.rng.randint(2, 6)):
            k = h * u(0.14, 0.3)
            center = (u(-0.22, 0.22) * h, u(-0.22, 0.22) * h, h * u(0.6, 1.1))
            b.ball(center, (k, k * u(0.7, 1.2), k * u(0.6, 1)), b.paint(m.leaves),
                   (u(0, 3), u(-0.4, 0.4), 0))
    else:
        for _ in range(4):
            b.frustum((0, 0, h * u(0.5, 0.9)), (r * 0.4, r * 0.4, h * 0.3), b.paint(m.wood),
                      (u(0, 6), u(0.5, 1.2), 0))


def bush(b: Builder) -> None:
    """Stand a bush, a tuft or a hedge."""
    u = b.rng.uniform
    if b.rng.random() < 0.3:
        b.box((0, 0, 0.5), (u(0.5, 4), u(0.2, 0.6), u(0.3, 0.9)), b.paint(m.leaves))
        return
    for _ in range(b.rng.randint(1, 4)):
        k = u(0.15, 0.9)
        b.ball((u(-0.6, 0.6), u(-0.6, 0.6), k * 0.6), (k, k * u(0.6, 1.2), k * u(0.6, 1.1)),
               b.paint(m.leaves))


def rock(b: Builder) -> None:
    """Lay rocks."""
    u = b.rng.uniform
    for _ in range(b.rng.randint(1, 3)):
        k = math.exp(u(-2, 0.3))
        paint = b.paint(m.soil)
        shape = b.ball if b.rng.random() < 0.6 else b.box
        shape((u(-1, 1) * k, u(-1, 1) * k, k * 0.3), (k, k * u(0.5, 1), k * u(0.4, 0.9)), paint,
              (u(0, 3), u(-0.4, 0.4), u(-0.4, 0.4)))


def pole(b: Builder) -> None:
    """Stand a post, a street lamp, a sign or a bollard."""
    u = b.rng.uniform
    h, r = math.exp(u(-0.4, 2.0)), u(0.02, 0.12)
    paint = b.paint(m.thing)
    b.frustum((0, 0, h / 2), (r, r, h / 2), paint, taper=u(0, 0.4))
    kind = b.rng.random()
    if kind < 0.35:
        b.box((0, -r, h * 0.9), (u(0.2, 0.5), 0.015, u(0.15, 0.5)), b.paint(m.picture))
    elif kind < 0.6:
        b.box((h * 0.15, 0, h), (h * 0.15, 0.05, 0.05), paint)
        b.ball((h * 0.28, 0, h), (0.25, 0.12, 0.08), b.paint(m.lamp))


def car(b: Builder) -> None:
    """Park a car, a van, a bus or a truck."""
    u = b.rng.uniform
    body, glass, tire = b.paint(m.thing), b.paint(m.screen), b.paint(m.screen)
    size = b.rng.random()
    w, d, h = (0.9, u(1.9, 2.4), u(0.45, 0.6)) if size < 0.75 else (1.15, u(2.5, 5), u(1, 1.6))
    b.box((0, 0, 0.3 + h / 2 + 0.1), (w, d, h / 2), body)
    if size < 0.75:
        roof, shift = u(0.24, 0.36), u(0, 0.3)
        b.frustum((0, shift, 0.4 + h + roof), (w * 1.25, d * 0.75, roof), glass, taper=0.45)
        b.box((0, shift, 0.4 + h + 2 * roof), (w * 0.72, d * 0.42, 0.03), body)
    else:
        b.box((0, -d - 0.02, 0.3 + h * 0.75), (w * 0.9, 0.03, h * 0.22), glass)
        for sx in (-1, 1):
            b.box((sx * (w + 0.005), 0, 0.3 + h * 0.8), (0.01, d * 0.9, h * 0.16), glass)
    for sx in (-1, 1):
        b.box((sx * w * 0.7, -d - 0.02, 0.62), (0.15, 0.02, 0.07), b.paint(m.lamp))
        for sy in (-1, 1):
            b.frustum((sx * w * 0.92, sy * d * 0.62, 0.33), (0.33, 0.33, 0.11), tire, (0, HALF, 0))


def house(b: Builder, w: float, d: float, h: float) -> None:
    """Stand a house with a flat or a pitched roof, a door and steps."""
    u = b.rng.uniform
    b.box((0, 0, h / 2), (w / 2, d / 2, h / 2), b.paint(m.facade))
    roof = b.paint(m.wall)
    if b.rng.random() < 0.5 and h < 12:
        tilt = u(0.3, 0.8)
        for sx in (-1, 1):
            b.box((sx * w / 4, 0, h + w / 4 * math.tan(tilt)),
                  (w / 4 / math.cos(tilt) + 0.3, d / 2 + 0.3, 0.1), roof, (0, sx * tilt, 0))
    else:
        b.box((0, 0, h), (w / 2 + 0.2, d / 2 + 0.2, 0.2), roof)
    b.box((u(-0.3, 0.3) * w, -d / 2 - 0.02, 1.05), (0.5, 0.05, 1.05), b.paint(m.wood))


def fence(b: Builder, length: float) -> None:
    """Run a fence of boards, wire or rails along x."""
    u = b.rng.uniform
    h, paint = u(0.5, 2.0), b.paint(m.wood)
    count = max(2, min(12, int(length / u(1.2, 3))))
    for k in range(count + 1):
        b.box(((k / count - 0.5) * length, 0, h / 2), (0.05, 0.05, h / 2), paint)
    kind = b.rng.random()
    if kind < 0.4:
        b.box((0, 0, h / 2), (length / 2, 0.01, h / 2), b.paint(m.fence))
    elif kind < 0.75:
        for k in range(b.rng.randint(2, 4)):
            b.box((0, 0.03, h * (0.25 + 0.22 * k)), (length / 2, 0.015, 0.05), paint)
    else:
        b.box((0, 0, h / 2), (length / 2, 0.06, h / 2), b.paint(m.wall))


def cone(b: Builder) -> None:
    """Set a traffic cone, a barrel or a barrier."""
    u = b.rng.uniform
    paint = b.paint(m.thing)
    kind = b.rng.random()
    if kind < 0.4:
        b.frustum((0, 0, 0.3), (0.14, 0.14, 0.3), paint, taper=0.85)
        b.box((0, 0, 0.02), (0.2, 0.2, 0.02), paint)
    elif kind < 0.7:
        b.frustum((0, 0, 0.45), (0.3, 0.3, 0.45), paint)
    else:
        b.box((0, 0, 0.8), (u(0.6, 1.2), 0.03, 0.12), paint)
        for sx in (-1, 1):
            b.box((sx * 0.5, 0, 0.45), (0.04, 0.2, 0.45), paint)


def bench(b: Builder) -> None:
    """Set a bench or a picnic table."""
    u, paint = b.rng.uniform, b.paint(m.wood)
    w = u(0.6, 1)
    b.box((0, 0, 0.45), (w, 0.2, 0.03), paint)
    b.box((0, 0.22, 0.75), (w, 0.02, 0.18), paint, (0, 0, -0.15))
    for sx in (-1, 1):
        b.box((sx * w * 0.85, 0.05, 0.25), (0.03, 0.2, 0.25), b.paint(m.thing))
