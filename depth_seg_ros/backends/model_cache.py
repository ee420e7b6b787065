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
"""
Converted models on disk, each in a folder of its own, found by what it was made from.

An entry is written beside its place and moved there when it is whole, so that a process that
stops halfway, or two at once, leave nothing broken. It carries the SHA-256 of its files: one that
was damaged since is taken out. An entry of other versions is simply never found again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
import hashlib
import json
import logging
import os
from pathlib import Path
import shutil
import tempfile

from depth_seg_ros.backends.model_files import read_json, sha256_of
from depth_seg_ros.depth import ModelLoadError

__all__ = ['cache_folder', 'clear', 'Entry', 'entries', 'find', 'store', 'VARIABLE']

_log = logging.getLogger(__name__)

VARIABLE = 'DEPTH_SEG_CACHE'
"""Environment variable that names the folder."""

_ENTRY = 'entry.json'


@dataclass(frozen=True)
class Entry:
    """
    One converted model.

    Parameters
    ----------
    folder : Path
        Holds its files.
    facts : dict of str to str
        What it was made from: weights, size of the input, precision, versions.
    size : int
        Of its files in bytes.

    """

    folder: Path
    facts: dict[str, str]
    size: int


def cache_folder() -> Path:
    """Return where converted models lie: $DEPTH_SEG_CACHE, else in the user's own cache."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser()
    # An empty variable counts as none (XDG Base Directory Specification).
    base = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
    return Path(base) / 'depth_seg_ros'


def find(facts: Mapping[str, str]) -> Path | None:
    """
    Return the folder of a whole entry, None when there is none.

    A damaged one is removed, with a warning. Reading 98 MB to know takes 0.1 to 0.3 s.

    Parameters
    ----------
    facts : mapping of str to str
        All of what it was made from.

    """
    folder = _place(facts)
    if not folder.exists():
        return None
    wrong = _damage(folder, facts)
    if wrong is None:
        return folder
    _log.warning('%s: damaged (%s); it is made anew', folder, wrong)
    shutil.rmtree(folder, ignore_errors=True)
    return None


def store(facts: Mapping[str, str], write: Callable[[Path], None]) -> Path | None:
    """
    Keep a converted model, and return its folder; None, with a warning, where that fails.

    Parameters
    ----------
    facts : mapping of str to str
        All of what it was made from.
    write : callable
        Writes its files into the folder that it is given.

    """
    place = _place(facts)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix='.unfinished-', dir=place.parent) as scratch:
            whole = Path(scratch) / 'entry'
            whole.mkdir()
            write(whole)
            digests = {path.name: sha256_of(path) for path in sorted(whole.iterdir())}
            content = json.dumps({'facts': dict(facts), 'files': digests}, indent=2)
            (whole / _ENTRY).write_text(content, encoding='utf-8')
            _move(whole, place)
    # A full disk shows itself to OpenVINO, which raises errors of its own.
    except (OSError, RuntimeError) as error:
        _log.warning('the converted model cannot be kept in %s (%s), so every start converts it '
                     'anew; set %s to a folder that can be written', place.parent, error, VARIABLE)
        return None
    return place


def entries() -> list[Entry]:
    """Return all entries, those of other versions too, damaged ones left out."""
    found = []
    for path in sorted(cache_folder().glob(f'*/{_ENTRY}')):
        try:
            facts = read_json(path)['facts']
        except (ModelLoadError, KeyError):
            continue
        found.append(Entry(path.parent, facts, _size(path.parent)))
    return found


def clear() -> int:
    """Remove all entries and what stopped processes left; return how many bytes that freed."""
    freed = 0
    folder = cache_folder()
    # Nothing else in the folder is touched: the variable may name a wrong one.
    for pattern in (f'*/{_ENTRY}', '.unfinished-*/entry'):
        for path in folder.glob(pattern):
            freed += _size(path.parent)
            shutil.rmtree(path.parent, ignore_errors=True)
            # Says what stands against it, if it is not gone; another process may clear, too.
            with suppress(FileNotFoundError):
                shutil.rmtree(path.parent)
    return freed


def _size(folder: Path) -> int:
    """Return the bytes of all files in a folder that do not go meanwhile."""
    size = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                size += os.stat(os.path.join(root, name)).st_size
    return size


def _place(facts: Mapping[str, str]) -> Path:
    text = json.dumps(dict(facts), sort_keys=True)
    return cache_folder() / hashlib.sha256(text.encode()).hexdigest()[:32]


def _move(whole: Path, place: Path) -> None:
    try:
        whole.rename(place)
    except OSError:
        # Another process was faster; its entry is as good.
        if not (place / _ENTRY).is_file():
            raise


def _damage(folder: Path, facts: Mapping[str, str]) -> str | None:
    """Return what is wrong with an entry."""
    try:
        content = read_json(folder / _ENTRY)
        if content['facts'] != dict(facts):
            return f'{_ENTRY} is of another model'
        for name, digest in content['files'].items():
            if sha256_of(folder / name) != digest:
                return f'{name} is not as it was written'
    except (ModelLoadError, OSError, KeyError, AttributeError) as error:
        return str(error)
    return None
