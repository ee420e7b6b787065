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
"""What figures hold for: the machine; and what a process takes of it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
import os
from pathlib import Path
import platform
import time

import cv2
import numpy as np

__all__ = ['image_size', 'machine', 'positive', 'ProcessUse', 'use_of']


def positive(text: str) -> int:
    """Return the number above 0 that a text is, for argparse."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f'expected a whole number above 0, got {text!r}')
    return int(text)


def image_size(text: str) -> tuple[int, int]:
    """Return the (width, height) that a text is, for argparse."""
    width, _, height = text.partition('x')
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(
            f'expected WIDTHxHEIGHT, such as 640x480, got {text!r}')
    return int(width), int(height)


def machine() -> str:
    """Return what figures hold for: processor, cores, versions."""
    cores = len(os.sched_getaffinity(0))
    return (f'{_processor()}, {cores} of {os.cpu_count()} cores; Python '
            f'{platform.python_version()}, numpy {np.__version__}, OpenCV {cv2.__version__}')


def _processor() -> str:
    info = Path('/proc/cpuinfo')
    lines = info.read_text(encoding='utf-8').splitlines() if info.exists() else []
    names = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else platform.machine()


@dataclass(frozen=True)
class ProcessUse:
    """
    What a process has taken so far; NaN where the system does not tell.

    Parameters
    ----------
    wall, cpu : float
        Seconds: a clock that only runs forward, and processor time of all threads.
    memory, peak : float
        In RAM now, and at most since the process began; MiB.

    """

    wall: float
    cpu: float
    memory: float
    peak: float

    def load_since(self, start: ProcessUse) -> float:
        """Return processor time since `start` in percent of one core."""
        return 100 * (self.cpu - start.cpu) / max(self.wall - start.wall, 1e-9)


def use_of(pid: int | str = 'self') -> ProcessUse:
    """Return what a process has taken, as /proc tells it; NaN without /proc."""
    folder = Path(f'/proc/{pid}')
    if not (folder / 'status').exists():
        return ProcessUse(time.monotonic(), np.nan, np.nan, np.nan)
    status = dict(line.split(':', 1)
                  for line in (folder / 'status').read_text(encoding='utf-8').splitlines())
    # The name in brackets may hold spaces; after it come state (field 3) and so on.
    fields = (folder / 'stat').read_text(encoding='utf-8').rpartition(')')[2].split()
    ticks = int(fields[11]) + int(fields[12])  # utime, stime
    return ProcessUse(time.monotonic(), ticks / os.sysconf('SC_CLK_TCK'),
                      *(int(status[key].split()[0]) / 1024 for key in ('VmRSS', 'VmHWM')))
