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

import os
from pathlib import Path

from rosbags.highlevel import AnyReader
from rosbags.typesys import get_typestore, Stores

__all__ = ['BagError', 'open_bag']

_REPAIR = ('If the recording was cut off, repair it with "mcap recover IN.mcap -o OUT.mcap" '
           '(mcap.dev) or "sqlite3 IN.db3 .recover | sqlite3 OUT.db3", then name the repaired '
           'file.')


class BagError(ValueError):
    """A bag that cannot be read or written as asked; the message says what to do."""


def open_bag(path: Path) -> AnyReader:
    """
    Open a rosbag2 for reading; the caller closes it.

    Parameters
    ----------
    path : Path
        The folder of the bag, or one .mcap or .db3 file.

    Raises
    ------
    BagError
        When there is no such bag, or it is damaged.

    """
    _check_files(path)
    try:
        # Bags before Iron hold no definitions; those of images have not changed since.
        reader = AnyReader([path], default_typestore=get_typestore(Stores.ROS2_HUMBLE))
        reader.open()
    # rosbags passes on what sqlite, zstd, struct and yaml raise on damaged data.
    except Exception as error:
        reason = str(error).rstrip('.')
        raise BagError(f'{path}: cannot be read: {reason}. {_REPAIR}') from error
    return reader


def _check_files(path: Path) -> None:
    """Refuse what cannot be a rosbag2 that we may read."""
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
