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
"""What figures hold for, and what a process takes."""

from __future__ import annotations

import math
import os
import time

from depth_seg_ros.bench.machine import machine, ProcessUse, use_of
import pytest


def test_the_machine_is_named_with_its_cores() -> None:
    assert f'of {os.cpu_count()} cores; Python ' in machine()


def test_load_is_processor_time_in_percent_of_one_core() -> None:
    start, end = ProcessUse(10.0, 3.0, 1.0, 1.0), ProcessUse(14.0, 9.0, 1.0, 1.0)
    assert end.load_since(start) == pytest.approx(150.0)


def test_this_process_takes_memory_and_the_time_it_works() -> None:
    start = use_of(os.getpid())
    while time.process_time() < start.cpu + 0.05:
        pass
    end = use_of()
    assert 0.03 <= end.cpu - start.cpu and start.wall < end.wall
    assert 1.0 < end.memory <= end.peak


def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    gone = use_of(2**22 + 1)
    assert all(map(math.isnan, (gone.cpu, gone.memory, gone.peak)))
