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
"""The order of the stages: quality, depth, alignment, segmentation, tracking, scale, regions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter

from depth_seg_ros.depth import DepthEstimator, DepthKind, DepthMap, load_estimator
from depth_seg_ros.frame_result import FrameResult, regions_in_image
from depth_seg_ros.geometry import CameraModel, mount_of
from depth_seg_ros.params import PipelineParams
from depth_seg_ros.quality import InputGate, Quality
from depth_seg_ros.readings import NOTHING, Readings
from depth_seg_ros.scale import Scaler, Scaling
from depth_seg_ros.segmentation import Memory, RegionClass, Segmentation, Segmenter
from depth_seg_ros.stabilize import Alignment, Stabilizer
from depth_seg_ros.tracking import Tracker
import numpy as np
from numpy.typing import NDArray

__all__ = ['FrameResult', 'Look', 'Pipeline', 'build_pipeline']


@dataclass(frozen=True, eq=False)
class Look:
    """
    One image and its depth: what `Pipeline.look` gives and `Pipeline.understand` takes.

    Parameters
    ----------
    rgb, stamp, camera, readings
        As given to `look`.
    timings : dict of str to float
        Seconds by stage; `understand` goes on with it.
    quality : Quality
        What is wrong with the image.
    depth : DepthMap or None
        None where the image is not fit.
    params : PipelineParams
        As of this image.
    begins : bool
        Whether the image is the first since `reset`.

    """

    rgb: NDArray[np.uint8]
    stamp: float
    camera: CameraModel | None
    readings: Readings
    timings: dict[str, float]
    quality: Quality
    depth: DepthMap | None
    params: PipelineParams
    begins: bool


class Pipeline:
    """
    One camera's chain of stages, in two steps: `look` and `understand`.

    Every look is to be understood, in their order. One thread may look at the next image while
    another understands the last; what `update` and `reset` say, in the thread of `look`, goes
    with the images from the next on.

    Frames with rising stamps are taken as a stream: scale, shift and thresholds are carried from
    one to the next (parameters `steady.*`), until a scene cut, a gap, or a stamp that does not
    rise. An image that is not fit (`quality.*`) gives a frame of which nothing is known, and the
    stream goes on behind it.

    Parameters
    ----------
    estimator : DepthEstimator
        Loaded; the pipeline closes it.
    params : PipelineParams

    """

    def __init__(self, estimator: DepthEstimator, params: PipelineParams) -> None:
        self.estimator = estimator
        # Of looking.
        self._params = params
        self._begins = True
        self._gate = InputGate(params.quality)
        # Of understanding.
        self._applied = params
        self._segmenter = Segmenter(params.segmentation)
        self._stabilizer = Stabilizer(params.steady)
        self._memory = Memory(params.steady)
        self._tracker = Tracker(params.tracking)
        self._scaler = Scaler(params.scale)
        self._grids: tuple[tuple[int, ...], tuple[int, int]] | None = None

    def __enter__(self) -> Pipeline:
        """Return itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the estimator."""
        self.close()

    def close(self) -> None:
        """Free the network."""
        self.estimator.close()

    def update(self, params: PipelineParams) -> None:
        """Take new live parameters from the next frame on. The model and the stream stay."""
        self._params = params

    @property
    def id_restarts(self) -> int:
        """Return how often region ids began at 1 again as those left might not have sufficed."""
        return self._tracker.restarts

    def reset(self) -> None:
        """Carry nothing over to the next frame: it belongs to another stream. Ids count on."""
        self._gate.reset()
        self._begins = True

    def process(self, rgb: NDArray[np.uint8], stamp: float, camera: CameraModel | None = None,
                readings: Readings = NOTHING) -> FrameResult:
        """
        Run every stage on one image: `look`, then `understand`.

        Parameters
        ----------
        rgb : uint8 ndarray of shape (H, W, 3)
            The image.
        stamp : float
            Time of the image in seconds.
        camera : CameraModel, optional
            Its intrinsics at any image size; without it angles stay NaN.
        readings : Readings, optional
            What other sensors say at that time.

        Raises
        ------
        TypeError, ValueError
            When `rgb` is not such an array.
        EstimationError
            When the network gives no depth for it.

        """
        return self.understand(self.look(rgb, stamp, camera, readings))

    def look(self, rgb: NDArray[np.uint8], stamp: float, camera: CameraModel | None = None,
             readings: Readings = NOTHING) -> Look:
        """Judge one image and ask the network, if it is fit; as `process`."""
        _check_rgb(rgb)
        params = self._params
        self._gate.params = params.quality
        timings: dict[str, float] = {}
        with _timed(timings, 'quality'):
            quality = Quality()
            if readings.depth is None and self.estimator.info.sees_image:
                quality = self._gate.judge(rgb, stamp)
        depth = None
        if quality.is_fit:
            with _timed(timings, 'depth'):
                depth = readings.depth or self.estimator.estimate(rgb)
        begins, self._begins = self._begins, False
        return Look(rgb, stamp, camera, readings, timings, quality, depth, params, begins)

    def understand(self, look: Look) -> FrameResult:
        """Find out what the depth of one image shows."""
        self._follow(look)
        depth, timings, stamp = look.depth, look.timings, look.stamp
        if depth is None:
            return self._unknown(look)
        self._grids = look.rgb.shape, depth.shape
        with _timed(timings, 'steady'):
            depth, alignment = self._steadied(depth, stamp)
            if alignment.cut or (
                    depth.kind is DepthKind.RELATIVE_INVERSE and not alignment.follows):
                self._scaler.reset()  # another scene, or a scale and shift of its own
        with _timed(timings, 'segmentation'):
            segmentation = self._segmenter.process(depth, stamp, self._memory,
                                                   self._scaler.infinity)
        with _timed(timings, 'tracking'):
            if alignment.cut:
                self._tracker.forget()
            segmentation = self._tracker.update(segmentation, stamp, depth.kind)
        on_grid = _on_grid(look.camera, depth)
        mount = mount_of(look.params.mount, look.readings)
        with _timed(timings, 'scale'):
            scaling = self._scaler.process(depth, stamp, look.readings, mount, on_grid,
                                           segmentation.plane)
        result = FrameResult(stamp, look.rgb, depth, segmentation, (), timings, alignment, on_grid,
                             mount, scaling, look.quality)
        with _timed(timings, 'regions'):
            return replace(result, regions=regions_in_image(result, look.camera))

    def _follow(self, look: Look) -> None:
        """Take over the parameters of an image, and forget what it does not continue."""
        params, before = look.params, self._applied
        if params is not before:
            if params.segmentation.method != before.segmentation.method:
                self._memory.reset()
            self._segmenter = Segmenter(params.segmentation)
            self._stabilizer.params = self._memory.params = params.steady
            self._tracker.params, self._scaler.params = params.tracking, params.scale
            self._applied = params
        if look.begins:
            self._stabilizer.reset()
            self._memory.reset()
            self._tracker.forget()
            self._scaler.reset()

    def _unknown(self, look: Look) -> FrameResult:
        """Return a frame of which nothing is known; what is carried on does not hear of it."""
        rgb, params = look.rgb, look.params
        if self._grids is not None and self._grids[0] == rgb.shape:
            grid = self._grids[1]
        else:
            scale = min(1.0, params.model.input_size / min(rgb.shape[:2]))
            height, width = (max(1, round(length * scale)) for length in rgb.shape[:2])
            grid = height, width
        depth = DepthMap(np.full(grid, np.nan, np.float32), self.estimator.info.kind)
        segmentation = Segmentation(np.zeros(grid, np.int32),
                                    np.full(grid, RegionClass.UNKNOWN, np.uint8))
        source = params.scale.source
        scaling = None if source == 'none' else Scaling(source, reason=look.quality.problem)
        return FrameResult(look.stamp, rgb, depth, segmentation, (), look.timings, Alignment(),
                           _on_grid(look.camera, depth), mount_of(params.mount, look.readings),
                           scaling, look.quality)

    def _steadied(self, depth: DepthMap, stamp: float) -> tuple[DepthMap, Alignment]:
        """Return depth on the scale of the stream, and forget what the frame does not follow."""
        if not self._applied.steady.enable:
            self._stabilizer.reset()
            self._memory.reset()
            return depth, Alignment()
        depth, alignment = self._stabilizer.process(depth, stamp)
        if not alignment.follows:
            self._memory.reset()
        return depth, alignment


def build_pipeline(params: PipelineParams | None = None) -> Pipeline:
    """
    Load the model that the parameters name and put the stages behind it.

    Parameters
    ----------
    params : PipelineParams, optional
        All defaults when left out.

    Raises
    ------
    ModelLoadError
        When the model cannot be had; the message says how to get it.

    """
    params = params or PipelineParams()
    return Pipeline(load_estimator(params.model), params)


def _on_grid(camera: CameraModel | None, depth: DepthMap) -> CameraModel | None:
    height, width = depth.shape
    return camera.scaled(width, height) if camera is not None else None


def _check_rgb(rgb: NDArray[np.uint8]) -> None:
    if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8:
        got = getattr(rgb, 'dtype', type(rgb).__name__)
        raise TypeError(f'rgb: expected a uint8 ndarray, got {got}')
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
        raise ValueError(f'rgb: expected shape (H, W, 3) with H, W >= 1, got {rgb.shape}')


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    start = perf_counter()
    yield
    timings[stage] = perf_counter() - start
