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
"""What the measure of steadiness sees: toggling, jumps, ghosts and cuts."""

from __future__ import annotations

from dataclasses import astuple
import math
from typing import Any

from depth_seg_ros.bench import steadiness as bench
from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.params import PipelineParams, SteadyParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import LayerBounds, RegionClass, Segmentation, Thresholds
from depth_seg_ros.synthetic import Scene
import numpy as np
import pytest

SHAPE = (40, 60)
RAMP = np.repeat(np.linspace(0.1, 1.0, 40, dtype=np.float32)[:, None], 60, axis=1)


def thing(left: int, kind: RegionClass = RegionClass.OBJECT) -> Any:
    """Return classes with a thing of 10 x 10 pixels on the ground."""
    classes = np.full(SHAPE, RegionClass.GROUND, np.uint8)
    classes[10:20, left:left + 10] = kind
    return classes


def seen(left: int) -> tuple[Scene, DepthMap]:
    classes = thing(left)
    scene = Scene(1 / RAMP, (classes == RegionClass.OBJECT).astype(np.int32), classes,
                  CameraModel(60, 40, 50.0, 50.0, 29.5, 19.5))
    return scene, DepthMap(RAMP, DepthKind.RELATIVE_INVERSE)


def said(left: int, scale: float = 1.0, noise: float = 0.1,
         layers: LayerBounds = LayerBounds()) -> FrameResult:
    segmentation = Segmentation(np.zeros(SHAPE, np.int32), thing(left), (), None,
                                Thresholds(ground_noise=noise), layers)
    depth = DepthMap(scale * RAMP, DepthKind.RELATIVE_INVERSE)
    return FrameResult(0.0, np.zeros((*SHAPE, 3), np.uint8), depth, segmentation, (), {})


def test_flicker_is_the_share_that_toggles() -> None:
    assert bench._flicker([said(5), said(5), said(5)]) == 0.0
    assert bench._flicker([said(5), said(30), said(30)]) == pytest.approx(0.5 * 200 / 2400)


def test_thresholds_are_judged_by_their_spread_over_time() -> None:
    assert bench._threshold([said(5), said(5)]) == 0.0
    assert bench._threshold([said(5, noise=0.1), said(5, noise=0.3)]) == pytest.approx(0.5)
    assert math.isnan(bench._threshold([said(5, noise=math.nan)] * 3))


def test_another_number_of_layers_is_a_flip() -> None:
    none, one = said(5), said(5, layers=LayerBounds(0.5))
    assert bench._layer_flips([none, one, one, none, none]) == 0.5


def test_a_jump_of_the_scale_is_seen_as_a_share_of_the_spread() -> None:
    stream = [seen(5)] * 2
    assert bench._scale_steps(stream, [said(5), said(5)]) == pytest.approx(0.0, abs=1e-6)
    jump = bench._scale_steps(stream, [said(5), said(5, scale=1.1)])
    assert jump == pytest.approx(0.1 * RAMP.mean() / (1.1 * 0.86), rel=0.1)


def test_what_is_still_called_where_a_thing_was_is_a_ghost() -> None:
    stream = [seen(5), seen(35)]
    assert bench._ghosts(stream, [said(5), said(35)]) == 0.0
    assert bench._ghosts(stream, [said(5), said(5)]) == 1.0
    assert math.isnan(bench._ghosts([seen(5), seen(5)], [said(5), said(5)]))


def test_what_is_found_counts_away_from_outlines() -> None:
    assert bench._found([(seen(5), said(5))]) == (100.0, 100.0)
    assert bench._found([(seen(5), said(7))]) == (100.0, 100.0)  # as edges smear
    assert bench._found([(seen(5), said(35))]) == (0.0, 0.0)


def test_a_memory_steadies_streams_and_sees_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, '_FRAMES', 3)
    steady = bench.steadiness(2, 5)
    alone = bench.steadiness(2, 5, PipelineParams(steady=SteadyParams(enable=False)))
    assert steady.flicker < alone.flicker and steady.depth < 0.2 * alone.depth
    assert steady.ghosts == 0.0 and steady.false_cuts == 0.0 and alone.cuts == 0.0
    assert steady.recall > alone.recall - 3.0 and steady.precision > alone.precision - 3.0
    assert astuple(bench.steadiness(2, 5)) == astuple(steady)


def test_one_scene_is_too_few() -> None:
    with pytest.raises(ValueError, match='scenes: expected at least 2, got 1'):
        bench.steadiness(1, 1)


def test_a_mean_leaves_out_what_could_not_be_measured() -> None:
    assert bench._percent([0.1, math.nan, 0.3]) == pytest.approx(20.0)
    assert math.isnan(bench._percent([math.nan]))
