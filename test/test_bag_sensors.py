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
"""Bags with other sensors beside the camera, and results that need meters."""

from __future__ import annotations

from dataclasses import replace
import math
from pathlib import Path
from typing import Any

from bag_messages import CAMERA_INFO, camera_info, header, IMAGE, image, images, new, write_bag
from depth_seg_ros.backends.given import GivenEstimator
from depth_seg_ros.bag import BagError, BagReader, BagSummary, check_bag, process_bag
from depth_seg_ros.cli import main
from depth_seg_ros.depth import DepthEstimator
from depth_seg_ros.params import PipelineParams, updated
import depth_seg_ros.pipeline
from depth_seg_ros.pipeline import Pipeline
from depth_seg_ros.readings import Readings
from frame_results import PaperNetwork
import numpy as np
import pytest

IMU, RANGE = 'sensor_msgs/msg/Imu', 'sensor_msgs/msg/Range'
GIVEN = updated(PipelineParams(), {'model.name': 'depth_in'})
SPARSE = updated(PipelineParams(), {'scale.source': 'sparse'})
MOUNTED = updated(PipelineParams(), {'mount.attitude': 'imu', 'mount.height_from': 'range'})
INFO = ('/cam/camera_info', CAMERA_INFO, 0, camera_info())
SECOND = 10**9


def meters(index: int) -> np.ndarray:
    """Return another depth for every image: a wall with a box before it, ground below."""
    rows = np.linspace(-0.5, 1.0, 48)[:, None] * np.ones(64)
    depth = np.minimum(4.0, 1.0 / np.maximum(rows, 0.01))
    depth[20:40, 20:30] = 1.0 + 0.25 * index
    return np.asarray(depth, np.float32)


def depth_image(index: int, kind: str = '32FC1', values: Any = None) -> Any:
    values = meters(index) if values is None else values
    rows = values.astype('<f4') if kind == '32FC1' else np.round(values * 1e3).astype('<u2')
    return image(index, height=48, width=64, encoding=kind, step=rows.strides[0],
                 data=rows.reshape(-1).view(np.uint8))


def depths(kind: str = '32FC1', count: int = 3, log_ns: int = 0) -> list[Any]:
    """Return messages, recorded so much after the images with the same stamps."""
    return [('/cam/depth', IMAGE, index * SECOND + log_ns, depth_image(index, kind))
            for index in range(count)]


def run(source: Path, out: Path, params: PipelineParams, estimator: DepthEstimator | None = None,
        **options: Any) -> BagSummary:
    with Pipeline(estimator or GivenEstimator(params.model), params) as pipeline:
        return process_bag(source, out, pipeline, params, topic='/cam/image_raw', **options)


def found(path: Path, topic: str) -> list[Any]:
    with BagReader(path, '/cam/image_raw') as bag:
        return [bag.decode(message) for message in bag.messages((topic,))]


@pytest.mark.parametrize('kind', ['32FC1', '16UC1'])
@pytest.mark.parametrize('log_ns', [0, 10 * SECOND], ids=['together', 'recorded at the end'])
def test_every_image_gets_the_depth_of_its_own_stamp(
        tmp_path: Path, kind: str, log_ns: int) -> None:
    messages = sorted([*images(), *depths(kind, log_ns=log_ns), INFO], key=lambda item: item[2])
    source = write_bag(tmp_path / 'in', messages)
    summary = run(source, tmp_path / 'out', GIVEN, sensors={'depth_in': '/cam/depth'})
    assert (summary.processed, summary.failed, summary.problems) == (3, {}, ())
    results = found(tmp_path / 'out', '/depth_seg/depth/image')
    for index, message in enumerate(results):
        got = message.data.view('<f4').reshape(96, 128)[::2, ::2]
        np.testing.assert_allclose(got, meters(index), atol=6e-4)
    assert len(found(tmp_path / 'out', '/depth_seg/scan')) == 3


def test_the_same_bytes_come_out_every_time(tmp_path: Path) -> None:
    source = write_bag(tmp_path / 'in', [*images(), *depths(), INFO])
    for name in ('a', 'b'):
        run(source, tmp_path / name / 'out', GIVEN, sensors={'depth_in': 'cam/depth'})
    assert (tmp_path / 'a/out/out.mcap').read_bytes() == (tmp_path / 'b/out/out.mcap').read_bytes()


def test_images_without_depth_have_no_result_and_are_counted(tmp_path: Path) -> None:
    bad = ('/cam/depth', IMAGE, 9, depth_image(1, 'rgb8'))
    source = write_bag(tmp_path / 'in', [*images(), *depths(count=1), bad])
    summary = run(source, tmp_path / 'out', GIVEN, sensors={'depth_in': '/cam/depth'})
    assert (summary.frames, summary.processed) == (3, 1)
    unreadable, missing = sorted(summary.failed)
    assert unreadable.startswith('depth_in: image encoding: expected one of 32FC1')
    assert missing.startswith('no depth came with this image')


def test_damaged_bytes_are_as_if_they_had_not_been_recorded(tmp_path: Path) -> None:
    source = write_bag(tmp_path / 'in', [
        *images(), ('/cam/depth', IMAGE, 1, b'\0\1\0\0damaged'), *depths()])
    summary = run(source, tmp_path / 'out', GIVEN, sensors={'depth_in': '/cam/depth'})
    assert summary.processed == 3


def test_sparse_depth_without_a_point_gives_no_meters_and_the_reason(tmp_path: Path) -> None:
    empty = [(topic, kind, ns, depth_image(index, values=np.zeros((48, 64))))
             for index, (topic, kind, ns, _) in enumerate(depths(count=2))]
    source = write_bag(tmp_path / 'in', [*images(), *empty, INFO])
    summary = run(source, tmp_path / 'out', SPARSE, PaperNetwork(),
                  sensors={'sparse_depth': '/cam/depth'})
    assert (summary.processed, sum(summary.no_meters.values())) == (3, 3)
    assert all(summary.no_meters)
    assert summary.problems == (
        '/cam/depth: tells nothing about 1 of 3 frames; no message within 0.05 s of the stamp of '
        'the image (the newest is 1 s older); publish it without delay and with the time of its '
        'measurement, by the clock of the camera; raise input.max_skew only where it is measured '
        'more rarely than that',)
    for topic in ('depth/image', 'depth/camera_info', 'points', 'scan'):
        assert found(tmp_path / 'out', f'/depth_seg/{topic}') == []


def imu(index: int) -> Any:
    nothing, vector = np.zeros(9), new('geometry_msgs/msg/Vector3', x=0.0, y=0.0, z=0.0)
    turn = new('geometry_msgs/msg/Quaternion', x=0.0, y=math.sin(0.1 * index), z=0.0,
               w=math.cos(0.1 * index))
    return new(IMU, header=header(index), orientation=turn, orientation_covariance=nothing,
               angular_velocity=vector, angular_velocity_covariance=nothing,
               linear_acceleration=vector, linear_acceleration_covariance=nothing)


def distance(index: int) -> Any:
    return new(RANGE, header=header(index), radiation_type=1, field_of_view=0.1, min_range=0.1,
               max_range=5.0, range=1.0 + index, variance=0.0)


def test_imu_and_range_are_those_at_the_time_of_the_image(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[Readings] = []
    process = Pipeline.process

    def listening(self: Pipeline, rgb: Any, stamp: float, camera: Any, readings: Readings) -> Any:
        heard.append(readings)
        return process(self, rgb, stamp, camera, readings)

    monkeypatch.setattr(Pipeline, 'process', listening)
    source = write_bag(tmp_path / 'in', [
        *images(), *(('/imu', IMU, index, imu(index)) for index in range(3)),
        *(('/down', RANGE, index, distance(index)) for index in range(3))])
    run(source, tmp_path / 'out', MOUNTED, PaperNetwork(),
        sensors={'imu': '/imu', 'range': '/down'})
    assert [readings.height for readings in heard] == pytest.approx([1, 2, 3])
    for index, readings in enumerate(heard):
        assert readings.down == pytest.approx(
            (math.sin(0.2 * index), 0.0, -math.cos(0.2 * index)))


def test_a_sensor_that_the_parameters_ask_for_has_to_be_named(tmp_path: Path) -> None:
    source = write_bag(tmp_path / 'in', [*images(), *depths(), INFO])
    options = {'out': tmp_path / 'out', 'params': GIVEN, 'topic': '/cam/image_raw'}
    with pytest.raises(BagError, match='model.name=depth_in needs a topic of sensor_msgs/msg/'
                                       'Image; name it with --depth-in: /cam/depth$'):
        check_bag(source, **options)
    with pytest.raises(BagError, match='--depth-in: no sensor_msgs/msg/Image on /cam/camera_info; '
                                       'topics with it: /cam/depth$'):
        check_bag(source, **options, sensors={'depth_in': '/cam/camera_info'})
    with pytest.raises(BagError, match='attitude=imu needs .*/Imu; name it with --imu: none$'):
        check_bag(source, tmp_path / 'out', MOUNTED, '/cam/image_raw', {'range': '/cam/depth'})
    check_bag(source, **options, sensors={'depth_in': 'cam/depth'})


def test_what_needs_meters_is_refused_where_there_will_be_none(tmp_path: Path) -> None:
    source = write_bag(tmp_path / 'in', [*images(), INFO])
    with pytest.raises(BagError, match=r'points, scan: expected depth in meters, got a relative '
                                       r'model \(paper\); set -p scale.source=sparse or ground'):
        run(source, tmp_path / 'out', PipelineParams(), PaperNetwork(),
            save=('mask', 'scan', 'points'))
    assert not (tmp_path / 'out').exists()
    assert run(source, tmp_path / 'out', PipelineParams(), PaperNetwork(),
               save=('mask',)).processed == 3


def test_what_needs_a_camera_is_missed_where_there_is_none(tmp_path: Path) -> None:
    source = write_bag(tmp_path / 'in', [*images(), *depths()])
    summary = run(source, tmp_path / 'out', GIVEN, sensors={'depth_in': '/cam/depth'},
                  save=('scan', 'points'))
    assert summary.problems == ('/cam/camera_info: no camera_info, which points, scan need',)


def test_the_command_matches_depth_with_images(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_bag(tmp_path / 'in', [*images(), *depths('16UC1'), INFO])
    assert main(['bag', str(source), '--out', str(tmp_path / 'out'),
                 '--model', 'depth_in', '--depth-in', 'cam/depth']) == 0
    assert '3 of 3 frames of /cam/image_raw' in capsys.readouterr().out
    assert len(found(tmp_path / 'out', '/depth_seg/points')) == 3


def test_images_on_a_topic_of_a_sensor_are_meant_where_there_are_no_others(
        tmp_path: Path) -> None:
    source = write_bag(tmp_path / 'in', depths())
    with BagReader(source, sensors=['cam/depth']) as bag:
        assert bag.topic == '/cam/depth'


def test_an_option_that_would_be_passed_over_is_wrong_usage(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, wanted in (
            ('--depth-in', 'model.name=depth_in'), ('--sparse-depth', 'scale.source=sparse'),
            ('--imu', 'mount.attitude=imu'), ('--range', 'mount.height_from=range')):
        assert main(['bag', 'in', '--out', str(tmp_path / 'out'), option, '/topic']) == 2
        assert f'{option}: is not used without -p {wanted}' in capsys.readouterr().err


def test_a_command_for_results_in_meters_of_a_relative_model_says_what_to_do(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_bag(tmp_path / 'in', images())
    maps = tmp_path / 'maps'
    maps.mkdir()
    np.save(maps / '0_inverse_depth.npy', meters(0))
    assert main(['bag', str(source), '--out', str(tmp_path / 'out'), '--model',
                 f'recorded:{maps}', '--save', 'points,scan']) == 1
    assert 'points, scan: expected depth in meters' in capsys.readouterr().err


def test_the_command_says_how_many_frames_have_no_meters_and_why(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = depth_image(0, values=np.zeros((48, 64)))
    source = write_bag(tmp_path / 'in', [*images(count=1), ('/cam/depth', IMAGE, 0, empty), INFO])
    maps = tmp_path / 'maps'
    maps.mkdir()
    np.save(maps / '0_inverse_depth.npy', meters(0))
    assert main(['bag', str(source), '--out', str(tmp_path / 'out'), '--model',
                 f'recorded:{maps}', '--topic', '/cam/image_raw', '-p', 'scale.source=sparse',
                 '--sparse-depth', '/cam/depth', '--save', 'mask,scan']) == 0
    assert '1 frame without depth in meters: ' in capsys.readouterr().err


def test_the_command_says_how_many_frames_are_unknown_and_why(
        tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
        ) -> None:
    network = PaperNetwork()
    network.info = replace(network.info, sees_image=True)
    monkeypatch.setattr(depth_seg_ros.pipeline, 'load_estimator', lambda params: network)
    black = np.zeros(96 * 384, np.uint8)
    source = write_bag(tmp_path / 'in', [
        ('/cam/image_raw', IMAGE, index * SECOND, image(index, data=black)) for index in range(3)])
    assert main(['bag', str(source), '--out', str(tmp_path / 'out'), '--save', 'mask']) == 0
    out, err = capsys.readouterr()
    assert err.count('3 frames of which all is unknown: too dark: 100.0% of the image') == 1
    assert out.startswith('3 of 3 frames of /cam/image_raw, 0 regions')


@pytest.mark.parametrize('name', ['run.mcap', 'run_0.db3', 'run.bag', 'folder'])
def test_a_bag_is_no_video(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'folder/metadata.yaml').write_text('')
    assert main(['video', str(tmp_path / name), '--out', str(tmp_path / 'out')]) == 2
    assert f'{name}: a bag, not a video; use depth_seg bag' in capsys.readouterr().err
