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
"""Quantiles are values of their own."""

from __future__ import annotations

from depth_seg_ros.quantiles import quantile
import numpy as np
import pytest


def test_the_order_decides_and_ends_are_the_extremes() -> None:
    values = np.array([5.0, 1.0, 9.0, 3.0, 7.0])
    assert [quantile(values, share) for share in (0.0, 0.25, 0.5, 0.75, 1.0)] == [1, 3, 5, 7, 9]


def test_it_is_one_of_the_values() -> None:
    values = np.random.default_rng(0).random((20, 15)).astype(np.float32)
    for share in (0.0, 0.02, 0.31, 0.5, 0.98, 1.0):
        assert quantile(values, share) in values
    assert quantile(np.array([2.5]), 0.9) == 2.5


def test_of_many_values_it_is_that_of_numpy() -> None:
    values = np.random.default_rng(1).normal(size=2001)
    for share in (0.02, 0.5, 0.98):
        assert quantile(values, share) == pytest.approx(np.quantile(values, share), abs=0.01)


def test_the_values_are_left_as_they_are() -> None:
    values = np.array([3.0, 1.0, 2.0])
    quantile(values, 0.5)
    np.testing.assert_array_equal(values, [3.0, 1.0, 2.0])
