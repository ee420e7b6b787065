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
"""The stages of segmentation, in order: one method each for what stands out of the frame."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from depth_seg_ros.depth import DepthMap
from depth_seg_ros.params import SegmentationParams
from depth_seg_ros.segmentation.attributes import describe
from depth_seg_ros.segmentation.frame import Frame, Mask, prepare
from depth_seg_ros.segmentation.ground import Ground, find_ground
from depth_seg_ros.segmentation.regions import (
    Labels, connected, edge_step, hysteresis, ownership, pixel_noise, split, without_holes)
from depth_seg_ros.segmentation.result import (
    GroundPlane, RegionClass, Segmentation, Thresholds)

__all__ = ['Segmenter']


class Segmenter:
    """
    Turn depth maps into classes, labels and regions. Each frame stands for itself.

    Parameters
    ----------
    params : SegmentationParams, optional

    """

    def __init__(self, params: SegmentationParams | None = None) -> None:
        self.params = params or SegmentationParams()

    def process(self, depth: DepthMap, stamp_s: float) -> Segmentation:
        """
        Segment one depth map.

        Parameters
        ----------
        depth : DepthMap
            Of any shape and kind; not changed.
        stamp_s : float
            Time of the frame in seconds.

        Returns
        -------
        Segmentation
            On the grid of `depth`. Where nothing can be told, everything is UNKNOWN.

        """
        frame = prepare(depth, self.params.work_width)
        if frame is None:
            return Segmentation(np.zeros(depth.shape, np.int32), np.zeros(depth.shape, np.uint8))
        return self._by_ground(frame, depth)

    def _by_ground(self, frame: Frame, depth: DepthMap) -> Segmentation:
        params = self.params
        near = frame.near
        far = near - np.float32(frame.far) < np.float32(params.far)
        known = frame.valid & ~far
        ground = find_ground(frame, known, params)
        classes = np.where(frame.valid, np.uint8(RegionClass.BACKGROUND),
                           np.uint8(RegionClass.UNKNOWN))
        if ground is None:
            standing = known
            flat = np.zeros(known.shape, bool)
        else:
            standing = _standing_out(frame, known, ground, params,pixel_noise(frame))
            flat = known & ~standing
        noise = pixel_noise(frame)
        step = edge_step(frame, noise, params)
        parts = split(standing, near, step, params.split_balance)
        labels = without_holes(connected(parts, max(1, round(params.min_area * near.size))))
        own = ownership(labels, flat, near, step, frame.valid)
        kinds = np.where(own >= params.ownership, RegionClass.OBJECT, RegionClass.STRUCTURE)
        kinds[0] = 0
        classes[known] = RegionClass.UNKNOWN
        classes[flat] = RegionClass.GROUND
        classes[labels > 0] = kinds[labels[labels > 0]]
        thresholds = Thresholds(
            frame.to_inverse(0.0), frame.to_inverse(1.0), frame.to_inverse(frame.far),
            ground.noise if ground else np.nan, noise * frame.spread)
        return describe(frame, depth, labels, classes, kinds, own, ground, thresholds)


import os
FH=float(os.environ.get('FH',.006)); PH=float(os.environ.get('PH',0))
def _standing_out(frame: Frame, known: Mask, ground: Ground, params: SegmentationParams,pn) -> Mask:
    """Return what rises out of the ground by more than its noise."""
    residual = frame.near - ground.surface
    sigma = np.float32(ground.noise) * ground.clearance
    high = np.maximum(np.float32(params.noise_high) * sigma, np.float32(max(FH,PH*pn)))
    low = np.maximum(np.float32(params.noise_low) * sigma, np.float32(max(FH,PH*pn)/2))
    return hysteresis(known & (residual > low), known & (residual > high))
