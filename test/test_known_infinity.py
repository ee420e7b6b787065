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
"""Relative depth whose infinity the scale of the frame before tells: as good as metric depth."""

from __future__ import annotations

from typing import Any

from depth_seg_ros.depth import DepthKind, DepthMap, EstimatorInfo
from depth_seg_ros.drawing import explain
from depth_seg_ros.navigation import scan, view_of
from depth_seg_ros.params import (
    DrawingParams, MountParams, NavigationParams, PipelineParams, ScaleParams, SegmentationParams)
from depth_seg_ros.pipeline import FrameResult, Pipeline
from depth_seg_ros.readings import NOTHING, Readings
from depth_seg_ros.segmentation import Memory, RegionClass, Segmenter
from depth_seg_ros.segmentation.frame import prepare
from depth_seg_ros.synthetic import CAMERA, random_world, render
import numpy as np
from numpy.typing import NDArray
import pytest
from seen_worlds import frame, wall, world

SCALE, SHIFT = 3.7, 0.9
ROOM = frame(world(wall(5.0), height=0.5, pitch=0.1))
"""Nothing but ground and a wall 5 m ahead, which fills the far part of the view."""

METERS = ROOM.depth.values
IS_WALL = ROOM.segmentation.classes == RegionClass.STRUCTURE


def relative(meters: NDArray[np.float32]) -> DepthMap:
    """Return what an exact network of no unit says."""
    return DepthMap(np.float32(SCALE) / meters + np.float32(SHIFT), DepthKind.RELATIVE_INVERSE)


class Network:
    """An exact one, but for errors of its own whose median is a share of the depth."""

    def __init__(self, error: float = 0.0) -> None:
        self.info = EstimatorInfo('exact', 'test', 'cpu', 'fp32', DepthKind.RELATIVE_INVERSE,
                                  sees_image=False)
        off = np.random.default_rng(0).uniform(-2.0, 2.0, METERS.shape) * error
        self.depth = relative(METERS * (1.0 + off).astype(np.float32))

    def load(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return the room."""
        return self.depth


def measured() -> Readings:
    """Return every fourth column of the truth."""
    meters = METERS.copy()
    meters[:, np.arange(meters.shape[1]) % 4 > 0] = np.nan
    return Readings(sparse=DepthMap(meters, DepthKind.METRIC))


def pipeline(error: float = 0.0, **scale: Any) -> Pipeline:
    """Return one with meters from sparse depth."""
    return Pipeline(Network(error), PipelineParams(
        scale=ScaleParams(source='sparse', **scale),
        mount=MountParams(attitude='fixed', height=0.5, pitch=0.1)))


def seen(made: Pipeline, stamp: float, readings: Readings = NOTHING) -> FrameResult:
    """Return the frame of the room at a time."""
    return made.process(ROOM.rgb, stamp, CAMERA, readings)


def share(result: FrameResult, kind: RegionClass) -> float:
    """Return how much of the wall is of a class."""
    return float(np.mean(result.segmentation.classes[IS_WALL] == kind))


@pytest.mark.parametrize('noise', [0.0, 0.01])
@pytest.mark.parametrize('seed', range(4))
def test_with_infinity_known_labels_are_those_of_metric_depth(seed: int, noise: float) -> None:
    rng = np.random.default_rng(seed)
    depth = render(random_world(rng, ('indoor', 'outdoor')[seed % 2])).depth
    meters = np.minimum(depth, 80.0) * np.exp(noise * rng.standard_normal(depth.shape))
    meters = meters.astype(np.float32)
    metric = Segmenter().process(DepthMap(meters, DepthKind.METRIC), 0.0)
    found = Segmenter().process(relative(meters), 0.0, infinity=SHIFT)
    assert metric.regions
    np.testing.assert_array_equal(found.labels, metric.labels)
    np.testing.assert_array_equal(found.classes, metric.classes)
    assert found.thresholds is not None and found.thresholds.far == pytest.approx(SHIFT, abs=1e-6)


def test_metric_depth_needs_not_be_told() -> None:
    told = Segmenter().process(ROOM.depth, 0.0, infinity=0.1)
    np.testing.assert_array_equal(told.labels, Segmenter().process(ROOM.depth, 0.0).labels)


def test_what_is_known_is_not_carried_and_leaves_the_guess_as_it_was() -> None:
    memory, depth = Memory(), relative(METERS)
    known, guessed = prepare(depth, 336, SHIFT), prepare(depth, 336)
    assert known is not None and guessed is not None
    before = memory.applied(guessed).far
    assert memory.applied(known).far == known.far != before
    assert memory.applied(guessed).far == before


def test_a_wall_that_fills_the_far_part_of_the_view_is_structure_and_in_the_scan() -> None:
    made = pipeline()
    first, second = seen(made, 0.0, measured()), seen(made, 0.1, measured())
    # Without infinity the farthest is taken for it: unknown to the scan, not free.
    assert share(first, RegionClass.BACKGROUND) > 0.5
    assert share(second, RegionClass.STRUCTURE) > 0.95
    ahead = []
    for result in (first, second):
        view = view_of(result, NavigationParams())
        assert view is not None
        ranges = scan(view).ranges
        middle = len(ranges) // 2
        ahead.append(ranges[middle - 10:middle + 11])
    assert np.isnan(ahead[0]).all()
    np.testing.assert_allclose(ahead[1], 5.0, rtol=0.03)


def test_nothing_is_known_after_a_reset_a_gap_or_a_cut() -> None:
    made = pipeline()
    for stamp in (0.0, 0.1):
        seen(made, stamp, measured())
    made.reset()
    assert share(seen(made, 0.2, measured()), RegionClass.BACKGROUND) > 0.5
    assert share(seen(made, 0.3, measured()), RegionClass.STRUCTURE) > 0.95
    assert share(seen(made, 60.0, measured()), RegionClass.BACKGROUND) > 0.5


@pytest.mark.parametrize('error, sure', [(0.05, True), (0.11, False)])
def test_a_fit_that_is_not_sure_gives_meters_but_not_infinity(error: float, sure: bool) -> None:
    made = pipeline(error)
    first, second = seen(made, 0.0, measured()), seen(made, 0.1, measured())
    assert first.scaling is not None and first.metric is not None
    assert first.scaling.error == pytest.approx(error, abs=0.015)
    far = Segmenter().process(second.depth, 0.1, infinity=first.scaling.infinity).thresholds
    chosen = second.segmentation.thresholds
    assert far is not None and chosen is not None
    assert (chosen.far == far.far) == sure


@pytest.mark.parametrize('hold, memory', [(0.3, 0.1), (0.3, 5.0)])
def test_infinity_is_known_as_long_as_meters_are_held(hold: float, memory: float) -> None:
    made = pipeline(hold=hold, memory=memory)
    seen(made, 0.0, measured())
    for stamp, held in ((0.2, True), (0.4, False)):
        assert (seen(made, stamp).metric is not None) == held
        assert (made._scaler.infinity is not None) == held


def test_a_page_explains_no_frame_that_the_one_before_helped() -> None:
    made = pipeline()
    first, second = seen(made, 0.0, measured()), seen(made, 0.1, measured())
    assert explain(first, SegmentationParams(), DrawingParams()).shape[1] == 1800
    with pytest.raises(ValueError, match='of a stream, where frames depend on those before'):
        explain(second, SegmentationParams(), DrawingParams())
