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
"""The page that explains a frame: what it shows is what segmentation decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.drawing import explain
from depth_seg_ros.drawing.explain import depth_panels, region_panels
from depth_seg_ros.drawing.explain.page import local_mean, over, Page
from depth_seg_ros.drawing.explain.region_panels import (
    owned_outline, seams_of, standing_masks)
from depth_seg_ros.drawing.explain.sheet import numbers
from depth_seg_ros.params import DrawingParams, SegmentationParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import RegionClass, Segmenter
from drawn_depth import floor, HEIGHT, HORIZON, noise, relative, stand, WIDTH
from matplotlib.figure import Figure
import numpy as np
import pytest

DRAWING = DrawingParams()
METHODS = ('ground', 'threshold', 'local')
WALL = np.repeat(np.linspace(0.5, 0.2, WIDTH, dtype=np.float32)[None], HEIGHT, axis=0)
"""A wall that goes away to the right: no ground."""


def box_on_floor() -> DepthMap:
    """Return a floor with a box on it, a little noise, and a hole in what is known."""
    near = stand(floor(), 100, 180, 140, 200) + noise((HEIGHT, WIDTH))
    near[:20, :30] = np.nan
    return relative(near)


def segmented(depth: DepthMap, **params: Any) -> tuple[FrameResult, SegmentationParams]:
    """Return the frame of a depth map, and what it was segmented with."""
    chosen = SegmentationParams(**params)
    found = Segmenter(chosen).process(depth, 0.0)
    rgb = np.full((*depth.shape, 3), (60, 90, 120), np.uint8)
    return FrameResult(0.0, rgb, depth, found, found.regions, {}), chosen


def page_of(depth: DepthMap, **params: Any) -> Page:
    """Return what the panels of a frame draw from."""
    result, chosen = segmented(depth, **params)
    return Page(result, Segmenter(chosen).explain(depth), chosen, DRAWING)


def said(panel: str, page: Page) -> str:
    """Return all text that a panel writes."""
    module = depth_panels if hasattr(depth_panels, panel) else region_panels
    axes = Figure().add_axes((0, 0, 1, 1))
    getattr(module, panel)(axes, page, '0  ')
    legend = axes.get_legend()
    texts = [*axes.texts, *(legend.get_texts() if legend is not None else ())]
    return '; '.join([axes.get_title(loc='left'), *(text.get_text() for text in texts)])


def all_numbers(page: Page) -> str:
    """Return the numbers at the foot of the page."""
    return '\n'.join(line for lines in numbers(page).values() for line in lines)


@pytest.mark.parametrize('method', METHODS)
def test_every_method_has_a_page(method: str) -> None:
    result, params = segmented(box_on_floor(), method=method)
    drawn = explain(result, params, DRAWING)
    assert drawn.dtype == np.uint8 and drawn.shape[1:] == (1800, 3)
    assert drawn.shape[0] > 1000
    assert all(np.ptp(drawn[600:1100, left:left + 500]) > 100 for left in (50, 650, 1250))


def test_nothing_known_has_a_page_too() -> None:
    unknown = relative(np.full((24, 32), np.nan, np.float32))
    assert explain(*segmented(unknown), DRAWING).shape[1:] == (1800, 3)


@pytest.mark.parametrize('method', METHODS)
@pytest.mark.parametrize('value', [np.nan, 1.0])
def test_without_relief_every_panel_says_so(method: str, value: float) -> None:
    page = page_of(relative(np.full((24, 32), value, np.float32)), method=method)
    for panel in ('nearness', 'residual', 'standing', 'edges', 'parts', 'ownership'):
        assert 'no relief' in said(f'draw_{panel}', page)
    assert all_numbers(page).endswith('no relief: everything is unknown')


def test_an_extreme_shape_has_a_page() -> None:
    depth = relative(floor()[::6, ::2])
    result, params = segmented(depth)
    for shape in ((30, 400), (400, 30)):
        wide = replace(result, rgb=np.zeros((*shape, 3), np.uint8), regions=())
        assert explain(wide, params, DRAWING).shape[1] == 1800


def test_a_result_of_other_parameters_is_refused() -> None:
    result, params = segmented(box_on_floor())
    with pytest.raises(ValueError, match='expected what these parameters make of its depth'):
        explain(result, replace(params, method='local'), DRAWING)


def test_the_numbers_are_those_of_the_stages() -> None:
    page = page_of(box_on_floor())
    text, stages = all_numbers(page), page.stages
    assert stages is not None and page.ground is not None
    chosen = page.result.segmentation.thresholds
    assert f'ground noise (sigma) {page.ground.noise:.2%}' in text
    assert f'{page.ground.inlier_share:.1%} of the sampled points on the plane' in text
    assert f'{int(stages.parts.max())} parts joined to {int(stages.things.max())}' in text
    assert f'at 2 % {chosen.low:.3g}, at 98 % {chosen.high:.3g}' in text
    assert f'regions: {len(page.result.regions)}, each' in text and '[no unit]' in text
    assert 'black: unknown' in said('draw_nearness', page)
    assert 'a plateau of' in text and '3 and 6 sigma' in text


def test_the_numbers_follow_the_parameters() -> None:
    page = page_of(box_on_floor(), noise_high=7.5, min_height=0.02, ownership=0.6,
                   drop_off=False)
    text = all_numbers(page)
    assert '3 and 7.5 sigma' in text and 'at least 0.02 camera heights' in text
    assert 'ownership 0.6' in text and 'drop-offs: 0 (not looked for)' in text
    assert 'over 7.5 sigma' in said('draw_standing', page)
    assert 'lines at 3 and 7.5' in said('draw_residual', page)


def test_metric_depth_carries_its_unit() -> None:
    near = stand(floor(), 100, 180, 140, 200) + np.float32(0.01)
    page = page_of(DepthMap(1.0 / near, DepthKind.METRIC))
    text = all_numbers(page)
    assert 'black: unknown' not in said('draw_nearness', page)
    assert '[1/m]' in text and '[no unit]' not in text and 'infinity is known' in text


@pytest.mark.parametrize('method, present, absent', [
    ('ground', 'ground noise', 'no ground'), ('threshold', 'threshold: multiotsu', 'sigma)'),
    ('local', 'neighborhood 15%', 'sigma)')])
def test_every_method_tells_its_own_bars(method: str, present: str, absent: str) -> None:
    text = all_numbers(page_of(box_on_floor(), method=method))
    assert present in text and absent not in text


def test_without_ground_the_page_says_so() -> None:
    page = page_of(relative(WALL))
    assert page.ground is None and page.horizon() is None and page.horizon_text() == ''
    assert 'none found' in said('draw_ground', page)
    assert 'over infinity' in said('draw_residual', page)
    assert 'no ground found' in all_numbers(page)
    assert 'behind the farthest' in all_numbers(page)


def test_the_horizon_is_where_the_floor_ends() -> None:
    page = page_of(box_on_floor())
    assert page.horizon() == pytest.approx((HORIZON, HORIZON), abs=4.0)
    assert 'horizon at 32% of the height' in said('draw_ground', page)
    turned = page_of(relative(floor() + np.linspace(0, 0.1, WIDTH, dtype=np.float32)))
    rows = turned.horizon()
    assert rows is not None and rows[0] > rows[1] and 'to the left' in turned.horizon_text()


@pytest.mark.parametrize('rows, where', [
    (slice(120, None), 'above the image'), (slice(0, None), 'at 32% of the height')])
def test_a_horizon_out_of_view_is_told(rows: slice, where: str) -> None:
    near = floor()[rows]
    page = page_of(DepthMap(1.0 / np.maximum(near, np.float32(1e-3)), DepthKind.METRIC))
    assert where in page.horizon_text()


def test_what_stands_out_is_what_the_stages_kept() -> None:
    page = page_of(box_on_floor())
    masks = standing_masks(page)
    assert page.stages is not None and page.stages.found.standing is not None
    known = page.stages.frame.valid
    np.testing.assert_array_equal(masks['sure'] | masks['grown'],
                                  page.stages.found.standing & known)
    assert masks['sure'][140, 170] and not masks['sure'][220, 60] and masks['ground'][220, 60]
    assert masks['far'][10, 200] and not masks['far'][5, 5]
    assert (sum(mask.astype(int) for mask in masks.values()) <= 1).all()


def test_a_pit_is_below() -> None:
    near = floor() + noise((HEIGHT, WIDTH))
    near[170:225, 100:240] = np.clip(near[170:225, 100:240] - 0.3, 0.02, None)
    masks = standing_masks(page_of(relative(near)))
    assert masks['below'][210, 170] and not masks['below'][240, 20]


@pytest.mark.parametrize('method', ['threshold', 'local'])
def test_the_bar_drawn_is_the_one_that_decided(method: str) -> None:
    page = page_of(box_on_floor(), method=method)
    values, bars, _ = over(page)
    assert page.stages is not None
    stands = page.stages.found.classes == RegionClass.UNKNOWN
    differs = stands != (values > np.float32(bars[0]))
    assert differs.mean() < 0.001
    assert 'joins none' in said('draw_parts', page)
    if method == 'local':
        assert local_mean(page).shape == values.shape


def test_seams_lie_between_parts_and_say_what_was_joined() -> None:
    page = page_of(box_on_floor())
    assert page.stages is not None
    stages = page.stages
    halves = np.zeros_like(stages.parts)
    halves[100:180, 140:170], halves[100:180, 170:200] = 1, 2
    standing = halves > 0
    found = replace(stages.found, standing=standing)
    one = replace(stages, parts=halves, things=np.minimum(halves, 1), found=found)
    joined, kept = seams_of(one)
    assert joined[140, 169] and joined[140, 170] and joined.sum() == 160 and not kept.any()
    joined, kept = seams_of(replace(one, things=halves))
    assert kept.sum() == 160 and not joined.any()


def test_the_outline_that_stands_out_is_that_of_the_near_side() -> None:
    page = page_of(relative(stand(floor(), 100, 180, 140, 200)))
    assert page.stages is not None
    own = owned_outline(page.stages)
    rows, columns = np.nonzero(own)
    assert own[110:150].any() and (page.stages.things[own] > 0).all()
    assert columns.min() >= 137 and columns.max() <= 202 and rows.max() <= 182
    number = page.stages.things[140, 170]
    assert f'{page.stages.own[number]:.2f}' in said('draw_ownership', page)


def test_the_result_names_every_region_by_its_id() -> None:
    page = page_of(box_on_floor())
    text = said('draw_classes', page)
    assert page.result.regions and 'the nearest is 1' in text
    for region in page.result.regions:
        assert f'; {region.id}' in text


def test_step_crease_and_bars_are_those_that_were_used_where_depth_waves() -> None:
    rows, columns = np.indices((HEIGHT, WIDTH))
    waves = 0.02 * np.sin(rows / 6) * np.sin(columns / 6)
    page = page_of(relative((floor() + waves).astype(np.float32)))
    assert page.stages is not None and page.stages.edges.bend > 2 * page.params.crease
    assert page.stages.edges.waves == 1.0
    assert 'step from 4.0%' in said('draw_edges', page)
    assert 'step: 4.0% of nearness, at least 4.8 x pixel noise' in all_numbers(page)
    assert 'bars 6 and 6 sigma' in all_numbers(page)
    assert over(page)[1] == [6.0, 6.0]
    assert 'over 6, in touch' in said('draw_standing', page)
    used = f'{page.stages.edges.bend:.1%} of nearness'
    assert f'crease from {used}' in said('draw_edges', page)
    assert f'crease: bend of {used}' in all_numbers(page)
