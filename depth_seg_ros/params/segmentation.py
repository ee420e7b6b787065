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
"""Parameters of what depth becomes."""

from __future__ import annotations

from dataclasses import dataclass

from depth_seg_ros.declarations import option, Validated

__all__ = ['SegmentationParams']


@dataclass(frozen=True)
class SegmentationParams(Validated):
    """
    How depth becomes obstacles and regions.

    Shares of the *spread* mean shares of the distance between the 2 % and 98 % quantiles of the
    frame's inverse depth, so that no unknown scale or shift of a relative map matters; *nearness*
    is inverse depth over that at infinity.
    """

    method: str = option(
        'ground', 'ground: height over the fitted ground, then a split at depth edges. '
        'threshold: one threshold from the statistics of the frame. local: an adaptive '
        'threshold per neighborhood.', choices=('ground', 'threshold', 'local'))
    work_width: int = option(336, 'Wider depth is reduced to this width before segmentation.',
                             unit='px', low=160, high=640)
    min_area: float = option(0.0005, 'Smaller regions are dropped.', unit='share of the image',
                             low=0.0, high=0.2)
    far: float = option(0.015, 'What is this close to infinity is background.',
                        unit='share of the spread', low=0.0, high=0.2)
    ground_tolerance: float = option(
        0.02, 'Distance to the ground plane that counts as on it; 1.75 times as much where no '
        'ground is found with it.', unit='share of the nearness', low=0.005, high=0.1)
    ground_below_weight: float = option(
        4.0, 'What a point clearly below a candidate plane, beside or before it, '
        'costs it, in inliers.', low=0.0, high=10.0)
    ground_min_inliers: float = option(
        0.03, 'A plane with fewer inliers is not ground.', unit='share of the points',
        low=0.01, high=0.9)
    ground_horizon: float = option(
        3.0, 'A plane whose horizon is higher over the middle of the image is a wall: 3 lets a '
        'lens of 60 degrees look down by up to 74. Raise it for a camera that looks straight '
        'down. Tells in metric depth, where infinity is known.', unit='image heights',
        low=0.5, high=1000.0)
    ground_planes: int = option(2, 'Planes that make up the ground: 2 follows a ramp.',
                                low=1, high=2)
    ground_refine: bool = option(True, 'Follow gentle unevenness of the ground.')
    noise_high: float = option(6.0, 'Height over the ground that starts an obstacle.',
                               unit='ground noise (sigma)', low=4.0, high=20.0)
    noise_low: float = option(
        3.0, 'Height over the ground down to which an obstacle grows; up to twice as far up '
        'where depth waves as that of a small network does, at most `noise_high`.',
        unit='ground noise (sigma)', low=1.0, high=4.0)
    min_height: float = option(0.0, 'Lower things are not obstacles.',
                               unit='camera heights', low=0.0, high=1.0)
    edge_step: float = option(
        0.05, 'Relative depth step that separates two things; up to two and a half times that '
        'where depth waves as that of a small network does, for it is blurred there first.',
        unit='share of the nearness', low=0.01, high=0.3)
    edge_noise: float = option(
        6.0, 'Noise floor of that step; up to a fifth lower where depth waves.',
        unit='pixel noise (sigma)', low=2.0, high=40.0)
    crease: float = option(
        0.015, 'Bend between two surfaces that meet in a valley (a thing and the wall or table '
        'that it touches) that separates them, over four pixels of the work grid; six times the '
        'median bend of the frame where that is more.',
        unit='share of the nearness', low=0.002, high=0.3)
    join_loss: float = option(
        0.0, 'Touching parts are joined when the share of the outline that stands out in depth '
        'falls by this at most.', unit='share of the outline', low=0.0, high=1.0)
    thin_length: float = option(
        0.08, 'What is thinner than three pixels of the work grid is kept from this length on.',
        unit='share of the width', low=0.0, high=1.0)
    ownership: float = option(
        0.5, 'Share of its outline that must stand out in depth for a region to be an object; '
        'less is structure (wall, slope).', unit='share of the outline', low=0.0, high=1.0)
    max_area: float = option(0.35, 'What fills more than this is structure.',
                             unit='share of the image', low=0.01, high=1.0)
    drop_off: bool = option(True, 'Report what lies below the ground, behind an edge.')
    threshold: str = option(
        'multiotsu', 'Statistic of method threshold.',
        choices=('median', 'quantile', 'median_mad', 'otsu', 'multiotsu', 'fixed'))
    quantile: float = option(0.75, 'Quantile of threshold quantile.', low=0.01, high=0.99)
    mads: float = option(1.0, 'Distance over the median of threshold median_mad.',
                         unit='median absolute deviations', low=0.0, high=10.0)
    fixed: float = option(0.5, 'Threshold fixed: 0 is the far end of the spread, 1 the near.',
                          unit='share of the spread', low=0.0, high=1.0)
    local_window: float = option(0.15, 'Neighborhood of method local.',
                                 unit='share of the width', low=0.02, high=0.5)
    local_offset: float = option(0.02, 'How far above its neighborhood an obstacle stands.',
                                 unit='share of the spread', low=0.0, high=0.5)
    layers: str = option(
        'auto', 'How obstacles are sorted into near, mid and far. auto looks for gaps.',
        choices=('auto', 'quantile', 'median_mad', 'otsu', 'multiotsu', 'fixed'))
