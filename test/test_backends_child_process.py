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
"""Child processes are gone, with their own, whatever ends the wait for them; needs no network."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading

from depth_seg_ros.backends import child_process
from depth_seg_ros.backends.child_process import end_children, run_child
from process_ids import running, TIMEOUT, wait
import pytest

ROOT = Path(__file__).resolve().parent.parent
LONG = 600.0
ENVIRONMENT = {**os.environ, 'PYTHONPATH': str(ROOT)}
CHILD = """
import os, subprocess, sys, time
from depth_seg_ros.backends.child_process import end_with_parent
end_with_parent()
grandchild = subprocess.Popen(['sleep', '600'])
with open(sys.argv[1] + '.new', 'w') as file:
    file.write(f'{os.getpid()} {grandchild.pid}')
os.rename(file.name, sys.argv[1])
if sys.argv[2:]:
    sys.exit(int(sys.argv[2]))
time.sleep(600)
"""
PARENT = f"""
import os, sys
from depth_seg_ros.backends.child_process import run_child
run_child([sys.executable, '-c', {CHILD!r}, sys.argv[1]], dict(os.environ), {LONG})
"""


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    """Return the file in which child and grandchild say who they are."""
    return tmp_path / 'pids'


@pytest.fixture(autouse=True)
def not_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, '_ending', threading.Event())


@pytest.fixture(autouse=True)
def nothing_left(pids: Path) -> Iterator[None]:
    """Wait until nothing of the group is there, and end it where the wait is in vain."""
    yield
    try:
        wait(lambda: not running(pids))
    finally:
        for pid in running(pids):
            os.kill(pid, signal.SIGKILL)


def run(pids: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return run_child([sys.executable, '-c', CHILD, str(pids), *arguments], ENVIRONMENT, LONG)


def test_what_a_child_leaves_behind_is_ended_and_its_status_told(pids: Path) -> None:
    assert run(pids, '7').returncode == 7


def test_a_child_that_takes_too_long_is_ended(
        pids: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, 'monotonic', lambda: 2 * LONG if pids.exists() else 0.0)
    with pytest.raises(subprocess.TimeoutExpired):
        run(pids)


def test_an_exception_out_of_a_signal_ends_the_child(pids: Path) -> None:
    def interrupt() -> None:
        wait(pids.exists)
        signal.raise_signal(signal.SIGINT)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
    try:
        thread = threading.Thread(target=interrupt)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            run(pids)
        thread.join()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_child_that_another_thread_waits_for_can_be_ended(pids: Path) -> None:
    codes = []
    thread = threading.Thread(target=lambda: codes.append(run(pids).returncode))
    thread.start()
    wait(pids.exists)
    end_children()
    thread.join(TIMEOUT)
    assert codes == [-signal.SIGKILL]


def test_a_child_is_gone_after_its_parent_was_killed(pids: Path) -> None:
    with subprocess.Popen([sys.executable, '-c', PARENT, str(pids)], env=ENVIRONMENT) as parent:
        try:
            wait(pids.exists)
        finally:
            parent.kill()
