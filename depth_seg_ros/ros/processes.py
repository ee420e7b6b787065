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
"""Nodes as child processes that never outlive this one, in a ROS domain of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import ctypes
import os
from pathlib import Path
import random
import signal
import subprocess
import sys

__all__ = [
    'interrupt_no_more', 'interrupt_once', 'last_lines', 'node_process', 'use_own_domain']

STOP_TIMEOUT = 10.0

_STOPS = signal.SIGINT, signal.SIGTERM


class _Interrupt(KeyboardInterrupt):
    """
    Ctrl-C, or SIGTERM.

    CPython ends by SIGINT, whoever caught it, once a plain KeyboardInterrupt has left an exec() of
    text, and rosbags writes its readers that way. A derived one does not have this effect.
    """


def interrupt_once() -> Callable[[], None]:
    """
    Let Ctrl-C or SIGTERM raise KeyboardInterrupt once; return what undoes this.

    Under ros2 launch Ctrl-C comes twice; the second one must not break the clean-up.
    """
    came = False

    def interrupt(*_: object) -> None:
        nonlocal came
        if not came:
            came = True
            raise _Interrupt

    def undo() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, interrupt) for number in _STOPS}
    return undo


def interrupt_no_more() -> None:
    """Let both do nothing; they would be deadly again while the interpreter ends."""
    ignore = ctypes.pythonapi.PyOS_setsig
    ignore.argtypes, ignore.restype = (ctypes.c_int, ctypes.c_void_p), ctypes.c_void_p
    for number in _STOPS:
        # First for the system alone: one that came while signal() is at work had its old handler
        # no more, and CPython would print an OSError ("ignored due to race condition").
        ignore(number, signal.SIG_IGN)
        signal.signal(number, signal.SIG_IGN)


def use_own_domain() -> None:
    """Set what this process and its nodes need; to be called before the middleware starts."""
    # The higher ones collide with the ports that the kernel gives away.
    os.environ['ROS_DOMAIN_ID'] = str(random.SystemRandom().randint(1, 101))
    # At its default Fast DDS loses large images (README, "Large images over Fast DDS").
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'DEFAULT?sockets_size=16MB')
    # Either of these makes it ignore that.
    for name in ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'ROS_LOCALHOST_ONLY'):
        os.environ.pop(name, None)


@contextmanager
def node_process(module: str, log: Path, parameters: dict[str, object]
                 ) -> Iterator[subprocess.Popen[bytes]]:
    """
    Run a node as a process that is gone when the context ends, or this process does.

    Parameters
    ----------
    module : str
        Its module; the last part of the name is that of the log file.
    log : Path
        Folder of the log files.
    parameters : dict of str to object
        ROS parameters; empty texts are left out.

    """
    given = [part for name, value in parameters.items() if value != ''
             for part in ('-p', f'{name}:={value}')]
    with (log / f'{module.rpartition(".")[2]}.log').open('wb') as file:
        # In a session of its own: Ctrl-C of the terminal reaches only this process. setpriv lets
        # the kernel end the node when this process is killed.
        process = subprocess.Popen(
            ['setpriv', '--pdeathsig', 'TERM', sys.executable, '-m', module, '--ros-args',
             '--disable-external-lib-logs', *given],
            stdout=file, stderr=file, start_new_session=True)
        try:
            yield process
        finally:
            for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                if process.poll() is None:
                    process.send_signal(stop)
                    try:
                        process.wait(STOP_TIMEOUT)
                    except subprocess.TimeoutExpired:
                        continue


def last_lines(log: Path) -> str:
    """Return what the log of a process that failed says at its end."""
    lines = log.read_text(errors='replace').splitlines()[-12:]
    return '\n'.join([f'the end of {log}:', *lines])
