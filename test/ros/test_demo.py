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
"""The demo: real node, real player, real middleware; and what it shows of them."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time
from typing import Any

from bag_messages import IMAGE, image, images, SECOND, write_bag
import cv2
from depth_seg_ros.bag import BagReader
from depth_seg_ros.bag.opening import open_bag
import numpy as np
import pytest

demo = pytest.importorskip('depth_seg_ros.ros.demo')
report = pytest.importorskip('depth_seg_ros.ros.demo_report')
recorder = pytest.importorskip('depth_seg_ros.ros.recorder')
node_rig = pytest.importorskip('node_rig')

ROOT = Path(__file__).parents[2]
MILLISECOND = 10**6


def start(out: Path, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, '-m', 'depth_seg_ros.ros.demo', '--out', out, *map(str, arguments)],
        cwd=ROOT, env={**os.environ, 'DEMO_OF': str(out)}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)


def failure(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert demo.main([str(argument) for argument in arguments]) == 1
    return capsys.readouterr().err


def children_of_demo(out: Path) -> list[str]:
    """Return the command lines of the nodes that a demo started."""
    found = []
    for entry in Path('/proc').glob('[0-9]*'):
        try:
            command = (entry / 'cmdline').read_text()
            if '--ros-args' in command and (
                    f'DEMO_OF={out}'.encode() in (entry / 'environ').read_bytes()):
                found.append(command)
        except OSError:
            continue  # It has just ended.
    return found


@pytest.fixture(scope='module')
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a recorded model: a floor with a box on it, for many frames."""
    folder = tmp_path_factory.mktemp('maps')
    depth = np.repeat(np.maximum(np.arange(48) - 12, 0) * 0.02, 64).reshape(48, 64)
    depth[8:36, 22:34] = 0.48
    np.save(folder / '0_inverse_depth.npy', depth.astype(np.float32))
    for number in range(1, 60):
        (folder / f'{number}_inverse_depth.npy').symlink_to(folder / '0_inverse_depth.npy')
    return folder


@pytest.fixture(scope='module')
def finished(maps: Path, tmp_path_factory: pytest.TempPathFactory
             ) -> tuple[Path, str]:
    """Return the folder of a demo of six images, one of them broken, and what it printed."""
    folder = tmp_path_factory.mktemp('demo')
    broken = ('/cam/image_raw', IMAGE, 5 * SECOND, image(5, encoding='none'))
    bag = write_bag(folder / 'in', [*images(count=5), broken])
    (folder / 'out/bag').mkdir(parents=True)
    (folder / 'out/bag/bag.mcap').write_text('old')
    (folder / 'out/pictures').mkdir()
    (folder / 'out/pictures/007_mask.png').write_text('old')
    process = start(folder / 'out', '--bag', bag, '--model', f'recorded:{maps}', '--rate', '1')
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return folder / 'out', printed


def test_the_table_accounts_for_every_frame(finished: tuple[Path, str]) -> None:
    _, printed = finished
    row = {line.split('  ')[0]: line for line in printed.splitlines() if line}
    assert re.search(r'frames in +6$', row['frames in'])
    assert re.search(r'processed +5$', row['processed'])
    assert re.search(r'dropped +1  1 unsupported encoding$', row['dropped'])
    assert re.search(r'rate +[\d.]+  results per second, of [\d.]+ images', row['rate'])
    for name in ('latency p50', 'latency p95'):
        assert re.search(r' \d+ ms  from publishing an image to receiving the last', row[name])
    assert re.search(r'regions +1  in every frame$', row['regions'])
    assert re.search(r'model +recorded:\S+, recorded, cpu, fp32$', row['model'])


def test_the_places_it_names_are_there(finished: tuple[Path, str]) -> None:
    out, printed = finished
    named = [Path(line.split()[-1]) for line in printed.splitlines()[-4:]]
    assert named == [out / name for name in ('contact_sheet.png', 'pictures', 'bag', 'log')]
    assert all(path.exists() for path in named)


def test_pictures_and_sheet_show_the_results(finished: tuple[Path, str]) -> None:
    out, _ = finished
    names = sorted(path.name for path in (out / 'pictures').iterdir())
    assert names == sorted(f'{index:03d}_{name}.png' for index in range(5)
                           for name in ('image', *report.PICTURES))
    mask = cv2.imread(str(out / 'pictures/000_mask.png'), cv2.IMREAD_GRAYSCALE)
    assert mask.shape == (96, 128)
    assert set(np.unique(mask)) == {0, 255}
    assert mask[40, 56] == 255  # The box of the recorded map.
    shown = cv2.imread(str(out / 'pictures/000_image.png'))
    assert shown[40, 30].argmax() == 2  # The thing in the images is red.
    sheet = cv2.imread(str(out / 'contact_sheet.png'))
    assert sheet.shape == (26 + 5 * 242, 5 * 322, 3)


def test_the_bag_holds_input_and_results(finished: tuple[Path, str]) -> None:
    out, _ = finished
    with BagReader(out / 'bag', '/image') as bag:
        counts = {name: count for name, (_, count) in bag.topics.items()}
        assert (counts['/image'], counts['/depth_seg/label_info']) == (6, 1)
        for name in ('mask', 'overlay', 'labels', 'classes', 'inverse_depth', 'regions'):
            assert counts[f'/depth_seg/{name}'] == 5
        assert counts['/diagnostics'] > 0
        stamps = [bag.decode(item).header.stamp.sec for item in bag.messages(('/depth_seg/mask',))]
    assert stamps == [0, 1, 2, 3, 4]


def test_results_wait_for_a_recorder_that_is_behind(maps: Path, spin_until: Any) -> None:
    given = [part for item in demo.WAITING.items() for part in ('-p', '{}:={}'.format(*item))]
    with node_rig.running(spin_until, '-p', f'model.name:=recorded:{maps}', *given) as rig:
        rig.wait_for_value('state', 'active')
        depths = {publisher.topic_name: publisher.qos_profile.depth
                  for publisher in rig.node.publishers}
    assert {depths[f'/depth_seg/{name}'] for name in report.OUTPUTS} == {10}


def test_one_image_goes_through_the_node_too(maps: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'photo.png'), np.full((96, 128, 3), 90, np.uint8))
    process = start(tmp_path / 'out', '--image', tmp_path / 'photo.png', '--model',
                    f'recorded:{maps}')
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert re.search(r'processed +1\n', printed)
    assert re.search(r'latency +\d+ ms  from', printed)
    assert re.search(r'regions +\d+\n', printed)
    assert 'rate' not in printed


def test_what_is_no_image_is_reported_with_the_end_of_the_players_log(
        maps: Path, tmp_path: Path) -> None:
    (tmp_path / 'photo.png').write_text('no image')
    process = start(tmp_path / 'out', '--image', tmp_path / 'photo.png', '--model',
                    f'recorded:{maps}')
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f'nothing came out; the end of {tmp_path}/out/log/player.log:\n' in errors
    assert re.search(r'left out: .*photo\.png', errors)


def wait_for(path: Path, text: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not (path.exists() and text in path.read_text()):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def playing(maps: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Yield a demo that plays for a minute, and its folder."""
    bag = write_bag(tmp_path / 'in', images(count=60))
    out = tmp_path / 'out'
    process = start(out, '--bag', bag, '--model', f'recorded:{maps}')
    wait_for(out / 'log/player.log', 'plays 60 images', process)
    yield process, out
    process.kill()


def test_ctrl_c_ends_every_process_and_leaves_a_whole_bag(
        playing: tuple[subprocess.Popen[str], Path],
        capsys: pytest.CaptureFixture[str]) -> None:
    process, out = playing
    assert len(children_of_demo(out)) == 2
    assert 'out: another demo is at work there' in failure(capsys, '--out', out)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=40)
    assert (process.returncode, errors) == (130, '')
    assert children_of_demo(out) == []
    open_bag(out / 'bag').close()


def test_a_killed_demo_takes_its_processes_along(
        playing: tuple[subprocess.Popen[str], Path]) -> None:
    process, out = playing
    process.kill()
    process.communicate(timeout=40)
    deadline = time.monotonic() + 30
    while children_of_demo(out):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_node_that_dies_is_reported_with_the_end_of_its_log(
        playing: tuple[subprocess.Popen[str], Path]) -> None:
    process, out = playing
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    (node,) = (child for child in children
               if 'ros.node' in Path(f'/proc/{child}/cmdline').read_text())
    os.kill(int(node), signal.SIGKILL)
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 1
    assert f'demo: the node ended; the end of {out}/log/node.log:\n' in errors
    assert 'active; waits for images' in errors


def test_a_model_that_cannot_be_loaded_is_reported(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'photo.png'), np.zeros((9, 9, 3), np.uint8))
    process = start(tmp_path / 'out', '--image', tmp_path / 'photo.png', '--model',
                    f'recorded:{tmp_path}/none')
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith('demo: configure failed: ')
    assert children_of_demo(tmp_path / 'out') == []


def test_bad_sources_are_refused_before_anything_starts(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ('--out', tmp_path / 'out')
    assert '/none: no such file' in failure(capsys, '--bag', '/none', *out)
    assert '/none: no such file' in failure(capsys, '--image', '/none', *out)
    bag = write_bag(tmp_path / 'in', [*images('/left', 1), *images('/right', 1)])
    assert '--topic (the player with topic): /left, /right' in failure(capsys, '--bag', bag, *out)
    assert not (tmp_path / 'out').exists()


def test_a_place_that_cannot_be_written_is_named(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bag = write_bag(tmp_path / 'in', images(count=1))
    (tmp_path / 'file').touch()
    assert 'file/log: Not a directory; choose another folder with --out' in failure(
        capsys, '--bag', bag, '--out', tmp_path / 'file')


def test_a_bag_that_is_not_the_demo_s_is_left_alone(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'bag').mkdir()
    (tmp_path / 'bag/mine.mcap').write_text('precious')
    cv2.imwrite(str(tmp_path / 'photo.png'), np.zeros((9, 9, 3), np.uint8))
    errors = failure(capsys, '--image', tmp_path / 'photo.png', '--out', tmp_path)
    assert 'bag: holds what is not from a demo; choose another folder with --out' in errors
    assert (tmp_path / 'bag/mine.mcap').read_text() == 'precious'


def test_without_the_demo_bag_another_one_is_asked_for(
        tmp_path: Path, capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, 'DRIVE', tmp_path / 'drive')
    assert 'drive: the bag of the demo is not there; name another with --bag' in failure(
        capsys, '--out', tmp_path / 'out')


# The report


def frame(sent_ms: int, **results_ms: int) -> object:
    return recorder.RecordedFrame(sent_ms * MILLISECOND, {
        name: moment * MILLISECOND for name, moment in results_ms.items()})


def test_latency_lasts_until_the_last_result() -> None:
    frames = {1: frame(100, mask=110, overlay=130), 2: frame(200, mask=210), 3: frame(300)}
    traffic = report.Traffic(frames, {})
    assert traffic.latencies_ms() == [30.0, 10.0]


def test_results_of_an_image_that_was_not_seen_do_not_count() -> None:
    assert report.Traffic({1: frame(0, mask=10)}, {}).done == []


def test_drops_are_named_by_the_node_and_the_rest_never_arrived() -> None:
    counts = {'images received': '8', 'dropped: bad image': '1', 'dropped: too old': '0',
              'frames processed': '7'}
    frames = {index: frame(100) for index in range(10)}
    assert report.Traffic(frames, counts).drops == {
        'bad image': 1, 'not received by the node': 2}


def rows(traffic: object) -> list[list[str]]:
    return [line.split() for line in report.summary_lines(traffic, [], {})]


def test_after_ctrl_c_the_rest_is_unknown_and_the_table_adds_up() -> None:
    counts = {'images received': '34', 'dropped: newer image came': '3', 'frames processed': '31'}
    frames = {index: frame(100, mask=105) for index in range(36)} | {
        index: frame(200) for index in range(36, 41)}
    traffic = report.Traffic(frames, counts, settled=False)
    assert (traffic.processed, traffic.drops, traffic.unknown) == (36, {'newer image came': 3}, 2)
    assert ['unknown', '2', *'since the last diagnostics of the node'.split()] in rows(traffic)
    assert traffic.published == 41 == 36 + 3 + 2


def test_what_the_recorder_did_not_get_is_told_and_processed_is_what_the_node_says() -> None:
    whole = dict.fromkeys(report.OUTPUTS, 105)
    frames = {0: frame(100, **whole), 1: frame(200, mask=205)}
    traffic = report.Traffic(frames, {'images received': '3', 'frames processed': '3'})
    assert (traffic.published, traffic.processed, traffic.drops) == (3, 3, {})
    others = {name: 2 for name in report.OUTPUTS if name != 'mask'}
    assert traffic.missing == {'mask': 1, 'image': 1, **others}
    (line,) = (line for line in rows(traffic) if line[:1] == ['unrecorded'])
    assert line[1:3] == [str(2 + 2 * len(others)), 'messages:']
    assert '1 mask' in ' '.join(line) and '1 image' in ' '.join(line)
    everything = report.Traffic({0: frames[0]}, {'images received': '1', 'frames processed': '1'})
    assert everything.missing == {} and 'unrecorded' not in str(rows(everything))


def test_rates_need_five_frames() -> None:
    few = {index: frame(100 * index, mask=100 * index + 5) for index in range(1, 5)}
    many = few | {5: frame(500, mask=505)}
    lines = [report.summary_lines(report.Traffic(frames, {}), [], {})[3]
             for frames in (few, many)]
    assert lines[0].startswith('latency')
    assert lines[1].split() == 'rate 10.0 results per second, of 10.0 images per second'.split()


@pytest.mark.parametrize('count, names', [
    (0, []), (1, ['latency']), (2, ['latency p50']), (4, ['latency p50']),
    (5, ['latency p50', 'latency p95'])])
def test_percentiles_are_given_where_there_are_enough(count: int, names: list[str]) -> None:
    frames = {index: frame(100 * index, mask=100 * index + 5) for index in range(1, count + 1)}
    lines = report.summary_lines(report.Traffic(frames, {}), [], {})
    assert [(line[:12].strip(), line[12:21].strip()) for line in lines
            if line.startswith('latency')] == [(name, '5 ms') for name in names]


@pytest.mark.parametrize('counts, text', [
    ([], 'regions -'), ([42], 'regions 42'), ([3, 3], 'regions 3 in every frame'),
    ([1, 2], 'regions 1.5 per frame, 1 to 2')])
def test_regions_are_one_number_where_one_says_it(counts: list[int], text: str) -> None:
    lines = report.summary_lines(report.Traffic({}, {}), counts, {})
    (line,) = (line for line in lines if line.startswith('regions'))
    assert line.split() == text.split()


def test_pictures_are_spread_over_the_frames_that_have_them_all() -> None:
    whole = dict.fromkeys(report.PICTURES, 5)
    frames = {index: frame(1, **whole) for index in range(100)} | {100: frame(1, mask=5)}
    chosen = report.chosen_stamps(frames)
    assert (len(chosen), chosen[0], chosen[-1]) == (12, 0, 99)
    assert max(np.diff(chosen)) <= 10
    assert report.chosen_stamps({7: frames[7], 100: frames[100]}) == [7]
