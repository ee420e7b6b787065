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
"""All that is known about one frame."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
import math

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.geometry import CameraModel, Mount
from depth_seg_ros.quality import Quality
from depth_seg_ros.scale import Scaling
from depth_seg_ros.segmentation import Region, Segmentation
from depth_seg_ros.stabilize import Alignment
import numpy as np
from numpy.typing import NDArray

__all__ = ['FrameResult', 'regions_in_image']


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
        Seconds per stage: `quality`, `depth`, `steady`, `segmentation`, `tracking`, `scale`,
        `regions`; the first alone where the image is not fit.
    alignment : Alignment
        How depth was put on the scale of the frames before.
    camera : CameraModel or None
        On the grid of `depth`; None where it is not known.
    mount : Mount
        How the camera is held, as far as it is told.
    scaling : Scaling or None
        What turns `depth` into meters; None where they are as the network gave them, if at all.
    quality : Quality
        Of the image. Where it is not fit, nothing is known of the frame.

    """

    stamp: float
    rgb: NDArray[np.uint8]
    depth: DepthMap
    segmentation: Segmentation
    regions: tuple[Region, ...]
    timings: dict[str, float]
    alignment: Alignment = field(default_factory=Alignment)
    camera: CameraModel | None = None
    mount: Mount = Mount()
    scaling: Scaling | None = None
    quality: Quality = Quality()

    @cached_property
    def metric(self) -> DepthMap | None:
        """Return depth in meters, on the grid of `depth`; None where there is none."""
        if self.scaling is not None:
            if not self.quality.is_fit:  # to be told as unknown, not left out
                return DepthMap(self.depth.values, DepthKind.METRIC)
            return self.scaling.metric(self.depth)
        return self.depth if self.depth.kind is DepthKind.METRIC else None

    @property
    def why_no_meters(self) -> str:
        """Return why `metric` is None though it was asked for, and what to do; else empty."""
        return self.scaling.reason if self.scaling is not None and self.quality.is_fit else ''

    @property
    def metric_plane(self) -> tuple[float, float, float] | None:
        """Return a, b, c of the ground, 1 / Z = a * column + b * row + c; None without meters."""
        plane, scaling = self.segmentation.plane, self.scaling
        if plane is None or self.metric is None:
            return None
        if scaling is None:
            return plane.a, plane.b, plane.c
        return scaling.scale * plane.a, scaling.scale * plane.b, scaling.nearness(plane.c)

    @property
    def image_shape(self) -> tuple[int, int]:
        """Return (height, width) of the image in pixels."""
        height, width = self.rgb.shape[:2]
        return height, width


def regions_in_image(result: FrameResult, camera: CameraModel | None) -> tuple[Region, ...]:
    """
    Return the regions in pixels of the image, with what camera and unit allow.

    Parameters
    ----------
    result : FrameResult
        Its own regions do not matter.
    camera : CameraModel or None
        At any image size.

    """
    height, width = result.image_shape
    sy, sx = height / result.depth.shape[0], width / result.depth.shape[1]
    if camera is not None:
        camera = camera.scaled(width, height)
    moved = []
    for region in result.segmentation.regions:
        row, column, box_height, box_width = region.box
        region = replace(
            region, area=round(region.area * sy * sx),
            box=(row * sy, column * sx, box_height * sy, box_width * sx),
            centroid=(region.centroid[0] * sy, region.centroid[1] * sx),
            velocity=(region.velocity[0] * sy, region.velocity[1] * sx))
        near = _nearness(region, result)
        if near is not None:
            # What is so far that its inverse is lost in rounding has no distance to tell.
            region = replace(region, distance=1.0 / near if near > 0.0 else math.inf)
        moved.append(region if camera is None else _with_angles(region, camera))
    return tuple(moved)


def _nearness(region: Region, result: FrameResult) -> float | None:
    """Return 1 / Z of the nearest of a region in 1/m; None without meters."""
    if result.scaling is None:
        return region.nearest if result.depth.kind is DepthKind.METRIC else None
    return None if result.scaling.reason else result.scaling.nearness(region.nearest)


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
