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
Cut-off MCAP files, as a recorder leaves them that was killed or ran out of disk.

Their end is missing, which holds the index, so readers refuse them. Here they look as if they
ended after their last whole record, with the index made anew; the file itself stays as it is.
The layout of the records is that of the MCAP specification (mcap.dev/spec).
"""

from __future__ import annotations

import io
import os
from pathlib import Path
import struct
from typing import Any, BinaryIO

__all__ = ['CutMcap', 'is_cut']

_MAGIC = b'\x89MCAP0\r\n'
_FOOTER, _CHUNK, _MESSAGE_INDEX, _CHUNK_INDEX, _STATISTICS, _DATA_END = 2, 6, 7, 8, 11, 15


def is_cut(path: Path) -> bool:
    """Return whether an MCAP file starts as one but does not end as one."""
    with path.open('rb') as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return False
        file.seek(max(len(_MAGIC), path.stat().st_size - len(_MAGIC)))
        return file.read() != _MAGIC


class CutMcap:
    """
    The whole records of a cut-off MCAP file, to be read like a path to a complete one.

    Parameters
    ----------
    path : Path
        A file for which `is_cut` holds.

    """

    suffix = '.mcap'

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open('rb') as file:
            self._end, chunks = _whole_records(file, path.stat().st_size)
        self._tail = _tail(self._end, chunks)

    def __str__(self) -> str:
        """Return the path of the file."""
        return str(self._path)

    def exists(self) -> bool:
        """Return True."""
        return True

    def is_dir(self) -> bool:
        """Return False."""
        return False

    def open(self, _mode: str = 'rb') -> BinaryIO:  # noqa: A003 (as Path has it)
        """Open the whole records and the new index as one binary file."""
        return io.BufferedReader(_Joined(self._path, self._end, self._tail))


class _Joined(io.RawIOBase):
    """The first bytes of a file, then some others."""

    def __init__(self, path: Path, end: int, tail: bytes) -> None:
        self._file = path.open('rb', buffering=0)
        self._end, self._tail, self._at = end, tail, 0

    def close(self) -> None:
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at,
                 os.SEEK_END: self._end + len(self._tail)}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at < self._end:
            self._file.seek(self._at)
            data = self._file.read(min(len(buffer), self._end - self._at)) or b''
        else:
            start = self._at - self._end
            data = self._tail[start:start + len(buffer)]
        buffer[:len(data)] = data
        self._at += len(data)
        return len(data)


def _whole_records(file: BinaryIO, size: int) -> tuple[int, list[bytes]]:
    """Return where the last whole record of the data ends, and an index entry per chunk."""
    at = len(_MAGIC)
    chunks: list[bytes] = []
    chunk = b''
    offsets: list[tuple[int, int]] = []
    while at + 9 <= size:
        file.seek(at)
        opcode, length = struct.unpack('<BQ', file.read(9))
        if opcode == _DATA_END or at + 9 + length > size:
            break
        if opcode == _MESSAGE_INDEX:
            offsets.append((struct.unpack('<H', file.read(2))[0], at))
        elif chunk:
            chunks.append(_chunk_index(chunk, offsets, at))
            chunk, offsets = b'', []
        if opcode == _CHUNK:
            chunk = _chunk_start(file, at, length)
        at += 9 + length
    if chunk:
        chunks.append(_chunk_index(chunk, offsets, at))
    return at, chunks


def _chunk_start(file: BinaryIO, at: int, length: int) -> bytes:
    """Return what an index entry needs of a chunk: where it lies, then its own header."""
    head = file.read(32)
    (name_length,) = struct.unpack_from('<I', head, 28)
    return struct.pack('<QQ', at, 9 + length) + head + file.read(name_length + 8)


def _chunk_index(chunk: bytes, offsets: list[tuple[int, int]], end: int) -> bytes:
    at, length, start, stop, size, _, name_length = struct.unpack_from('<QQQQQII', chunk)
    name = chunk[48:48 + name_length]
    places = b''.join(struct.pack('<HQ', *item) for item in offsets)
    return _record(_CHUNK_INDEX, b''.join((
        struct.pack('<QQQQI', start, stop, at, length, len(places)), places,
        struct.pack('<QI', end - at - length, name_length), name,
        chunk[48 + name_length:], struct.pack('<Q', size))))


def _tail(end: int, chunks: list[bytes]) -> bytes:
    data_end = _record(_DATA_END, bytes(4))
    # Statistics of zero: rosbags counts for itself when schemas are missing beside them.
    summary = b''.join((*chunks, _record(_STATISTICS, bytes(46)))) if chunks else b''
    start = end + len(data_end) if chunks else 0
    return data_end + summary + _record(_FOOTER, struct.pack('<QQI', start, 0, 0)) + _MAGIC


def _record(opcode: int, content: bytes) -> bytes:
    return struct.pack('<BQ', opcode, len(content)) + content
