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
from dataclasses import replace
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

__all__ = ['FrameResult', 'Pipeline', 'build_pipeline']


class Pipeline:
    """
    One camera's chain of stages. Not for several threads at once.

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
        self._segmenter = Segmenter(params.segmentation)
        self._steady = params.steady
        self._stabilizer = Stabilizer(params.steady)
        self._memory = Memory(params.steady)
        self._tracker = Tracker(params.tracking)
        self._gate = InputGate(params.quality)
        self._scaler = Scaler(params.scale)
        self._mount = params.mount
        self._input_size = params.model.input_size
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
        if params.segmentation.method != self._segmenter.params.method:
            self._memory.reset()
        self._segmenter = Segmenter(params.segmentation)
        self._steady = self._stabilizer.params = self._memory.params = params.steady
        self._tracker.params = params.tracking
        self._gate.params, self._scaler.params = params.quality, params.scale
        self._mount = params.mount

    @property
    def id_restarts(self) -> int:
        """Return how often region ids began at 1 again as those left might not have sufficed."""
        return self._tracker.restarts

    def reset(self) -> None:
        """Carry nothing over to the next frame: it belongs to another stream. Ids count on."""
        self._stabilizer.reset()
        self._memory.reset()
        self._tracker.forget()
        self._gate.reset()
        self._scaler.reset()

    def process(self, rgb: NDArray[np.uint8], stamp: float, camera: CameraModel | None = None,
                readings: Readings = NOTHING) -> FrameResult:
        """
        Run every stage on one image.

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

        """
        _check_rgb(rgb)
        timings: dict[str, float] = {}
        with _timed(timings, 'quality'):
            quality = Quality()
            if readings.depth is None and self.estimator.info.sees_image:
                quality = self._gate.judge(rgb, stamp)
        if not quality.is_fit:
            return self._unknown(rgb, stamp, camera, readings, timings, quality)
        with _timed(timings, 'depth'):
            depth = readings.depth or self.estimator.estimate(rgb)
        self._grids = rgb.shape, depth.shape
        with _timed(timings, 'steady'):
            depth, alignment = self._steadied(depth, stamp)
            if depth.kind is DepthKind.RELATIVE_INVERSE and not alignment.follows:
                self._scaler.reset()  # a scale and shift of its own
        with _timed(timings, 'segmentation'):
            segmentation = self._segmenter.process(depth, stamp, self._memory,
                                                   self._scaler.infinity)
        with _timed(timings, 'tracking'):
            if alignment.cut:
                self._tracker.forget()
            segmentation = self._tracker.update(segmentation, stamp, depth.kind)
        on_grid = _on_grid(camera, depth)
        mount = mount_of(self._mount, readings)
        with _timed(timings, 'scale'):
            scaling = self._scaler.process(depth, stamp, readings, mount, on_grid,
                                           segmentation.plane)
        result = FrameResult(stamp, rgb, depth, segmentation, (), timings, alignment, on_grid,
                             mount, scaling, quality)
        with _timed(timings, 'regions'):
            return replace(result, regions=regions_in_image(result, camera))

    def _unknown(self, rgb: NDArray[np.uint8], stamp: float, camera: CameraModel | None,
                 readings: Readings, timings: dict[str, float], quality: Quality) -> FrameResult:
        """Return a frame of which nothing is known; what is carried on does not hear of it."""
        if self._grids is not None and self._grids[0] == rgb.shape:
            grid = self._grids[1]
        else:
            scale = min(1.0, self._input_size / min(rgb.shape[:2]))
            height, width = (max(1, round(length * scale)) for length in rgb.shape[:2])
            grid = height, width
        depth = DepthMap(np.full(grid, np.nan, np.float32), self.estimator.info.kind)
        segmentation = Segmentation(np.zeros(grid, np.int32),
                                    np.full(grid, RegionClass.UNKNOWN, np.uint8))
        source = self._scaler.params.source
        scaling = None if source == 'none' else Scaling(source, reason=quality.problem)
        return FrameResult(stamp, rgb, depth, segmentation, (), timings, Alignment(),
                           _on_grid(camera, depth), mount_of(self._mount, readings), scaling,
                           quality)

    def _steadied(self, depth: DepthMap, stamp: float) -> tuple[DepthMap, Alignment]:
        """Return depth on the scale of the stream, and forget what the frame does not follow."""
        if not self._steady.enable:
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
