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

"""Render a robot that drives through two rooms into the open, and write it as ROS 2 bags."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
import math
from pathlib import Path
from random import Random
import shutil

import numpy as np
from tqdm import tqdm

from training import furniture as f
from training import materials as m
from training import outdoors as o
from training import things as small
from training.builder import Builder
from training.places import ground
from training.render import Picture, render, Scene, View
from training.scenes import axes

ROWS, COLUMNS, FOCAL = 480, 640, 520.0
START_NS = 1_700_000_000_000_000_000
HALF = math.pi / 2


@dataclass(frozen=True)
class Walker:
    """A person who walks straight on: start, velocity in m/s, seed of the looks."""

    x: float
    y: float
    vx: float
    vy: float
    seed: int


WALKERS = (Walker(1.9, 4.9, 0, 0, 1), Walker(0.95, 12.9, 0.0, -0.62, 2),
           Walker(5.5, 19.5, -0.75, 0.05, 3), Walker(-3.0, 26.0, 0.1, -0.5, 4),
           Walker(3.6, 16.0, 0, 0, 5))


def _wall(b: Builder, y: float, half: float, door: tuple[float, float], h: float, paint: int,
          frame: int) -> None:
    left, right = door
    b.place(0, y, 0, 0, built_in=True)
    b.box(((left - half) / 2, 0, h / 2), ((left + half) / 2, 0.08, h / 2), paint)
    b.box(((right + half) / 2, 0, h / 2), ((half - right) / 2, 0.08, h / 2), paint)
    b.box(((left + right) / 2, 0, (h + 2.1) / 2), ((right - left) / 2, 0.08, (h - 2.1) / 2), paint)
    for x in door:
        b.box((x, 0, 1.05), (0.05, 0.11, 1.07), frame)
    b.box(((left + right) / 2, 0, 2.1), ((right - left) / 2, 0.11, 0.05), frame)


def _plain(rng: Random, color: tuple[float, float, float], mottle: float = 0.1) -> list[float]:
    return m.material(rng, 'plain', (color, color, color), 1, mottle=mottle, specular=0, bump=0)


def _rooms(b: Builder) -> None:
    r = b.rng
    first = b.paint_row(_plain(r, (0.62, 0.56, 0.45)))
    second = b.paint_row(_plain(r, (0.45, 0.53, 0.58)))
    white = b.paint_row(_plain(r, (0.8, 0.8, 0.78)))
    trim = b.paint_row(_plain(r, (0.3, 0.17, 0.08)))
    oak, dark = (0.42, 0.24, 0.11), (0.3, 0.16, 0.07)
    planks = b.paint_row(m.material(r, 'planks', (oak, dark, (0.1, 0.05, 0.02)), 1.3, 0.1,
                                    angle=HALF, mirror=0.2, bump=0, mottle=0.1, contrast=0.8))
    tiles = b.paint_row(m.material(r, 'tiles', ((0.5, 0.5, 0.48), (0.42, 0.42, 0.42), (0.2,) * 3),
                                   0.5, mirror=0.25, bump=0, mottle=0.15, contrast=0.7))
    brick = b.paint_row(m.material(r, 'bricks', ((0.4, 0.16, 0.1), (0.3, 0.12, 0.08), (0.5,) * 3),
                                   0.25, 0.35, mottle=0.2))
    b.place(0, 0, 0, 0, built_in=True)
    b.box((0, 3, -0.05), (3.2, 3.1, 0.06), planks)
    b.box((0, 9, -0.05), (2.2, 3.1, 0.06), tiles)
    for s in (-1, 1):
        b.box((s * 3.08, 3, 1.3), (0.08, 3.1, 1.3), first)
        b.box((s * 2.08, 9, 1.3), (0.08, 3.0, 1.3), second)
        b.box((s * 3.0, 3, 0.05), (0.015, 3, 0.05), trim)
        b.box((s * 2.0, 9, 0.05), (0.015, 3, 0.05), trim)
    b.box((0, 6, 2.68), (3.2, 6.2, 0.08), white)
    _wall(b, 0, 3.1, (2.0, 2.9), 2.6, first, trim)
    _wall(b, 6, 3.1, (-0.75, 0.65), 2.6, first, trim)
    _wall(b, 12, 2.1, (-0.9, 1.0), 2.6, second, trim)
    b.place(0, 0, 0, 0, built_in=True)
    b.box((2.98, 1.6, 1.3), (0.03, 1.6, 1.3), brick)
    for x, y in ((-2.98, 2.2), (2.98, 3.4), (-1.98, 9.2)):
        b.box((x, y, 1.5), (0.02, 0.45, 0.32), b.paint(m.picture))
    for y in (3.0, 9.0):
        b.box((0, y, 2.58), (0.5, 0.15, 0.02), b.paint(m.lamp))


def _things(b: Builder) -> None:
    def stand(make: object, x: float, y: float, yaw: float, seed: int) -> None:
        b.place(x, y, 0, yaw)
        b.rng = Random(seed)
        make(b)  # type: ignore[operator]

    stand(f.sofa, -2.5, 2.9, HALF, 3)
    stand(lambda q: f.shelf(q, 1.3, 0.32, 1.9), 2.8, 3.2, -HALF, 5)
    stand(lambda q: f.table(q, 0.9, 0.6, 0.45, 4), -1.3, 2.9, HALF, 9)
    stand(small.plant, -2.6, 5.4, 0, 8)
    stand(f.chair, 1.5, 2.3, 2.2, 11)
    stand(small.floor_lamp, -2.7, 1.5, 0, 12)
    stand(lambda q: f.cabinet(q, 1.0, 0.45, 0.9), 1.9, 5.7, 0, 13)
    stand(small.carton, 1.55, 7.2, 0.3, 14)
    stand(small.carton, 1.5, 8.1, 1.2, 15)
    stand(small.basket, -1.6, 7.4, 0, 16)
    stand(lambda q: f.cabinet(q, 1.2, 0.4, 1.0), 1.75, 9.9, -HALF, 17)
    stand(f.chair, -1.6, 10.9, -1.2, 18)
    stand(small.plant, 1.65, 11.5, 0, 19)


def _open(b: Builder) -> None:
    r = b.rng = Random(40)
    ground(b, True)
    b.place(0, 0, 0, 0, built_in=True)
    slabs = ((0.45, 0.43, 0.4), (0.38, 0.36, 0.33), (0.2, 0.2, 0.2))
    paving = b.paint_row(m.material(r, 'tiles', slabs, 0.6, mottle=0.3, contrast=0.8))
    b.box((0, 22, 0), (2.4, 10, 0.012), paving)
    spots = ((o.pole, -2.2, 14.2, 0), (o.pole, 2.3, 18.5, 0), (o.pole, -2.2, 23, 0),
             (o.cone, 1.5, 15.2, 0.3), (o.cone, -1.3, 17.3, 0), (o.cone, 0.9, 20.6, 0),
             (o.bench, -2.9, 16.2, HALF), (o.car, 5.2, 22.5, 0.4), (o.car, -7.5, 27, 1.4),
             (o.tree, -5, 19, 0), (o.tree, 5, 29, 0), (o.tree, -4.5, 31, 0), (o.tree, 9, 17, 0),
             (o.bush, 3.6, 13.6, 0), (o.bush, -4, 13.7, 0), (o.rock, 3.9, 19.4, 0),
             (o.tree, 1.5, 42, 0), (o.tree, -12, 38, 0))
    for k, (make, x, y, yaw) in enumerate(spots):
        b.place(x, y, 0, yaw)
        b.rng = Random(60 + k)
        make(b)
    for k, (x, y, w) in enumerate(((-15, 46, 12), (2, 55, 16), (20, 44, 11))):
        b.place(x, y, 0, 0.1 * k - 0.1, built_in=True)
        b.rng = Random(90 + k)
        o.house(b, w, 8, 5 + k)


def scene_at(t: float) -> Scene:
    """Build everything as it stands t seconds after the start."""
    b = Builder(Random(20))
    _rooms(b)
    _things(b)
    _open(b)
    for walker in WALKERS:
        b.rng = Random(walker.seed)
        speed = math.hypot(walker.vx, walker.vy)
        heading = math.atan2(walker.vx, -walker.vy) if speed else 0.6 * walker.seed
        b.place(walker.x + walker.vx * t, walker.y + walker.vy * t, 0, heading)
        small.person(b, stride=4.2 * speed * t * 2)
    b.sun((0.55, 0.25, 0.75), (2.6, 2.45, 2.2), 0.02)
    for y in (3.0, 9.0):
        b.lamp(0, y, 2.45, (2.4, 2.2, 1.9), True, 0.15)
    environment = [0.35, 0.55, 1.0, 0.85, 0.9, 1.0, 0.42, 0.45, 0.5, 0.3, 0.28, 0.25, 0.8, 0.85,
                   0.9, 0.002, 0.7, 1.2, 5.0]
    return b.scene(environment)


def view_at(t: float, scale: float = 1.0) -> View:
    """Compute the camera of the robot after t seconds: it swerves, bobs and looks around."""
    y = 0.9 + 1.25 * t
    x = 0.55 * math.sin(0.42 * y + 0.6) * (1.0 if y < 12 else 0.9)
    slope = 0.55 * 0.42 * math.cos(0.42 * y + 0.6)
    yaw = -math.atan(slope) * 0.8 + 0.06 * math.sin(0.9 * t)
    eye = np.array([x, y, 0.5 + 0.006 * math.sin(10.5 * t)])
    pitch = math.radians(-2 + 0.35 * math.sin(10.5 * t + 1))
    return View(eye, axes(yaw, pitch, math.radians(0.4 * math.sin(4.1 * t))),
                (round(ROWS * scale), round(COLUMNS * scale)), (FOCAL * scale, FOCAL * scale),
                (COLUMNS * scale / 2, ROWS * scale / 2))


class Exposure:
    """Automatic exposure that follows the light with the inertia of a real camera."""

    def __init__(self) -> None:
        self._level: float | None = None

    def develop(self, light: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Turn linear light into an 8-bit BGR picture with a little sensor noise."""
        level = float(np.quantile(light.mean(2)[::4, ::4], 0.75))
        self._level = level if self._level is None else 0.85 * self._level + 0.15 * level
        x = light * (0.55 / self._level)
        x = np.clip(x * (1 + 0.12 * x) / (1 + 0.55 * x), 0, 1) ** (1 / 2.2)
        x = x + rng.normal(0, 0.004, x.shape)
        return np.clip(x[..., ::-1] * 255 + 0.5, 0, 255).astype(np.uint8)


def truth(picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Sample every second pixel: depth in millimeters (0 beyond 65 m), instances (0 none)."""
    depth = picture.depth[::2, ::2]
    mm = np.where(depth < 65, np.rint(depth * 1000), 0).astype(np.uint16)
    return mm, np.maximum(picture.instances[::2, ::2], 0).astype(np.uint8)


def main() -> None:
    """Render all frames and write the bag of the camera and, beside it, that of the truth."""
    from training.bag_writer import DriveWriter

    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--out', type=Path, default=Path('demo/drive'))
    p.add_argument('--seconds', type=float, default=12.6)
    p.add_argument('--rate', type=float, default=10.0, help='frames per second')
    p.add_argument('--quality', type=int, default=80, help='of the JPEG pictures')
    a = p.parse_args()
    truth_out = a.out.with_name(f'{a.out.name}_truth')
    for folder in (a.out, truth_out):
        shutil.rmtree(folder, ignore_errors=True)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    exposure, rng = Exposure(), np.random.default_rng(0)
    with DriveWriter(a.out, truth_out, (ROWS, COLUMNS), FOCAL, a.quality) as bag:
        for k in tqdm(range(round(a.seconds * a.rate))):
            t = k / a.rate
            picture = render(scene_at(t), view_at(t), 4)
            stamp = START_NS + round(t * 1e9)
            bag.write(stamp, exposure.develop(picture.light, rng), *truth(picture))


if __name__ == '__main__':
    main()
