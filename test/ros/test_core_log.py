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
"""What the core logs reaches a logger of ROS at the level it has."""

from __future__ import annotations

import logging

import pytest

core_log = pytest.importorskip('depth_seg_ros.ros.core_log')

CORE = logging.getLogger('depth_seg_ros')


class Ros:
    """Notes what it is given, as (level, text)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __getattr__(self, level: str):
        return lambda text: self.lines.append((level, text))


def test_every_level_becomes_that_of_ros():
    ros = Ros()
    with core_log.core_log_to(ros):
        for level in ('debug', 'info', 'warning', 'error', 'critical'):
            getattr(CORE.getChild('backends.hub'), level)('%s: %d maps', level, 2)
    assert ros.lines == [('debug', 'debug: 2 maps'), ('info', 'info: 2 maps'),
                         ('warning', 'warning: 2 maps'), ('error', 'error: 2 maps'),
                         ('error', 'critical: 2 maps')]


def test_afterwards_all_is_as_before():
    ros, before = Ros(), (list(CORE.handlers), CORE.level)
    with pytest.raises(KeyError), core_log.core_log_to(ros):
        raise KeyError
    CORE.error('too late')
    assert (CORE.handlers, CORE.level) == before
    assert ros.lines == []
