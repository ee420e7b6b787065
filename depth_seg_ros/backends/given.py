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
"""Depth that another camera measured: no network."""

from __future__ import annotations

from depth_seg_ros.depth import DepthKind, DepthMap, EstimationError, EstimatorInfo
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray

__all__ = ['GivenEstimator']


class GivenEstimator:
    """
    Stands where the network would: depth comes with every frame.

    Parameters
    ----------
    params : ModelParams
        Its name is `depth_in`.

    """

    def __init__(self, params: ModelParams) -> None:
        self._name = params.name

    @property
    def info(self) -> EstimatorInfo:
        """Return that depth is in meters, and that nothing was loaded."""
        return EstimatorInfo(self._name, 'none', 'none', 'none', DepthKind.METRIC,
                             sees_image=False)

    def load(self) -> None:
        """Do nothing."""

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """
        Refuse: without depth there is nothing to see.

        Raises
        ------
        EstimationError
            Always.

        """
        raise EstimationError('no depth came with this image; publish it on depth_in with the '
                              'stamp of the image, or raise input.max_skew')

    def close(self) -> None:
        """Do nothing."""
