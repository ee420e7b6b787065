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
"""Whether an image is fit for a network to see depth in."""

from __future__ import annotations

from dataclasses import dataclass

from depth_seg_ros.params import QualityParams
import numpy as np
from numpy.typing import NDArray

__all__ = ['InputGate', 'Quality']


@dataclass(frozen=True)
class Quality:
    """
    What was found about one image.

    Parameters
    ----------
    problem : str
        Why it is not fit, and what to do; empty where it is.

    """

    problem: str = ''

    @property
    def is_fit(self) -> bool:
        """Return whether a network may look at it."""
        return not self.problem


class InputGate:
    """
    Judge every image of a stream.

    Parameters
    ----------
    params : QualityParams
        May be replaced between two frames.

    """

    def __init__(self, params: QualityParams) -> None:
        self.params = params

    def reset(self) -> None:
        """Forget the images before."""

    def judge(self, rgb: NDArray[np.uint8], stamp: float) -> Quality:
        """
        Return what is wrong with an image.

        Parameters
        ----------
        rgb : uint8 ndarray of shape (H, W, 3)
            As it came.
        stamp : float
            Seconds.

        """
        return Quality()
