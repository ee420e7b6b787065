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
"""Waiting until a process is there, or has ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import time

TIMEOUT = 30.0


def wait(condition: Callable[[], object]) -> None:
    """Return when the condition holds; fail after `TIMEOUT` seconds."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, f'condition not met within {TIMEOUT:g} s'
        time.sleep(0.01)


def running(pids: Path) -> list[int]:
    """Return which of the processes in a file run; one that nobody waited for has ended, too."""
    return [pid for pid in map(int, pids.read_text().split()) if _is_running(pid)]


def _is_running(pid: int) -> bool:
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return False
