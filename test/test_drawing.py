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
"""Pictures: near is bright, unknown is black, and text stays where it can be read."""

from __future__ import annotations

from dataclasses import replace

import cv2
from depth_seg_ros.depth import DepthKind, DepthMap, shown_range
from depth_seg_ros.drawing import (
    class_color, color_map, gray_map, overlay, panel, region_color)
from depth_seg_ros.drawing.captions import Captions
from depth_seg_ros.drawing.colors import depth_colors, hex_color, object_colors, text_color
from depth_seg_ros.params import DrawingParams, ParamSpec, specs
from depth_seg_ros.quality import Quality
from depth_seg_ros.segmentation import GroundPlane, RegionClass, Thresholds
from frame_results import (
    DROP_OFF, GRID, hand_drawn, nothing_known, OBJECT, STRUCTURE, UNKNOWN)
from matplotlib.text import Text
import numpy as np
from numpy.typing import NDArray
import pytest

PLAIN = DrawingParams(overlay_text=False)
COLORMAPS = next(spec for spec in specs(DrawingParams) if spec.name == 'colormap').choices


def with_depth(values: NDArray[np.float32],
               kind: DepthKind = DepthKind.RELATIVE_INVERSE) -> NDArray[np.uint8]:
    """Return the gray levels of a depth map, at its own size."""
    result = replace(nothing_known(values.shape), depth=DepthMap(values, kind))
    return gray_map(result)


def middle(place: tuple[slice, slice], scale: int = 1) -> tuple[int, int]:
    """Return the pixel in the middle of a place of the grid."""
    row, column = ((each.start + each.stop) * scale // 2 for each in place)
    return row, column


def test_the_range_is_the_quantiles_and_a_tenth_but_not_past_the_extremes() -> None:
    values = np.linspace(0, 100, 1001, dtype=np.float32)[None]
    assert shown_range(values) == pytest.approx((0, 100))
    values = np.concatenate([np.full(50, -1e6), np.linspace(0, 100, 9900), np.full(50, 1e6)])
    low, high = shown_range(values.astype(np.float32)[None])
    assert (low, high) == pytest.approx((1.5 - 9.7, 98.5 + 9.7), abs=0.2)


def test_the_range_of_nothing_is_zero_to_one() -> None:
    assert shown_range(np.full((2, 2), np.nan, np.float32)) == (0.0, 1.0)


def test_the_range_of_a_large_map_is_that_of_a_sample_of_it() -> None:
    values = np.random.default_rng(0).random((300, 336)).astype(np.float32)
    assert shown_range(values) == pytest.approx((0.0, 1.0), abs=0.01)
    sparse = np.full((300, 336), np.nan, np.float32)
    sparse[200, 100:102] = 3.0, 4.0
    assert shown_range(sparse) == pytest.approx((3.0, 4.0))


def test_the_range_of_a_flat_map_is_not_empty() -> None:
    low, high = shown_range(np.full((2, 2), 5.0, np.float32))
    assert low < 5.0 < high


def test_larger_inverse_depth_is_brighter() -> None:
    gray = with_depth(np.linspace(0.1, 2, 64, dtype=np.float32)[None])
    assert (np.diff(gray[0].astype(int)) > 0).all()
    assert (gray.min(), gray.max()) == (1, 255)


def test_smaller_metric_depth_is_brighter() -> None:
    gray = with_depth(np.array([[1.0, 2.0, 4.0]], np.float32), DepthKind.METRIC)
    assert gray[0, 0] == 255 and gray[0, 2] == 1
    # Linear in inverse depth: 1/2 is a third of the way from 1/4 to 1.
    assert gray[0, 1] == round(1 + 254 / 3)


def test_gray_is_zero_where_unknown_and_only_there() -> None:
    values = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    values[values > 0.8] = np.nan
    np.testing.assert_array_equal(with_depth(values) == 0, np.isnan(values))


def test_a_flat_map_is_gray_and_an_unknown_one_is_black() -> None:
    assert set(np.unique(with_depth(np.ones((3, 4), np.float32)))) <= set(range(100, 156))
    assert not gray_map(nothing_known()).any()


def test_a_wild_pixel_does_not_wash_out_the_rest() -> None:
    values = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    values[0, 0] = 1e6
    assert np.ptp(with_depth(values)[1:].astype(int)) > 200


def test_gray_does_not_depend_on_scale_and_shift_of_the_map() -> None:
    values = np.random.default_rng(1).random((20, 20)).astype(np.float32)
    changed = with_depth(values * np.float32(4) + np.float32(8))
    np.testing.assert_allclose(changed.astype(int), with_depth(values), atol=1)


def test_known_pixels_beside_a_hole_keep_their_level_when_scaled() -> None:
    values = np.ones((4, 4), np.float32)
    values[:, 2:], values[0, 0] = 2.0, np.nan
    result = replace(nothing_known((40, 40)),
                     depth=DepthMap(values, DepthKind.RELATIVE_INVERSE))
    assert set(np.unique(gray_map(result))) == {0, 1, 255}


@pytest.mark.parametrize('colormap', COLORMAPS)
def test_every_heat_map_is_black_where_unknown_and_only_there(colormap: str) -> None:
    result = hand_drawn()
    colors = color_map(result, DrawingParams(colormap=colormap))
    assert colors.dtype == np.uint8
    np.testing.assert_array_equal((colors == 0).all(axis=2), ~result.depth.valid)


@pytest.mark.parametrize('colormap', COLORMAPS)
def test_every_heat_map_can_tell_far_from_unknown(colormap: str) -> None:
    colors = depth_colors(colormap).astype(int)
    assert colors.shape == (256, 1, 3)
    assert np.abs(colors[1:] - colors[0]).max(axis=2).min() > 20


def test_near_is_warm_and_far_is_cold() -> None:
    colors = depth_colors('turbo')[:, 0].astype(int)
    assert colors[255, 2] > 2 * colors[255, 0]
    assert colors[1, 0] > 2 * colors[1, 2]


def test_heat_map_colors_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match='read-only'):
        depth_colors('turbo')[0] = 1


def test_neighboring_objects_have_different_colors_and_one_object_keeps_its_own() -> None:
    colors = [region_color(number, RegionClass.OBJECT) for number in range(1, 40)]
    assert all(first != second for first, second in zip(colors, colors[1:]))
    assert colors == [region_color(number, RegionClass.OBJECT) for number in range(1, 40)]


def test_no_object_looks_like_ground_structure_or_drop_off() -> None:
    others = [region_color(7, kind) for kind in (RegionClass.STRUCTURE, RegionClass.DROP_OFF)]
    others.append(class_color(RegionClass.GROUND))
    for number in range(1, 40):
        color = np.array(region_color(number, RegionClass.OBJECT))
        assert min(np.abs(color - other).max() for other in np.array(others)) > 40


@pytest.mark.parametrize('gray', [0.15, 0.5, 0.85])
def test_no_tint_of_an_object_is_like_that_of_the_ground_over_the_same_gray(gray: float) -> None:
    objects = (1 - 0.45) * gray + 0.45 * np.array(object_colors()) / 255
    ground = (1 - 0.225) * gray + 0.225 * np.array([class_color(RegionClass.GROUND)]) / 255
    tints = np.concatenate([ground, objects])[None].astype(np.float32)
    lab = cv2.cvtColor(tints, cv2.COLOR_BGR2Lab)[0]
    assert np.linalg.norm(lab[1:] - lab[0], axis=1).min() > 20


def test_the_legend_has_every_color_of_objects() -> None:
    image = np.zeros((100, 700, 3), np.uint8)
    Captions(image, 1.0).draw([])
    first = image.any(axis=(1, 2)).argmax()  # above the letters
    shown = [tuple(color) for color in image[first].tolist()]
    kinds = (RegionClass.GROUND, RegionClass.OBJECT, RegionClass.STRUCTURE)
    ground, thing, structure = (shown.index(class_color(kind)) for kind in kinds)
    assert ground < thing < structure
    assert list(dict.fromkeys(shown[thing:structure])) == list(object_colors())


def test_text_is_black_on_bright_and_white_on_dark() -> None:
    assert text_color((255, 255, 255)) == text_color((0, 255, 255)) == (0, 0, 0)
    assert text_color((0, 0, 0)) == text_color((255, 0, 0)) == (255, 255, 255)


def test_hex_color_is_red_first() -> None:
    assert hex_color((1, 2, 255)) == '#ff0201'


def test_overlay_leaves_the_image_it_was_given_alone() -> None:
    result = hand_drawn((240, 320))
    before = result.rgb.copy()
    drawn = overlay(result, DrawingParams())
    assert drawn.shape == result.rgb.shape and drawn.dtype == np.uint8
    np.testing.assert_array_equal(result.rgb, before)


def test_overlay_without_colors_and_text_is_the_image_but_for_the_outlines() -> None:
    result = replace(hand_drawn((240, 320)), regions=())
    drawn = overlay(result, DrawingParams(overlay_alpha=0.0, overlay_text=False))
    np.testing.assert_array_equal(drawn[..., ::-1], result.rgb)


def test_overlay_tints_by_class_and_leaves_background() -> None:
    result = hand_drawn((240, 320))
    drawn = overlay(result, DrawingParams(overlay_alpha=1.0, overlay_text=False)).astype(int)
    image = result.rgb[0, 0, ::-1].astype(int)
    assert tuple(drawn[middle(OBJECT, 10)]) == region_color(2, RegionClass.OBJECT)
    half_structure = (image + class_color(RegionClass.STRUCTURE)) / 2
    np.testing.assert_allclose(drawn[middle(STRUCTURE, 10)], half_structure, atol=1)
    half_ground = (image + class_color(RegionClass.GROUND)) / 2
    np.testing.assert_allclose(drawn[230, 20], half_ground, atol=1)
    assert drawn[middle(UNKNOWN, 10)].sum() < image.sum()
    np.testing.assert_array_equal(drawn[50, 150], image)


def test_drop_off_is_hatched() -> None:
    result = hand_drawn((240, 320))
    drawn = overlay(result, DrawingParams(overlay_alpha=1.0, overlay_text=False))
    inside = drawn[190:225, 215:285].reshape(-1, 3)
    assert (inside == class_color(RegionClass.DROP_OFF)).all(axis=1).mean() > 0.2
    assert (np.abs(inside.astype(int) - class_color(RegionClass.DROP_OFF)).max(axis=1)
            > 50).mean() > 0.2


def test_outlines_lie_on_the_border_of_the_region() -> None:
    result = hand_drawn((240, 320), unknown=False)
    drawn = overlay(result, DrawingParams(overlay_alpha=0.0, overlay_text=False))
    changed = (drawn[..., ::-1] != result.rgb).any(axis=2)
    top, bottom, left, right = 80, 160, 40, 100
    assert changed[120, left - 6:left + 10].any() and changed[120, right - 10:right + 6].any()
    assert changed[top - 6:top + 10, 70].any() and changed[bottom - 10:bottom + 6, 70].any()
    assert not changed[top + 14:bottom - 14, left + 14:right - 14].any()
    assert not changed[top - 12:bottom + 12, left - 14].any()


@pytest.mark.parametrize('scale', [20, 40])
def test_the_tinted_area_is_that_of_the_region(scale: int) -> None:
    result = hand_drawn((24 * scale, 32 * scale))
    drawn = overlay(replace(result, rgb=result.rgb * 0),
                    DrawingParams(overlay_alpha=1.0, overlay_text=False))
    tinted = (drawn == region_color(2, RegionClass.OBJECT)).all(axis=2)
    assert tinted.sum() == pytest.approx(result.regions[0].area, rel=0.15)
    rows, columns = np.nonzero(tinted)
    center = result.regions[0].centroid
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx(center, abs=0.3 * scale)


def test_a_hole_in_a_region_is_not_tinted() -> None:
    result = hand_drawn((240, 320))
    labels = result.segmentation.labels.copy()
    labels[10:14, 6:8] = 0
    result = replace(result, segmentation=replace(result.segmentation, labels=labels))
    drawn = overlay(result, DrawingParams(overlay_alpha=1.0, overlay_text=False))
    np.testing.assert_array_equal(drawn[120, 70], result.rgb[0, 0, ::-1])


def test_text_grows_with_the_image() -> None:
    shares = []
    for scale in (20, 40):
        result = hand_drawn((24 * scale, 32 * scale))
        changed = (overlay(result, DrawingParams()) != overlay(result, PLAIN)).any(axis=2)
        shares.append(changed.mean())
    assert shares[0] > 0.01
    assert shares[1] == pytest.approx(shares[0], rel=0.25)


def test_a_caption_says_the_distance_where_it_is_known() -> None:
    widths = []
    for kind in DepthKind:
        image = np.zeros((100, 400, 3), np.uint8)
        region = hand_drawn(kind=kind).regions[0]
        Captions(image, 1.0).draw([(region, [(200.0, 50.0, 0.5)])])
        widths.append(np.count_nonzero(image[50].any(axis=1)))
    assert widths[1] > widths[0] + 20


def test_a_caption_never_covers_another() -> None:
    first, second = hand_drawn().regions[:2]
    place = (200.0, 50.0, 0.5)
    alone, both = np.zeros((100, 400, 3), np.uint8), np.zeros((100, 400, 3), np.uint8)
    Captions(alone, 1.0).draw([(first, [place])])
    Captions(both, 1.0).draw([(first, [place]), (second, [place])])
    np.testing.assert_array_equal(both, alone)
    Captions(both, 1.0).draw([(first, [place]), (second, [place, (200.0, 20.0, 0.5)])])
    assert both[:30].any() and not alone[:30].any()


@pytest.mark.parametrize('shape', [(1, 1), (1, 300), (300, 1), (7, 9), (50, 2000)])
def test_every_picture_can_be_drawn_at_any_size(shape: tuple[int, int]) -> None:
    blind = replace(nothing_known(shape), quality=Quality('too dark: more light'))
    for result in (hand_drawn(shape), nothing_known(shape), blind):
        assert gray_map(result).shape == shape
        assert color_map(result, PLAIN).shape == (*shape, 3)
        assert overlay(result, DrawingParams()).shape == (*shape, 3)


def test_an_overlay_says_in_its_middle_why_nothing_is_known() -> None:
    result = nothing_known((240, 320))
    blind = replace(result, quality=Quality('too dark: more light'))
    changed = (overlay(blind, DrawingParams()) != overlay(result, DrawingParams())).any(axis=2)
    rows, columns = changed.nonzero()
    assert rows.min() > 100 and rows.max() < 140
    assert columns.min() > 60 and columns.max() < 260 and len(rows) > 500
    np.testing.assert_array_equal(overlay(blind, PLAIN), overlay(result, PLAIN))


def test_pictures_are_the_same_every_time() -> None:
    result = hand_drawn((120, 160))
    np.testing.assert_array_equal(overlay(result, DrawingParams()),
                                  overlay(result, DrawingParams()))


@pytest.mark.parametrize('result', [
    hand_drawn((40, 400), DepthKind.METRIC), nothing_known((160, 90)),
    replace(hand_drawn((120, 160)), regions=10 * hand_drawn((120, 160)).regions)])
def test_a_panel_is_a_picture_1800_wide(result: object) -> None:
    drawn = panel(result, DrawingParams())  # type: ignore[arg-type]
    assert drawn.dtype == np.uint8 and drawn.shape[1:] == (1800, 3)
    assert drawn.shape[0] >= 700
    assert len(np.unique(drawn)) > 20


def test_only_the_twelve_nearest_have_captions_and_structure_comes_last(
        monkeypatch: pytest.MonkeyPatch) -> None:
    result = hand_drawn((240, 320))
    thing, structure, drop_off = result.regions
    captioned: list[int] = []
    monkeypatch.setattr(Captions, 'draw', lambda self, regions: captioned.extend(
        region.id for region, _ in regions))
    few = (replace(structure, id=1), replace(thing, id=2), replace(drop_off, id=3))
    overlay(replace(result, regions=few), DrawingParams())
    assert captioned == [2, 3, 1]
    captioned.clear()
    many = (few[0], *(replace(thing, id=number) for number in range(2, 40)))
    overlay(replace(result, regions=many), DrawingParams())
    assert captioned == list(range(2, 14))


def test_the_names_of_close_thresholds_do_not_overprint(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    canvases: list[FigureCanvasAgg] = []
    draw = FigureCanvasAgg.draw
    monkeypatch.setattr(FigureCanvasAgg, 'draw',
                        lambda self: (canvases.append(self), draw(self))[1])
    result = hand_drawn((120, 160))
    chosen = Thresholds(0.200, 0.206, 0.202, 0.204, 0.002)
    panel(replace(result, segmentation=replace(result.segmentation, thresholds=chosen)),
          DrawingParams())
    axes, = [axes for axes in canvases[0].figure.axes if 'inverse' in axes.get_xlabel()]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) >= 5
    assert not any(first.overlaps(second) for number, first in enumerate(boxes)
                   for second in boxes[:number])
    assert all(axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1 for box in boxes)


def test_the_longest_statistics_do_not_overprint_their_title(
        monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    canvases: list[FigureCanvasAgg] = []
    draw = FigureCanvasAgg.draw
    monkeypatch.setattr(FigureCanvasAgg, 'draw',
                        lambda self: (canvases.append(self), draw(self))[1])
    result = hand_drawn((638, 960))
    long = replace(result.segmentation, plane=GroundPlane(0.0, 1.0, 0.0, 1.0),
                   thresholds=Thresholds(0.2, 0.3, 0.4, 0.5, 1.2e-05, 1.2e-05))
    panel(replace(result, segmentation=long), DrawingParams())
    axes, = [axes for axes in canvases[0].figure.axes if axes.get_title('left') == 'Statistics']
    titles = [axes.get_title(where) for where in ('left', 'right')]
    left, right = [child.get_window_extent() for child in axes.get_children()
                   if isinstance(child, Text) and child.get_text() in titles]
    assert not left.overlaps(right)


def test_drawing_parameters_are_off_by_nothing() -> None:
    assert DrawingParams() == DrawingParams('turbo', 0.45, True)
    assert all(isinstance(spec, ParamSpec) and spec.live for spec in specs(DrawingParams))


def test_the_grid_of_the_tests_is_what_the_places_assume() -> None:
    assert hand_drawn().depth.shape == GRID
    assert hand_drawn().segmentation.labels[DROP_OFF].min() == 3
