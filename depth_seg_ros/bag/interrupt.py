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
"""Ctrl-C or SIGTERM while a bag is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import signal
import threading
from types import FrameType

__all__ = ['deferred_interrupt']


@contextmanager
def deferred_interrupt() -> Iterator[threading.Event]:
    """
    Let the first Ctrl-C or SIGTERM only set an event, so that no message is cut in two.

    A second one acts.

    Outside of the main thread, where Python delivers no signals, nothing is changed.

    """
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event
        return

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def note(_signal: int, _frame: FrameType | None) -> None:
        event.set()
        restore()

    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for number in previous:
            signal.signal(number, note)
        yield event
    finally:
        restore()
