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
"""One page that explains one frame: what every stage made of it, and by which numbers."""

from __future__ import annotations

import math

from depth_seg_ros.depth import DepthKind
from depth_seg_ros.drawing.explain.depth_panels import (
    draw_ground, draw_histogram, draw_image, draw_local_mean, draw_nearness, draw_residual)
from depth_seg_ros.drawing.explain.page import Page
from depth_seg_ros.drawing.explain.region_panels import (
    draw_classes, draw_edges, draw_ownership, draw_parts, draw_standing)
from depth_seg_ros.params import DrawingParams, SegmentationParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import Segmenter, Stages
from depth_seg_ros.segmentation.edges import share_of_step
import numpy as np
from numpy.typing import NDArray

__all__ = ['explain', 'numbers']

_WIDTH = 18.0
"""Width of the page in inches of 100 px."""

_PANEL, _GAP = 5.7, 0.225
"""Inches of one of three pictures side by side, and between them."""

_TITLE, _LEGEND, _NUMBERS = 0.6, 0.75, 2.0
"""Inches over a picture, below it, and of the numbers at the foot."""

_SECOND = {'ground': draw_ground, 'threshold': draw_histogram, 'local': draw_local_mean}
"""What a method measures from, by the names of `SegmentationParams.method`."""


def explain(result: FrameResult, params: SegmentationParams, drawing: DrawingParams
            ) -> NDArray[np.uint8]:
    """
    Draw on one page what every stage of segmentation made of one frame.

    Nine panels in the order of the stages, and all numbers below them. Everything is taken from
    `Segmenter.explain`, which answers the depth of the frame once more.

    Parameters
    ----------
    result : FrameResult
        Of a frame that stands for itself.
    params : SegmentationParams
        It was segmented with.
    drawing : DrawingParams
        For the heat map and the result.

    Returns
    -------
    uint8 ndarray of shape (N, 1800, 3)
        Blue, green, red; N follows the shape of the image.

    Raises
    ------
    ValueError
        When these parameters make something else of its depth: then the page would explain
        another result.

    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    page = Page(result, _stages(result, params), params, drawing)
    height, width = result.image_shape
    high = min(max(_PANEL * height / width, 2.5), 8.0)
    row = high + _TITLE + _LEGEND
    page_height = 3 * row + _NUMBERS
    figure = Figure(figsize=(_WIDTH, page_height), dpi=100)
    canvas = FigureCanvasAgg(figure)
    draw = (draw_image, draw_nearness, _SECOND[params.method], draw_residual, draw_standing,
            draw_edges, draw_parts, draw_ownership, draw_classes)
    for place, panel in enumerate(draw):
        left = _GAP + (place % 3) * (_PANEL + _GAP)
        bottom = page_height - (place // 3) * row - _TITLE - high
        axes = figure.add_axes((left / _WIDTH, bottom / page_height,
                                _PANEL / _WIDTH, high / page_height), anchor='NW')
        panel(axes, page, f'{place + 1}  ')
    for place, (title, lines) in enumerate(numbers(page).items()):
        left = (_GAP + place * (_WIDTH - _GAP) / 4) / _WIDTH
        top = _NUMBERS / page_height
        figure.text(left, top, title, fontsize=13, fontweight='bold', va='top')
        figure.text(left, top - 0.35 / page_height, '\n'.join(lines), fontsize=10.5, va='top',
                    linespacing=1.4)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., 2::-1].copy()


def _stages(result: FrameResult, params: SegmentationParams) -> Stages | None:
    """Return the stages of a frame, checked to be those that led to the result."""
    segmenter = Segmenter(params)
    again = segmenter.process(result.depth, result.stamp)
    if not np.array_equal(again.classes, result.segmentation.classes):
        raise ValueError('result: expected what these parameters make of its depth; got other '
                         'classes (of other parameters, or of a stream, where frames depend on '
                         'those before)')
    return segmenter.explain(result.depth)


def numbers(page: Page) -> dict[str, list[str]]:
    """Return the numbers that decided as lines of text, by the name of their group."""
    if page.stages is None:
        return {'Depth': [_known(page), 'no relief: everything is unknown']}
    return {'Depth': _depth_lines(page, page.stages), 'What stands out': _bar_lines(page),
            'Splits': _split_lines(page, page.stages), 'Regions': _region_lines(page, page.stages)}


def _known(page: Page) -> str:
    depth = page.result.depth
    return f'map {depth.shape[1]} x {depth.shape[0]} px, {1 - depth.valid.mean():.1%} unknown'


def _depth_lines(page: Page, stages: Stages) -> list[str]:
    frame, (height, width) = stages.frame, stages.frame.shape
    chosen = page.result.segmentation.thresholds
    if page.result.depth.kind is DepthKind.METRIC:
        infinity = 'infinity is known, as depth is metric'
    elif frame.far == frame.farthest:
        infinity = f'infinity: a plateau of {frame.sky_share:.1%} of the image (sky)'
    else:
        infinity = 'infinity: no sky in view, so behind the farthest'
    return [_known(page), f'work grid {width} x {height} px',
            f'inverse depth {page.unit}: at 2 % {chosen.low:.3g}, at 98 % {chosen.high:.3g}',
            f'at infinity {chosen.far:.3g} = nearness {round(frame.far, 2) + 0.0:.2f}', infinity,
            f'pixel noise {chosen.pixel_noise:.2g} = {stages.noise:.2%} of the spread']


def _bar_lines(page: Page) -> list[str]:
    params, ground = page.params, page.ground
    if params.method == 'threshold':
        return [f'threshold: {params.threshold}', f'lowest at nearness {page.threshold:.3f}',
                f'= inverse depth {page.result.segmentation.thresholds.threshold:.3g} {page.unit}',
                'no ground is looked for']
    if params.method == 'local':
        return [f'neighborhood {params.local_window:.0%} of the width',
                f'offset {params.local_offset:.1%} of the spread', 'no ground is looked for']
    far = f'far: within {params.far:.1%} of the spread of infinity'
    if ground is None:
        return ['no ground found: all that is not far stands out', far]
    low, high = (bar * ground.noise for bar in (page.low_bar(), params.noise_high))
    bend = f'ramp and unevenness up to {page.bend():.1%} of it'
    lines = [f'ground noise (sigma) {ground.noise:.2%} of its nearness',
             f'bars {page.low_bar():.3g} and {params.noise_high:g} sigma = {low:.1%} and '
             f'{high:.1%} of it', f'{ground.inlier_share:.1%} of the sampled points on the plane',
             bend, far]
    if params.min_height > 0:
        lines.append(f'at least {params.min_height:g} camera heights over the ground')
    return lines


def _split_lines(page: Page, stages: Stages) -> list[str]:
    params = page.params
    parts, things = int(stages.parts.max()), int(stages.things.max())
    step, noise = (bar * share_of_step(stages.edges.waves)
                   for bar in (params.edge_step, params.edge_noise))
    lines = [f'step: {step:.1%} of nearness, at least {noise:.3g} x pixel noise',
             f'steps on {stages.edges.steps.mean():.1%} of the work grid']
    if stages.found.standing is None:
        return [*lines, f'{parts} parts, neither split at them nor joined by this method']
    return [*lines, f'crease: bend of {stages.edges.bend:.1%} of nearness over 4 px',
            f'creases on {stages.edges.creases.mean():.1%}',
            f'{parts} parts joined to {things} (join_loss {params.join_loss:g})']


def _region_lines(page: Page, stages: Stages) -> list[str]:
    params, layers = page.params, page.result.segmentation.layers
    least = max(1, round(params.min_area * stages.frame.near.size))
    bounds = [f'{name} from {value:.3g}' for name, value in (
        ('near', layers.near), ('mid', layers.mid)) if math.isfinite(value)]
    count = len(page.result.regions)
    return [f'regions: {count}, each at least {params.min_area:.2%} = {least} px',
            f'object from ownership {params.ownership:g} on',
            f'structure above {params.max_area:.0%} of the image',
            f'drop-offs: {int(stages.found.pits.max())}'
            + ('' if params.drop_off and params.method == 'ground' else ' (not looked for)'),
            f'layers: {", ".join(bounds)} {page.unit}' if bounds else 'layers: one, no gap']
