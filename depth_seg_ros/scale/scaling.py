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
"""What turns the depth of one frame into meters, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
import math

from depth_seg_ros.depth import DepthKind, DepthMap
import numpy as np

__all__ = ['FARTHEST', 'Scaling']

FARTHEST = 1000.0
"""Meters that stand for infinity: inverse depth so small tells no distance."""


@dataclass(frozen=True)
class Scaling:
    """
    1 / Z = scale * inverse depth + shift.

    Parameters
    ----------
    source : str
        `model`, `sparse` or `ground`.
    scale, shift : float
        In 1/m per unit of inverse depth, and 1/m; NaN where there are no meters.
    anchors : int
        Measured points of the last fit.
    inlier_share : float
        Share of these that agree; NaN where nothing was fitted.
    error : float
        Median of |Z - measured| / measured over the inliers; NaN where nothing was fitted.
    age : float
        Seconds since the measurement that the scale comes from.
    reason : str
        Why there are no meters, and what to do; empty where there are.

    """

    source: str
    scale: float = math.nan
    shift: float = math.nan
    anchors: int = 0
    inlier_share: float = math.nan
    error: float = math.nan
    age: float = 0.0
    reason: str = ''

    @property
    def infinity(self) -> float:
        """Return inverse depth at infinity; NaN where there are no meters."""
        return -self.shift / self.scale

    def nearness(self, inverse: float) -> float:
        """Return 1 / Z in 1/m of an inverse depth."""
        return self.scale * inverse + self.shift

    def metric(self, depth: DepthMap) -> DepthMap | None:
        """
        Return depth in meters, FARTHEST at most; None where there are no meters.

        What is at infinity, or beyond it, is at FARTHEST.
        """
        if self.reason:
            return None
        near = depth.inverse() * np.float32(self.scale) + np.float32(self.shift)
        meters = 1.0 / np.maximum(near, np.float32(1.0 / FARTHEST))
        return DepthMap(meters, DepthKind.METRIC, depth.valid)
