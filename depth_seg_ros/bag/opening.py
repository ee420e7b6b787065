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
"""From a path to an open rosbag2, or to an error that says what to do."""

from __future__ import annotations

from contextlib import suppress
import os
from pathlib import Path

from depth_seg_ros.bag.cut_mcap import CutMcap, is_cut
from rosbags.highlevel import AnyReader
from rosbags.highlevel.anyreader import AnyReaderError
from rosbags.typesys import get_typestore, Stores

__all__ = ['BagError', 'open_bag']

_REPAIR = ('Repair it with "mcap recover IN.mcap -o OUT.mcap" or '
           '"sqlite3 IN.db3 .recover | sqlite3 OUT.db3", then name the repaired file.')


class BagError(ValueError):
    """A bag that cannot be read or written as asked; the message says what to do."""


def open_bag(path: Path) -> tuple[AnyReader, str]:
    """
    Open a rosbag2 for reading.

    Parameters
    ----------
    path : Path
        The folder of the bag, or one .mcap or .db3 file.

    Returns
    -------
    reader : AnyReader
        Open; the caller closes it.
    damage : str
        Empty, or what of the bag cannot be read.

    Raises
    ------
    BagError
        When there is no such bag or nothing of it can be read.

    """
    files = _storage_files(path)
    # Bags before Iron hold no definitions; those of images have not changed since.
    known = get_typestore(Stores.ROS2_HUMBLE)
    try:
        reader = AnyReader([path], default_typestore=known)
        reader.open()
        return reader, ''
    # rosbags passes on what sqlite, zstd, struct and yaml raise on damaged data.
    except Exception as error:
        reason = error
    if not any(map(_is_cut_mcap, files)):
        raise BagError(f'{path}: cannot be read: {reason}. {_REPAIR}') from reason
    with suppress(AnyReaderError):
        parts = [CutMcap(file) if _is_cut_mcap(file) else file for file in files]
        reader = AnyReader(parts, default_typestore=known)
        reader.open()
        return reader, f'{path}: truncated; what was recorded before the cut is used'
    raise BagError(f'{path}: truncated before the first message') from reason


def _is_cut_mcap(file: Path) -> bool:
    return file.suffix == '.mcap' and is_cut(file)


def _storage_files(path: Path) -> list[Path]:
    """Return the .mcap and .db3 files of what can only be a rosbag2."""
    if not path.exists():
        raise BagError(f'{path}: no such file or folder')
    if path.suffix == '.bag':
        raise BagError(f'{path}: a ROS 1 bag; convert it with '
                       f'"rosbags-convert --src {path} --dst {path.with_suffix("")}"')
    files = sorted([*path.glob('*.mcap'), *path.glob('*.db3')]) if path.is_dir() else [path]
    if path.is_file() and path.suffix not in ('.mcap', '.db3'):
        raise BagError(f'{path}: not a bag; expected a folder with metadata.yaml, '
                       'or a file ending in .mcap or .db3')
    if path.is_dir() and not (path / 'metadata.yaml').exists():
        if not files:
            raise BagError(f'{path}: not a bag; no metadata.yaml in it, and no .mcap or .db3 file')
        raise BagError(f'{path}: metadata.yaml is missing; make it with "ros2 bag reindex {path}" '
                       f'or name the file: {files[0]}')
    unreadable = [file for file in files if not os.access(file, os.R_OK)]
    if unreadable:
        raise BagError(f'{unreadable[0]}: no permission to read it')
    return files
