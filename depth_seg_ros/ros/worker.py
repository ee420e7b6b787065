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
"""One thread and one slot: the newest item wins, and nothing ever queues."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Generic, TypeVar

__all__ = ['Worker']

Item = TypeVar('Item')


class Worker(Generic[Item]):
    """
    Process the newest of the offered items in a thread of its own.

    Parameters
    ----------
    process : callable
        Called in the worker's thread, for one item after the other.
    on_error : callable
        Called in that thread with any exception of `process`; the next item follows.

    """

    def __init__(self, process: Callable[[Item], None],
                 on_error: Callable[[Exception], None]) -> None:
        self._process = process
        self._on_error = on_error
        self._waiting: list[Item] = []
        self._stopped = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='depth_seg_worker', daemon=True)
        self._thread.start()

    def offer(self, item: Item) -> Item | None:
        """
        Put an item into the slot, and return at once.

        Returns
        -------
        item or None
            What will never be processed because of this: the older item that waited in the
            slot, or `item` itself when the worker has stopped.

        """
        with self._changed:
            if self._stopped:
                return item
            pushed_out = self._waiting.pop() if self._waiting else None
            self._waiting.append(item)
            self._changed.notify()
            return pushed_out

    def stop(self) -> Item | None:
        """
        Wait until the item in work is done and end the thread. A second call does nothing.

        Returns
        -------
        item or None
            The one that still waited; it is not processed.

        """
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()
        return self._waiting.pop() if self._waiting else None

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped or self._waiting)
                if self._stopped:
                    return
                item = self._waiting.pop()
            try:
                self._process(item)
            except Exception as error:  # noqa: B902 one bad item must not end the thread
                self._on_error(error)
