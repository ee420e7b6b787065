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
"""Facts about regions: hysteresis, connection, growth and holes."""

from __future__ import annotations

from depth_seg_ros.segmentation.regions import connected, grown, hysteresis, without_holes
import numpy as np
from numpy.typing import NDArray


def drawn(*rows: str) -> NDArray[np.int32]:
    """Return labels from digits; a dot is none."""
    return np.array([[0 if c == '.' else int(c) for c in row] for row in rows], np.int32)


def test_hysteresis_keeps_the_parts_that_reach_the_high_mask() -> None:
    low = drawn('11...11', '.......', '11.1...', '..1....') > 0
    high = drawn('1......', '.......', '...1...', '.......') > 0
    kept = drawn('11.....', '.......', '11.1...', '..1....') > 0
    np.testing.assert_array_equal(hysteresis(low, high), kept)
    assert not hysteresis(low, np.zeros_like(low)).any()


def test_regions_touch_along_sides_and_are_large_enough() -> None:
    mask = np.zeros((12, 30), bool)
    mask[1:5, 1:5] = mask[5:9, 5:9] = True  # corner to corner
    mask[1:4, 17:20] = True
    labels = connected(mask, 10)
    assert labels.max() == 2 and labels[2, 2] != labels[6, 6]
    assert not labels[:, 12:].any()
    assert connected(mask, 9).max() == 3


def test_what_is_thinner_than_three_pixels_is_a_region_when_it_is_long() -> None:
    mask = np.zeros((20, 30), bool)
    mask[5:9, 2:20] = True
    mask[9:19, 4:6] = True  # a leg
    assert connected(mask, 5).max() == 1 and not connected(mask, 5)[12:].any()
    labels = connected(mask, 5, thin_length=8)
    assert labels.max() == 2 and (labels[11:19, 4:6] == 2).all()
    assert connected(mask, 5, thin_length=12).max() == 1
    assert connected(mask, 19, thin_length=8).max() == 1


def test_labels_grow_over_allowed_pixels_alone() -> None:
    labels = drawn('1......2', '........')
    allowed = drawn('11111.11', '........') > 0
    np.testing.assert_array_equal(grown(labels, allowed, 2), drawn('111...22', '........'))
    np.testing.assert_array_equal(grown(labels, allowed, 0), labels)
    many = np.where(labels > 0, labels + 70000, 0).astype(np.int32)
    assert grown(many, allowed, 1)[0].tolist() == [70001, 70001, 0, 0, 0, 0, 70002, 70002]


def test_a_hole_is_filled_when_it_is_small_and_has_one_owner() -> None:
    labels = drawn('11111..', '1.111..', '11112.2', '111.222', '111.2.2', '1111222')
    filled = drawn('11111..', '11111..', '11112.2', '111.222', '11132.2', '1111222')
    filled[4, 3] = 0  # between two regions
    filled[4, 5] = 2
    np.testing.assert_array_equal(without_holes(labels, 3), filled)
    np.testing.assert_array_equal(without_holes(labels, 0), labels)


def test_a_bay_of_the_border_is_no_hole() -> None:
    labels = drawn('111', '1.1', '1.1')
    np.testing.assert_array_equal(without_holes(labels, 9), labels)
