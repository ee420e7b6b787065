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
"""Files that are either whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import json
import math
from pathlib import Path
from typing import Any

__all__ = ['json_bytes', 'part_path', 'write_whole', 'writing']


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """
    Let an error while something is written name it, the reason and what to do.

    Parameters
    ----------
    path : Path
        As the user knows it: a file, or a folder that is made.

    Raises
    ------
    OSError
        As the system's, with more in `strerror`, and `filename` as the path.

    """
    try:
        yield
    except OSError as error:
        reason = 'a file is there' if isinstance(error, FileExistsError) else error.strerror
        raise OSError(error.errno, f'cannot be written: {reason}; choose another folder',
                      str(path)) from error


def part_path(path: Path) -> Path:
    """Return where a file grows until it is whole: hidden, beside it, with its suffix."""
    return path.with_name(f'.{path.stem}.part{path.suffix}')


def write_whole(path: Path, content: bytes) -> None:
    """
    Write a file that gets its name only when all of it is there.

    A file that was there before stays as it was until then, and for good after an error.

    Raises
    ------
    OSError
        When it cannot be written.

    """
    part = part_path(path)
    with writing(path):
        try:
            part.write_bytes(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def json_bytes(value: Any, indent: int | None = 2) -> bytes:
    """
    Return JSON that is the same for the same value, with a newline at the end.

    Floats keep six significant digits; those that are not finite, which JSON does not know,
    become null.

    Parameters
    ----------
    value : dict, list, tuple, str, int, float, bool or None
        Nested as one likes.
    indent : int, optional
        None for one line.

    """
    return (json.dumps(_plain(value), indent=indent, ensure_ascii=False) + '\n').encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(f'{value:.6g}') if math.isfinite(value) else None
    return value
