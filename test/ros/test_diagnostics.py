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
"""What /diagnostics says in each situation."""

from __future__ import annotations

from dataclasses import replace

from depth_seg_ros.depth import DepthKind, DepthMap, EstimatorInfo
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.quality import Quality
from depth_seg_ros.scale import Scaling
from depth_seg_ros.segmentation import Segmentation, Thresholds
from depth_seg_ros.stabilize import Alignment
from frame_results import nothing_known
import numpy as np
import pytest

diagnostics = pytest.importorskip('depth_seg_ros.ros.diagnostics')
frame_statistics = pytest.importorskip('depth_seg_ros.ros.frame_statistics')
Time = pytest.importorskip('builtin_interfaces.msg').Time

OK, WARN, ERROR = b'\x00', b'\x01', b'\x02'
CAMERA = diagnostics.InputSource('/camera', publishers=1)
MODEL = EstimatorInfo('embedded', 'torch', 'cpu', 'fp32', DepthKind.RELATIVE_INVERSE, 'abc')
ACTIVE = diagnostics.NodeStatus('/robot/depth_seg', 'active', source=CAMERA, model=MODEL,
                                input_size=252)
BUSY = frame_statistics.Summary(received=9, processed=5, rate_in=30.0, rate_out=12.34)
DropCause = frame_statistics.DropCause

SCALELESS = replace(nothing_known(), scaling=Scaling('sparse', anchors=3, reason='too few points'))

SITUATIONS = {
    'working': (ACTIVE, BUSY, OK, '12.3 results per second'),
    'failed': (replace(ACTIVE, state='unconfigured', failure='configure failed: no model'),
               BUSY, ERROR, 'configure failed: no model'),
    'unconfigured': (
        replace(ACTIVE, state='unconfigured'), BUSY, WARN,
        'unconfigured: run `ros2 lifecycle set /robot/depth_seg configure`'),
    'inactive': (replace(ACTIVE, state='inactive'), BUSY, WARN,
                 'inactive: run `ros2 lifecycle set /robot/depth_seg activate`'),
    'finalized': (replace(ACTIVE, state='finalized'), BUSY, WARN,
                  'finalized: start the node again'),
    'disabled': (replace(ACTIVE, enabled=False), BUSY, OK,
                 'disabled; call /robot/depth_seg/enable with data: true'),
    'nobody publishes': (
        replace(ACTIVE, source=diagnostics.InputSource('/camera')),
        frame_statistics.Summary(silence=2.5), WARN,
        'no image on /camera for 2.5 s: nobody publishes it; start the camera, or remap `image` '
        'to its topic'),
    'cannot match': (
        replace(ACTIVE, source=replace(CAMERA, mismatch='its QoS does not match')),
        frame_statistics.Summary(silence=2.5), WARN,
        'no image on /camera for 2.5 s: its QoS does not match'),
    'nothing arrives': (
        ACTIVE, frame_statistics.Summary(silence=2.5), WARN,
        'no image on /camera for 2.5 s: 1 publishing, nothing arrives; let the camera publish '
        'reliably, or start it with FASTDDS_BUILTIN_TRANSPORTS as in depth_seg.launch.py'),
    'losses': (
        ACTIVE, replace(BUSY, rate_lost=10.0), WARN,
        '25% of the images are lost on the way; let the camera publish reliably, or start it '
        'with FASTDDS_BUILTIN_TRANSPORTS as in depth_seg.launch.py'),
    'few losses': (ACTIVE, replace(BUSY, rate_lost=3.0), OK, '12.3 results per second'),
    'stopped': (ACTIVE, replace(BUSY, silence=2.5), WARN,
                'no image on /camera for 2.5 s: the publisher is there, but stopped sending'),
    'waiting': (ACTIVE, frame_statistics.Summary(silence=0.5), OK,
                'waiting for the first result'),
    'bad images': (ACTIVE, replace(BUSY, last_error='got 5 bytes'), ERROR,
                   'images are dropped: got 5 bytes'),
    'idle': (ACTIVE, replace(BUSY, last_drop=DropCause.UNWATCHED), OK,
             'idle: nobody subscribes to a result'),
    'image not fit': (
        ACTIVE, replace(BUSY, missing='nothing on ~/scan', last=replace(
            nothing_known(), quality=Quality('too dark: 99.0% of the image is black'))), WARN,
        'all is unknown: too dark: 99.0% of the image is black'),
    'no calibration': (ACTIVE, replace(BUSY, missing='nothing on ~/scan: no camera_info'), WARN,
                       'nothing on ~/scan: no camera_info'),
    'no calibration, and nobody asks any more': (
        ACTIVE, replace(BUSY, missing='nothing on ~/scan', last_drop=DropCause.UNWATCHED), OK,
        'idle: nobody subscribes to a result'),
    'a sensor is silent': (
        replace(ACTIVE, sensors={'range': '', 'imu': 'no message yet'}),
        replace(BUSY, missing='nothing on ~/scan'), WARN, 'imu: no message yet'),
    'all sensors speak': (replace(ACTIVE, sensors={'range': '', 'imu': ''}), BUSY, OK,
                          '12.3 results per second'),
    'no scale': (ACTIVE, replace(BUSY, last=SCALELESS), WARN,
                 'depth is not in meters: too few points'),
    'too old': (
        ACTIVE, replace(BUSY, last_drop=DropCause.TOO_OLD), WARN,
        'images are older than input.max_age when they come: raise it, set it to 0 for replayed '
        'bags without use_sim_time, or synchronize the clocks'),
}


@pytest.mark.parametrize('situation', SITUATIONS)
def test_level_and_message(situation):
    status, summary, level, text = SITUATIONS[situation]
    assert diagnostics.judge(status, summary) == (level, text)


def test_silence_is_no_problem_up_to_the_timeout():
    status = replace(ACTIVE, input_timeout=5.0)
    assert diagnostics.judge(status, replace(BUSY, silence=5.0))[0] == OK
    assert diagnostics.judge(status, replace(BUSY, silence=5.1))[0] == WARN


@pytest.fixture
def frame():
    depth = DepthMap(np.ones((4, 4), np.float32), DepthKind.RELATIVE_INVERSE)
    segmentation = Segmentation(
        np.zeros((4, 4), np.int32), np.zeros((4, 4), np.uint8),
        thresholds=Thresholds(low=0.125, high=0.5))
    return FrameResult(0.0, np.zeros((4, 4, 3), np.uint8), depth, segmentation, (),
                       {'depth': 0.02}, Alignment(0.5, 0.25, 0.9),
                       quality=Quality(dark=0.25, texture=40.0, blur=0.05, frozen=0.0))


def values_of(status, summary):
    message = diagnostics.diagnostic_message([(status, summary)], Time(sec=7))
    return {item.key: item.value for item in message.status[0].values}


def test_the_message_is_one_status_with_stamp_name_and_hardware():
    message = diagnostics.diagnostic_message([(ACTIVE, BUSY)], Time(sec=7))
    status, = message.status
    assert message.header.stamp.sec == 7
    assert (status.name, status.hardware_id) == ('robot/depth_seg: pipeline', 'cpu')
    assert (status.level, status.message) == diagnostics.judge(ACTIVE, BUSY)


def test_several_cameras_are_judged_each_for_itself():
    front, left = (replace(ACTIVE, camera=name) for name in ('front', 'left'))
    message = diagnostics.diagnostic_message(
        [(front, BUSY), (replace(left, source=diagnostics.InputSource('/port')),
                         frame_statistics.Summary(silence=2.5))], Time(sec=7))
    assert [(status.name, status.level) for status in message.status] == [
        ('robot/depth_seg: front', OK), ('robot/depth_seg: left', WARN)]
    assert message.status[1].message.endswith('remap `left/image` to its topic')


def test_the_values_hold_what_is_needed_to_explain_a_result(frame):
    summary = replace(BUSY, last=frame, pipeline=(0.01, 0.02), processing=(0.02, 0.03),
                      age=(0.04, 0.05), rewinds=1, lost=2, cuts=3,
                      dropped={**BUSY.dropped, DropCause.OVERWRITTEN: 4})
    values = values_of(ACTIVE, summary)
    expected = {
        'state': 'active', 'input topic': '/camera', 'images received': '9',
        'lost on the way': '2', 'input rate (Hz)': '30', 'output rate (Hz)': '12.34',
        'stamp went back': '1', 'scene cuts': '3',
        'dropped: newer image came': '4', 'dropped: bad image': '0',
        'pipeline p50 (ms)': '10', 'processing p50 (ms)': '20',
        'processing p95 (ms)': '30',
        'age of result p50 (ms)': '40', 'age of result p95 (ms)': '50',
        'camera_info': 'none: angles are unknown', 'model': 'embedded', 'backend': 'torch',
        'device': 'cpu', 'precision': 'fp32', 'depth kind': 'relative_inverse',
        'weights sha256': 'abc', 'model.input_size (px)': '252',
        'scale source': 'none: relative depth', 'regions': '0', 'depth (ms)': '20',
        'thresholds: low': '0.125', 'thresholds: high': '0.5', 'thresholds: far': 'none',
        'image: dark': '0.25', 'image: saturated': 'none', 'image: texture': '40',
        'image: blur': '0.05', 'image: frozen': '0',
        'alignment: scale': '0.5', 'alignment: shift': '0.25', 'alignment: inlier share': '0.9'}
    assert values.items() >= expected.items()


@pytest.mark.parametrize('off', [9.6e7, -9.6e7])
def test_the_age_by_stamps_of_another_clock_is_unknown_and_says_why(off):
    values = values_of(ACTIVE, replace(BUSY, age=(off, off), processing=(0.01, 0.02)))
    assert values['age of result p50 (ms)'] == values['age of result p95 (ms)'] == (
        'unknown: stamps are not of this clock; use ros2 bag play --clock with use_sim_time, '
        'or synchronize the clocks')
    assert values['processing p95 (ms)'] == '20'


def test_a_metric_model_is_the_source_of_the_scale():
    metric = replace(MODEL, kind=DepthKind.METRIC, digest='')
    values = values_of(replace(ACTIVE, model=metric, calibrated=True), BUSY)
    assert values['scale source'] == 'metric model'
    assert values['weights sha256'] == 'none'
    assert values['camera_info'] == 'calibrated'


def test_a_calibration_that_the_last_frame_did_not_take_is_told(frame):
    metric = replace(ACTIVE, model=replace(MODEL, kind=DepthKind.METRIC), calibrated=True)
    values = values_of(metric, replace(BUSY, last=replace(frame, camera=None)))
    assert values['camera_info'] == (
        'not used for the last frame: its angles, points and scans are unknown')


def test_before_configuration_there_is_only_the_state():
    status = diagnostics.NodeStatus('/depth_seg', 'unconfigured')
    assert values_of(status, frame_statistics.Summary()) == {
        'state': 'unconfigured', 'enabled': 'True'}


@pytest.mark.parametrize(('kind', 'source', 'said'), [
    (DepthKind.METRIC, 'none', 'metric model'),
    (DepthKind.RELATIVE_INVERSE, 'none', 'none: relative depth'),
    (DepthKind.RELATIVE_INVERSE, 'ground', 'ground'),
    (DepthKind.METRIC, 'sparse', 'sparse, correcting a metric model')])
def test_where_meters_come_from_is_told(kind, source, said):
    status = replace(ACTIVE, model=replace(MODEL, kind=kind), scale_source=source)
    assert values_of(status, BUSY)['scale source'] == said


def test_the_scale_of_the_last_frame_is_told():
    scaling = Scaling('sparse', 0.5, 0.25, 40, 0.75, 0.125, 0.2)
    values = values_of(ACTIVE, replace(BUSY, last=replace(nothing_known(), scaling=scaling)))
    assert {name: value for name, value in values.items() if name.startswith('scale: ')} == {
        'scale: scale': '0.5', 'scale: shift (1/m)': '0.25', 'scale: anchors': '40',
        'scale: inlier share': '0.75', 'scale: error': '0.125', 'scale: age (s)': '0.2',
        'scale: problem': 'none'}
    values = values_of(ACTIVE, replace(BUSY, last=SCALELESS))
    assert (values['scale: scale'], values['scale: problem']) == ('none', 'too few points')


def test_every_sensor_that_is_asked_for_is_told():
    values = values_of(replace(ACTIVE, sensors={'imu': '', 'range': 'out of range'}), BUSY)
    assert (values['imu'], values['range']) == ('used', 'out of range')


def test_with_a_scale_source_points_and_scans_want_a_calibration_too():
    status = replace(ACTIVE, scale_source='sparse')
    assert values_of(status, BUSY)['camera_info'] == (
        'none: angles, points and scans are unknown')
