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
"""A second thread: it finishes one item while the next is begun."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Generic, TypeVar

__all__ = ['Finisher']

Sender = TypeVar('Sender')
Item = TypeVar('Item')
Begun = TypeVar('Begun')


class Finisher(Generic[Sender, Item, Begun]):
    """
    Process items in two steps, the second in a thread of its own.

    Nothing queues: what is begun is handed over when the item before it is finished, and only
    then the next may be begun. Whatever is begun is finished, in the same order.

    Parameters
    ----------
    begin : callable
        Called by `process` with a sender and its item.
    finish : callable
        Called in the other thread with the sender and what `begin` returned.
    on_error : callable
        Called in that thread with the sender and any exception of `finish`.

    """

    def __init__(self, begin: Callable[[Sender, Item], Begun],
                 finish: Callable[[Sender, Begun], None],
                 on_error: Callable[[Sender, Exception], None]) -> None:
        self._begin = begin
        self._finish = finish
        self._on_error = on_error
        self._begun: tuple[Sender, Begun] | None = None
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='depth_seg_finisher', daemon=True)
        self._thread.start()

    def process(self, sender: Sender, item: Item) -> None:
        """
        Begin an item, and hand it over as soon as the one before is finished.

        For one thread, and not after `stop`; raises what `begin` does.
        """
        begun = self._begin(sender, item)
        with self._changed:
            self._begun = sender, begun
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._begun is None)

    def stop(self) -> None:
        """Wait until the item in work is finished and end the thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._begun)
                if self._begun is None:
                    return
                sender, begun = self._begun
                self._begun = None
                self._changed.notify_all()
            try:
                self._finish(sender, begun)
            except Exception as error:  # noqa: B902 one bad item must not end the thread
                self._on_error(sender, error)
