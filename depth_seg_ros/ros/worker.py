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
"""One thread and a slot per sender: the newest item wins, in turn, and nothing ever queues."""

from __future__ import annotations

from collections.abc import Callable, Hashable
import threading
from typing import Generic, TypeVar

__all__ = ['Worker']

Sender = TypeVar('Sender', bound=Hashable)
Item = TypeVar('Item')


class Worker(Generic[Sender, Item]):
    """
    Process the newest item of every sender in a thread of its own.

    Who waits longest is next, and a newer item takes the place in line of the one it replaces.
    So between two items of one sender every other that waits gets its turn, however many items
    either sends.

    Parameters
    ----------
    process : callable
        Called in the worker's thread with a sender and its item, for one after the other.
    on_error : callable
        Called in that thread with the sender and any exception of `process`; the next item
        follows.

    """

    def __init__(self, process: Callable[[Sender, Item], None],
                 on_error: Callable[[Sender, Exception], None]) -> None:
        self._process = process
        self._on_error = on_error
        self._waiting: dict[Sender, Item] = {}  # in order of the turns
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='depth_seg_worker', daemon=True)
        self._thread.start()

    def offer(self, sender: Sender, item: Item) -> Item | None:
        """
        Put an item into the slot of its sender, and return at once.

        Returns
        -------
        item or None
            What will never be processed because of this: the older item that waited in the
            slot, or `item` itself when the worker has stopped.

        """
        with self._changed:
            if self._stopped:
                return item
            pushed_out = self._waiting.get(sender)
            self._waiting[sender] = item  # a key that is there keeps its place
            self._changed.notify()
            return pushed_out

    def stop(self) -> dict[Sender, Item]:
        """
        Wait until the item in work is done and end the thread. A second call does nothing.

        Returns
        -------
        dict
            The items that still waited, by sender; they are not processed.

        """
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()
        left, self._waiting = self._waiting, {}
        return left

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._waiting)
                if self._stopped:
                    return
                sender = next(iter(self._waiting))
                item = self._waiting.pop(sender)
            try:
                self._process(sender, item)
            except Exception as error:  # noqa: B902 one bad item must not end the thread
                self._on_error(sender, error)
