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
"""What other sensors say about one frame, without messages."""

from __future__ import annotations

from dataclasses import dataclass
import math
from typing import NamedTuple

from depth_seg_ros.depth import DepthMap

__all__ = ['LATE_IMAGES', 'LatePoints', 'NOTHING', 'Readings']

LATE_IMAGES = 15
"""By so many images points may come late: at 30 Hz for half a second, as long as a scale holds."""


class LatePoints(NamedTuple):
    """Points that came when their image was over: its stamp as the pipeline got it, and depth."""

    stamp: float
    points: DepthMap


@dataclass(frozen=True, eq=False)
class Readings:
    """
    What other sensors say at the time of an image.

    Parameters
    ----------
    depth : DepthMap or None
        Metric depth of the same view from another camera, of any size; no network runs then.
    sparse : DepthMap or None
        Metric depth of the same view where it was measured, of any size.
    late_sparse : LatePoints or None
        The same of an image before this one, where there is none of this one.
    down : tuple of float or None
        Unit vector of gravity in the axes that `mount.imu_axes` names.
    height : float
        Of a sensor that looks down, over the ground, along its own beam, in meters; NaN unknown.

    """

    depth: DepthMap | None = None
    sparse: DepthMap | None = None
    late_sparse: LatePoints | None = None
    down: tuple[float, float, float] | None = None
    height: float = math.nan


NOTHING = Readings()
"""No other sensor is there."""
