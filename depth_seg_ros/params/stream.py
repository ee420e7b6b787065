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
"""Parameters of what is carried from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

from depth_seg_ros.declarations import option, Validated

__all__ = ['SteadyParams', 'TrackingParams']


@dataclass(frozen=True)
class SteadyParams(Validated):
    """What is carried from frame to frame of a stream, and when that is dropped."""

    enable: bool = option(True, 'Carry scale, shift and thresholds. Without it every frame stands '
                          'for itself.')
    memory: float = option(
        2.0, 'How slowly scale and shift of relative depth go back to what the network says.',
        unit='s', low=0.1, high=60.0)
    cut_share: float = option(
        0.6, 'A frame of which less agrees with the one before is a scene cut: all starts anew.',
        unit='share of the points', low=0.0, high=1.0)
    hold: float = option(
        0.5, 'How much lower the bars are for what was an obstacle in the frame before. It still '
        'has to pass them.', unit='share of each bar', low=0.0, high=0.6)
    layer_frames: int = option(5, 'Frames that must agree on another number of layers.',
                               low=1, high=100)
    max_gap: float = option(2.0, 'All starts anew after a longer time without a frame.',
                            unit='s', low=0.05, high=60.0)


@dataclass(frozen=True)
class TrackingParams(Validated):
    """Which regions of successive frames are the same thing."""

    enable: bool = option(True, 'Keep the id of a thing over time. Off, ids are per frame.')
    min_overlap: float = option(
        0.15, 'Regions whose masks share less than this are two things.',
        unit='intersection over union', low=0.01, high=0.9)
    confirm: int = option(3, 'A thing counts as confirmed when it was seen this often.',
                          unit='frames', low=1, high=30)
    coast: float = option(0.5, 'A thing that comes back within this time keeps its id.',
                          unit='s', low=0.0, high=10.0)
    max_gap: float = option(2.0, 'After a longer time without a frame every thing is new.',
                            unit='s', low=0.0, high=60.0)
