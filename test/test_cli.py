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
"""The command line: what it writes, what it says, and its exit codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

from bag_messages import images as bag_images, write_bag
import cv2
from depth_seg_ros import cli
from depth_seg_ros.bag import BagReader, SAVES as BAG_SAVES
from depth_seg_ros.depth import DepthEstimator, DepthMap, EstimationError, ModelLoadError
from depth_seg_ros.export import DEFAULT_SAVES, SAVES, VIDEO_SAVES
from depth_seg_ros.params import ModelParams
import depth_seg_ros.pipeline
from frame_results import PaperNetwork
import numpy as np
from numpy.typing import NDArray
import pytest

Use = Callable[[DepthEstimator], list[ModelParams]]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Return what puts an estimator in place of every model, and lists what was asked for."""
    def put(estimator: DepthEstimator) -> list[ModelParams]:
        asked: list[ModelParams] = []

        def load(params: ModelParams) -> DepthEstimator:
            asked.append(params)
            return estimator

        monkeypatch.setattr(depth_seg_ros.pipeline, 'load_estimator', load)
        return asked
    return put


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder with three images."""
    folder = tmp_path / 'in'
    folder.mkdir()
    for name in 'abc':
        cv2.imwrite(str(folder / f'{name}.png'), np.full((48, 64, 3), ord(name), np.uint8))
    return folder


def names(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return sorted(path.name for path in folder.iterdir())


def summary(folder: Path) -> Any:
    """Return what summary.json holds."""
    return json.loads((folder / 'summary.json').read_text())


def run(*arguments: object) -> int:
    """Run the command line."""
    return cli.main([str(argument) for argument in arguments])


def code_of(*arguments: object) -> int:
    """Run a command line that argparse ends."""
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    return int(caught.value.code or 0)


def test_help_imports_no_array_library() -> None:
    code = ('import sys; from depth_seg_ros import cli\n'
            'try: cli.main(["image", "--help"])\n'
            'except SystemExit: print("loaded", *sys.modules)')
    shown = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                           cwd=Path(__file__).parent.parent, check=True).stdout
    loaded = shown.split('loaded ')[1].split()
    assert not {'numpy', 'cv2', 'yaml', 'torch', 'tqdm', 'depth_seg_ros.pipeline'} & set(loaded)


def test_the_module_runs_as_the_program_does() -> None:
    done = subprocess.run([sys.executable, '-m', 'depth_seg_ros', 'image'], text=True,
                          capture_output=True, cwd=Path(__file__).parent.parent)
    assert done.returncode == 2
    assert 'the following arguments are required: IN, --out' in done.stderr


def test_the_kinds_in_the_help_are_those_that_can_be_saved(
        capsys: pytest.CaptureFixture[str]) -> None:
    for command, kinds in (('image', SAVES), ('video', VIDEO_SAVES), ('bag', BAG_SAVES)):
        assert code_of(command, '--help') == 0
        assert ','.join(kinds) in ''.join(capsys.readouterr().out.split())


def test_version_is_printed_or_said_to_be_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    code = code_of('--version')
    out, err = capsys.readouterr()
    assert (code, out.startswith('depth_seg ')) in ((0, True), (2, False))
    assert bool(code) == ('not installed' in err)


@pytest.mark.parametrize('arguments', [[], ['imag'], ['image', 'x'], ['bench', 'sped']])
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    assert code_of(*arguments) == 2


def test_help_lists_every_benchmark_on_a_line_of_its_own(
        capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['bench', '--help']) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, (_, about) in cli.BENCHES.items():
        assert any(line.split() == [name, *about.split()] for line in lines), name


def test_an_unknown_benchmark_lists_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of('bench', 'sped') == 2
    expected = ', '.join(cli.BENCHES)
    assert f"expected one of {expected}; got 'sped'" in capsys.readouterr().err


def test_images_give_files_a_summary_and_one_line(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    network = PaperNetwork()
    use(network)
    assert run('image', pictures, '--out', tmp_path / 'out', '--save', 'mask,regions') == 0
    assert names(tmp_path / 'out') == [
        f'{name}_{kind}' for name in 'abc' for kind in ('mask.png', 'regions.json')
    ] + ['summary.json']
    out, err = capsys.readouterr()
    assert out.startswith('3 images, ') and out.count('\n') == 1
    assert str(tmp_path / 'out' / 'summary.json') in out and err == ''
    content = summary(tmp_path / 'out')
    assert content['complete'] and content['model']['name'] == 'paper'
    assert [each['input'] for each in content['inputs']] == [
        str(pictures / f'{name}.png') for name in 'abc']
    assert network.closed


def test_everything_but_the_explanation_is_saved_by_default(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    assert run('image', pictures / 'a.png', '--out', tmp_path / 'out') == 0
    assert len(names(tmp_path / 'out')) == len(DEFAULT_SAVES) + 1
    assert 'a_explain.png' not in names(tmp_path / 'out')
    assert code_of('image', '--help') == 0
    said = ' '.join(capsys.readouterr().out.split())
    assert '(default: all but explain)' in said and '--explain write NAME_explain.png' in said


@pytest.mark.parametrize('asked', [
    ['--explain', '--save', 'mask'], ['--save', 'mask', '--explain'], ['--save', 'mask,explain'],
    ['--save', 'mask,explain', '--explain']])
def test_a_frame_is_explained_when_asked_for(
        pictures: Path, tmp_path: Path, use: Use, asked: list[str]) -> None:
    use(PaperNetwork())
    assert run('image', pictures / 'a.png', '--out', tmp_path / 'out', *asked,
               '-p', 'segmentation.ownership=0.6') == 0
    assert names(tmp_path / 'out') == ['a_explain.png', 'a_mask.png', 'summary.json']
    files, = (each['files'] for each in summary(tmp_path / 'out')['inputs'])
    assert files == ['a_mask.png', 'a_explain.png']


def test_every_image_stands_for_itself(pictures: Path, tmp_path: Path, use: Use) -> None:
    class Breathing(PaperNetwork):
        def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
            depth = super().estimate(rgb)
            return DepthMap(depth.values * np.float32(2.0 ** self._count), depth.kind)

    use(Breathing())
    run('image', pictures, '--out', tmp_path / 'out', '--save', 'depth')
    nearest = [np.load(tmp_path / 'out' / f'{name}_inverse_depth.npy').max() for name in 'abc']
    assert [each / nearest[0] for each in nearest] == [1, 2, 4]


def test_an_image_that_is_not_fit_is_done_and_named(
        tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    network = PaperNetwork()
    network.info = replace(network.info, sees_image=True)
    use(network)
    cv2.imwrite(str(tmp_path / 'night.png'), np.zeros((48, 64, 3), np.uint8))
    assert run('image', tmp_path / 'night.png', '--out', tmp_path / 'out', '--explain') == 0
    problem = summary(tmp_path / 'out')['inputs'][0]['problem']
    assert problem.startswith('too dark: 100.0% of the image is black (quality.dark 95%); ')
    assert f'night.png: all of it is unknown: {problem}' in capsys.readouterr().err
    record = json.loads((tmp_path / 'out' / 'night_regions.json').read_text())
    assert record['quality']['problem'] == problem and record['quality']['dark'] == 1.0
    assert record['regions'] == [] and record['depth']['known_share'] == 0.0
    assert not np.isfinite(np.load(tmp_path / 'out' / 'night_inverse_depth.npy')).any()
    assert len(names(tmp_path / 'out')) == len(SAVES) + 1


def test_two_runs_write_the_same_bytes(pictures: Path, tmp_path: Path, use: Use) -> None:
    for out in ('1', '2'):
        use(PaperNetwork())
        run('image', pictures, '--out', tmp_path / out, '--save', 'depth,overlay,labels,regions')
    for name in names(tmp_path / '1'):
        assert (tmp_path / '1' / name).read_bytes() == (tmp_path / '2' / name).read_bytes()


def test_a_bad_image_is_named_and_the_rest_is_done(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    (pictures / 'b.png').write_bytes(b'no picture')
    assert run('image', pictures, '--out', tmp_path / 'out', '--save', 'mask') == 1
    assert names(tmp_path / 'out') == ['a_mask.png', 'c_mask.png', 'summary.json']
    out, err = capsys.readouterr()
    assert '2 images (1 failed)' in out
    assert f'depth_seg: {pictures / "b.png"}: ' in err and err.count(str(pictures)) == 1
    assert 'error' in summary(tmp_path / 'out')['inputs'][1]


def test_an_image_without_depth_is_named_and_the_rest_is_done(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    def fail_at_first(count: int) -> None:
        if count == 0 and not failed:
            failed.append(count)
            raise EstimationError('no map')

    failed: list[int] = []
    use(PaperNetwork(on_image=fail_at_first))
    assert run('image', pictures, '--out', tmp_path / 'out', '--save', 'mask') == 1
    assert names(tmp_path / 'out') == ['b_mask.png', 'c_mask.png', 'summary.json']
    assert f'{pictures / "a.png"}: no map' in capsys.readouterr().err


def test_ctrl_c_leaves_what_is_done(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    def stop_at_second(count: int) -> None:
        if count == 1:
            raise KeyboardInterrupt

    use(PaperNetwork(on_image=stop_at_second))
    assert run('image', pictures, '--out', tmp_path / 'out', '--save', 'mask') == 130
    assert names(tmp_path / 'out') == ['a_mask.png', 'summary.json']
    assert summary(tmp_path / 'out')['complete'] is False
    assert 'depth_seg: stopped' in capsys.readouterr().err


def test_images_of_the_same_name_do_not_overwrite_each_other(
        pictures: Path, tmp_path: Path, use: Use) -> None:
    use(PaperNetwork())
    other = tmp_path / 'other'
    other.mkdir()
    (pictures / 'a.png').rename(other / 'a.png')
    (pictures / 'b.png').rename(pictures / 'a.png')
    run('image', other, pictures, '--out', tmp_path / 'out', '--save', 'mask')
    assert names(tmp_path / 'out') == ['a_2_mask.png', 'a_mask.png', 'c_mask.png', 'summary.json']


def test_results_may_not_go_among_the_images(
        pictures: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    assert run('image', pictures, '--out', pictures) == 2
    assert 'expected another folder' in capsys.readouterr().err
    assert names(pictures) == ['a.png', 'b.png', 'c.png']


def test_a_folder_that_cannot_be_written_is_named_with_the_reason_and_what_to_do(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    out = tmp_path / 'file'
    out.touch()
    assert run('image', pictures, '--out', out) == 1
    assert capsys.readouterr().err == (f'depth_seg: error: {out}: cannot be written: a file is '
                                       'there; choose another folder\n')


def test_quiet_says_nothing_when_all_is_well(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    assert run('image', pictures, '--out', tmp_path / 'out', '--save', 'mask', '-q') == 0
    assert capsys.readouterr() == ('', '')


def test_parameters_reach_the_model(pictures: Path, tmp_path: Path, use: Use) -> None:
    asked = use(PaperNetwork())
    file = tmp_path / 'params.yaml'
    file.write_text('/**: {ros__parameters: {model: {name: one, input_size: 308}}}')
    run('image', pictures, '--out', tmp_path / 'out', '--save', 'mask', '--params-file', file,
        '--model', 'two', '--device', 'cpu', '-p', 'model.threads=2', '-p', 'model.name=three')
    assert asked == [ModelParams(name='three', device='cpu', threads=2, input_size=308)]
    assert summary(tmp_path / 'out')['parameters']['model.input_size'] == 308


@pytest.mark.parametrize('override, message', [
    ('segmentation.metod=local', "unknown parameter 'segmentation.metod'; did you mean "
                                 'segmentation.method'),
    ('segmentation.method=locl', 'expected one of ground, threshold, local'),
    ('segmentation.far=9', 'expected 0 to 0.2'),
    ('model.input_size=big', "model.input_size: expected int, got 'big'"),
    ('segmentation.drop_off=maybe', 'segmentation.drop_off: expected true or false'),
    ('segmentation.method', "--param: expected NAME=VALUE, got 'segmentation.method'")])
def test_a_wrong_parameter_is_told_in_one_line(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str],
        override: str, message: str) -> None:
    use(PaperNetwork())
    assert run('image', pictures, '--out', tmp_path / 'out', '-p', override) == 2
    err = capsys.readouterr().err
    assert err.startswith('depth_seg: error: ') and err.count('\n') == 1 and message in err
    assert not (tmp_path / 'out').exists()


def test_what_a_user_can_mend_is_one_line(
        tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    assert run('video', tmp_path / 'missing.mp4', '--out', tmp_path / 'out') == 1
    err = capsys.readouterr().err
    assert err.startswith('depth_seg: error: ') and err.count('\n') == 1
    assert 'missing.mp4' in err


def test_a_path_that_is_not_there_is_named_and_the_others_are_done(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    missing = tmp_path / 'missing.png'
    assert run('image', missing, pictures, '--out', tmp_path / 'out', '--save', 'mask') == 1
    assert 'missing.png: expected an image file or a folder' in capsys.readouterr().err
    assert list((tmp_path / 'out').glob('*_mask.png'))


def test_nothing_is_written_when_no_path_is_there(tmp_path: Path, use: Use) -> None:
    use(PaperNetwork())
    assert run('image', tmp_path / 'missing.png', '--out', tmp_path / 'out') == 1
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('command', ['image', 'video'])
def test_an_unknown_kind_to_save_lists_the_choices(
        command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of(command, 'in', '--out', tmp_path / 'out', '--save', 'mask,musk') == 2
    err = capsys.readouterr().err
    assert 'argument --save: expected some of ' in err and err.endswith('; got musk\n')
    assert not (tmp_path / 'out').exists()


def test_an_output_that_cannot_be_written_is_one_line(
        pictures: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    assert run('image', pictures, '--out', pictures / 'a.png') == 1
    assert 'a.png' in capsys.readouterr().err


def test_a_model_that_cannot_be_had_is_one_line(
        pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: ModelParams) -> DepthEstimator:
        raise ModelLoadError('no such model; take another')

    monkeypatch.setattr(depth_seg_ros.pipeline, 'load_estimator', fail)
    assert run('image', pictures, '--out', tmp_path / 'out') == 1
    assert capsys.readouterr().err == 'depth_seg: error: no such model; take another\n'
    assert not (tmp_path / 'out').exists()


def test_a_defect_keeps_its_traceback(pictures: Path, tmp_path: Path, use: Use) -> None:
    def break_down(_: int) -> None:
        raise ZeroDivisionError('a defect')

    use(PaperNetwork(on_image=break_down))
    with pytest.raises(ZeroDivisionError, match='a defect'):
        run('image', pictures, '--out', tmp_path / 'out')


@pytest.mark.parametrize('module, code', [('rosbags.highlevel', 1), ('depth_seg_ros.x', None)])
def test_a_missing_library_is_one_line_but_a_missing_module_of_ours_is_a_defect(
        pictures: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str],
        module: str, code: int | None) -> None:
    def miss(_: int) -> None:
        raise ModuleNotFoundError(f'No module named {module!r}', name=module)

    use(PaperNetwork(on_image=miss))
    if code is None:
        with pytest.raises(ModuleNotFoundError):
            run('image', pictures, '--out', tmp_path / 'out')
    else:
        assert run('image', pictures, '--out', tmp_path / 'out') == code
        assert f'the Python package {module} is not installed' in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    code = 'import sys; from depth_seg_ros.cli import main; sys.exit(main(["models"]))'
    process = subprocess.Popen([sys.executable, '-c', code], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, cwd=Path(__file__).parent.parent)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b''
    process.stderr.close()
    assert process.wait() == 1


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Return a video of four frames."""
    path = tmp_path / 'clip.mp4'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10.0, (64, 48))
    for value in range(4):
        writer.write(np.full((48, 64, 3), 50 * value, np.uint8))
    writer.release()
    return path


def test_a_video_gives_a_video_and_regions(
        clip: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    out = tmp_path / 'out'
    assert run('video', clip, '--out', out) == 0
    assert names(out) == ['clip_overlay.mp4', 'clip_regions.jsonl', 'summary.json']
    lines = (out / 'clip_regions.jsonl').read_text().splitlines()
    assert [json.loads(line)['stamp'] for line in lines] == pytest.approx([0, 0.1, 0.2, 0.3])
    capture = cv2.VideoCapture(str(out / 'clip_overlay.mp4'))
    assert capture.get(cv2.CAP_PROP_FPS) == 10.0
    assert summary(out)['inputs'][0]['frames'] == 4
    assert '4 frames, ' in capsys.readouterr().out


def test_a_video_frame_without_depth_is_counted_and_the_rest_is_done(
        clip: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    failed: list[int] = []

    def fail_once(count: int) -> None:
        if count == 2 and not failed:
            failed.append(count)
            raise EstimationError('no map')

    use(PaperNetwork(on_image=fail_once))
    assert run('video', clip, '--out', tmp_path / 'out', '--save', 'regions') == 1
    assert len((tmp_path / 'out/clip_regions.jsonl').read_text().splitlines()) == 3
    assert 'clip: 1 frame without a result: no map' in capsys.readouterr().err


def test_video_frames_that_are_not_fit_are_done_and_named_once(
        clip: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    network = PaperNetwork()
    network.info = replace(network.info, sees_image=True)
    use(network)
    assert run('video', clip, '--out', tmp_path / 'out') == 0  # one is black, and all are flat
    out, err = capsys.readouterr()
    assert err.count('4 frames of which all is unknown, such as: ') == err.count('\n') == 1
    assert out.startswith('4 frames, 0 regions')


def test_ctrl_c_leaves_the_video_up_to_there(clip: Path, tmp_path: Path, use: Use) -> None:
    def stop_at_third(count: int) -> None:
        if count == 2:
            raise KeyboardInterrupt

    use(PaperNetwork(on_image=stop_at_third))
    out = tmp_path / 'out'
    assert run('video', clip, '--out', out) == 130
    assert names(out) == ['clip_overlay.mp4', 'clip_regions.jsonl', 'summary.json']
    content = summary(out)
    assert content['complete'] is False and content['inputs'][0]['frames'] == 2


def test_a_missing_video_and_a_frame_rate_of_zero_are_told(
        clip: Path, tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    assert run('video', tmp_path / 'none.mp4', '--out', tmp_path / 'out') == 1
    assert 'none.mp4: expected a video file' in capsys.readouterr().err
    assert run('video', clip, '--out', tmp_path / 'out', '--fps', '0') == 2
    assert 'expected a frame rate above 0, got 0.0; set it with --fps' in capsys.readouterr().err


def test_a_bag_gives_a_bag_and_one_line(
        tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    source = write_bag(tmp_path / 'bag', bag_images(count=2))
    assert run('bag', source, '--out', tmp_path / 'out') == 0
    assert any((tmp_path / 'out').glob('*.mcap'))
    out, err = capsys.readouterr()
    assert out.startswith('2 of 2 frames of /cam/image_raw, ') and str(tmp_path / 'out') in out
    assert err == ''


def test_a_bag_holds_only_what_is_to_be_saved(tmp_path: Path, use: Use) -> None:
    use(PaperNetwork())
    source = write_bag(tmp_path / 'bag', bag_images(count=2))
    out = tmp_path / 'out'
    assert run('bag', source, '--out', out, '--save', 'mask,regions', '-q') == 0
    with BagReader(out, '/cam/image_raw') as bag:
        assert set(bag.topics) == {'/cam/image_raw', '/depth_seg/mask', '/depth_seg/regions',
                                   '/depth_seg/label_info'}


def test_the_size_of_a_bag_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of('bag', '--help') == 0
    text = ' '.join(capsys.readouterr().out.split())
    assert '(default: all; all take about 1.5 MB a frame at 640x480)' in text


def test_a_bag_that_cannot_be_processed_is_told_before_the_model_is_loaded(
        tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    asked = use(PaperNetwork())
    source = write_bag(tmp_path / 'bag', bag_images(count=2))
    cut = tmp_path / 'cut.mcap'
    cut.write_bytes((source / 'bag.mcap').read_bytes()[:200])
    out = tmp_path / 'out'
    for arguments, reason in (((source, '--out', source), 'bag: exists'),
                              ((source, '--out', out, '--topic', '/x'), 'no images on /x'),
                              ((tmp_path / 'none', '--out', out), 'none: no such file'),
                              ((cut, '--out', out), 'cut.mcap: cannot be read')):
        assert run('bag', *arguments) == 1
        assert reason in capsys.readouterr().err
    assert asked == []
    assert not out.exists()


def test_a_stopped_bag_says_how_much_of_it_is_done(
        tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork(on_image=lambda count: os.kill(os.getpid(), signal.SIGTERM)))
    source = write_bag(tmp_path / 'bag', bag_images(count=3))
    assert run('bag', source, '--out', tmp_path / 'out') == 130
    assert capsys.readouterr().out.startswith('1 of 3 frames of /cam/image_raw, ')
    assert (tmp_path / 'out/metadata.yaml').exists()


def test_a_bag_with_two_cameras_asks_for_the_topic(
        tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    use(PaperNetwork())
    source = write_bag(tmp_path / 'bag', bag_images('/left') + bag_images('/right'))
    assert run('bag', source, '--out', tmp_path / 'out') == 1
    err = capsys.readouterr().err
    assert err.startswith('depth_seg: error: ') and '/left' in err and '/right' in err
    assert run('bag', source, '--out', tmp_path / 'out', '--topic', '/right', '-q') == 0
    assert capsys.readouterr().out == ''


def test_frames_of_a_bag_without_a_result_are_named(
        tmp_path: Path, use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(count: int) -> None:
        if count == 1:
            raise ValueError('a bad frame')

    use(PaperNetwork(on_image=fail))
    source = write_bag(tmp_path / 'bag', bag_images(count=3))
    assert run('bag', source, '--out', tmp_path / 'out') == 1
    out, err = capsys.readouterr()
    assert out.startswith('1 of 3 frames')
    assert f'{source}: 2 frames without a result: a bad frame' in err


def test_models_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run('models') == 0
    out = capsys.readouterr().out
    assert 'depth-anything/Depth-Anything-V2-Small-hf\n' in out and 'embedded\n' in out
    assert 'license: Apache-2.0' in out


@pytest.mark.parametrize('arguments, message', [
    (['fetch'], 'the following arguments are required: NAME'),
    (['check'], 'the following arguments are required: NAME'),
    (['list', 'x'], 'unrecognized arguments: x'), (['remove'], "invalid choice: 'remove'")])
def test_models_are_asked_for_by_name(arguments: list[str], message: str,
                                      capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of('models', *arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('verb', ['list', 'fetch', 'check', 'quantize', 'cache', 'clear'])
def test_every_verb_of_models_has_a_help_of_its_own(
        verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert code_of('models', '--help') == 0
    general = capsys.readouterr().out
    assert code_of('models', verb, '--help') == 0
    own = capsys.readouterr().out
    assert f' {verb} ' in general
    assert own.startswith(f'usage: depth_seg models {verb} ')
    assert ('NAME' in own) is ('--param' in own) is (verb in ('fetch', 'check', 'quantize'))
    assert ('--images' in own) is (verb == 'quantize')


def test_a_model_folder_without_files_is_told(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run('models', 'check', tmp_path) == 1
    assert str(tmp_path) in capsys.readouterr().err
