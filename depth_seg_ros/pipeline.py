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
"""The order of the stages: depth, alignment, segmentation, tracking, regions; and their times."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
import math
from time import perf_counter

from depth_seg_ros.depth import DepthEstimator, DepthKind, DepthMap, load_estimator
from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.params import PipelineParams
from depth_seg_ros.segmentation import Memory, Region, Segmentation, Segmenter
from depth_seg_ros.stabilize import Alignment, Stabilizer
from depth_seg_ros.tracking import Tracker
import numpy as np
from numpy.typing import NDArray

__all__ = ['FrameResult', 'Pipeline', 'build_pipeline']


@dataclass(frozen=True, eq=False)
class FrameResult:
    """
    All that is known about one frame. Drawing, export and messages start from it.

    Parameters
    ----------
    stamp : float
        Time of the image in seconds.
    rgb : uint8 ndarray of shape (H, W, 3)
        The image as it came. Not a copy.
    depth : DepthMap
        On the network's grid (h, w); relative depth at the scale and shift of the stream.
    segmentation : Segmentation
        On the same grid.
    regions : tuple of Region
        Those of the segmentation, in pixels of the image, with angles where the camera is known
        and distances where depth is metric.
    timings : dict of str to float
        Seconds per stage: `depth`, `steady`, `segmentation`, `tracking`, `regions`.
    alignment : Alignment
        How depth was put on the scale of the frames before.
    camera : CameraModel or None
        On the grid of `depth`; None where it is not known.

    """

    stamp: float
    rgb: NDArray[np.uint8]
    depth: DepthMap
    segmentation: Segmentation
    regions: tuple[Region, ...]
    timings: dict[str, float]
    alignment: Alignment = field(default_factory=Alignment)
    camera: CameraModel | None = None

    @property
    def image_shape(self) -> tuple[int, int]:
        """Return (height, width) of the image in pixels."""
        height, width = self.rgb.shape[:2]
        return height, width


class Pipeline:
    """
    One camera's chain of stages. Not for several threads at once.

    Frames with rising stamps are taken as a stream: scale, shift and thresholds are carried from
    one to the next (parameters `steady.*`), until a scene cut, a gap, or a stamp that does not
    rise.

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

    @property
    def id_restarts(self) -> int:
        """Return how often region ids began at 1 again as those left might not have sufficed."""
        return self._tracker.restarts

    def reset(self) -> None:
        """Carry nothing over to the next frame: it belongs to another stream. Ids count on."""
        self._stabilizer.reset()
        self._memory.reset()
        self._tracker.forget()

    def process(self, rgb: NDArray[np.uint8], stamp: float,
                camera: CameraModel | None = None) -> FrameResult:
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

        Raises
        ------
        TypeError, ValueError
            When `rgb` is not such an array.

        """
        _check_rgb(rgb)
        timings: dict[str, float] = {}
        with _timed(timings, 'depth'):
            depth = self.estimator.estimate(rgb)
        with _timed(timings, 'steady'):
            depth, alignment = self._steadied(depth, stamp)
        with _timed(timings, 'segmentation'):
            segmentation = self._segmenter.process(depth, stamp, self._memory)
        with _timed(timings, 'tracking'):
            if alignment.cut:
                self._tracker.forget()
            segmentation = self._tracker.update(segmentation, stamp, depth.kind)
        with _timed(timings, 'regions'):
            regions = _in_image(segmentation.regions, depth, rgb.shape[:2], camera)
        height, width = depth.shape
        return FrameResult(stamp, rgb, depth, segmentation, regions, timings, alignment,
                           camera.scaled(width, height) if camera is not None else None)

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


def _check_rgb(rgb: NDArray[np.uint8]) -> None:
    if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8:
        got = getattr(rgb, 'dtype', type(rgb).__name__)
        raise TypeError(f'rgb: expected a uint8 ndarray, got {got}')
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.size == 0:
        raise ValueError(f'rgb: expected shape (H, W, 3) with H, W >= 1, got {rgb.shape}')


def _in_image(regions: tuple[Region, ...], depth: DepthMap, image_shape: tuple[int, int],
              camera: CameraModel | None) -> tuple[Region, ...]:
    """Move regions from the depth grid to the image, and add what camera and unit allow."""
    height, width = image_shape
    sy, sx = height / depth.shape[0], width / depth.shape[1]
    if camera is not None:
        camera = camera.scaled(width, height)
    moved = []
    for region in regions:
        row, column, box_height, box_width = region.box
        region = replace(
            region, area=round(region.area * sy * sx),
            box=(row * sy, column * sx, box_height * sy, box_width * sx),
            centroid=(region.centroid[0] * sy, region.centroid[1] * sx),
            velocity=(region.velocity[0] * sy, region.velocity[1] * sx))
        if depth.kind is DepthKind.METRIC:
            # What is so far that its inverse is lost in rounding has no distance to tell.
            region = replace(region, distance=(
                1.0 / region.nearest if region.nearest > 0.0 else math.inf))
        moved.append(region if camera is None else _with_angles(region, camera))
    return tuple(moved)


def _with_angles(region: Region, camera: CameraModel) -> Region:
    # Boxes count from the corner of the first pixel, the camera model from its center.
    row, column, height, width = region.box
    top, left = row - 0.5, column - 0.5
    return replace(
        region,
        bearing=camera.bearing(region.centroid[1] - 0.5),
        elevation=camera.elevation(region.centroid[0] - 0.5),
        angular_width=camera.bearing(left + width) - camera.bearing(left),
        angular_height=camera.elevation(top) - camera.elevation(top + height))


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    start = perf_counter()
    yield
    timings[stage] = perf_counter() - start
