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
"""Messages to arrays and back; no node runs."""

from __future__ import annotations

import sys
import types

from depth_seg_ros.depth import DepthKind, DepthMap
from depth_seg_ros.images import ImageError, ImageSizeError, UnsupportedEncodingError
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.segmentation import Region, RegionClass, Segmentation
import numpy as np
import pytest

conversions = pytest.importorskip('depth_seg_ros.ros.conversions')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
Header = pytest.importorskip('std_msgs.msg').Header

RGB = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


@pytest.fixture
def header():
    header = Header(frame_id='camera')
    header.stamp.sec, header.stamp.nanosec = 12, 345
    return header


@pytest.fixture
def cv_bridge(monkeypatch):
    """Put a stand-in for cv_bridge, which no wheel brings, where it is imported from."""
    module = types.ModuleType('cv_bridge')
    module.CvBridgeError = type('CvBridgeError', (TypeError,), {})
    module.CvBridge = type('CvBridge', (), {})
    monkeypatch.setitem(sys.modules, 'cv_bridge', module)
    return module


def image(encoding='rgb8', height=2, width=4, step=12, data=RGB.tobytes()):
    message = sensor_msgs.Image(height=height, width=width, encoding=encoding, step=step)
    message.data.frombytes(data)
    return message


def test_a_stamp_is_nanoseconds(header):
    assert conversions.stamp_ns(header) == 12 * 10**9 + 345


def test_an_rgb_image_is_a_view_of_the_message():
    message = image()
    rgb = conversions.rgb_array(message, 1.0)
    assert np.array_equal(rgb, RGB)
    message.data[0] = 99
    assert rgb[0, 0, 0] == 99


def test_a_bgr_image_has_its_channels_swapped():
    assert np.array_equal(conversions.rgb_array(image('bgr8'), 1.0), RGB[..., ::-1])


def test_a_big_endian_image_is_read_as_such():
    message = image('mono16', 1, 2, 4, bytes((0x12, 0x34, 0xff, 0xff)))
    message.is_bigendian = 1
    assert conversions.rgb_array(message, 1.0)[0, :, 0].tolist() == [0x12, 0xff]


def test_an_image_that_is_too_large_is_refused():
    with pytest.raises(ImageSizeError, match='at most 1e-06 megapixels, got 4x2'):
        conversions.rgb_array(image(), 1e-6)


def test_a_compressed_image_is_decoded():
    cv2 = pytest.importorskip('cv2')
    message = sensor_msgs.CompressedImage(format='png')
    message.data.frombytes(cv2.imencode('.png', RGB[..., ::-1])[1])
    assert np.array_equal(conversions.rgb_array(message, 1.0), RGB)


def test_a_compressed_image_that_is_no_picture_is_refused():
    message = sensor_msgs.CompressedImage(format='jpeg')
    message.data.frombytes(b'no picture')
    with pytest.raises(ImageError, match='compressed image'):
        conversions.rgb_array(message, 1.0)


def test_an_unknown_encoding_names_cv_bridge_where_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, 'cv_bridge', None)
    with pytest.raises(UnsupportedEncodingError,
                       match="or more with cv_bridge, which is not installed, got 'weird'"):
        conversions.rgb_array(image('weird'), 1.0)


def test_an_unknown_encoding_goes_through_cv_bridge(cv_bridge):
    cv_bridge.CvBridge.imgmsg_to_cv2 = lambda self, message, encoding: (
        RGB[:, ::-1] if (message.encoding, encoding) == ('weird', 'rgb8') else None)
    rgb = conversions.rgb_array(image('weird'), 1.0)
    assert np.array_equal(rgb, RGB[:, ::-1])
    assert rgb.flags.c_contiguous


def test_what_cv_bridge_does_not_know_either_is_refused(cv_bridge):
    def imgmsg_to_cv2(self, message, encoding):
        raise cv_bridge.CvBridgeError('no conversion')

    cv_bridge.CvBridge.imgmsg_to_cv2 = imgmsg_to_cv2
    with pytest.raises(UnsupportedEncodingError, match="got 'weird'"):
        conversions.rgb_array(image('weird'), 1.0)


def test_a_short_buffer_of_an_unknown_encoding_is_a_bad_image(cv_bridge):
    def imgmsg_to_cv2(self, message, encoding):
        raise TypeError('buffer is too small')

    cv_bridge.CvBridge.imgmsg_to_cv2 = imgmsg_to_cv2
    with pytest.raises(ImageError, match="cv_bridge cannot read 'weird': buffer is too small"):
        conversions.rgb_array(image('weird'), 1.0)


def test_cv_bridge_never_sees_an_image_that_is_too_large(cv_bridge):
    with pytest.raises(ImageSizeError, match='at most 1 megapixels'):
        conversions.rgb_array(image('weird', 2000, 2000), 1.0)


def test_ours_and_the_real_cv_bridge_agree():
    bridge = pytest.importorskip('cv_bridge', reason='comes with a ROS distribution').CvBridge()
    for encoding in ('rgb8', 'bgr8'):
        ours = conversions.rgb_array(image(encoding), 1.0)
        assert np.array_equal(ours, bridge.imgmsg_to_cv2(image(encoding), 'rgb8'))


@pytest.mark.parametrize('encoding, array, step', [
    ('bgr8', RGB, 12), ('mono8', RGB[..., 0], 4),
    ('16UC1', np.array([[1, 65535]], np.uint16), 4),
    ('32FC1', np.array([[0.5], [np.nan]], np.float32), 4)])
def test_an_array_becomes_a_message_as_it_is(header, encoding, array, step):
    message = conversions.image_message(array, encoding, header)
    assert (message.height, message.width) == array.shape[:2]
    assert (message.encoding, message.step) == (encoding, step)
    assert message.header == header
    pixels = np.frombuffer(message.data, array.dtype).reshape(array.shape)
    assert np.array_equal(pixels, array, equal_nan=array.dtype.kind == 'f')


def test_the_calibration_goes_with_the_size_of_the_image(header):
    info = sensor_msgs.CameraInfo(
        width=640, height=480, distortion_model='plumb_bob', d=[0.1] * 5,
        k=[500.0, 0, 319.5, 0, 500, 239.5, 0, 0, 1],
        p=[400.0, 0, 319.5, -40, 0, 400, 239.5, 0, 0, 0, 1, 0], binning_x=2, binning_y=2)
    half = conversions.camera_info_message(info, header, 320, 240)
    assert (half.width, half.height, half.header) == (320, 240, header)
    assert half.k.tolist() == [250, 0, 159.5, 0, 250, 119.5, 0, 0, 1]
    assert half.p.tolist() == [200, 0, 159.5, -20, 0, 200, 119.5, 0, 0, 0, 1, 0]
    assert (half.distortion_model, list(half.d)) == ('plumb_bob', [0.1] * 5)
    assert (half.binning_x, half.roi.width) == (0, 0)


def frame(*regions):
    depth = DepthMap(np.ones((2, 4), np.float32), DepthKind.RELATIVE_INVERSE)
    segmentation = Segmentation(np.zeros((2, 4), np.int32), np.zeros((2, 4), np.uint8), regions)
    return FrameResult(0.0, RGB, depth, segmentation, regions, {})


def test_a_region_becomes_a_detection_with_x_to_the_right(header):
    region = Region(7, RegionClass.DROP_OFF, 20, (10.0, 20.0, 4.0, 6.0), (12.0, 23.0), 1.0, 1.0,
                    confidence=0.75)
    message = conversions.detections_message(frame(region), header)
    found, = message.detections
    assert found.id == '7'
    assert (found.bbox.center.position.x, found.bbox.center.position.y) == (23.0, 12.0)
    assert (found.bbox.size_x, found.bbox.size_y) == (6.0, 4.0)
    hypothesis, = found.results
    assert (hypothesis.hypothesis.class_id, hypothesis.hypothesis.score) == ('drop-off', 0.75)
    assert message.header == found.header == header


def test_no_region_is_an_empty_message(header):
    message = conversions.detections_message(frame(), header)
    assert (message.detections, message.header) == ([], header)


def test_the_label_info_names_every_class(header):
    message = conversions.label_info_message(header)
    assert [entry.class_id for entry in message.class_map] == [int(kind) for kind in RegionClass]
    assert message.class_map[4].class_name == 'drop-off'
