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
"""A step of a worker that waits for the test."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ['fail', 'Gate', 'TIMEOUT']

TIMEOUT = 10.0
"""Seconds that a test waits for another thread."""


class Gate:
    """A function that stops at each item until it is let go."""

    def __init__(self) -> None:
        self.seen: list[tuple[object, object]] = []
        self.entered = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)

    def __call__(self, sender: object, item: object) -> None:
        self.seen.append((sender, item))
        self.entered.release()
        assert self.let_go.acquire(timeout=TIMEOUT)

    def wait(self) -> tuple[Any, Any]:
        """Wait until the next item is in work; return its sender and it."""
        assert self.entered.acquire(timeout=TIMEOUT)
        return self.seen[-1]

    def next(self) -> tuple[Any, Any]:
        """Let the item in work go and wait for the next; return its sender and that."""
        self.let_go.release()
        return self.wait()


def fail(sender: object, error: Any) -> None:
    """Take an error that no item is to have."""
    raise AssertionError((sender, error))
