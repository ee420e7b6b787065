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
"""The order of the stages, and what they hand on."""

from __future__ import annotations

from dataclasses import replace
import math
from typing import Any

from depth_seg_ros.depth import DepthEstimator, DepthKind, DepthMap, EstimatorInfo
from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.params import (
    ModelParams, MountParams, PipelineParams, QualityParams, ScaleParams, SegmentationParams,
    SteadyParams, TrackingParams)
import depth_seg_ros.pipeline
from depth_seg_ros.pipeline import build_pipeline, FrameResult, Pipeline
from depth_seg_ros.readings import Readings
from depth_seg_ros.segmentation import Memory, Region, RegionClass, Segmentation
from frame_results import PaperNetwork
import numpy as np
from numpy.typing import NDArray
import pytest

RGB = np.zeros((240, 320, 3), np.uint8)
CAMERA = CameraModel(640, 480, 500.0, 400.0, 319.5, 239.5)

REGION = Region(7, RegionClass.OBJECT, area=100, box=(10.0, 20.0, 30.0, 40.0),
                centroid=(25.0, 40.0), nearest=0.5, median=0.4)


def processed(region: Region, grid: tuple[int, int], image: tuple[int, int],
              kind: DepthKind = DepthKind.RELATIVE_INVERSE,
              camera: CameraModel | None = None) -> Region:
    """Return what the pipeline makes of one region that the segmenter found."""
    class One:
        info = EstimatorInfo('one', 'test', 'cpu', 'fp32', kind, sees_image=False)

        def load(self) -> None:
            """Do nothing."""

        def close(self) -> None:
            """Do nothing."""

        def estimate(self, rgb: Any) -> DepthMap:
            """Return a flat map."""
            return DepthMap(np.ones(grid, np.float32), kind)

    class Found:
        def process(self, depth: DepthMap, stamp_s: float, memory: Memory,
                    infinity: float | None) -> Segmentation:
            """Return the region."""
            labels = np.zeros(grid, np.int32)
            return Segmentation(labels, labels.astype(np.uint8), (region,))

    pipeline = Pipeline(One(), PipelineParams())
    pipeline._segmenter = Found()  # type: ignore[assignment]  # in place of the real one
    return pipeline.process(np.zeros((*image, 3), np.uint8), 0.0, camera).regions[0]


def test_a_frame_has_everything_about_an_image() -> None:
    result = Pipeline(PaperNetwork(), PipelineParams()).process(RGB, 2.5)
    assert isinstance(result, FrameResult)
    assert result.stamp == 2.5 and result.rgb is RGB
    assert result.image_shape == (240, 320) and result.depth.shape == (120, 160)
    assert result.segmentation.labels.shape == (120, 160)
    assert set(result.timings) == {
        'quality', 'depth', 'steady', 'segmentation', 'tracking', 'scale', 'regions'}
    assert not result.alignment.follows and not result.alignment.cut
    assert all(seconds >= 0 for seconds in result.timings.values())
    assert [region.id for region in result.regions] == [
        region.id for region in result.segmentation.regions]
    assert result.regions


def test_the_same_image_gives_the_same_result() -> None:
    first, second = (Pipeline(PaperNetwork(), PipelineParams()).process(RGB, 0.0)
                     for _ in range(2))
    np.testing.assert_array_equal(first.segmentation.labels, second.segmentation.labels)
    assert repr(first.regions) == repr(second.regions)


@pytest.mark.parametrize('rgb, message', [
    ([[1]], 'rgb: expected a uint8 ndarray, got list'),
    (RGB.astype(np.float32), 'rgb: expected a uint8 ndarray, got float32')])
def test_another_type_is_refused(rgb: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Pipeline(PaperNetwork(), PipelineParams()).process(rgb, 0.0)


@pytest.mark.parametrize('shape', [(4, 4), (4, 4, 4), (0, 4, 3), (4, 0, 3), (2, 4, 4, 3)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r'rgb: expected shape \(H, W, 3\)'):
        Pipeline(PaperNetwork(), PipelineParams()).process(np.zeros(shape, np.uint8), 0.0)


def test_regions_move_from_the_grid_to_the_image() -> None:
    region = processed(REGION, (100, 100), (300, 200))
    assert region.box == (30.0, 40.0, 90.0, 80.0)
    assert region.centroid == (75.0, 80.0)
    assert region.area == 600
    assert (region.kind, region.nearest) == (RegionClass.OBJECT, 0.5)


def test_without_a_camera_angles_are_unknown_and_without_meters_distance_is() -> None:
    region = processed(REGION, (100, 100), (100, 100))
    unknown = (region.bearing, region.elevation, region.angular_width, region.angular_height,
               region.distance)
    assert all(map(math.isnan, unknown))


def test_distance_is_that_of_the_nearest_part() -> None:
    assert processed(REGION, (100, 100), (100, 100), DepthKind.METRIC).distance == 2.0


@pytest.mark.parametrize('nearest', [0.0, -1e-12])
def test_distance_is_endless_where_rounding_leaves_no_inverse_depth(nearest: float) -> None:
    region = replace(REGION, nearest=nearest)
    assert processed(region, (100, 100), (100, 100), DepthKind.METRIC).distance == math.inf


def test_a_frame_tells_its_camera_on_the_grid_of_its_depth() -> None:
    with Pipeline(PaperNetwork(), PipelineParams()) as pipeline:
        assert pipeline.process(RGB, 0.0, CAMERA).camera == CAMERA.scaled(160, 120)
        assert pipeline.process(RGB, 0.0).camera is None


def test_angles_come_from_the_camera_scaled_to_the_image() -> None:
    region = replace(REGION, box=(0.0, 0.0, 120.0, 160.0), centroid=(60.0, 80.0))
    centered = processed(region, (120, 160), (240, 320), camera=CAMERA)
    assert centered.bearing == pytest.approx(0.0, abs=1e-9)
    assert centered.elevation == pytest.approx(0.0, abs=1e-9)
    assert centered.angular_width == pytest.approx(2 * math.atan(320 / 500))
    assert centered.angular_height == pytest.approx(2 * math.atan(240 / 400))


def test_right_and_up_are_positive() -> None:
    region = replace(REGION, box=(0.0, 80.0, 20.0, 20.0), centroid=(10.0, 90.0))
    moved = processed(region, (100, 100), (480, 640), camera=CAMERA)
    assert moved.bearing == pytest.approx(math.atan((576.0 - 320.0) / 500))
    assert moved.elevation == pytest.approx(math.atan((240.0 - 48.0) / 400))


def test_new_parameters_count_from_the_next_frame_on() -> None:
    pipeline = Pipeline(PaperNetwork(), PipelineParams())
    assert pipeline.process(RGB, 0.0).regions
    pipeline.update(PipelineParams(segmentation=SegmentationParams(min_area=0.2)))
    assert not pipeline.process(RGB, 0.1).regions


class Breathing(PaperNetwork):
    """A network that doubles its scale with every image."""

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return the same depth at twice the scale."""
        depth = super().estimate(rgb)
        return DepthMap(depth.values * np.float32(2.0 ** self._count), depth.kind)


def scales(pipeline: Pipeline, stamps: tuple[float, ...]) -> list[float]:
    """Return the largest inverse depth of each frame, in units of the first."""
    values = [float(pipeline.process(RGB, stamp).depth.values.max()) for stamp in stamps]
    return [value / values[0] for value in values]


def breathing(**params: Any) -> Pipeline:
    return Pipeline(Breathing(), PipelineParams(steady=SteadyParams(memory=60.0, **params)))


def test_a_stream_keeps_its_scale() -> None:
    pipeline = breathing()
    assert scales(pipeline, (0.0, 0.01, 0.02)) == pytest.approx([1, 1, 1], abs=0.01)
    assert pipeline.process(RGB, 0.03).alignment.scale == pytest.approx(1 / 8, abs=0.01)


@pytest.mark.parametrize('stamps', [(1.0, 1.0), (1.0, 0.5), (1.0, 9.0)])
def test_what_is_no_stream_stands_for_itself(stamps: tuple[float, ...]) -> None:
    assert scales(breathing(), stamps) == [1, 2]


def test_nothing_is_carried_when_it_is_off_nor_into_what_comes_after() -> None:
    pipeline = breathing(enable=False)
    assert scales(pipeline, (0.0, 0.1)) == [1, 2]
    pipeline.update(PipelineParams())
    assert not pipeline.process(RGB, 0.2).alignment.follows


def test_after_a_reset_nothing_is_carried() -> None:
    pipeline = breathing()
    first = pipeline.process(RGB, 0.0).depth.values.max()
    pipeline.reset()
    after = pipeline.process(RGB, 0.1)
    assert after.depth.values.max() == 2 * first
    assert pipeline._memory._frames == 1


def test_new_parameters_keep_the_stream_but_another_method_forgets_its_masks() -> None:
    pipeline = breathing()
    pipeline.process(RGB, 0.0)
    pipeline.update(PipelineParams(steady=SteadyParams(hold=0.1)))
    assert pipeline.process(RGB, 0.01).alignment.follows and pipeline._memory._frames == 2
    assert pipeline._memory.params.hold == 0.1
    pipeline.update(PipelineParams(segmentation=SegmentationParams(method='local')))
    assert pipeline.process(RGB, 0.02).alignment.follows and pipeline._memory._frames == 1


def with_sparse(factor: float = 1.0) -> Readings:
    """Return meters of a few pixels of what PaperNetwork sees, 1 / Z = factor * depth."""
    meters = 1.0 / (factor * PaperNetwork().estimate(RGB).values)
    meters[:, np.arange(160) % 8 > 0] = np.nan
    return Readings(sparse=DepthMap(meters, DepthKind.METRIC))


def test_meters_follow_the_source_that_is_asked_for() -> None:
    sparse = PipelineParams(scale=ScaleParams(source='sparse'))
    result = Pipeline(PaperNetwork(), sparse).process(RGB, 0.0, readings=with_sparse(2.0))
    assert result.scaling is not None and result.metric is not None
    assert (result.scaling.scale, result.scaling.shift) == pytest.approx((2.0, 0.0), abs=1e-3)
    region = max(result.regions, key=lambda each: each.nearest)
    assert region.distance == pytest.approx(1.0 / (2.0 * region.nearest), rel=1e-3)
    unscaled = Pipeline(PaperNetwork(), PipelineParams()).process(
        RGB, 0.0, readings=with_sparse(2.0))
    assert unscaled.scaling is None and unscaled.metric is None


def test_a_scale_is_held_while_frames_follow_and_no_longer() -> None:
    pipeline = Pipeline(PaperNetwork(), PipelineParams(scale=ScaleParams(source='sparse')))
    pipeline.process(RGB, 1.0, readings=with_sparse())
    held = pipeline.process(RGB, 1.1).scaling
    assert held is not None and held.age == pytest.approx(0.1) and not held.reason
    again = pipeline.process(RGB, 1.1).scaling  # not later, so no stream
    assert again is not None and 'no sparse_depth' in again.reason
    pipeline.process(RGB, 1.2, readings=with_sparse())
    pipeline.reset()
    after = pipeline.process(RGB, 1.3).scaling
    assert after is not None and after.reason


def test_without_steady_frames_no_scale_of_another_frame_fits() -> None:
    params = PipelineParams(scale=ScaleParams(source='sparse'),
                            steady=SteadyParams(enable=False))
    relative = Pipeline(PaperNetwork(), params)
    relative.process(RGB, 1.0, readings=with_sparse())
    alone = relative.process(RGB, 1.1).scaling
    assert alone is not None and alone.reason
    metric = Pipeline(PaperNetwork(DepthKind.METRIC), params)
    metric.process(RGB, 1.0, readings=with_sparse(1.2))
    held = metric.process(RGB, 1.1).scaling
    assert held is not None and held.scale == pytest.approx(1.2, rel=1e-3)


def test_the_mount_of_a_frame_is_that_of_its_readings() -> None:
    pipeline = Pipeline(PaperNetwork(), PipelineParams(
        mount=MountParams(attitude='imu', height=0.7)))
    told = pipeline.process(RGB, 0.0, readings=Readings(down=(0.0, 0.0, -1.0))).mount
    assert told.is_tilt_told and told.attitude.down == pytest.approx((0.0, 1.0, 0.0))
    assert told.attitude.height == 0.7
    assert not pipeline.process(RGB, 0.1).mount.is_tilt_told


def test_a_scene_cut_forgets() -> None:
    class Turning(PaperNetwork):
        def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
            """Return what a head-over-heels camera sees in every second frame."""
            depth = super().estimate(rgb)
            return DepthMap(depth.values[::-1 if self._count % 2 else 1], depth.kind)

    pipeline = Pipeline(Turning(), PipelineParams())
    cuts = [pipeline.process(RGB, stamp).alignment.cut for stamp in (0.0, 0.1, 0.2)]
    assert cuts == [False, True, True] and pipeline._memory._frames == 1


@pytest.mark.parametrize('kind', list(DepthKind))
def test_after_a_scene_cut_no_scale_is_held(kind: DepthKind) -> None:
    class Cut(PaperNetwork):
        def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
            """Return two frames of one scene, and then one of another."""
            depth = super().estimate(rgb)
            return DepthMap(depth.values[::-1 if self._count > 2 else 1], depth.kind)

    pipeline = Pipeline(Cut(kind), PipelineParams(scale=ScaleParams(source='sparse')))
    pipeline.process(RGB, 1.0, readings=with_sparse())
    held, cut = (pipeline.process(RGB, stamp) for stamp in (1.05, 1.1))
    assert held.scaling is not None and not held.scaling.reason and not held.alignment.cut
    assert cut.alignment.cut and cut.scaling is not None and cut.scaling.reason
    assert cut.metric is None


def test_ids_stay_from_frame_to_frame_until_told_that_the_stream_ends() -> None:
    pipeline = Pipeline(PaperNetwork(), PipelineParams())
    first, second = (pipeline.process(RGB, stamp).regions for stamp in (0.0, 0.1))
    assert [region.id for region in second] == [region.id for region in first]
    assert [region.age for region in first] == [0.0] * len(first)
    assert [region.age for region in second] == pytest.approx([0.1] * len(first))
    pipeline.reset()
    third = pipeline.process(RGB, 0.2).regions
    assert min(region.id for region in third) > max(region.id for region in first)
    assert pipeline.id_restarts == 0


def test_velocity_is_in_pixels_of_the_image() -> None:
    pipeline = Pipeline(PaperNetwork(), PipelineParams())
    grids = []

    class Moving:
        def process(self, depth: DepthMap, stamp_s: float, memory: Memory,
                    infinity: float | None) -> Segmentation:
            """Return a region two rows and four columns farther every time."""
            step = len(grids)
            grids.append(depth.shape)
            labels = np.zeros(depth.shape, np.int32)
            labels[10 + 2 * step:40 + 2 * step, 20 + 4 * step:60 + 4 * step] = 1
            box = (10.0 + 2 * step, 20.0 + 4 * step, 30.0, 40.0)
            return Segmentation(labels, labels.astype(np.uint8), (replace(
                REGION, id=1, box=box, centroid=(25.0 + 2 * step, 40.0 + 4 * step)),))

    pipeline._segmenter = Moving()  # type: ignore[assignment]  # in place of the real one
    regions = [pipeline.process(RGB, 0.1 * number).regions[0] for number in range(4)]
    assert regions[-1].velocity == pytest.approx((40.0, 80.0))


def test_tracking_is_switched_off_live() -> None:
    pipeline = Pipeline(PaperNetwork(), PipelineParams())
    pipeline.process(RGB, 0.0)
    pipeline.update(PipelineParams(tracking=TrackingParams(enable=False)))
    assert all(math.isnan(region.age) for region in pipeline.process(RGB, 0.1).regions)


def test_leaving_the_block_closes_the_network() -> None:
    network = PaperNetwork()
    with Pipeline(network, PipelineParams()) as pipeline:
        assert pipeline.estimator is network and not network.closed
    assert network.closed


@pytest.mark.parametrize('params, expected', [
    (None, ModelParams()),
    (PipelineParams(model=ModelParams(name='embedded')), ModelParams(name='embedded'))])
def test_a_pipeline_is_built_around_the_model_that_is_named(
        monkeypatch: pytest.MonkeyPatch, params: PipelineParams | None,
        expected: ModelParams) -> None:
    asked = []

    def load(model: ModelParams) -> DepthEstimator:
        asked.append(model)
        return PaperNetwork()

    monkeypatch.setattr(depth_seg_ros.pipeline, 'load_estimator', load)
    pipeline = build_pipeline(params)
    assert asked == [expected]
    assert isinstance(pipeline.estimator, PaperNetwork)


class Looking(PaperNetwork):
    """A network that looks at the image, and counts how often."""

    def __init__(self, kind: DepthKind = DepthKind.RELATIVE_INVERSE) -> None:
        super().__init__(kind)
        self.info = replace(self.info, sees_image=True)

    @property
    def looks(self) -> int:
        """Return how often it was asked."""
        return self._count


SEEN = np.full((240, 320, 3), 60, np.uint8)
SEEN[60:180, 80:200] = 200


def run(pipeline: Pipeline, images: Any, rate: float = 10.0) -> list[FrameResult]:
    """Return the results of images that differ in a pixel from frame to frame."""
    results = []
    for number, image in enumerate(images):
        image = image.copy()
        image[0, 0] = number % 2
        results.append(pipeline.process(image, (1 + number) / rate, CAMERA))
    return results


@pytest.mark.parametrize('kind', DepthKind)
def test_of_an_image_that_is_not_fit_nothing_is_known_and_no_network_runs(kind: DepthKind) -> None:
    network = Looking(kind)
    good, bad = run(Pipeline(network, PipelineParams()), [SEEN, RGB])
    assert good.quality.is_fit and good.regions and network.looks == 1
    assert bad.quality.name == 'too dark' and set(bad.timings) == {'quality'}
    assert not bad.depth.valid.any() and bad.depth.kind is kind
    assert bad.depth.shape == good.depth.shape and bad.camera == good.camera
    assert (bad.segmentation.classes == RegionClass.UNKNOWN).all()
    assert not bad.segmentation.labels.any() and not bad.segmentation.mask.any()
    assert bad.regions == () and bad.segmentation.plane is None
    assert bad.stamp == 0.2 and not bad.alignment.cut


@pytest.mark.parametrize('shape, size, grid', [
    ((480, 640), 120, (120, 160)), ((100, 60), 120, (100, 60)), ((90, 1200), 45, (45, 600))])
def test_a_first_image_that_is_not_fit_has_a_grid_of_its_shape(
        shape: tuple[int, int], size: int, grid: tuple[int, int]) -> None:
    params = PipelineParams(model=ModelParams(input_size=size))
    result = Pipeline(Looking(), params).process(np.zeros((*shape, 3), np.uint8), 0.0)
    assert result.depth.shape == result.segmentation.classes.shape == grid
    assert result.camera is None


def test_an_image_of_another_size_does_not_take_the_grid_of_the_one_before() -> None:
    pipeline = Pipeline(Looking(), PipelineParams())
    pipeline.process(SEEN, 0.0)
    assert pipeline.process(np.zeros((100, 60, 3), np.uint8), 0.1).depth.shape == (100, 60)


def test_the_stream_goes_on_behind_an_image_that_is_not_fit() -> None:
    class Wavering(Looking):
        def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
            """Return the same depth at twice the scale every time."""
            depth = super().estimate(rgb)
            return DepthMap(depth.values * np.float32(2.0 ** self._count), depth.kind)

    steady = SteadyParams(memory=60.0)
    first, _, after = run(Pipeline(Wavering(), PipelineParams(steady=steady)), [SEEN, RGB, SEEN])
    assert after.alignment.follows
    assert after.depth.values.max() == pytest.approx(first.depth.values.max(), rel=0.02)
    assert [region.id for region in after.regions] == [region.id for region in first.regions]
    assert [region.age for region in after.regions] == pytest.approx([0.2] * len(first.regions))


def test_a_long_time_without_a_fit_image_ends_the_stream() -> None:
    results = run(Pipeline(Looking(), PipelineParams()), [SEEN, RGB, SEEN], rate=0.1)
    assert not results[-1].alignment.follows


def test_a_frozen_image_is_unknown_until_it_moves() -> None:
    pipeline = Pipeline(Looking(), PipelineParams())
    names = [pipeline.process(SEEN, stamp).quality.name for stamp in (0.0, 1.0, 3.0)]
    assert names == ['', '', 'frozen']
    moved = np.roll(SEEN, 2, axis=1)
    assert pipeline.process(moved, 3.1).quality.is_fit
    pipeline.process(moved, 3.2)
    pipeline.reset()
    assert pipeline.process(moved, 9.0).quality.is_fit


def test_an_image_that_depth_does_not_come_from_is_not_judged() -> None:
    assert Pipeline(PaperNetwork(), PipelineParams()).process(RGB, 0.0).quality.is_fit
    network = Looking()
    given = DepthMap(PaperNetwork(DepthKind.METRIC).estimate(RGB).values, DepthKind.METRIC)
    result = Pipeline(network, PipelineParams()).process(RGB, 0.0, None, Readings(depth=given))
    assert result.quality.is_fit and result.regions and network.looks == 0


def test_the_gate_is_switched_off_and_on_live() -> None:
    off = PipelineParams(quality=QualityParams(enable=False))
    pipeline = Pipeline(Looking(), off)
    assert pipeline.process(RGB, 0.0).regions
    pipeline.update(PipelineParams())
    assert not pipeline.process(RGB, 0.1).quality.is_fit


def test_meters_of_an_image_that_is_not_fit_are_unknown_and_not_left_out() -> None:
    params = PipelineParams(scale=ScaleParams(source='ground'))
    result = Pipeline(Looking(), params).process(RGB, 0.0, CAMERA)
    assert result.metric is not None and result.metric.kind is DepthKind.METRIC
    assert result.metric.shape == result.depth.shape and not result.metric.valid.any()
    assert result.scaling is not None and result.scaling.reason == result.quality.problem
    assert Pipeline(Looking(), PipelineParams()).process(RGB, 0.0).scaling is None
