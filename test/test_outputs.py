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
"""The table of outputs: shape, type and meaning of every image."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.outputs import IMAGES, LABEL_INFO, NAVIGATION, PX4, REGIONS
from depth_seg_ros.params import DrawingParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import RegionClass
from frame_results import hand_drawn, nothing_known, OBJECT, UNKNOWN
import numpy as np
from numpy.typing import NDArray
import pytest

LAYOUTS: dict[str, tuple[Any, tuple[int, ...]]] = {
    '32FC1': (np.float32, ()), 'mono8': (np.uint8, ()), '16UC1': (np.uint16, ()),
    'bgr8': (np.uint8, (3,))}


def rendered(topic: str, result: FrameResult) -> NDArray[Any] | None:
    """Return what an output makes of a result."""
    output = next(output for output in IMAGES if output.topic == topic)
    return output.render(result, DrawingParams())


@pytest.mark.parametrize('topic', [output.topic for output in IMAGES])
@pytest.mark.parametrize('shape', [(24, 32), (48, 64), (45, 50), (1, 1)])
@pytest.mark.parametrize('kind', DepthKind)
def test_every_image_has_the_size_of_the_input_and_the_type_of_its_encoding(
        topic: str, shape: tuple[int, int], kind: DepthKind) -> None:
    encoding = next(output.encoding for output in IMAGES if output.topic == topic)
    for result in (hand_drawn(shape, kind), nothing_known(shape)):
        array = rendered(topic, result)
        if topic == 'depth/image' and result.depth.kind is not DepthKind.METRIC:
            assert array is None
            continue
        assert array is not None
        dtype, channels = LAYOUTS[encoding]
        assert (array.dtype, array.shape) == (dtype, shape + channels)


def test_topics_are_those_of_the_interface() -> None:
    assert [output.topic for output in IMAGES] == [
        'inverse_depth', 'depth/image', 'depth_gray', 'depth_color', 'mask', 'labels', 'classes',
        'overlay']
    assert (REGIONS, LABEL_INFO) == ('regions', 'label_info')
    assert [(output.topic, output.message) for output in NAVIGATION] == [
        ('points', 'sensor_msgs/PointCloud2'), ('obstacles', 'sensor_msgs/PointCloud2'),
        ('scan', 'sensor_msgs/LaserScan'), ('obstacle_distance', 'sensor_msgs/LaserScan'),
        ('regions_3d', 'vision_msgs/Detection3DArray')]
    assert (PX4.topic, PX4.message) == ('px4_obstacle_distance', 'px4_msgs/ObstacleDistance')
    assert all(output.help.endswith('.') for output in (*IMAGES, *NAVIGATION, PX4))


def test_metric_depth_is_meters_with_nan_where_unknown() -> None:
    result = hand_drawn(kind=DepthKind.METRIC)
    np.testing.assert_array_equal(
        rendered('depth/image', result),
        np.where(result.depth.valid, result.depth.values, np.nan))


def test_metric_depth_is_never_mixed_from_two_pixels() -> None:
    result = hand_drawn((61, 83), DepthKind.METRIC, unknown=False)
    array = rendered('depth/image', result)
    assert set(np.unique(array)) <= set(np.unique(result.depth.values))


def test_inverse_depth_of_a_metric_map_is_one_over_meters() -> None:
    result = hand_drawn(kind=DepthKind.METRIC)
    array = rendered('inverse_depth', result)
    assert array is not None
    np.testing.assert_allclose(array, result.depth.inverse())
    assert np.isnan(array[UNKNOWN]).all()


def test_inverse_depth_stays_between_its_neighbors_when_scaled() -> None:
    depth = DepthMap(np.array([[1.0, 3.0]], np.float32), DepthKind.RELATIVE_INVERSE)
    array = rendered('inverse_depth', replace(nothing_known((1, 8)), depth=depth))
    assert array is not None
    assert (np.diff(array[0]) >= 0).all() and (array[0, 0], array[0, -1]) == (1.0, 3.0)


@pytest.mark.parametrize('shape', [(24, 32), (48, 64), (61, 83)])
def test_mask_is_the_obstacle_classes(shape: tuple[int, int]) -> None:
    result = hand_drawn(shape)
    mask, classes = rendered('mask', result), rendered('classes', result)
    assert mask is not None and classes is not None
    assert set(np.unique(mask)) == {0, 255}
    obstacles = (RegionClass.OBJECT, RegionClass.STRUCTURE, RegionClass.DROP_OFF)
    np.testing.assert_array_equal(mask == 255, np.isin(classes, obstacles))


def test_labels_are_ids_and_never_mixed_when_scaled() -> None:
    labels = rendered('labels', hand_drawn((61, 83)))
    assert labels is not None
    assert set(np.unique(labels)) == {0, 1, 2, 3}
    assert labels[30, 17] == 2


def test_labels_keep_ids_above_255() -> None:
    result = hand_drawn()
    labels = result.segmentation.labels.copy()
    labels[OBJECT] = 40_000
    segmentation = replace(result.segmentation, labels=labels)
    array = rendered('labels', replace(result, segmentation=segmentation))
    assert array is not None and array.max() == 40_000


def test_the_help_of_classes_names_every_number() -> None:
    text = next(output.help for output in IMAGES if output.topic == 'classes')
    assert text == ('Class per pixel: 0 unknown, 1 ground, 2 object, 3 structure, 4 drop-off, '
                    '5 background.')
