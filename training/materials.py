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

"""Random surfaces: what a wall, a floor, a fabric or a leaf may look like."""

from __future__ import annotations

import colorsys
import math
from random import Random

PATTERNS = ('plain', 'noise', 'stripes', 'tiles', 'bricks', 'planks', 'print', 'text', 'dots',
            'plaid', 'gravel', 'marble', 'books', 'facade', 'cells')
CUTS = {'none': 0, 'leaves': 1, 'net': 2, 'bars': 3}
Color = tuple[float, float, float]


def hsv(rng: Random, hue: tuple[float, float], saturation: tuple[float, float],
        value: tuple[float, float]) -> Color:
    """Draw a color from ranges of hue, saturation and value, as linear light."""
    rgb = colorsys.hsv_to_rgb(rng.uniform(*hue) % 1, rng.uniform(*saturation),
                              rng.uniform(*value))
    return (rgb[0] ** 2.2, rgb[1] ** 2.2, rgb[2] ** 2.2)


def any_color(rng: Random) -> Color:
    """Draw any color; half of them are near white, near black or grey, as things are made."""
    kind = rng.random()
    if kind < 0.18:
        return hsv(rng, (0, 1), (0, 0.1), (0.75, 1))
    if kind < 0.4:
        return hsv(rng, (0, 1), (0, 0.4), (0.02, 0.25))
    if kind < 0.52:
        return hsv(rng, (0, 1), (0, 0.1), (0.1, 0.9))
    return hsv(rng, (0, 1), (0.05, 0.95), (0.1, 1))


def pale(rng: Random) -> Color:
    """Draw the color of a painted wall."""
    if rng.random() < 0.15:
        return hsv(rng, (0, 1), (0.1, 0.6), (0.4, 0.95))
    return hsv(rng, (0.02, 0.2), (0, 0.25), (0.6, 1))


def brown(rng: Random) -> Color:
    """Draw the color of wood; a third of it is dark."""
    if rng.random() < 0.35:
        return hsv(rng, (0.0, 0.1), (0.15, 0.7), (0.06, 0.28))
    return hsv(rng, (0.03, 0.12), (0.15, 0.75), (0.15, 0.9))


def green(rng: Random) -> Color:
    """Draw the color of plants."""
    return hsv(rng, (0.14, 0.42), (0.25, 0.85), (0.12, 0.75))


def grey(rng: Random) -> Color:
    """Draw the color of stone, concrete or asphalt."""
    return hsv(rng, (0.02, 0.7), (0, 0.15), (0.12, 0.85))


def near(rng: Random, color: Color, spread: float = 0.35) -> Color:
    """Draw a color like another one."""
    gain = math.exp(rng.uniform(-spread, spread))
    red, green_, blue = (min(c * gain * math.exp(rng.uniform(-0.1, 0.1)), 1.0) for c in color)
    return (red, green_, blue)


def material(rng: Random, pattern: str, colors: tuple[Color, Color, Color], period: float,
             aspect: float = 1.0, **more: float) -> list[float]:
    """
    Write the row of one material.

    Parameters
    ----------
    rng : random.Random
        Source of the pattern's seed and of its mottling.
    pattern : str
        One of PATTERNS.
    colors : tuple of three colors
        Base, figure and joint.
    period : float
        Size of the figure in meters.
    aspect : float
        Height of the figure over its width.
    more : float
        Any of angle, contrast, mottle, mottle_scale, specular, gloss, bump, bump_scale, cut,
        cut_scale, cut_share, emission; mirror: a share, 0 to 1, of what polished stone reflects
        (4 % straight down, nearly all at a low angle), so none is a real mirror.

    Returns
    -------
    list of float
        28 values in the order of raycast.c.

    """
    mottle = more.get('mottle', rng.choice((0.0, 0.1, 0.25, 0.4, 0.6)))
    row = [float(PATTERNS.index(pattern))]
    for color in colors:
        row.extend(color)
    row += [period, period * aspect, more.get('angle', 0.0),
            more.get('contrast', rng.uniform(0.4, 1.0)), mottle,
            more.get('mottle_scale', math.exp(rng.uniform(-3.0, 0.8))),
            more.get('specular', rng.choice((0.0, 0.0, 0.1, 0.4))),
            more.get('gloss', math.exp(rng.uniform(1.5, 5))), more.get('mirror', 0.0),
            more.get('bump', rng.choice((0.0, 0.0, 0.15, 0.4))),
            more.get('bump_scale', math.exp(rng.uniform(-4.5, -1.5))),
            more.get('cut', 0.0), more.get('cut_scale', 0.1), more.get('cut_share', 0.5),
            float(rng.randrange(1, 60000)), more.get('emission', 0.0)]
    return row + [0.0] * (28 - len(row))


def wall(rng: Random) -> list[float]:
    """Draw paint, wallpaper, bricks, tiles, panels or concrete."""
    base = pale(rng)
    kind = rng.random()
    colors = (base, near(rng, base, 0.5), near(rng, base, 0.5))
    if kind < 0.6:
        return material(rng, 'plain', colors, 1.0, mottle=rng.choice((0, 0, 0.05, 0.15, 0.3)))
    if kind < 0.72:
        name = rng.choice(('stripes', 'dots', 'plaid', 'cells', 'print'))
        return material(rng, name, colors, rng.uniform(0.05, 0.6), contrast=rng.uniform(0.1, 1))
    if kind < 0.87:
        brick = (near(rng, rng.choice((brown, grey, pale))(rng)), base, grey(rng))
        return material(rng, rng.choice(('bricks', 'tiles')), brick, rng.uniform(0.1, 0.6),
                        rng.choice((0.3, 0.5, 1.0)), specular=rng.choice((0, 0.3)))
    return material(rng, rng.choice(('noise', 'planks', 'marble', 'gravel')),
                    (base, grey(rng), brown(rng)), math.exp(rng.uniform(-2, 1)), 0.2,
                    angle=rng.choice((0, math.pi / 2)), contrast=rng.uniform(0.1, 0.8))


def floor(rng: Random) -> list[float]:
    """Draw planks, tiles, carpet or stone, some of them shining."""
    mirror = rng.choice((0, 0, 0, 0.3, 0.6, 1.0))
    kind = rng.random()
    wood, stone = brown(rng), grey(rng)
    angle = rng.choice((0, math.pi / 2, math.pi / 4))
    if kind < 0.35:
        return material(rng, 'planks', (wood, near(rng, wood, 0.6), near(rng, wood, 1.0)),
                        rng.uniform(0.5, 2), rng.uniform(0.06, 0.2), angle=angle, mirror=mirror,
                        specular=rng.choice((0, 0.3, 0.8)), bump=0)
    if kind < 0.6:
        base = rng.choice((pale, grey, brown, any_color))(rng)
        return material(rng, 'tiles', (base, near(rng, base, 0.8), grey(rng)),
                        rng.uniform(0.15, 0.8), angle=angle, mirror=mirror, bump=0)
    if kind < 0.85:
        base = rng.choice((grey, pale, brown, any_color))(rng)
        return material(rng, rng.choice(('noise', 'gravel', 'plain', 'plaid', 'cells')),
                        (base, near(rng, base, 0.5), near(rng, base)),
                        math.exp(rng.uniform(-4, 0)), bump=rng.choice((0, 0.3)))
    return material(rng, rng.choice(('marble', 'noise')), (stone, grey(rng), stone),
                    rng.uniform(0.3, 2), mirror=mirror, bump=0)


def wood(rng: Random) -> list[float]:
    """Draw the surface of furniture: wood, lacquer, laminate."""
    base = rng.choices((brown, pale, any_color), (0.65, 0.21, 0.14))[0](rng)
    name = rng.choice(('planks', 'planks', 'plain', 'plain', 'noise'))
    return material(rng, name, (base, near(rng, base, 0.5), near(rng, base, 0.3)),
                    rng.uniform(0.3, 2), rng.uniform(0.05, 0.4), contrast=rng.uniform(0.2, 1),
                    specular=rng.choice((0, 0.2, 0.5)), bump=0,
                    angle=rng.choice((0, math.pi / 2)), mirror=rng.choice((0, 0, 0, 0.5)))


def fabric(rng: Random) -> list[float]:
    """Draw cloth: plain, striped, checked, spotted or printed."""
    base = any_color(rng)
    name = rng.choice(('plain', 'plain', 'noise', 'stripes', 'plaid', 'dots', 'cells', 'print'))
    other = any_color(rng) if rng.random() < 0.5 else near(rng, base, 0.6)
    return material(rng, name, (base, other, any_color(rng)), math.exp(rng.uniform(-3.5, -0.8)),
                    specular=0, angle=rng.uniform(0, 3.1), bump=rng.choice((0, 0.2, 0.5)),
                    bump_scale=rng.uniform(0.03, 0.3))


def thing(rng: Random) -> list[float]:
    """Draw the surface of a small object: plastic, print, metal, glass, card."""
    base = any_color(rng)
    name = rng.choice(('plain', 'plain', 'print', 'print', 'text', 'stripes', 'noise', 'marble',
                       'tiles', 'dots'))
    return material(rng, name, (base, any_color(rng), any_color(rng)),
                    math.exp(rng.uniform(-3.2, -0.7)), rng.choice((1, 0.5, 2)),
                    specular=rng.choice((0, 0.3, 1.0, 2.0)), mirror=rng.choice((0, 0, 0, 1.0)),
                    angle=rng.choice((0, 0, math.pi / 2, rng.uniform(0, 3))))


def picture(rng: Random) -> list[float]:
    """Draw a poster, a painting, a sign or a page."""
    name = rng.choice(('print', 'print', 'text', 'noise', 'cells', 'marble'))
    return material(rng, name, (any_color(rng), any_color(rng), any_color(rng)),
                    math.exp(rng.uniform(-2.5, 0.3)), rng.uniform(0.5, 2), contrast=1)


def screen(rng: Random) -> list[float]:
    """Draw a display: dark and glossy, or lit."""
    lit = rng.random() < 0.4
    dark = hsv(rng, (0, 1), (0, 0.2), (0.02, 0.15))
    colors = (any_color(rng), any_color(rng), any_color(rng)) if lit else (dark, dark, dark)
    return material(rng, 'print' if lit else 'plain', colors, 0.3, 0.7, specular=0.8,
                    mirror=0 if lit else 1.0, emission=rng.uniform(0.5, 2) if lit else 0, bump=0)


def books(rng: Random) -> list[float]:
    """Draw a row of book backs."""
    return material(rng, 'books', (any_color(rng), any_color(rng), (0.02, 0.02, 0.02)),
                    rng.uniform(0.2, 0.5), rng.uniform(0.6, 1.2), contrast=1, bump=0)


def lamp(rng: Random) -> list[float]:
    """Draw a glowing surface."""
    warm = hsv(rng, (0.05, 0.2), (0, 0.3), (0.9, 1))
    return material(rng, 'plain', (warm, warm, warm), 1, emission=rng.uniform(1.5, 6), mottle=0)


def skin(rng: Random) -> list[float]:
    """Draw the color of skin or hair."""
    base = hsv(rng, (0.02, 0.1), (0.2, 0.65), (0.15, 0.95))
    return material(rng, 'plain', (base, base, base), 1, mottle=0.1, specular=0.1)


def leaves(rng: Random, cut: bool = True) -> list[float]:
    """Draw foliage; with holes where cut."""
    base = green(rng) if rng.random() < 0.9 else any_color(rng)
    return material(rng, rng.choice(('gravel', 'noise', 'cells')),
                    (base, near(rng, base, 0.9), near(rng, base, 0.9)), rng.uniform(0.05, 0.5),
                    cut=CUTS['leaves'] if cut else 0, cut_scale=rng.uniform(0.04, 0.35),
                    cut_share=rng.uniform(0.35, 0.55), bump=0.7, bump_scale=rng.uniform(0.03, 0.3),
                    mottle=0.6, specular=0)


def fence(rng: Random) -> list[float]:
    """Draw wire mesh or bars."""
    base = any_color(rng)
    return material(rng, 'plain', (base, base, base), 1, cut=rng.choice((2, 3)),
                    cut_scale=rng.uniform(0.06, 0.25), cut_share=rng.uniform(0.7, 0.93))


def soil(rng: Random) -> list[float]:
    """Draw grass, earth, sand, gravel, snow or fallen leaves."""
    base = rng.choice((green, green, brown, grey, pale))(rng)
    other = rng.choice((near(rng, base, 0.8), green(rng), brown(rng)))
    return material(rng, rng.choice(('gravel', 'gravel', 'noise', 'cells')),
                    (base, other, near(rng, base, 0.6)), math.exp(rng.uniform(-2.5, 1.5)),
                    bump=rng.choice((0, 0.3, 0.6)), mottle=rng.uniform(0.2, 0.7),
                    mottle_scale=rng.uniform(0.5, 6), specular=0)


def road(rng: Random) -> list[float]:
    """Draw asphalt, concrete or paving."""
    base = grey(rng)
    name = rng.choice(('gravel', 'noise', 'plain', 'tiles', 'bricks'))
    return material(rng, name, (base, near(rng, base, 0.4), near(rng, base, 0.6)),
                    math.exp(rng.uniform(-2.5, 0.5)), rng.choice((1, 0.5)),
                    contrast=rng.uniform(0.1, 0.7), mottle=rng.uniform(0.1, 0.4),
                    mottle_scale=rng.uniform(0.5, 5), mirror=rng.choice((0, 0, 0, 0.5)))


def facade(rng: Random) -> list[float]:
    """Draw the outside of a house."""
    base = rng.choice((pale, pale, brown, grey))(rng)
    if rng.random() < 0.25:
        return wall(rng)
    glass = hsv(rng, (0.5, 0.65), (0, 0.3), (0.05, 0.6))
    return material(rng, 'facade', (base, glass, pale(rng)), rng.uniform(1.5, 4),
                    rng.uniform(0.8, 1.6), contrast=1, mottle=rng.choice((0, 0.2)),
                    specular=0.2, bump=0)


def anything(rng: Random) -> list[float]:
    """Draw any pattern in any colors at any size."""
    return material(rng, rng.choice(PATTERNS[:-2] + ('cells',)),
                    (any_color(rng), any_color(rng), any_color(rng)),
                    math.exp(rng.uniform(-3.5, 0.7)), rng.uniform(0.4, 2),
                    angle=rng.uniform(0, 3.1), mirror=rng.choice((0, 0, 0, 0.6)))
