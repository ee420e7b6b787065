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
"""Frames from videos and cameras."""

from __future__ import annotations

import logging
import time

import cv2
from depth_seg_ros import sources
from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.sources import open_video, SourceError
import numpy as np
import pytest

CAMERA = CameraModel(64, 48, 60, 60, 32, 24)
RED = np.full((6, 8, 3), (0, 0, 200), np.uint8)  # as OpenCV reads it


@pytest.fixture
def clip(tmp_path):
    """Return a video of ten frames at 20 Hz, from black to red."""
    return write_clip(tmp_path / 'clip.avi')


def write_clip(path, code='MJPG', frames=10):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), 20, (64, 48))
    for level in range(frames):
        writer.write(np.full((48, 64, 3), (0, 0, 20 * level), np.uint8))
    writer.release()
    return path


class Capture:
    """A stand-in for cv2.VideoCapture: given frames, positions and properties."""

    def __init__(self, frames=3, positions_ms=(0, 0, 0), opened=True, **properties):
        self.frames = [RED] * frames
        self.positions_ms = list(positions_ms)
        self.opened = opened
        self.properties = {cv2.CAP_PROP_FRAME_WIDTH: 8, cv2.CAP_PROP_FRAME_HEIGHT: 6,
                           **{getattr(cv2, f'CAP_PROP_{name}'): value
                              for name, value in properties.items()}}
        self.index = 0
        self.released = False
        self.opened_as = []

    def isOpened(self):
        return self.opened

    def read(self):
        self.index += 1
        there = self.index <= len(self.frames)
        return there, self.frames[self.index - 1] if there else None

    def get(self, name):
        if name == cv2.CAP_PROP_POS_MSEC:
            return self.positions_ms[self.index - 1]
        return self.properties.get(name, 0)

    def release(self):
        self.released = True


@pytest.fixture
def fake(monkeypatch):
    """Return a function that makes OpenCV open a stand-in, which it returns."""
    def install(*args, **kwargs):
        capture = Capture(*args, **kwargs)

        def open_it(source):
            capture.opened_as.append(source)
            return capture
        monkeypatch.setattr(cv2, 'VideoCapture', open_it)
        return capture
    return install


@pytest.mark.parametrize(('name', 'code'), [('clip.avi', 'MJPG'), ('clip.mp4', 'mp4v')])
def test_a_video_gives_every_frame_in_rgb_with_the_times_of_the_container(tmp_path, name, code):
    video = open_video(str(write_clip(tmp_path / name, code)), camera=CAMERA)
    frames = list(video)
    assert video.frame_count == len(frames) == 10
    assert video.fps == pytest.approx(20)
    assert [frame.stamp_ns for frame in frames] == [index * 50_000_000 for index in range(10)]
    assert [frame.name for frame in frames[:2]] == ['clip_000000', 'clip_000001']
    assert all(frame.camera is CAMERA for frame in frames)
    for level, frame in enumerate(frames):
        assert frame.rgb.shape == (48, 64, 3)
        np.testing.assert_allclose(frame.rgb.mean((0, 1)), (20 * level, 0, 0), atol=6)


def test_every_loop_over_a_video_starts_anew_even_beside_another(clip):
    video = open_video(clip)
    for first, second in zip(video, video):
        assert first.name == second.name
        np.testing.assert_array_equal(first.rgb, second.rgb)
    assert len(list(video)) == 10


def test_a_video_is_released_at_its_end_and_when_a_loop_is_left(fake):
    capture = fake(FPS=10)
    list(open_video(__file__))
    assert capture.released
    capture = fake(FPS=10)
    frames = iter(open_video(__file__))
    next(frames)
    assert not capture.released
    frames.close()
    assert capture.released


@pytest.mark.parametrize(('positions', 'expected'), [
    ((0, 33, 90), (0, 33, 90)),
    ((40, 80, 120), (40, 80, 120)),
    ((0, 0, 0), (0, 100, 200)),
    ((-1, -1, -1), (0, 100, 200)),
    ((0, 50, 40), (0, 50, 150))])
def test_times_that_do_not_rise_follow_the_frame_rate(fake, positions, expected):
    fake(positions_ms=positions, FPS=10)
    stamps = [frame.stamp_ns for frame in open_video(__file__)]
    assert stamps == [milliseconds * 1_000_000 for milliseconds in expected]


@pytest.mark.parametrize('fps', [0, -1, float('nan'), float('inf')])
def test_a_video_without_times_and_rate_is_refused(fake, fps):
    fake(FPS=fps)
    video = open_video(__file__)
    assert video.fps is None
    with pytest.raises(SourceError, match='expected time stamps or a frame rate, got none; conv'):
        list(video)


@pytest.mark.parametrize('count', [0, -1])
def test_an_unknown_number_of_frames_is_none(fake, count):
    fake(FPS=10, FRAME_COUNT=count)
    assert open_video(__file__).frame_count is None


def test_a_video_that_ends_early_is_logged(fake, caplog):
    fake(FPS=10, FRAME_COUNT=5)
    with caplog.at_level(logging.WARNING, sources.__name__):
        assert len(list(open_video(__file__))) == 3
    assert '5 frames announced, 3 could be read; the file may be damaged' in caplog.text
    assert __file__ in caplog.text


@pytest.mark.parametrize('count', [0, 2, 3])
def test_a_video_that_is_complete_is_not_logged(fake, caplog, count):
    fake(FPS=10, FRAME_COUNT=count)
    list(open_video(__file__))
    assert not caplog.records


def test_a_video_without_a_frame_is_refused(fake):
    fake(frames=0, FPS=10, FRAME_COUNT=5)
    video = open_video(__file__)
    with pytest.raises(SourceError, match=f'{__file__}: expected another frame, got none after 0'):
        list(video)


@pytest.mark.parametrize('source', [2, __file__])
def test_the_first_loop_does_not_open_the_source_again(fake, source):
    capture = fake(FPS=10)
    video = open_video(source)
    next(iter(video))
    assert capture.opened_as == [source]
    next(iter(video))
    assert capture.opened_as == [source, source]


def test_what_is_no_video_is_refused_when_opened(tmp_path):
    with pytest.raises(SourceError, match='gone.mp4: expected a video file, got nothing there'):
        open_video(tmp_path / 'gone.mp4')
    text, picture = tmp_path / 'clip.mp4', tmp_path / 'clip.jpg'
    for path in (text, picture):  # OpenCV opens the second
        path.write_text('this is text')
    for path in (text, picture, tmp_path):
        with pytest.raises(SourceError, match=f'^{path}: cannot be opened, expected a video'):
            open_video(path)


def test_a_video_of_large_frames_is_refused(clip):
    with pytest.raises(SourceError, match='clip.avi: .*at most 0.003 megapixels, got 64x48'):
        open_video(clip, max_megapixels=0.003)


def test_a_camera_gives_frames_with_the_time_of_day_until_it_stops(fake):
    capture = fake(frames=2)
    camera = open_video(0)
    assert (camera.frame_count, camera.fps, camera.name) == (None, None, 'camera0')
    before, frames = time.time_ns(), iter(camera)
    first, second = next(frames), next(frames)
    assert before <= first.stamp_ns <= second.stamp_ns <= time.time_ns()
    assert (first.name, second.name) == ('camera0_000000', 'camera0_000001')
    assert first.rgb[0, 0].tolist() == [200, 0, 0]
    with pytest.raises(SourceError, match='0: expected another frame, got none after 2; check'):
        next(frames)
    assert capture.released


def test_a_camera_that_does_not_open_is_refused(fake):
    fake(opened=False)
    with pytest.raises(SourceError, match='7: cannot be opened, .*the number of a free camera'):
        open_video(7)


def test_the_times_of_a_camera_rise_even_when_the_clock_is_set_back(fake, monkeypatch):
    fake(frames=3)
    clock = iter((1000, 400, 2000))
    monkeypatch.setattr(time, 'time_ns', lambda: next(clock))
    frames = iter(open_video(1))
    assert [next(frames).stamp_ns for _ in range(3)] == [1000, 1001, 2000]
