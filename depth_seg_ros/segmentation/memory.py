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
"""What the segmentation of one frame of a stream leaves to the next."""

from __future__ import annotations

from dataclasses import replace
import math

from depth_seg_ros.params import SteadyParams
from depth_seg_ros.segmentation.frame import Frame, infinity, SKY_SHARE
from depth_seg_ros.segmentation.result import LayerBounds, obstacle_mask
import numpy as np
from numpy.typing import NDArray

__all__ = ['Memory']

_STEP = 0.2
"""Share of the way that a carried number goes to that of the frame."""

_HIGHER = 0.2
"""
How much less a bar is raised where no obstacle was than lowered where one was. Raised as much, it
would miss 5 % more of the pixels of obstacles; not at all, the mask would flicker half as much
again.
"""

_SURE_SKY = 0.5
"""The share of sky has to pass its bound by this share of it to change the answer."""

_JUMP = 0.15
"""
Infinity is taken anew when the farthest thing jumps by this share of the spread, or the sky by
this share of the image: else every fifth cut, unseen, makes the sky an obstacle for two frames.
"""


class Memory:
    """
    Carries what would flicker: infinity, layers, and where obstacles were.

    What is carried only moves bars: nothing is an obstacle without evidence in its own frame,
    so nothing stays behind what moves. Numbers are in the inverse depth of the maps, which a
    `Stabilizer` keeps at one scale. A fresh memory changes nothing.

    Parameters
    ----------
    params : SteadyParams, optional
        May be replaced between two frames.

    """

    def __init__(self, params: SteadyParams | None = None) -> None:
        self.params = params or SteadyParams()
        self.reset()

    def reset(self) -> None:
        """Forget everything: after a scene cut, a gap, or a change of method."""
        self._obstacles: NDArray[np.bool_] | None = None
        self._sky: tuple[float, float] | None = None
        self._is_sky = False
        self._layers = LayerBounds()
        self._other_layers = 0
        self._frames = 0

    def applied(self, frame: Frame) -> Frame:
        """
        Return the frame with infinity as carried, and its bars lowered where an obstacle was.

        Parameters
        ----------
        frame : Frame
            As `prepare` made it.

        """
        self._frames += 1
        if not math.isnan(frame.sky_share):
            frame = replace(frame, far=self._infinity(frame))
        before = self._obstacles
        if before is None or before.shape != frame.shape:
            return frame
        hold = self.params.hold
        lowered, raised = np.float32(1.0 - hold), np.float32(1.0 + _HIGHER * hold)
        return replace(frame, bar=raised + (lowered - raised) * before)

    def keep(self, classes: NDArray[np.uint8]) -> None:
        """Note where obstacles are, from classes on the work grid."""
        self._obstacles = obstacle_mask(classes)

    def settled(self, layers: LayerBounds) -> LayerBounds:
        """
        Return the layers as carried: slowly moved, their number changed after some frames only.

        Parameters
        ----------
        layers : LayerBounds
            Those of this frame.

        """
        known = self._layers
        if self._frames <= 1:
            self._layers = layers
        elif _number(layers) == _number(known):
            self._other_layers = 0
            self._layers = LayerBounds(known.near + _STEP * (layers.near - known.near),
                                       known.mid + _STEP * (layers.mid - known.mid))
        else:
            self._other_layers += 1
            if self._other_layers >= self.params.layer_frames:
                self._layers, self._other_layers = layers, 0
        return self._layers

    def _infinity(self, frame: Frame) -> float:
        """Return the carried nearness at infinity: with sky in view or without jumps apart."""
        now = frame.to_inverse(frame.farthest), frame.sky_share
        before = self._sky
        if before is None or (abs(now[0] - before[0]) > _JUMP * frame.spread
                              or abs(now[1] - before[1]) > _JUMP):
            self._sky, self._is_sky = now, now[1] >= SKY_SHARE
        else:
            step = max(_STEP, 1.0 / self._frames)
            far, share = (old + step * (new - old) for old, new in zip(before, now))
            self._sky = far, share
            bound = 1.0 - _SURE_SKY if self._is_sky else 1.0 + _SURE_SKY
            self._is_sky = share >= bound * SKY_SHARE
        carried = infinity((self._sky[0] - frame.low) / frame.spread, self._is_sky)
        return min(carried, frame.farthest)  # nothing seen is beyond infinity


def _number(layers: LayerBounds) -> int:
    return sum(not math.isnan(bound) for bound in (layers.near, layers.mid))
