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
"""The first panels: image, nearness, what is measured from, and what is over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depth_seg_ros.drawing.colors import class_color, hex_color
from depth_seg_ros.drawing.explain.page import (
    add_scale, entitle, explain_colors, heat, local_mean, over, Page, say, SURE, UNKNOWN)
from depth_seg_ros.segmentation import RegionClass
import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ['draw_ground', 'draw_histogram', 'draw_image', 'draw_local_mean', 'draw_nearness',
           'draw_residual']


def draw_image(axes: Axes, page: Page, number: str) -> None:
    """Draw what came in."""
    height, width = page.result.image_shape
    page.show(axes, page.result.rgb, interpolation='antialiased')
    problem = page.result.quality.name
    entitle(axes, number + 'Image',
            f'{width} x {height} px' + (f'; not fit: {problem}' if problem else ''))


def draw_nearness(axes: Axes, page: Page, number: str) -> None:
    """Draw nearness, with infinity and the two quantiles that are its unit on the scale."""
    if page.stages is None:
        entitle(axes, number + 'Nearness', 'no relief')
        say(axes, page, 'The depth map is unknown or the same everywhere:\nnothing can be '
            'told apart, and all of it is reported unknown.')
        return
    frame = page.stages.frame
    limits = (min(frame.far, 0.0) - 0.02, min(max(1.02, float(frame.near.max())), 1.5))
    entitle(axes, number + 'Nearness', 'inverse depth, 0 at its 2 % and 1 at its 98 % quantile'
            + ('' if frame.valid.all() else '; black: unknown'))
    drawn = heat(axes, page, frame.near, limits)
    page.tint(axes, ~frame.valid, UNKNOWN)
    add_scale(axes, drawn, [frame.far, 0.0, 1.0],
              [f'\ninfinity {round(frame.far, 2) + 0.0:.2f}', '0 (2 %)', '1 (98 %)'])


def draw_ground(axes: Axes, page: Page, number: str) -> None:
    """Draw what lies on the ground plane, the horizon, and lines of equal distance on it."""
    ground, rows = page.ground, page.horizon()
    if ground is None or rows is None or page.stages is None:
        entitle(axes, number + 'Ground plane', 'none found')
        say(axes, page, 'No plane has enough points on it and few below it.')
        return
    frame, params = page.stages.frame, page.params
    page.show(axes, page.result.rgb, interpolation='antialiased')
    off = np.abs(frame.near - page.plane()) / frame.over_far(0.1)
    on_plane = frame.valid & (off < params.ground_tolerance)
    page.tint(axes, on_plane, hex_color(class_color(RegionClass.GROUND)), 0.6)
    nearest = float(ground.clearance.max())
    for color, width in (('black', 2.2), ('white', 1.0)):  # seen on light and dark images
        page.contour(axes, ground.clearance, [nearest / 2 ** k for k in range(1, 6)], color, width)
    axes.plot((0, page.result.image_shape[1]), rows, color='#ffe600', linewidth=2.0,
              scalex=False, scaley=False)
    axes.set(xlim=(0, page.result.image_shape[1]), ylim=(page.result.image_shape[0], 0))
    entitle(axes, number + 'Ground plane',
            f'{ground.inlier_share:.0%} inliers; {page.horizon_text()}')
    explain_colors(axes, {f'within {params.ground_tolerance:.1%} of the plane':
                          hex_color(class_color(RegionClass.GROUND)), 'horizon': '#ffe600',
                          'twice as far from line to line': 'white'}, 3)


def draw_histogram(axes: Axes, page: Page, number: str) -> None:
    """Draw how many pixels have which nearness, and the threshold among them."""
    if page.stages is None:
        entitle(axes, number + 'Threshold', 'none')
        say(axes, page, 'No relief, no threshold.')
        return
    frame = page.stages.frame
    limits = (-0.1, 1.1)
    axes.hist(np.clip(frame.near[frame.valid], *limits), bins=120, range=limits, color='#8c96a4')
    axes.set_yscale('function', functions=(lambda count: np.sqrt(np.maximum(count, 0)), np.square))
    axes.axvline(page.threshold, color=SURE, linewidth=2.0)
    axes.set(xlim=limits, yticks=[], ylabel='pixels (square root)',
             xlabel='nearness [share of the spread]')
    axes.spines[['top', 'right', 'left']].set_visible(False)
    height, width = page.result.image_shape
    axes.set_box_aspect(height / width)
    entitle(axes, number + 'Threshold', f'{page.params.threshold}: lowest at nearness '
            f'{page.threshold:.3f}')


def draw_local_mean(axes: Axes, page: Page, number: str) -> None:
    """Draw the mean of the neighborhood."""
    more = f'over {page.params.local_window:.0%} of the width'
    entitle(axes, number + 'Mean of the neighborhood', more)
    if page.stages is None:
        say(axes, page, 'No relief, no mean.')
        return
    frame = page.stages.frame
    limits = (min(frame.far, 0.0) - 0.02, min(max(1.02, float(frame.near.max())), 1.5))
    add_scale(axes, heat(axes, page, local_mean(page), limits), [0.0, 1.0],
              ['0 (2 %)', '1 (98 %)'])


def draw_residual(axes: Axes, page: Page, number: str) -> None:
    """Draw how far every pixel is over the ground or the threshold, and where the bars are."""
    title = number + ('Over the ground' if page.ground is not None else 'Over the bar')
    if page.stages is None:
        entitle(axes, title, 'no relief')
        say(axes, page, 'No relief, no residual.')
        return
    values, bars, unit = over(page)
    reach = 2 * bars[-1] if page.ground is not None else max(0.5, 2 * bars[-1])
    drawn = page.show(axes, values, cmap='RdBu_r', vmin=-reach, vmax=reach)
    if page.ground is not None:
        far = page.stages.found.classes == RegionClass.BACKGROUND
        page.tint(axes, far, '#d9d9d9')
        values = np.where(far, np.float32(np.nan), values)
    page.contour(axes, values, bars[-1:], 'black', 1.2)
    page.contour(axes, values, bars[:-1], '#666666', 0.7)
    page.tint(axes, ~page.stages.frame.valid, UNKNOWN)
    what = {'ground': 'the ground' if page.ground is not None else 'infinity',
            'threshold': 'the threshold', 'local': 'the local mean'}[page.params.method]
    more = f'nearness over {what} [{unit}]; line{"s"[:len(bars) - 1]} at '
    entitle(axes, title, more + ' and '.join(f'{bar:g}' for bar in bars)
            + ('; gray: far' if page.ground is not None else ''))
    ticks = {-reach, reach, *bars}
    if page.ground is not None:
        ticks |= {0.0, *(-bar for bar in bars)}
    add_scale(axes, drawn, sorted(ticks), [f'{tick:g}' for tick in sorted(ticks)])
