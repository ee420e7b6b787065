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
"""A child process that is ended with its own children, however the wait for it ends."""

from __future__ import annotations

from contextlib import suppress
import os
import signal
import subprocess
from tempfile import TemporaryFile
import threading
from time import monotonic

__all__ = ['end_children', 'end_with_parent', 'run_child']

_POLL = 0.2
"""Seconds between two looks at whether a child is still wanted."""

_ending = threading.Event()


def run_child(command: list[str], environment: dict[str, str], longest: float
              ) -> subprocess.CompletedProcess[bytes]:
    """
    Run a process in a group of its own, of which nothing is left when this returns or raises.

    Parameters
    ----------
    command : list of str
        What is run calls `end_with_parent`, so that nothing is left when this process is killed.
    environment : dict of str to str
        Its environment variables.
    longest : float
        Seconds that it may take.

    Returns
    -------
    subprocess.CompletedProcess
        Exit status, and what it wrote to stderr.

    Raises
    ------
    subprocess.TimeoutExpired
        When it takes longer.

    """
    # A pipe for stderr would have to be emptied meanwhile; that of stdin is for end_with_parent.
    with TemporaryFile() as said, subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=said, start_new_session=True) as process:
        try:
            _wait(process, longest)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        said.seek(0)
        return subprocess.CompletedProcess(command, code, stderr=said.read())


def end_children() -> None:
    """End every child, in whatever thread somebody waits for it, and those to come at once."""
    _ending.set()


def end_with_parent() -> None:
    """Let this process, which `run_child` started, end with its group when its parent is gone."""
    threading.Thread(target=_watch, name='depth_seg_parent', daemon=True).start()


def _wait(process: subprocess.Popen[bytes], longest: float) -> None:
    deadline = monotonic() + longest
    while not _ending.is_set():
        try:
            process.wait(_POLL)
            return
        except subprocess.TimeoutExpired:
            if monotonic() > deadline:
                raise


def _watch() -> None:
    os.read(0, 1)  # nothing is ever written: it returns when the kernel closes the other end
    os.killpg(os.getpid(), signal.SIGKILL)
