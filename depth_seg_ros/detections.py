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
"""Regions as detections: the numbers of vision_msgs, without messages. For bags and the node."""

from __future__ import annotations

from dataclasses import dataclass

from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import RegionClass

__all__ = ['Detection', 'LABELS', 'LAYER_NAMES', 'class_name', 'detections']


def class_name(kind: RegionClass) -> str:
    """Return the name of a class as messages carry it: `object`, `drop-off`."""
    return kind.name.lower().replace('_', '-')


LABELS: tuple[tuple[int, str], ...] = tuple(
    (int(kind), class_name(kind)) for kind in RegionClass)
"""(number, name) of every class: the class_map of vision_msgs/LabelInfo."""

LAYER_NAMES = ('near', 'mid', 'far')
"""Names of the layers that regions are sorted into, from layer 1 on."""


@dataclass(frozen=True)
class Detection:
    """
    One region as a vision_msgs/Detection2D has it: x right, y down, in pixels of the image.

    Parameters
    ----------
    id : str
        The region's value in `labels`, as text. Field `id`.
    class_id : str
        Name of its class. Field `results[0].hypothesis.class_id`.
    score : float
        Its confidence, 0 to 1. Field `results[0].hypothesis.score`.
    center_x, center_y : float
        Center of the box; (0, 0) is the outer corner of the first pixel.
        Fields `bbox.center.position.x` and `.y`.
    size_x, size_y : float
        Width and height of the box. Fields `bbox.size_x` and `.size_y`.

    """

    id: str  # noqa: A003 (the name of the message's field)
    class_id: str
    score: float
    center_x: float
    center_y: float
    size_x: float
    size_y: float


def detections(result: FrameResult) -> tuple[Detection, ...]:
    """Return one detection per region of the frame, in the order of its regions."""
    found = []
    for region in result.regions:
        row, column, height, width = region.box
        found.append(Detection(
            id=str(region.id), class_id=class_name(region.kind), score=float(region.confidence),
            center_x=float(column + width / 2), center_y=float(row + height / 2),
            size_x=float(width), size_y=float(height)))
    return tuple(found)
