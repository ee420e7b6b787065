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
"""Bags: what is written."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
import os
from pathlib import Path
import signal
import sqlite3
from typing import Any

from bag_messages import (
    CAMERA_INFO, camera_info, damage, IMAGE, image, images, new, picture, SECOND, STRING,
    write_bag)
from depth_seg_ros.bag import (
    BagError, BagReader, BagSummary, BagWriter, check_bag, process_bag, SAVES)
from depth_seg_ros.calibration import camera_model
from depth_seg_ros.depth import DepthKind, DepthMap, EstimationError, EstimatorInfo
from depth_seg_ros.detections import LABELS
from depth_seg_ros.navigation import (
    boxes, obstacle_distance, obstacles, points, scan, view_of)
from depth_seg_ros.outputs import ImageOutput, IMAGES, NAVIGATION
from depth_seg_ros.params import PipelineParams, updated
from depth_seg_ros.pipeline import Pipeline
import numpy as np
from numpy.typing import NDArray
import pytest
from rosbags.interfaces import QosDurability
from rosbags.rosbag2 import Reader, StoragePlugin, Writer

PARAMS = PipelineParams()


class RedIsNear:
    """A depth network whose inverse depth is the red of the image over a rising ground."""

    def __init__(self, kind: DepthKind = DepthKind.RELATIVE_INVERSE) -> None:
        self.info = EstimatorInfo('red', 'test', 'cpu', 'fp32', kind)

    def load(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return depth at half the size of the image."""
        red = rgb[::2, ::2, 0].astype(np.float32) / 255
        nearness = 0.1 + red + np.linspace(0, 1, red.shape[0], dtype=np.float32)[:, None]
        metric = self.info.kind is DepthKind.METRIC
        return DepthMap(1 / nearness if metric else nearness, self.info.kind)


def run(source: Path, out: Path, estimator: Any = None, params: PipelineParams = PARAMS,
        **options: Any) -> BagSummary:
    with Pipeline(estimator or RedIsNear(), params) as pipeline:
        return process_bag(source, out, pipeline, params, **options)


def recorded(path: Path) -> dict[str, list[tuple[int, Any]]]:
    """Return (log time, message) of every topic."""
    found: dict[str, list[tuple[int, Any]]] = {}
    with BagReader(path, '/cam/image_raw') as bag:
        for item in bag.messages():
            found.setdefault(item.topic, []).append((item.log_ns, bag.decode(item)))
        assert bag.damage == ''
    return found


@pytest.fixture
def source(tmp_path: Path) -> Path:
    chat = [('/chat', STRING, 1, new(STRING, data='hi'))]
    info = [('/cam/camera_info', CAMERA_INFO, 2, camera_info())]
    return write_bag(tmp_path / 'in', [*images(), *chat, *info])


def test_results_stand_beside_the_input_with_its_stamps(source: Path, tmp_path: Path) -> None:
    summary = run(source, tmp_path / 'out')
    assert (summary.total, summary.frames, summary.processed) == (3, 3, 3)
    assert summary.topic == '/cam/image_raw'
    assert (summary.failed, summary.not_copied, summary.problems) == ({}, (), ())
    assert not summary.interrupted
    found = recorded(tmp_path / 'out')
    results = {f'/depth_seg/{item.topic}' for item in IMAGES} - {'/depth_seg/depth/image'}
    assert set(found) == results | {'/cam/image_raw', '/cam/camera_info', '/chat',
                                    '/depth_seg/regions', '/depth_seg/label_info'}
    for topic in results | {'/depth_seg/regions'}:
        assert [log_ns for log_ns, _ in found[topic]] == [0, SECOND, 2 * SECOND]
        stamps = [message.header.stamp for _, message in found[topic]]
        assert [(stamp.sec, stamp.nanosec) for stamp in stamps] == [(0, 7), (1, 7), (2, 7)]
        assert {message.header.frame_id for _, message in found[topic]} == {'cam'}


@pytest.mark.parametrize('save', [('mask',), ('labels', 'regions'), ()])
def test_only_what_is_saved_is_rendered_and_written(
        source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        save: tuple[str, ...]) -> None:
    rendered = []

    def watched(output: ImageOutput) -> ImageOutput:
        def render(*given: Any) -> Any:
            rendered.append(output.topic)
            return output.render(*given)

        return replace(output, render=render)

    monkeypatch.setattr('depth_seg_ros.bag.process.IMAGES', [watched(item) for item in IMAGES])
    summary = run(source, tmp_path / 'out', save=save)
    assert (summary.processed, summary.regions) == (3, 3)
    results = {topic for topic in recorded(tmp_path / 'out') if topic.startswith('/depth_seg/')}
    assert results == {f'/depth_seg/{topic}' for topic in (*save, 'label_info')}
    assert set(rendered) == set(save) - {'regions'}


def test_an_unknown_name_to_save_lists_the_choices(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='save: expected some of inverse_depth, .*, regions, .*, '
                                         'regions_3d; got masks$'):
        run(source, tmp_path / 'out', save=('mask', 'masks'))
    assert not (tmp_path / 'out').exists()
    assert SAVES == (*(output.topic for output in IMAGES), 'regions',
                     *(output.topic for output in NAVIGATION))


def test_a_check_refuses_what_processing_would(source: Path, tmp_path: Path) -> None:
    out = tmp_path / 'out'
    check_bag(source, out, PARAMS)
    assert not out.exists()
    with pytest.raises(BagError, match='in: no images on /none'):
        check_bag(source, out, PARAMS, '/none')
    with pytest.raises(BagError, match='missing: no such file or folder'):
        check_bag(tmp_path / 'missing', out, PARAMS)
    out.mkdir()
    with pytest.raises(BagError, match='out: exists; remove it or choose another name'):
        check_bag(source, out, PARAMS)


def test_the_input_is_copied_byte_by_byte(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / 'out')
    with BagReader(source) as before, BagReader(tmp_path / 'out', '/cam/image_raw') as after:
        copied = [item for item in after.messages() if not item.topic.startswith('/depth_seg')]
        assert copied == list(before.messages())


def test_images_hold_the_pixels_that_the_outputs_render(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / 'out')
    found = recorded(tmp_path / 'out')
    with Pipeline(RedIsNear(), PARAMS) as pipeline:
        pipeline.process(picture(0), 7e-9)
        result = pipeline.process(picture(1), 1.0 + 7e-9)
    for output in IMAGES:
        expected = output.render(result, PARAMS.drawing)
        if expected is not None:
            message = found[f'/depth_seg/{output.topic}'][1][1]
            assert (message.height, message.width) == (96, 128)
            assert message.encoding == output.encoding
            got = message.data.view(expected.dtype).reshape(expected.shape)
            np.testing.assert_array_equal(got, expected)


def test_regions_carry_id_class_score_and_box_in_x_and_y(source: Path, tmp_path: Path) -> None:
    summary = run(source, tmp_path / 'out')
    arrays = [message for _, message in recorded(tmp_path / 'out')['/depth_seg/regions']]
    assert summary.regions == sum(len(array.detections) for array in arrays) == 3
    for index, array in enumerate(arrays):
        (found,) = array.detections
        hypothesis = found.results[0].hypothesis
        assert (found.id, hypothesis.class_id) == ('1', 'object')
        assert 0 < hypothesis.score <= 1
        center = found.bbox.center.position
        got = (center.x, center.y, found.bbox.size_x, found.bbox.size_y)
        assert got == pytest.approx((35 + 4 * index, 55, 30, 50), abs=3)


def test_label_info_is_latched_and_comes_once(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / 'out')
    (found,) = recorded(tmp_path / 'out')['/depth_seg/label_info']
    assert tuple((item.class_id, item.class_name) for item in found[1].class_map) == LABELS
    assert LABELS[4] == (4, 'drop-off')
    with Reader(tmp_path / 'out') as bag:
        (topic,) = (item for item in bag.connections if item.topic.endswith('label_info'))
        assert topic.ext.offered_qos_profiles[0].durability is QosDurability.TRANSIENT_LOCAL


def test_metric_depth_comes_with_its_camera(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / 'out', RedIsNear(DepthKind.METRIC))
    found = recorded(tmp_path / 'out')
    assert len(found['/depth_seg/depth/image']) == 3
    info = found['/depth_seg/depth/camera_info'][1][1]
    assert (info.header.stamp.sec, info.header.frame_id, info.width) == (1, 'cam', 128)
    np.testing.assert_allclose(info.k, camera_info().k)


def test_the_calibration_of_another_view_is_not_used(tmp_path: Path) -> None:
    info = camera_info()
    info.height = 72
    source = write_bag(tmp_path / 'in', [*images(), ('/cam/camera_info', CAMERA_INFO, 2, info)])
    summary = run(source, tmp_path / 'out', RedIsNear(DepthKind.METRIC))
    assert summary.problems == ('/cam/camera_info: expected the view of a 128x96 image, got '
                                '128x72; angles stay unknown',)
    found = recorded(tmp_path / 'out')
    assert '/depth_seg/depth/image' in found
    assert not found.keys() & {'/depth_seg/depth/camera_info', '/depth_seg/points',
                               '/depth_seg/scan'}


def test_what_navigation_takes_is_as_made_of_metric_depth(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / 'out', RedIsNear(DepthKind.METRIC))
    found = recorded(tmp_path / 'out')
    with Pipeline(RedIsNear(DepthKind.METRIC), PARAMS) as pipeline:
        view = view_of(pipeline.process(picture(1), 1.0, camera_model(camera_info())),
                       PARAMS.navigation)
    assert view is not None
    got = {output.topic: found[f'/depth_seg/{output.topic}'][1][1] for output in NAVIGATION}
    for output in NAVIGATION:
        assert got[output.topic].__msgtype__ == output.message.replace('/', '/msg/')
        assert got[output.topic].header.stamp.sec == 1
    for topic, cloud in (('points', points(view)), ('obstacles', obstacles(view))):
        message = got[topic]
        assert (message.width, message.point_step, message.row_step, message.is_dense) == (
            len(cloud.xyz), 20, 20 * len(cloud.xyz), True)
        assert [(each.name, each.offset, each.datatype) for each in message.fields] == [
            ('x', 0, 7), ('y', 4, 7), ('z', 8, 7), ('rgb', 12, 7), ('region', 16, 6)]
        np.testing.assert_array_equal(message.data, cloud.packed().view(np.uint8))
    for topic, made in (('scan', scan(view)), ('obstacle_distance', obstacle_distance(view))):
        message = got[topic]
        np.testing.assert_array_equal(message.ranges, made.ranges)
        assert (message.angle_min, message.angle_max, message.angle_increment) == pytest.approx(
            (made.angle_min, made.angle_max, made.angle_step))
        assert (message.range_min, message.range_max) == pytest.approx(
            (made.range_min, made.range_max))
    (box,), (expected,) = got['regions_3d'].detections, boxes(view)
    center, size = box.bbox.center.position, box.bbox.size
    assert (center.x, center.y, center.z) == expected.center
    assert (size.x, size.y, size.z) == expected.size
    assert (box.id, box.results[0].hypothesis.class_id) == (expected.id, expected.class_id)
    assert [got[topic].header.frame_id for topic in ('points', 'scan', 'obstacle_distance')] == [
        'cam', 'cam_level', 'cam_level_frd']


def test_no_scan_is_written_in_the_frame_of_the_image(source: Path, tmp_path: Path) -> None:
    params = replace(PARAMS, navigation=replace(PARAMS.navigation, level_frame='cam'))
    with pytest.raises(ValueError, match='not that of the image .cam., got cam; set it to'):
        run(source, tmp_path / 'out', RedIsNear(DepthKind.METRIC), params)


def test_the_same_bytes_come_out_every_time(source: Path, tmp_path: Path) -> None:
    for name in ('a', 'b'):
        run(source, tmp_path / name / 'out')
    for file in ('metadata.yaml', 'out.mcap'):
        assert (tmp_path / 'a/out' / file).read_bytes() == (tmp_path / 'b/out' / file).read_bytes()


def test_an_output_bag_can_be_processed_again(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / 'a/out')
    run(tmp_path / 'a/out', tmp_path / 'b/out', topic='/cam/image_raw')
    once, again = recorded(tmp_path / 'a/out'), recorded(tmp_path / 'b/out')
    assert {topic: len(items) for topic, items in once.items()} == {
        topic: len(items) for topic, items in again.items()}


def test_progress_is_told_after_every_image(source: Path, tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    run(source, tmp_path / 'out', progress=lambda *call: calls.append(call))
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_bad_frames_are_counted_by_reason_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = image(0, encoding='none')
    topic = '/cam/image_raw'
    source = write_bag(tmp_path / 'in', [
        (topic, IMAGE, 0, bad), (topic, IMAGE, 1, image(1)), (topic, IMAGE, 2, bad),
        (topic, IMAGE, 3, image(2, height=0))])
    summary = run(source, tmp_path / 'out')
    assert (summary.frames, summary.processed) == (4, 1)
    assert sorted(summary.failed.values()) == [1, 2]
    assert "got 'none'" in summary.failed.most_common(1)[0][0]
    assert len(recorded(tmp_path / 'out')['/depth_seg/mask']) == 1


def test_the_size_limit_is_that_of_the_parameters(source: Path, tmp_path: Path) -> None:
    small = updated(PARAMS, {'input.max_megapixels': 0.01})
    summary = run(source, tmp_path / 'out', params=small)
    assert summary.processed == 0
    assert 'at most 0.01 megapixels' in next(iter(summary.failed))


def test_a_network_that_fails_on_a_frame_is_counted(source: Path, tmp_path: Path) -> None:
    class FailsOnce(RedIsNear):
        calls = 0

        def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
            self.calls += 1
            if self.calls == 2:
                raise EstimationError('no depth')
            return super().estimate(rgb)

    summary = run(source, tmp_path / 'out', FailsOnce())
    assert (summary.processed, summary.failed) == (2, {'no depth': 1})


def test_damage_is_reported_and_what_was_read_is_processed(tmp_path: Path) -> None:
    source = damage(write_bag(tmp_path / 'in', images(count=60)))
    summary = run(source, tmp_path / 'out')
    assert 0 < summary.processed < 60
    assert 'damaged, the rest cannot be read' in summary.problems[0]
    assert len(recorded(tmp_path / 'out')['/depth_seg/mask']) == summary.processed


def test_an_uncalibrated_camera_is_reported(tmp_path: Path) -> None:
    info = ('/cam/camera_info', CAMERA_INFO, 0, camera_info(0.0))
    summary = run(write_bag(tmp_path / 'in', [info, *images()]), tmp_path / 'out')
    assert summary.processed == 3
    assert summary.problems == ('/cam/camera_info: not calibrated, angles stay unknown',)


def test_an_existing_output_is_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / 'out').mkdir()
    with pytest.raises(BagError, match='out: exists; remove it or choose another name'):
        run(source, tmp_path / 'out')
    assert list((tmp_path / 'out').iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(source: Path, tmp_path: Path) -> None:
    (tmp_path / 'file').write_text('')
    with pytest.raises(BagError, match='out: cannot be written: Not a directory'):
        run(source, tmp_path / 'file/out')


def test_a_full_disk_is_named_and_what_was_written_stays(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write_bag(tmp_path / 'in', images(count=60))
    write, calls = Writer.write, []

    def fail_late(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 100:
            raise OSError(28, 'No space left on device')
        write(*args)

    monkeypatch.setattr(Writer, 'write', fail_late)
    with pytest.raises(BagError, match='out: cannot be written: No space left on device'):
        run(source, tmp_path / 'out')
    assert (tmp_path / 'out/out.mcap').stat().st_size > 10000


@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_after_the_frame_in_work_and_the_bag_is_whole(
        source: Path, tmp_path: Path, stop: signal.Signals) -> None:
    class Interrupted(RedIsNear):
        def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
            os.kill(os.getpid(), stop)
            return super().estimate(rgb)

    before = signal.getsignal(stop)
    summary = run(source, tmp_path / 'out', Interrupted())
    assert summary.interrupted
    assert (summary.total, summary.frames, summary.processed) == (3, 1, 1)
    assert signal.getsignal(stop) is before
    assert (tmp_path / 'out/metadata.yaml').exists()
    assert len(recorded(tmp_path / 'out')['/depth_seg/overlay']) == 1


def test_a_second_ctrl_c_acts_at_once(source: Path, tmp_path: Path) -> None:
    class Impatient(RedIsNear):
        def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
            signal.raise_signal(signal.SIGINT)  # to this thread: os.kill may take another one
            signal.raise_signal(signal.SIGINT)
            raise AssertionError('the second one was ignored')

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
    try:
        with pytest.raises(KeyboardInterrupt):
            run(source, tmp_path / 'out', Impatient())
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_a_writer_wrote_a_reader_reads(tmp_path: Path) -> None:
    depth = np.array([[1.5, np.nan]], np.float32)
    with BagWriter(tmp_path / 'out') as writer:
        writer.image('/depth', depth, '32FC1', writer.header(-5 + 2 * SECOND, 'eye'), 3)
    with BagReader(tmp_path / 'out') as bag:
        (item,) = bag.messages()
        message = bag.decode(item)
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (1, SECOND - 5)
    np.testing.assert_array_equal(message.data.view(np.float32), depth[0])


def test_a_topic_of_an_undefined_type_is_reported_not_copied(tmp_path: Path) -> None:
    labels = new('vision_msgs/msg/VisionClass', class_id=1, class_name='wall')
    source = write_bag(tmp_path / 'in', [
        *images(), ('/wall', 'vision_msgs/msg/VisionClass', 1, labels)], StoragePlugin.SQLITE3)
    with closing(sqlite3.connect(source / 'in.db3')) as database, database:
        # Bags from before Iron do not hold the definitions of their messages.
        database.execute('DELETE FROM message_definitions')
    summary = run(source, tmp_path / 'out')
    assert summary.not_copied == ('/wall',)
    assert '/wall' not in recorded(tmp_path / 'out')
