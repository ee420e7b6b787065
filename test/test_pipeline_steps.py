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
"""An image is looked at and understood in two steps; the next may be looked at in between."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from depth_seg_ros.depth import DepthMap, EstimationError
from depth_seg_ros.params import (
    MountParams, PipelineParams, QualityParams, ScaleParams, SegmentationParams)
from depth_seg_ros.pipeline import FrameResult, Look, Pipeline
from frame_results import PaperNetwork
import numpy as np
from numpy.typing import NDArray
import pytest

SEEN = np.full((240, 320, 3), 60, np.uint8)
SEEN[60:180, 80:200] = 200
DARK = np.zeros_like(SEEN)

STREAM = (SEEN, SEEN, SEEN, DARK, SEEN, SEEN, SEEN, DARK, SEEN, SEEN)
UPDATED = {2: PipelineParams(segmentation=SegmentationParams(min_area=0.2)),
           4: PipelineParams(segmentation=SegmentationParams(method='local')),
           6: PipelineParams(quality=QualityParams(enable=False)),
           8: PipelineParams(scale=ScaleParams(source='ground'), mount=MountParams(pitch=0.1))}
RESET = {1, 5}


class Breathing(PaperNetwork):
    """A network that looks at the image, and grows its scale with every one."""

    def __init__(self) -> None:
        super().__init__()
        self.info = replace(self.info, sees_image=True)

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return the same depth at a larger scale."""
        depth = super().estimate(rgb)
        return DepthMap(depth.values * np.float32(1.0 + 0.1 * self._count), depth.kind)


def looks(pipeline: Pipeline) -> Any:
    """Yield the looks of the stream, told when something changes."""
    for number, image in enumerate(STREAM):
        if number in UPDATED:
            pipeline.update(UPDATED[number])
        if number in RESET:
            pipeline.reset()
        image = image.copy()
        image[0, 0] = number % 2
        yield pipeline.look(image, number / 10)


def facts(result: FrameResult) -> tuple[Any, ...]:
    """Return what is to be the same."""
    return (result.stamp, result.quality.name, result.alignment, result.depth.values.tobytes(),
            result.segmentation.labels.tobytes(), result.segmentation.classes.tobytes(),
            [(region.id, region.age) for region in result.regions], result.mount,
            result.scaling is None)


def test_looking_ahead_changes_nothing_whatever_is_updated_and_reset_on_the_way() -> None:
    one_by_one = Pipeline(Breathing(), PipelineParams())
    expected = [facts(one_by_one.understand(look)) for look in looks(one_by_one)]
    ahead = Pipeline(Breathing(), PipelineParams())
    found, last = [], None
    for look in looks(ahead):
        if last is not None:
            found.append(facts(ahead.understand(last)))
        last = look
    assert isinstance(last, Look)
    found.append(facts(ahead.understand(last)))
    assert [repr(each) for each in found] == [repr(each) for each in expected]  # NaN is not NaN
    follows = [each[2].follows for each in expected]
    assert follows == [False, False, True, False, True, False, True, True, True, True]


def test_both_steps_after_each_other_are_what_process_does() -> None:
    pipeline = Pipeline(PaperNetwork(), PipelineParams())
    look = pipeline.look(SEEN, 0.5)
    assert look.stamp == 0.5 and look.rgb is SEEN and set(look.timings) == {'quality', 'depth'}
    result = pipeline.understand(look)
    other = Pipeline(PaperNetwork(), PipelineParams()).process(SEEN, 0.5)
    assert repr(facts(result)) == repr(facts(other))
    assert list(result.timings) == list(other.timings) and result.regions


def test_the_network_is_not_asked_about_an_image_that_is_not_fit() -> None:
    network = Breathing()
    look = Pipeline(network, PipelineParams()).look(DARK, 0.0)
    assert look.depth is None and look.quality.name == 'too dark' and 'depth' not in look.timings


def test_a_reset_waits_for_the_next_image_that_has_depth() -> None:
    def fail(number: int) -> None:
        if number == 1 and not failed:
            failed.append(number)
            raise EstimationError('no')

    failed: list[int] = []
    pipeline = Pipeline(PaperNetwork(on_image=fail), PipelineParams())
    first = pipeline.process(SEEN, 0.0).regions
    pipeline.reset()
    with pytest.raises(EstimationError):
        pipeline.look(SEEN, 0.1)
    after = pipeline.process(SEEN, 0.2)
    assert failed and not after.alignment.follows
    assert min(region.id for region in after.regions) > max(region.id for region in first)
    assert pipeline.process(SEEN, 0.3).alignment.follows
