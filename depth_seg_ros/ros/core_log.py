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
"""What the core logs with `logging`, in the log of ROS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import logging
from typing import Any

__all__ = ['core_log_to']


@contextmanager
def core_log_to(ros: Any) -> Iterator[None]:
    """
    Pass on to a logger of rclpy what this package logs elsewhere; its level decides what shows.

    Parameters
    ----------
    ros : rclpy.impl.rcutils_logger.RcutilsLogger
        From `get_logger()` of a node.

    """
    core, handler = logging.getLogger('depth_seg_ros'), _Handler(ros)
    before = core.level
    core.addHandler(handler)
    core.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        core.setLevel(before)
        core.removeHandler(handler)


class _Handler(logging.Handler):
    def __init__(self, ros: Any) -> None:
        super().__init__()
        self._ros = ros

    def emit(self, record: logging.LogRecord) -> None:
        text = self.format(record)
        # rclpy binds every line of code that logs to one level.
        if record.levelno >= logging.ERROR:
            self._ros.error(text)
        elif record.levelno >= logging.WARNING:
            self._ros.warning(text)
        elif record.levelno >= logging.INFO:
            self._ros.info(text)
        else:
            self._ros.debug(text)
