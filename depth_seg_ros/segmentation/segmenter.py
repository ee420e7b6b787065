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
"""The stages of segmentation in their order, from a depth map to regions."""

from __future__ import annotations

from dataclasses import dataclass
import math

import cv2
from depth_seg_ros.depth import DepthMap
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.attributes import Depths, depths_of, described, layer_bounds
from depth_seg_ros.segmentation.edges import Edges, find_edges, pixel_noise
from depth_seg_ros.segmentation.frame import Frame, Labels, prepare
from depth_seg_ros.segmentation.ground import Ground
from depth_seg_ros.segmentation.memory import Memory
from depth_seg_ros.segmentation.methods import METHODS, min_pixels, Separation
from depth_seg_ros.segmentation.regions import grown, without_holes
from depth_seg_ros.segmentation.result import (
    GroundPlane, RegionClass, Segmentation, Thresholds)
from depth_seg_ros.segmentation.runs import areas
from depth_seg_ros.segmentation.seams import find_seams, join
import numpy as np
from numpy.typing import NDArray

__all__ = ['Segmenter', 'Stages']


@dataclass(frozen=True, eq=False)
class Stages:
    """
    What every stage made of one frame, on its work grid.

    Parameters
    ----------
    frame : Frame
        Nearness (`near`), what of it is known, and where infinity is.
    noise : float
        Of single pixels, in units of nearness.
    edges : Edges
        The step that separates, the far sides of depth steps, and the creases.
    found : Separation
        What the method made of it: ground (surface, sigmas), what stands out of it, pits.
    parts : int32 ndarray of shape (h, w)
        The connected parts, from 1 on, with their small holes filled.
    things : int32 ndarray of shape (h, w)
        The parts that belong together joined, from 1 on.
    own : float64 ndarray of shape (n,)
        Share of the outline that stands out, by thing; 0 for what fills the image.

    """

    frame: Frame
    noise: float
    edges: Edges
    found: Separation
    parts: Labels
    things: Labels
    own: NDArray[np.float64]


class Segmenter:
    """
    Turn depth maps into classes, labels and regions.

    Every frame stands for itself, unless a memory is handed in with it.

    Parameters
    ----------
    params : SegmentationParams, optional

    """

    def __init__(self, params: SegmentationParams | None = None) -> None:
        self.params = params or SegmentationParams()

    def process(self, depth: DepthMap, stamp_s: float, memory: Memory | None = None,
                infinity: float | None = None) -> Segmentation:
        """
        Segment one depth map.

        Parameters
        ----------
        depth : DepthMap
            Of any shape and kind; not changed.
        stamp_s : float
            Time of the frame in seconds. Nothing depends on it.
        memory : Memory, optional
            Of the stream that the frame belongs to; it is read and brought up to date.
        infinity : float, optional
            Inverse depth of relative depth at infinity, where it is known (`Scaling.infinity`).

        Returns
        -------
        Segmentation
            On the grid of `depth`. Ids count from the nearest region. What is unknown in the
            depth map, and what stands out but makes no region, is UNKNOWN; so is everything
            when the map holds no relief.

        """
        memory = Memory() if memory is None else memory
        stages = self.explain(depth, memory, infinity)
        if stages is None:
            memory.reset()
            return Segmentation(np.zeros(depth.shape, np.int32), np.zeros(depth.shape, np.uint8))
        return _answer(stages, depth, self.params, memory)

    def explain(self, depth: DepthMap, memory: Memory | None = None,
                infinity: float | None = None) -> Stages | None:
        """
        Return what every stage made of one depth map, or None when it holds no relief.

        `process` answers from the same stages.

        Parameters
        ----------
        depth : DepthMap
            Of any shape and kind; not changed.
        memory : Memory, optional
            Of the stream that the frame belongs to.
        infinity : float, optional
            As for `process`.

        """
        params = self.params
        frame = prepare(depth, params.work_width, infinity)
        if frame is None:
            return None
        if memory is not None:
            frame = memory.applied(frame)
        noise = pixel_noise(frame)
        edges = find_edges(frame, noise, params)
        found = METHODS[params.method](frame, edges, noise, params)
        parts = without_holes(found.things, 4 * min_pixels(frame, params))
        is_ground = found.classes == RegionClass.GROUND
        things = parts
        if found.standing is not None:
            # Across the two pixels that a step took, a thing meets what is behind it.
            meeting = grown(parts, found.standing, 2)
            names = join(find_seams(meeting, is_ground, frame, edges), params.join_loss)
            things = names.take(parts)
        seams = find_seams(things, is_ground, frame, edges)
        area = areas(things, len(seams.length))
        own = seams.ownership(area)
        large = area > params.max_area * things.size
        return Stages(frame, noise, edges, found, parts, things, np.where(large, 0.0, own))


def _answer(stages: Stages, depth: DepthMap, params: SegmentationParams, memory: Memory
            ) -> Segmentation:
    """Return classes, labels and regions on the grid of the depth map."""
    frame, found, own = stages.frame, stages.found, stages.own
    labels, kinds = _joined(
        stages.things, found.pits, (own >= params.ownership) & (own > 0.0))
    labels = np.asarray(cv2.copyTo(labels, frame.valid.view(np.uint8)))
    own = np.append(own, np.ones(len(kinds) - len(own)))
    depths = depths_of(labels, len(kinds), frame, found.ground, stages.noise)
    order = _nearest_first(depths, min_pixels(frame, params))
    labels = _table(order, len(kinds)).take(labels)
    kinds, own, depths = kinds[order], own[order], depths.in_order(order)
    layers = memory.settled(layer_bounds(labels, kinds, frame, params))
    classes = found.classes.copy()
    cv2.copyTo(kinds.take(labels), (labels > 0).view(np.uint8), classes)
    memory.keep(classes)
    labels, classes = _on_grid(labels, depth), _on_grid(classes, depth)
    return Segmentation(
        labels, classes, described(labels, kinds, own, depths, frame, layers),
        _plane(found.ground, frame, depth), _thresholds(frame, stages.noise, found), layers)


def _joined(things: Labels, pits: Labels, is_object: NDArray[np.bool_]
            ) -> tuple[Labels, NDArray[np.uint8]]:
    """Return one label image of both, and the class by label."""
    before, added = len(is_object) - 1, int(pits.max())
    if added:
        things = np.where((things == 0) & (pits > 0), pits + np.int32(before), things)
    kinds = np.where(is_object, RegionClass.OBJECT, RegionClass.STRUCTURE).astype(np.uint8)
    kinds[0] = RegionClass.UNKNOWN
    return things, np.append(kinds, np.full(added, RegionClass.DROP_OFF, np.uint8))


def _nearest_first(depths: Depths, min_area: int) -> NDArray[np.intp]:
    """Return 0 and the labels that have enough known pixels, the nearest first."""
    order = np.argsort(-depths.nearest, kind='stable')
    return np.append(0, order[(order > 0) & (depths.area[order] >= min_area)])


def _table(order: NDArray[np.intp], count: int) -> NDArray[np.int32]:
    """Return the new number of every label: its place in the order, 0 if it is not there."""
    table = np.zeros(count, np.int32)
    table[order] = np.arange(len(order))
    return table


def _on_grid(image: NDArray[np.generic], depth: DepthMap) -> NDArray[np.generic]:
    """Return labels or classes at the size of the depth map, 0 where depth is unknown."""
    if image.shape != depth.shape:
        image = cv2.resize(image, depth.shape[::-1], interpolation=cv2.INTER_NEAREST)
    # What is not copied is zero; numpy's where takes four times as long.
    return np.asarray(cv2.copyTo(image, depth.valid.view(np.uint8)))


def _plane(ground: Ground | None, frame: Frame, depth: DepthMap) -> GroundPlane | None:
    """Return the ground in pixels and inverse depth of the depth map."""
    if ground is None:
        return None
    height, width = depth.shape
    across, down = ground.plane[0] / width, ground.plane[1] / height
    return GroundPlane(frame.spread * across, frame.spread * down,
                       frame.to_inverse(ground.plane[2] + 0.5 * (across + down)),
                       ground.inlier_share)


def _thresholds(frame: Frame, noise: float, found: Separation) -> Thresholds:
    return Thresholds(
        low=frame.to_inverse(0.0), high=frame.to_inverse(1.0), far=frame.to_inverse(frame.far),
        ground_noise=found.ground.noise if found.ground else math.nan,
        pixel_noise=frame.spread * noise, threshold=frame.to_inverse(found.threshold))
