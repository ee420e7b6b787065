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
"""One figure that explains one frame: what came in, what was decided, and by which numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
from depth_seg_ros.depth import DepthKind, shown_range
from depth_seg_ros.detections import class_name, LAYER_NAMES
from depth_seg_ros.drawing.colors import (
    class_color, depth_colors, hex_color, region_color, text_color)
from depth_seg_ros.drawing.painting import overlay
from depth_seg_ros.params import DrawingParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import RegionClass
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

__all__ = ['panel']

_WIDTH = 18.0
"""Width of the figure in inches of 100 px."""

_WIDEST = 1200
"""Pixels of the widest picture; more would not be seen."""

_BARS = 0.72
"""Share of the height of the histogram for the bars; the rest is for the names of the lines."""

_NAME_HEIGHT = 10.5
"""Points from one of those names to the next."""

_ROWS = 14
"""Regions in the table."""


def panel(result: FrameResult, drawing: DrawingParams) -> NDArray[np.uint8]:
    """
    Draw image, depth, result, histogram with thresholds, classes and regions on one page.

    Parameters
    ----------
    result : FrameResult
        All of it is drawn.
    drawing : DrawingParams
        For depth and result.

    Returns
    -------
    uint8 ndarray of shape (N, 1800, 3)
        Blue, green, red; N follows the shape of the image.

    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height, width = result.image_shape
    row = min(max(_WIDTH / 3 * height / width, 3.2), 8.0)
    figure = Figure(figsize=(_WIDTH, 2 * row + 1.0), dpi=100, layout='constrained')
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.12)
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplot_mosaic([['image', 'depth', 'result'],
                                  ['histogram', 'classes', 'regions']])
    _show(axes['image'], result.rgb, f'Image, {width} x {height}')
    _add_scale(axes['depth'], _draw_depth(axes['depth'], result, drawing), result.depth.kind)
    _show(axes['result'], overlay(result, drawing)[..., ::-1], 'Result')
    _draw_histogram(axes['histogram'], result)
    _draw_classes(axes['classes'], result)
    _draw_table(axes['regions'], result)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., 2::-1].copy()


def _show(axes: Axes, rgb: NDArray[np.uint8], title: str) -> None:
    scale = _WIDEST / rgb.shape[1]
    if scale < 1:
        height = max(1, round(rgb.shape[0] * scale))
        rgb = cv2.resize(rgb, (_WIDEST, height), interpolation=cv2.INTER_AREA)
    axes.imshow(rgb)
    _entitle(axes, title)
    axes.set_axis_off()


def _entitle(axes: Axes, title: str, more: str = '') -> None:
    axes.set_title(title, loc='left', fontweight='bold')
    axes.set_title(more, loc='right', fontsize=9)


def _draw_depth(axes: Axes, result: FrameResult, drawing: DrawingParams) -> AxesImage:
    from matplotlib.colors import ListedColormap

    inverse = result.depth.inverse()
    low, high = result.alignment.shown or shown_range(inverse)
    colors = ListedColormap(depth_colors(drawing.colormap)[1:, 0, ::-1] / 255.0)
    colors = colors.with_extremes(bad='black')
    height, width = result.depth.shape
    drawn = axes.imshow(np.ma.masked_invalid(inverse), cmap=colors, vmin=low, vmax=high,
                        interpolation='nearest', aspect=_aspect(result))
    known = result.depth.valid.mean()
    unknown = '' if known == 1 else f'black: {1 - known:.1%} unknown'
    _entitle(axes, f'Depth, {width} x {height}', unknown)
    axes.set_axis_off()
    return drawn


def _add_scale(axes: Axes, drawn: AxesImage, kind: DepthKind) -> None:
    bar = axes.figure.colorbar(drawn, cax=axes.inset_axes((1.02, 0.0, 0.04, 1.0)))
    if kind is DepthKind.METRIC:
        ticks = np.linspace(*drawn.get_clim(), 7)
        bar.set_ticks(ticks, labels=[f'{1 / tick:.2f}' if tick > 0 else '' for tick in ticks])
        bar.set_label('depth [m]')
    else:
        bar.set_label('inverse depth [no unit], larger is nearer')


def _aspect(result: FrameResult) -> float:
    """Return how much higher than wide a pixel of the depth map is in the image."""
    (height, width), (rows, columns) = result.image_shape, result.depth.shape
    return (height / rows) / (width / columns)


def _draw_histogram(axes: Axes, result: FrameResult) -> None:
    inverse, classes = result.depth.inverse(), result.segmentation.classes
    known = np.isfinite(inverse)
    low, high = _histogram_range(inverse)
    kinds = [kind for kind in RegionClass if (known & (classes == kind)).any()]
    if kinds:
        axes.hist([np.clip(inverse[known & (classes == kind)], low, high) for kind in kinds],
                  bins=120, range=(low, high), stacked=True,
                  color=[hex_color(class_color(kind)) for kind in kinds])
    tallest = axes.get_ylim()[1]
    # A square root, so that one spike does not flatten the rest; names are over the bars.
    axes.set_yscale('function', functions=(lambda count: np.sqrt(np.maximum(count, 0)), np.square))
    axes.set_ylim(0, tallest / _BARS ** 2)
    _draw_thresholds(axes, result, (low, high))
    unit = '1/m' if result.depth.kind is DepthKind.METRIC else 'no unit'
    axes.set(xlim=(low, high), xlabel=f'inverse depth [{unit}], larger is nearer',
             ylabel='pixels per class (square root)', yticks=[])
    axes.spines[['top', 'right', 'left']].set_visible(False)
    plane, chosen = result.segmentation.plane, result.segmentation.thresholds
    _entitle(axes, 'Statistics', 'no ground plane' if plane is None else
             f'ground: {plane.inlier_share:.0%} inliers, noise {chosen.ground_noise:.2g} of its '
             f'nearness\npixel noise {chosen.pixel_noise:.2g}')


def _histogram_range(inverse: NDArray[np.float32]) -> tuple[float, float]:
    """Return all values, but no more than twice the range drawn to either side of it."""
    low, high = shown_range(inverse)
    if not np.isfinite(inverse).any():
        return low, high
    reach = 2 * (high - low)
    lowest, highest = float(np.nanmin(inverse)), float(np.nanmax(inverse))
    return max(low - reach, lowest), min(high + reach, highest)


def _draw_thresholds(axes: Axes, result: FrameResult, limits: tuple[float, float]) -> None:
    chosen, layers = result.segmentation.thresholds, result.segmentation.layers
    lines = {'2 %': chosen.low, '98 %': chosen.high, 'far': chosen.far,
             'threshold': chosen.threshold, 'near': layers.near, 'mid': layers.mid}
    seen = {name: value for name, value in lines.items() if limits[0] <= value <= limits[1]}
    for row, (name, value) in enumerate(sorted(seen.items(), key=lambda line: line[1])):
        axes.axvline(value, color='black', linewidth=1.0, linestyle='--')
        # Every name has a row of its own, so that names of close lines stay apart.
        right = value > sum(limits) / 2
        axes.annotate(f'{name} {value:.3g}', (value, 1.0), xycoords=('data', 'axes fraction'),
                      xytext=(-4 if right else 4, -3 - _NAME_HEIGHT * row),
                      textcoords='offset points', fontsize=8, verticalalignment='top',
                      horizontalalignment='right' if right else 'left',
                      bbox={'color': 'white', 'pad': 0.5})


def _draw_classes(axes: Axes, result: FrameResult) -> None:
    from matplotlib.patches import Patch

    classes = result.segmentation.classes
    colors = np.array([class_color(kind)[::-1] for kind in RegionClass], np.uint8)
    axes.imshow(colors[classes], interpolation='nearest', aspect=_aspect(result))
    axes.set_anchor('N')  # level with its neighbors
    _entitle(axes, 'Classes')
    axes.set_axis_off()
    shares = np.bincount(classes.ravel(), minlength=len(RegionClass)) / classes.size
    axes.legend(handles=[Patch(color=hex_color(class_color(kind)),
                               label=f'{class_name(kind)} {shares[kind]:.1%}')
                         for kind in RegionClass if shares[kind] > 0],
                loc='upper center', bbox_to_anchor=(0.5, 0.0), ncols=6, fontsize=8,
                frameon=False, handlelength=1.0, columnspacing=1.2)


def _draw_table(axes: Axes, result: FrameResult) -> None:
    axes.set_axis_off()
    count = len(result.regions)
    _entitle(axes, f'{count} region{"" if count == 1 else "s"}',
             f'the {_ROWS} nearest' if count > _ROWS else '')
    metric = result.depth.kind is DepthKind.METRIC
    header = ['id', 'class', 'layer', 'distance\n[m]' if metric else 'nearness\n[no unit]',
              'height\n[camera heights]', 'area\n[px]', 'confidence']
    rows = [[str(region.id), class_name(region.kind), LAYER_NAMES[region.layer - 1],
             _number(region.distance if metric else region.nearest),
             _number(region.height_over_ground), str(region.area), _number(region.confidence)]
            for region in result.regions[:_ROWS]]
    if not rows:
        return
    # Rows share the height of the axes; two of them make up the header.
    table = axes.table(rows, colLabels=header, cellLoc='center',
                       colWidths=(0.07, 0.16, 0.11, 0.18, 0.23, 0.13, 0.17),
                       bbox=(0.0, 1.0 - (len(rows) + 2) / (_ROWS + 2), 1.0,
                             (len(rows) + 2) / (_ROWS + 2)))
    table.auto_set_font_size(False)
    table.set_fontsize(9)
    for (row, column), cell in table.get_celld().items():
        cell.set(linewidth=0.0, height=2.0 if row == 0 else 1.0)
        if row and not column:
            region = result.regions[row - 1]
            background = region_color(region.id, region.kind)
            cell.set_facecolor(hex_color(background))
            cell.get_text().set_color(hex_color(text_color(background)))


def _number(value: float) -> str:
    return f'{value:.3g}' if math.isfinite(value) else 'unknown'
