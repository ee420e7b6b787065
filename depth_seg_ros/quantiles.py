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
"""Where a share of some values ends."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ['quantile']


def quantile(values: NDArray[np.floating[Any]], share: float) -> float:
    """
    Return the value at a share of the order of values.

    It is one of them, no mean of two as of numpy, whose `median` takes nine times as long (5000
    values: 55 us for 6) and whose `quantile` more.

    Parameters
    ----------
    values : float ndarray of any shape
        At least one. NaN comes after all others.
    share : float
        0 for the least, 0.5 for the median, 1 for the greatest.

    """
    place = round(share * (values.size - 1))
    return float(np.partition(values, place, axis=None)[place])
