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
"""The player over DDS: what arrives, with which stamps, and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import logging
import math
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from bag_messages import (
    CAMERA_INFO, camera_info, COMPRESSED, header, IMAGE, image, images, new, picture, SECOND,
    write_bag)
import cv2
from depth_seg_ros.bag import BagError
from depth_seg_ros.sources import SourceError
import numpy as np
import pytest

rig = pytest.importorskip('player_rig')

Play = Callable[..., Any]


@pytest.fixture
def play(spin_until: Any) -> Iterator[Play]:
    """Return a function that plays with parameters and returns player and listener."""
    listeners = []

    def run(answer: float = 0, frames: int = 3, **parameters: Any) -> Any:
        rig.init(**{'rate': 100.0, **parameters})
        listener = rig.Listener(answer)
        listeners.append(listener)
        player = rig.Player()
        try:
            player.play()
            spin_until([], lambda: len(listener.images) >= frames)
        finally:
            player.destroy_node()
        return player, listener

    yield run
    for listener in listeners:
        listener.close()
    rig.rclpy.try_shutdown()


def test_a_bag_arrives_as_it_was_recorded(play: Play, tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'in', [
        ('/cam/camera_info', CAMERA_INFO, 0, camera_info()), *images()])
    player, heard = play(source=bag)
    assert (player.played, player.skipped) == (3, 0)
    assert rig.stamps(heard.images) == [7, SECOND + 7, 2 * SECOND + 7]
    for index, message in enumerate(heard.images):
        assert (message.encoding, message.header.frame_id) == ('rgb8', 'cam')
        np.testing.assert_array_equal(rig.pixels(message), picture(index))
    (info,) = heard.infos
    assert list(info.k) == list(camera_info().k)
    assert (info.width, info.height, info.header.frame_id) == (128, 96, 'cam')


def test_the_original_encoding_is_kept_and_broken_images_too(play: Play, tmp_path: Path) -> None:
    odd = image(1, encoding='mono16', step=256, height=3)
    _, heard = play(source=write_bag(tmp_path / 'in', [
        ('/image', IMAGE, 0, odd), *images('/image', 2)]))
    assert (heard.images[0].encoding, heard.images[0].step) == ('mono16', 256)
    assert bytes(heard.images[0].data) == odd.data.tobytes()


def test_compressed_images_arrive_decoded_and_damaged_ones_are_skipped(
        play: Play, tmp_path: Path) -> None:
    png = cv2.imencode('.png', picture(4)[..., ::-1])[1]
    good, bad = (new(COMPRESSED, header=header(5), format='png', data=data)
                 for data in (png, png[:50]))
    player, heard = play(frames=2, source=write_bag(tmp_path / 'in', [
        ('/image/compressed', COMPRESSED, index, message)
        for index, message in enumerate((good, bad, good))]))
    assert (player.played, player.skipped) == (2, 1)
    np.testing.assert_array_equal(rig.pixels(heard.images[1]), picture(4))
    assert rig.stamps(heard.images) == [5 * SECOND + 7] * 2


def test_the_topic_of_a_bag_with_several_is_a_parameter(play: Play, tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'in', [*images('/left/image', 1), *images('/right/image')])
    _, heard = play(source=bag, topic='/right/image')
    assert len(heard.images) == 3
    rig.rclpy.try_shutdown()
    with pytest.raises(BagError, match='with topic.: /left/image, /right/image'):
        play(source=bag)


def write_pictures(folder: Path) -> Path:
    folder.mkdir()
    for index in range(3):
        cv2.imwrite(str(folder / f'{index}.png'), picture(index)[..., ::-1])
    return folder


def test_a_folder_arrives_with_stamps_of_now(play: Play, tmp_path: Path) -> None:
    _, heard = play(source=write_pictures(tmp_path / 'in'))
    times = rig.stamps(heard.images)
    assert np.diff(times).tolist() == [SECOND // 10] * 2
    assert abs(time.time_ns() - times[0]) < 60 * SECOND
    np.testing.assert_array_equal(rig.pixels(heard.images[2]), picture(2))
    assert heard.images[0].header.frame_id == 'camera'
    assert heard.infos == []


def test_an_unreadable_image_of_a_folder_is_skipped(play: Play, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / 'in')
    (folder / '1.png').write_bytes(b'no picture')
    player, heard = play(frames=2, source=folder)
    assert (player.played, player.skipped) == (2, 1)


def test_a_video_arrives(play: Play, tmp_path: Path) -> None:
    path = tmp_path / 'in.avi'
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25.0, (128, 96))
    for index in range(3):
        video.write(picture(index))
    video.release()
    _, heard = play(source=path)
    assert np.diff(rig.stamps(heard.images)).tolist() == [SECOND // 25] * 2
    assert (heard.images[0].width, heard.images[0].height) == (128, 96)


def test_real_time_lasts_as_long_as_the_recording(play: Play, tmp_path: Path) -> None:
    bag = write_bag(tmp_path / 'in', images())
    start = time.monotonic()
    play(source=bag, rate=10.0)
    assert time.monotonic() - start >= 0.3  # Three images, a second apart.


def test_a_loop_goes_on_with_rising_stamps(tmp_path: Path, play: Play) -> None:
    bag = write_bag(tmp_path / 'in', images())
    rig.init(source=bag, loop='true', rate=100)
    listener, player = rig.Listener(0), rig.Player()
    ended = threading.Event()

    def end() -> None:
        while len(listener.images) < 8:
            ended.wait(0.01)
        rig.rclpy.try_shutdown()

    thread = threading.Thread(target=end)
    thread.start()
    with pytest.raises(rig.ExternalShutdownException):
        player.play()
    thread.join()
    times = rig.stamps(listener.images)[:8]
    assert times == [7 + index * SECOND for index in range(8)]
    listener.close()


def test_with_rate_0_the_next_image_waits_for_the_answer(play: Play, tmp_path: Path) -> None:
    player, heard = play(answer=math.inf, source=write_bag(tmp_path / 'in', images()), rate=0.0)
    assert (len(heard.images), player.unanswered) == (3, 0)


def test_with_rate_0_an_image_without_an_answer_is_counted(
        play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.player, 'RESULT_TIMEOUT', 0.01)
    monkeypatch.setattr(rig.player, 'SUBSCRIBERS_TIMEOUT', 0.5)
    player, _ = play(source=write_bag(tmp_path / 'in', images()), rate=0.0)
    assert player.unanswered == 3


def test_once_answers_came_a_lost_image_holds_up_no_longer_than_ten_of_them(
        play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rig.player, 'RESULT_TIMEOUT', 3600.0)
    monkeypatch.setattr(rig.player, 'LATER_TIMEOUT', 0.2)
    player, _ = play(answer=1, source=write_bag(tmp_path / 'in', images()), rate=0.0)
    assert player.unanswered == 2


def test_the_frame_is_as_asked(play: Play, tmp_path: Path) -> None:
    _, heard = play(source=write_bag(tmp_path / 'in', images()), frame_id='eye')
    assert {message.header.frame_id for message in heard.images} == {'eye'}


CALIBRATION = """\
image_width: 256
image_height: 192
distortion_model: plumb_bob
camera_matrix: {rows: 3, cols: 3, data: [200, 0, 127.5, 0, 200, 95.5, 0, 0, 1]}
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, 0, 0, 0, 0]}
rectification_matrix: {rows: 3, cols: 3, data: [1, 0, 0, 0, 1, 0, 0, 0, 1]}
projection_matrix: {rows: 3, cols: 4, data: [200, 0, 127.5, 0, 0, 200, 95.5, 0, 0, 0, 1, 0]}
"""


def test_a_calibration_file_takes_the_place_of_the_bag_s(play: Play, tmp_path: Path) -> None:
    (tmp_path / 'camera.yaml').write_text(CALIBRATION)
    bag = write_bag(tmp_path / 'in', [
        ('/cam/camera_info', CAMERA_INFO, 0, camera_info()), *images()])
    _, heard = play(source=bag, camera_info=tmp_path / 'camera.yaml')
    assert rig.stamps(heard.infos) == rig.stamps(heard.images)
    info = heard.infos[0]
    assert (info.width, info.k[0], info.k[2]) == (128, 100.0, 63.5)  # At the size of the image.
    assert info.d[0] == 0.1


@pytest.mark.parametrize(('text', 'message'), [
    ('', 'expected a calibration'), ('a: [', 'expected a calibration'),
    (CALIBRATION.replace('1, 0, 0, 0, 1, 0, 0, 0, 1', '1'), 'expected a calibration'),
    (CALIBRATION.replace('256', '0'), 'expected a calibration'), (None, 'No such file')])
def test_what_is_no_calibration_is_refused(play: Play, tmp_path: Path, text: str | None,
                                           message: str) -> None:
    path = tmp_path / 'camera.yaml'
    if text is not None:
        path.write_text(text)
    with pytest.raises(SourceError, match=f'camera_info: .*camera.yaml: {message}'):
        play(source=tmp_path, camera_info=path)


@pytest.mark.parametrize(('parameters', 'message'), [
    (['source:=""'], 'source: expected a bag, a video'),
    (['source:=/none.mp4'], 'none.mp4: no such file or folder'),
    ([f'source:={__file__}'], 'test_player.py: cannot be opened, expected a video'),
    (['rate:=-1.0'], 'rate: expected 0 to 1000, got -1.0'),
    (['rate:=fast'], "rate: expected float, got str 'fast'"),
    (['sorce:=a'], "unknown parameter 'sorce'; expected one of source, topic"),
    (['source:=.', 'subscribers:=-1'], 'subscribers: expected 0 to 100, got -1')])
def test_what_cannot_be_played_ends_with_a_message_and_1(
        parameters: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = [part for parameter in parameters for part in ('-p', parameter)]
    assert rig.main(['--ros-args', *given]) == 1
    assert message in capsys.readouterr().err
    assert not rig.rclpy.ok()


def test_parameters_are_described_and_fixed(play: Play, tmp_path: Path) -> None:
    rig.init()
    player = rig.Player()
    described = player.describe_parameter('rate')
    assert described.description.startswith('Speed: 1 is real time')
    assert described.floating_point_range[0].to_value == 1000
    assert described.read_only
    player.destroy_node()


def test_help_lists_the_parameters_and_starts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match='0'):
        rig.main(['--help'])
    printed = capsys.readouterr().out
    for spec in rig.player.PARAMETERS:
        assert f'  {spec.name} (default: {spec.default!r})' in printed
    assert not rig.rclpy.ok()


def test_what_the_core_logs_is_in_the_log_of_ros(
        monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    core = logging.getLogger('depth_seg_ros.sources')
    monkeypatch.setattr(rig.Player, 'play', lambda self: core.warning('may be damaged'))
    assert rig.main(['--ros-args', '-p', 'source:=bag']) == 0
    assert '[player]: may be damaged' in capfd.readouterr().err


@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_cleanly(tmp_path: Path, stop: signal.Signals) -> None:
    bag = write_bag(tmp_path / 'in', images(count=60))
    process = subprocess.Popen(
        [sys.executable, '-m', 'depth_seg_ros.ros.player', '--ros-args', '-p', f'source:={bag}',
         '-p', 'subscribers:=0'], stderr=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2])
    assert process.stderr is not None
    assert 'plays 60 images' in process.stderr.readline()
    os.kill(process.pid, stop)
    if stop == signal.SIGINT:
        os.kill(process.pid, stop)  # As under ros2 launch.
    assert process.wait(timeout=20) == 0
    assert 'Traceback' not in process.stderr.read()
