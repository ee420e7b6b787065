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
"""Regions as messages have them."""

from __future__ import annotations

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.detections import class_name, Detection, detections, LABELS
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import Region, RegionClass, Segmentation
import numpy as np


def frame(*regions: Region) -> FrameResult:
    depth = DepthMap(np.ones((4, 6), np.float32), DepthKind.RELATIVE_INVERSE)
    empty = Segmentation(np.zeros((4, 6), np.int32), np.zeros((4, 6), np.uint8))
    return FrameResult(0.0, np.zeros((40, 60, 3), np.uint8), depth, empty, regions, {})


def test_a_box_of_rows_and_columns_becomes_a_center_in_x_and_y() -> None:
    region = Region(7, RegionClass.DROP_OFF, area=8, box=(10.0, 20.0, 4.0, 6.0),
                    centroid=(11.0, 22.0), nearest=1.0, median=0.5, confidence=0.75)
    assert detections(frame(region)) == (Detection(
        id='7', class_id='drop-off', score=0.75, center_x=23.0, center_y=12.0, size_x=6.0,
        size_y=4.0),)


def test_the_order_is_that_of_the_regions() -> None:
    regions = [Region(number, RegionClass.OBJECT, 1, (0, 0, 1, 1), (0, 0), 1.0, 1.0)
               for number in (3, 1, 2)]
    assert [item.id for item in detections(frame(*regions))] == ['3', '1', '2']


def test_a_frame_without_regions_has_none() -> None:
    assert detections(frame()) == ()


def test_the_labels_number_and_name_every_class() -> None:
    assert LABELS == ((0, 'unknown'), (1, 'ground'), (2, 'object'), (3, 'structure'),
                      (4, 'drop-off'), (5, 'background'))
    assert all(class_name(RegionClass(number)) == name for number, name in LABELS)
