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
"""Parameters of what is accepted from the camera."""

from __future__ import annotations

from dataclasses import dataclass

from depth_seg_ros.declarations import option, Validated

__all__ = ['InputParams', 'QualityParams']


@dataclass(frozen=True)
class InputParams(Validated):
    """What is accepted from the camera."""

    transport: str = option('raw', 'Subscribe to image (raw) or image/compressed (compressed).',
                            choices=('raw', 'compressed'), live=False)
    max_megapixels: float = option(36.0, 'A larger image is refused, not scaled.',
                                   unit='10^6 px', low=0.01, high=500.0)
    max_age: float = option(
        0.0, 'Drop an image whose stamp is older than this when its turn comes; 0 takes any age '
        '(replayed bags carry old stamps).', unit='s', low=0.0, high=3600.0)
    max_skew: float = option(
        0.05, 'What other topics say (depth_in, sparse_depth, imu) belongs to an image when their '
        'stamps differ by no more.', unit='s', low=0.0, high=1.0)


@dataclass(frozen=True)
class QualityParams(Validated):
    """Which images a network cannot see depth in: then everything is unknown."""

    enable: bool = option(
        True, 'Look at every image before the network does. Where it is not fit, depth and '
        'classes are unknown, there are no regions, and nothing is free. Not applied to depth '
        'that comes from files or another camera.')
    dark: float = option(
        0.95, 'Not fit is an image of which a larger share is darker than 16 of 255; 1 takes any.',
        low=0.0, high=1.0)
    saturated: float = option(
        0.9, 'Not fit is an image of which a larger share is at 250 of 255 or brighter; 1 takes '
        'any.', low=0.0, high=1.0)
    texture: float = option(
        4.0, 'Not fit is an image whose strongest edges (its best 1 %, on a picture of 120 rows) '
        'differ by fewer gray levels of 255: a bare wall, a covered lens; 0 takes any.',
        low=0.0, high=255.0)
    blur: float = option(
        0.12, 'Not fit is an image whose sharpest edges are wider than this share of its short '
        'side: contrast over steepness; 0 takes any.', low=0.0, high=1.0)
    frozen: float = option(
        2.0, 'Not fit is an image that has been exactly the same for longer, by its stamps; 0 '
        'takes any, as simulators without noise need, and a still picture that is repeated.',
        unit='s', low=0.0, high=3600.0)
