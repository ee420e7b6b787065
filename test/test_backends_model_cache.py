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
"""Converted models on disk: found when whole, made anew when not, never in the way."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
import subprocess
import sys

from depth_seg_ros.backends import model_cache
from depth_seg_ros.backends.model_cache import cache_folder, clear, entries, find, store
import pytest

FACTS = {'weights': 'abc', 'input': '252 x 336', 'precision': 'float', 'openvino': '2026.4.1'}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an empty cache, in use; it does not exist yet."""
    monkeypatch.setenv('DEPTH_SEG_CACHE', str(tmp_path / 'cache'))
    return tmp_path / 'cache'


def write(target: Path) -> None:
    """Write what stands for a model."""
    (target / 'model.xml').write_text('graph')
    (target / 'model.bin').write_bytes(bytes(range(100)))


def kept() -> Path:
    """Keep a model, and return its folder."""
    place = store(FACTS, write)
    assert place is not None
    return place


def test_the_folder_is_the_named_one_else_in_the_cache_of_the_user(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / 'cache'
    monkeypatch.delenv('DEPTH_SEG_CACHE')
    monkeypatch.setenv('XDG_CACHE_HOME', '/xdg')
    assert cache_folder() == Path('/xdg/depth_seg_ros')
    monkeypatch.setenv('XDG_CACHE_HOME', '')
    monkeypatch.setenv('HOME', '/home/somebody')
    assert cache_folder() == Path('/home/somebody/.cache/depth_seg_ros')


def test_what_was_kept_is_found_and_nothing_else(folder: Path) -> None:
    assert find(FACTS) is None
    place = kept()
    assert find(FACTS) == find(dict(reversed(FACTS.items()))) == place
    assert (place / 'model.bin').read_bytes() == bytes(range(100))
    assert [path.name for path in folder.iterdir()] == [place.name]


@pytest.mark.parametrize('name', FACTS)
def test_a_model_of_other_facts_is_not_found(name: str) -> None:
    place = kept()
    assert find({**FACTS, name: 'other'}) is None
    assert place.exists()


def truncate(place: Path) -> None:
    """Cut the weights off."""
    os.truncate(place / 'model.bin', 50)


def flip(place: Path) -> None:
    """Change one byte."""
    (place / 'model.bin').write_bytes(bytes([1, *range(1, 100)]))


def lose(place: Path) -> None:
    """Remove a file."""
    (place / 'model.xml').unlink()


def scribble(place: Path) -> None:
    """Make the list of files unreadable."""
    (place / 'entry.json').write_text('{')


def empty(place: Path) -> None:
    """Take everything out of the list of files."""
    (place / 'entry.json').write_text('{}')


def mislead(place: Path) -> None:
    """Make it an entry of something else."""
    content = json.loads((place / 'entry.json').read_text())
    (place / 'entry.json').write_text(json.dumps({**content, 'facts': {}}))


@pytest.mark.parametrize('harm', [truncate, flip, lose, scribble, empty, mislead],
                         ids=lambda harm: harm.__name__)
def test_a_damaged_model_is_taken_out_with_a_warning_and_made_anew(
        harm: object, caplog: pytest.LogCaptureFixture) -> None:
    place = kept()
    harm(place)  # type: ignore[operator]
    assert find(FACTS) is None
    assert [record.getMessage().partition(' (')[0] for record in caplog.records] == [
        f'{place}: damaged']
    assert not place.exists()
    assert kept() == place == find(FACTS)


def test_a_folder_that_cannot_be_written_costs_one_warning(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
        ) -> None:
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('DEPTH_SEG_CACHE', str(tmp_path / 'file' / 'cache'))
    assert store(FACTS, write) is None
    assert find(FACTS) is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert 'set DEPTH_SEG_CACHE to a folder that can be written' in caplog.text


def test_a_full_disk_leaves_nothing_half(
        folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(target: Path) -> None:
        (target / 'model.xml').write_text('half a gr')
        raise OSError(28, 'No space left on device')
    assert store(FACTS, fail) is None
    assert 'No space left on device' in caplog.text
    assert list(folder.iterdir()) == []


def test_the_faster_of_two_processes_wins_and_the_other_takes_its_model() -> None:
    def write_after_another(target: Path) -> None:
        write(target)
        kept()
    assert store(FACTS, write_after_another) == find(FACTS) is not None


def test_processes_at_once_leave_one_whole_model(folder: Path) -> None:
    code = ('from depth_seg_ros.backends.model_cache import store\n'
            'for turn in range(50):\n'
            '    place = store({"turn": str(turn)},\n'
            '                  lambda folder: (folder / "a").write_text("b"))\n'
            '    assert place is not None and (place / "a").read_text() == "b"\n')
    running = [subprocess.Popen([sys.executable, '-c', code], stderr=subprocess.PIPE, text=True)
               for _ in range(2)]
    assert [each.communicate()[1] for each in running] == ['', '']
    assert all(find({'turn': str(turn)}) for turn in range(50))
    assert len(list(folder.iterdir())) == 50


def test_entries_are_listed_with_facts_and_size_and_cleared(folder: Path) -> None:
    assert entries() == []
    assert clear() == 0
    place = kept()
    (folder / 'broken').mkdir()
    (folder / 'broken' / 'entry.json').write_text('[]')
    listed, = entries()
    assert (listed.folder, listed.facts) == (place, FACTS)
    assert listed.size == 105 + (place / 'entry.json').stat().st_size
    (folder / 'not ours').mkdir()
    (folder / '.unfinished-x' / 'entry').mkdir(parents=True)
    (folder / '.unfinished-x' / 'entry' / 'model.bin').write_bytes(bytes(7))
    assert clear() == listed.size + 2 + 7
    assert [path.name for path in folder.iterdir()] == ['not ours']


def test_other_files_of_the_place_do_not_hide_a_failure_to_move(
        folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = model_cache._place(FACTS)
    place.mkdir(parents=True)
    (place / 'stranger').write_text('')
    assert store(FACTS, write) is None
    assert 'Directory not empty' in caplog.text


def test_what_another_process_removes_meanwhile_is_no_error(
        monkeypatch: pytest.MonkeyPatch) -> None:
    place = kept()
    size = sum(path.stat().st_size for path in place.iterdir())
    real = os.stat

    def stat(path: object, **how: object) -> os.stat_result:
        if str(path).endswith('model.bin'):
            (place / 'model.bin').unlink(missing_ok=True)
        return real(path, **how)  # type: ignore[arg-type, call-overload, no-any-return]
    with monkeypatch.context() as patched:
        patched.setattr(model_cache.os, 'stat', stat)
        listed, = entries()
    assert listed.size == size - 100
    real_rmtree = model_cache.shutil.rmtree

    def rmtree(path: Path, ignore_errors: bool = False) -> None:
        real_rmtree(place, ignore_errors=True)
        real_rmtree(path, ignore_errors=ignore_errors)
    monkeypatch.setattr(model_cache.shutil, 'rmtree', rmtree)
    assert clear() == size - 100
    assert entries() == []


def test_an_entry_that_cannot_be_removed_is_an_error(
        folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept()

    def rmtree(path: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise PermissionError(13, 'Permission denied')
    monkeypatch.setattr(model_cache.shutil, 'rmtree', rmtree)
    with pytest.raises(PermissionError):
        clear()
