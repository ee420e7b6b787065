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
"""How a program of this package takes Ctrl-C and SIGTERM; each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import signal, sys
from depth_seg_ros.ros.processes import interrupt_no_more, interrupt_once
interrupt_once()
try:
    {first}
except KeyboardInterrupt:
    print('caught')
{then}
"""
CTRL_C = 'signal.raise_signal(signal.SIGINT)'
SIGTERM = 'signal.raise_signal(signal.SIGTERM)'


def run(first: str, then: str = '') -> tuple[int, str]:
    """Return the exit status of the program and what it printed."""
    done = subprocess.run([sys.executable, '-c', PROGRAM.format(first=first, then=then)],
                          stdout=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, done.stdout


# rosbags writes its readers with exec; there CPython ends by SIGINT whoever caught it.
@pytest.mark.parametrize('first', [CTRL_C, f'exec({CTRL_C!r})'])
def test_ctrl_c_that_was_caught_leaves_the_exit_status_alone(first: str) -> None:
    assert run(first) == (0, 'caught\n')


@pytest.mark.parametrize(('first', 'second'), [
    (CTRL_C, CTRL_C), (CTRL_C, SIGTERM), (SIGTERM, SIGTERM), (SIGTERM, CTRL_C)])
def test_the_second_signal_is_not_heard(first: str, second: str) -> None:
    assert run(first, second) == (0, 'caught\n')


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_after_the_last_one_the_system_itself_ignores_it(number: int) -> None:
    then = (f'interrupt_no_more(); assert signal.getsignal({number:d}) == signal.SIG_IGN; '
            f'signal.raise_signal({number:d})')
    assert run(CTRL_C, then) == (0, 'caught\n')
