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
"""What comes out of an image that is not fit: everything is told as unknown, nothing as free."""

from __future__ import annotations

from depth_seg_ros.depth import DepthKind, DepthMap, EstimatorInfo
from depth_seg_ros.navigation import View, view_of
from depth_seg_ros.outputs import IMAGES, NAVIGATION, PX4
from depth_seg_ros.params import (
    DrawingParams, MountParams, NavigationParams, PipelineParams, ScaleParams)
from depth_seg_ros.pipeline import FrameResult, Pipeline
from depth_seg_ros.readings import Readings
from depth_seg_ros.synthetic import CAMERA
import numpy as np
from numpy.typing import NDArray
import pytest
from seen_worlds import box, frame, world

HELD = {'height': 0.5, 'pitch': 0.1}
METERS = frame(world(box(-1.0, 3.0), **HELD)).depth.values
BLACK = np.zeros((2 * CAMERA.height, 2 * CAMERA.width, 3), np.uint8)
SEEN = BLACK + np.uint8(60)
SEEN[60:180, 80:200] = 200

SOURCES = pytest.mark.parametrize('kind, source', [
    (DepthKind.METRIC, 'none'), (DepthKind.METRIC, 'sparse'),
    (DepthKind.RELATIVE_INVERSE, 'sparse'), (DepthKind.RELATIVE_INVERSE, 'ground')])
ORDER = pytest.mark.parametrize('first', [False, True], ids=['after a good one', 'first'])


class Network:
    """An exact one that looks at the image, as a black one has to be refused."""

    def __init__(self, kind: DepthKind) -> None:
        self.info = EstimatorInfo('exact', 'test', 'cpu', 'fp32', kind)

    def load(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return open ground with a box on the left."""
        kind = self.info.kind
        return DepthMap(METERS if kind is DepthKind.METRIC else 3.7 / METERS + np.float32(0.9),
                        kind)


def good_and_bad(kind: DepthKind, source: str, first: bool) -> tuple[FrameResult, FrameResult]:
    """Return what comes of an image, and of a black one in the same stream."""
    pipeline = Pipeline(Network(kind), PipelineParams(
        scale=ScaleParams(source=source), mount=MountParams(attitude='fixed', **HELD)))
    meters = METERS.copy()
    meters[:, np.arange(meters.shape[1]) % 4 > 0] = np.nan
    readings = Readings(sparse=DepthMap(meters, DepthKind.METRIC))
    images = (BLACK, SEEN) if first else (SEEN, BLACK)
    one, two = (pipeline.process(image, number / 10, CAMERA, readings)
                for number, image in enumerate(images))
    return (two, one) if first else (one, two)


def view(result: FrameResult) -> View:
    """Return what navigation sees of a frame."""
    made = view_of(result, NavigationParams())
    assert made is not None
    return made


@SOURCES
@ORDER
def test_every_image_says_unknown(kind: DepthKind, source: str, first: bool) -> None:
    good, bad = good_and_bad(kind, source, first)
    drawing = DrawingParams()
    for item in IMAGES:
        one, two = item.render(good, drawing), item.render(bad, drawing)
        assert one is not None and two is not None and one.shape == two.shape, item.topic
        if item.encoding == '32FC1':
            assert np.isfinite(one).any() and np.isnan(two).all(), item.topic
        elif item.topic != 'overlay':
            assert one.any() and not two.any(), item.topic
    assert good.regions and not bad.regions


@SOURCES
@ORDER
def test_nothing_is_free_and_no_point_is_seen(kind: DepthKind, source: str, first: bool) -> None:
    good, bad = (view(result) for result in good_and_bad(kind, source, first))
    assert bad.is_tilt_known
    with np.errstate(all='raise'):
        made = {item.topic: (item.make(good), item.make(bad)) for item in (*NAVIGATION, PX4)}
    for topic in ('points', 'obstacles'):
        one, two = made[topic]
        assert len(one.xyz) > 0 and len(two.xyz) == 0
    one, two = made['regions_3d']
    assert one and not two
    for topic in ('scan', 'obstacle_distance'):
        one, two = made[topic]
        assert np.isfinite(one.ranges).any() and np.isnan(two.ranges).all()
        assert len(one.ranges) == len(two.ranges)
    assert np.isinf(made['scan'][0].ranges).any()
    assert (made[PX4.topic][1].distances == 65535).all()


@SOURCES
def test_the_reason_is_that_of_the_image_and_meters_go_on_behind_it(
        kind: DepthKind, source: str) -> None:
    good, bad = good_and_bad(kind, source, False)
    assert good.why_no_meters == bad.why_no_meters == ''
    assert bad.quality.name == 'too dark' and bad.metric_plane is None
    if source != 'none':
        assert bad.scaling is not None and bad.scaling.reason == bad.quality.problem
