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
"""Files: whole or not there, readable, and the same bytes for the same result."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import cv2
from depth_seg_ros.depth import DepthKind, EstimatorInfo
from depth_seg_ros.drawing import explain
from depth_seg_ros.export import (
    DEFAULT_SAVES, frame_record, FrameFiles, json_bytes, SAVES, Summary, UNITS, VIDEO_SAVES,
    VideoFiles, write_whole)
from depth_seg_ros.outputs import IMAGES
from depth_seg_ros.params import DrawingParams, flatten, PipelineParams, SegmentationParams
from depth_seg_ros.pipeline import Pipeline
from frame_results import hand_drawn, nothing_known, PaperNetwork
import numpy as np
import pytest

DRAWING = DrawingParams()
PICTURES = {'gray': 'depth_gray', 'color': 'depth_color', 'mask': 'mask', 'labels': 'labels',
            'classes': 'classes', 'overlay': 'overlay'}
INFO = EstimatorInfo('paper', 'test', 'cpu', 'fp32', DepthKind.RELATIVE_INVERSE, 'abcd')


def names(folder: Path) -> list[str]:
    """Return the names of all files below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob('*') if path.is_file())


def read_json(path: Path) -> Any:
    """Return what is in a file, refusing NaN and infinity."""
    def refuse(word: str) -> None:
        raise AssertionError(f'{word} is not JSON')
    return json.loads(path.read_text(encoding='utf-8'), parse_constant=refuse)


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / 'a.txt', b'new')
    assert (tmp_path / 'a.txt').read_bytes() == b'new'
    assert names(tmp_path) == ['a.txt']


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'a.txt').write_bytes(b'old')

    def half(path: Path, content: bytes) -> None:
        with path.open('wb') as handle:
            handle.write(content[:2])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, 'write_bytes', half)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / 'a.txt', b'new content')
    assert (tmp_path / 'a.txt').read_bytes() == b'old'
    assert names(tmp_path) == ['a.txt']


def test_a_folder_that_is_missing_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='nowhere'):
        write_whole(tmp_path / 'nowhere' / 'a.txt', b'')


def test_json_has_null_for_what_is_not_finite_and_six_digits() -> None:
    value = {'a': math.nan, 'b': (math.inf, 1 / 3), 'c': [True, None, 7, 'ä', 123456789.0]}
    assert json_bytes(value, indent=None).decode() == (
        '{"a": null, "b": [null, 0.333333], "c": [true, null, 7, "ä", 123457000.0]}\n')


def test_a_record_has_a_null_for_everything_unknown() -> None:
    record = json.loads(json_bytes(frame_record(hand_drawn())))
    assert record['depth'] == {'kind': 'relative_inverse', 'unit': 'none', 'width': 32,
                               'height': 24, 'known_share': pytest.approx(1 - 15 / 768, 1e-4)}
    region = record['regions'][0]
    assert region['distance'] is None and region['bearing'] is None
    assert record['thresholds']['threshold'] is None
    assert record['ground'] == {'a': 0.0, 'b': 0.04, 'c': 0.1, 'inlier_share': 0.7}


def test_a_record_gives_regions_in_x_and_y_of_the_image() -> None:
    region = frame_record(hand_drawn((48, 64)))['regions'][0]
    assert region['box'] == {'x': 8, 'y': 16, 'width': 12, 'height': 16}
    assert region['centroid'] == {'x': 14, 'y': 24}
    assert (region['id'], region['class'], region['layer']) == (2, 'object', 'near')
    assert (region['area'], region['truncated']) == (192, [])


def test_a_metric_record_says_so() -> None:
    record = frame_record(hand_drawn(kind=DepthKind.METRIC))
    assert (record['depth']['kind'], record['depth']['unit']) == ('metric', '1/m')
    assert record['regions'][0]['distance'] == pytest.approx(1 / 1.2)


def test_a_record_has_no_times() -> None:
    assert 'timings' not in json_bytes(frame_record(hand_drawn())).decode()


def test_every_unit_is_that_of_a_field() -> None:
    record = frame_record(hand_drawn())
    for name in UNITS:
        place: Any = record['regions'][0] if name in record['regions'][0] else record
        for part in name.split('.'):
            place = place[part]


def test_a_frame_without_ground_and_regions_is_a_record_too() -> None:
    record = frame_record(nothing_known())
    assert record['ground'] is None and record['regions'] == []


@pytest.mark.parametrize('kind, depth_name, topic', [
    (DepthKind.RELATIVE_INVERSE, 'a_inverse_depth.npy', 'inverse_depth'),
    (DepthKind.METRIC, 'a_depth.npy', 'depth/image')])
def test_a_frame_gives_one_file_of_every_kind(tmp_path: Path, kind: DepthKind, depth_name: str,
                                              topic: str) -> None:
    result = hand_drawn((48, 64), kind)
    written = FrameFiles(tmp_path, DRAWING).write('a', result)
    assert [path.name for path in written] == [
        depth_name, 'a_gray.png', 'a_color.png', 'a_mask.png', 'a_labels.png', 'a_classes.png',
        'a_overlay.png', 'a_panel.png', 'a_regions.json']
    assert names(tmp_path) == sorted(path.name for path in written)
    render = {output.topic: output.render for output in IMAGES}
    stored = np.load(written[0], allow_pickle=False)
    assert stored.dtype == np.float32
    np.testing.assert_array_equal(stored, render[topic](result, DRAWING))
    for name, output in PICTURES.items():
        picture = cv2.imread(str(tmp_path / f'a_{name}.png'), cv2.IMREAD_UNCHANGED)
        np.testing.assert_array_equal(picture, render[output](result, DRAWING))


def test_the_page_that_explains_is_written_when_it_is_asked_for(tmp_path: Path) -> None:
    params = SegmentationParams(method='local')
    with Pipeline(PaperNetwork(), PipelineParams(segmentation=params)) as pipeline:
        result = pipeline.process(np.zeros((48, 64, 3), np.uint8), 0.0)
    path, = FrameFiles(tmp_path, DRAWING, ['explain'], params).write('a', result)
    assert path.name == 'a_explain.png' and set(SAVES) - set(DEFAULT_SAVES) == {'explain'}
    np.testing.assert_array_equal(cv2.imread(str(path)), explain(result, params, DRAWING))
    with pytest.raises(ValueError, match='expected what these parameters make'):
        FrameFiles(tmp_path, DRAWING, ['explain']).write('b', result)


def test_labels_are_stored_in_16_bits(tmp_path: Path) -> None:
    path, = FrameFiles(tmp_path, DRAWING, ['labels']).write('a', hand_drawn())
    assert cv2.imread(str(path), cv2.IMREAD_UNCHANGED).dtype == np.uint16


def test_regions_carry_their_units(tmp_path: Path) -> None:
    path, = FrameFiles(tmp_path, DRAWING, ['regions']).write('a', hand_drawn())
    record = read_json(path)
    assert record['units'] == UNITS and len(record['regions']) == 3


@pytest.mark.parametrize('kind', DEFAULT_SAVES)
def test_only_what_is_asked_for_is_written(tmp_path: Path, kind: str) -> None:
    written = FrameFiles(tmp_path, DRAWING, [kind]).write('b', hand_drawn())
    assert len(written) == 1 and kind in written[0].name
    assert names(tmp_path) == [written[0].name]


def test_the_same_result_gives_the_same_bytes(tmp_path: Path) -> None:
    for run in ('1', '2'):
        (tmp_path / run).mkdir()
        FrameFiles(tmp_path / run, DRAWING).write('a', hand_drawn((48, 64)))
    for name in names(tmp_path / '1'):
        assert (tmp_path / '1' / name).read_bytes() == (tmp_path / '2' / name).read_bytes()


@pytest.mark.parametrize('make', [
    lambda folder: FrameFiles(folder, DRAWING, ['mask', 'depht']),
    lambda folder: VideoFiles(folder, 'v', 10.0, DRAWING, ['mask', 'depht'])])
def test_an_unknown_kind_lists_the_choices(tmp_path: Path, make: Any) -> None:
    with pytest.raises(ValueError, match=r'save: expected some of .*depth.*; got depht'):
        make(tmp_path)


def test_a_summary_is_there_from_the_start_and_complete_at_the_end(tmp_path: Path) -> None:
    params = PipelineParams()
    with Summary(tmp_path / 'new' / 'folder', INFO, params) as summary:
        assert read_json(summary.path)['complete'] is False
        summary.add('x/a.png', [tmp_path / 'new/folder/a_mask.png'], 1, 3)
        summary.fail('x/b.png', 'no picture')
    content = read_json(summary.path)
    assert content['complete'] is True
    assert content['model'] == {'name': 'paper', 'backend': 'test', 'device': 'cpu',
                                'precision': 'fp32', 'kind': 'relative_inverse',
                                'digest': 'abcd', 'sees_image': True}
    assert content['parameters'] == flatten(params)
    assert content['units'] == UNITS
    assert content['inputs'] == [
        {'input': 'x/a.png', 'frames': 1, 'regions': 3, 'files': ['a_mask.png']},
        {'input': 'x/b.png', 'error': 'no picture'}]
    assert (summary.frames, summary.regions, summary.failed) == (1, 3, 1)


def test_a_summary_that_was_interrupted_is_not_complete(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        with Summary(tmp_path, INFO, PipelineParams()) as summary:
            summary.add('a', [], 1, 0)
            raise KeyboardInterrupt
    content = read_json(summary.path)
    assert content['complete'] is False and len(content['inputs']) == 1


def test_a_folder_that_cannot_be_made_shows_at_once(tmp_path: Path) -> None:
    (tmp_path / 'file').touch()
    with pytest.raises(OSError, match="cannot be written: a file is there; choose .*/file'$"):
        Summary(tmp_path / 'file', INFO, PipelineParams()).__enter__()


def test_a_file_that_cannot_be_written_is_named_as_it_would_be_and_with_the_reason(
        tmp_path: Path) -> None:
    summary = Summary(tmp_path, INFO, PipelineParams())
    (tmp_path / '.summary.part.json').mkdir()  # as a disk that refuses, for root, too
    with pytest.raises(OSError, match="cannot be written: Is a dir.*; choose .*/summary.json'$"):
        summary.__enter__()
    (tmp_path / '.v_regions.part.jsonl').mkdir()
    with pytest.raises(OSError, match="cannot be written: Is a dir.*; .*/v_regions.jsonl'$"):
        write_video(tmp_path, ['regions'])


def read_video(path: Path) -> list[Any]:
    """Return the frames of a video."""
    capture, frames = cv2.VideoCapture(str(path)), []
    while (got := capture.read())[0]:
        frames.append(got[1])
    return frames


def write_video(folder: Path, save: list[str], stop: type[BaseException] | None = None) -> Any:
    """Write three frames, and raise what is asked for."""
    with VideoFiles(folder, 'v', 10.0, DRAWING, save) as files:
        for number in range(3):
            files.write(f'v_{number:06d}', hand_drawn((48, 64)))
        if stop is not None:
            raise stop
    return files


def test_a_video_has_every_frame(tmp_path: Path) -> None:
    files = write_video(tmp_path, ['overlay', 'color', 'regions'])
    assert names(tmp_path) == ['v_color.mp4', 'v_overlay.mp4', 'v_regions.jsonl']
    assert sorted(path.name for path in files.paths) == names(tmp_path)
    frames = read_video(tmp_path / 'v_overlay.mp4')
    assert [frame.shape for frame in frames] == [(48, 64, 3)] * 3
    lines = (tmp_path / 'v_regions.jsonl').read_text().splitlines()
    assert [json.loads(line)['stamp'] for line in lines] == [1.5] * 3


def test_arrays_of_a_video_are_files_per_frame(tmp_path: Path) -> None:
    files = write_video(tmp_path, ['depth', 'mask'])
    assert names(tmp_path) == sorted(
        f'v/v_{number:06d}_{name}' for number in range(3)
        for name in ('inverse_depth.npy', 'mask.png'))
    assert files.paths == [tmp_path / 'v']


def test_what_is_written_of_a_video_stays_when_it_is_interrupted(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path, ['overlay', 'regions', 'labels'], KeyboardInterrupt)
    assert len(read_video(tmp_path / 'v_overlay.mp4')) == 3
    assert len((tmp_path / 'v_regions.jsonl').read_text().splitlines()) == 3
    assert not [name for name in names(tmp_path) if 'part' in name]


def test_a_video_gives_the_same_bytes_on_every_run(tmp_path: Path) -> None:
    for run in ('1', '2'):
        (tmp_path / run).mkdir()
        write_video(tmp_path / run, list(VIDEO_SAVES))
    assert len(names(tmp_path / '1')) == 3 + 5 * 3
    for name in names(tmp_path / '1'):
        assert (tmp_path / '1' / name).read_bytes() == (tmp_path / '2' / name).read_bytes()


def test_a_video_that_opencv_cannot_write_is_an_error_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r'OpenCV cannot write this video \(64x48'):
        write_video(tmp_path / 'missing', ['overlay'])


def test_a_video_without_frames_gives_no_files(tmp_path: Path) -> None:
    with VideoFiles(tmp_path, 'v', 10.0, DRAWING):
        pass
    assert names(tmp_path) == []
