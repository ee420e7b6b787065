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
"""Two threads and a slot per sender: the newest item wins, in turn, and nothing ever queues."""

from __future__ import annotations

from collections.abc import Callable, Hashable
import threading
from typing import Generic, TypeVar

__all__ = ['Worker']

Sender = TypeVar('Sender', bound=Hashable)
Item = TypeVar('Item')
Begun = TypeVar('Begun')


class Worker(Generic[Sender, Item, Begun]):
    """
    Process the newest item of every sender, in two steps, each in a thread of its own.

    While one item is being finished, the next is begun: an item that is begun will be finished,
    in the same order, and none is begun while another waits for that.

    Who waits longest is next, and a newer item takes the place in line of the one it replaces.
    So between two items of one sender every other that waits gets its turn, however many items
    either sends.

    Parameters
    ----------
    begin : callable
        Called in the first thread with a sender and its item, for one after the other.
    finish : callable
        Called in the second with a sender and what `begin` returned.
    on_error : callable
        Called in the thread of either with the sender and its exception; the next item follows.

    """

    def __init__(self, begin: Callable[[Sender, Item], Begun],
                 finish: Callable[[Sender, Begun], None],
                 on_error: Callable[[Sender, Exception], None]) -> None:
        self._begin = begin
        self._finish = finish
        self._on_error = on_error
        self._waiting: dict[Sender, Item] = {}  # in order of the turns
        self._begun: tuple[Sender, Begun] | None = None
        self._stopped = self._ended = False
        self._changed = threading.Condition()
        self._threads = [threading.Thread(target=run, name=name, daemon=True) for run, name in (
            (self._begin_all, 'depth_seg_begin'), (self._finish_all, 'depth_seg_finish'))]
        for thread in self._threads:
            thread.start()

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
            self._changed.notify_all()
            return pushed_out

    def stop(self) -> dict[Sender, Item]:
        """
        Wait until what is begun is finished and end the threads. A second call does nothing.

        Returns
        -------
        dict
            The items that still waited, by sender; they are not processed.

        """
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()
        left, self._waiting = self._waiting, {}
        return left

    def _begin_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._stopped or self._waiting and self._begun is None)
                if self._stopped:
                    self._ended = True
                    self._changed.notify_all()
                    return
                sender = next(iter(self._waiting))
                item = self._waiting.pop(sender)
            try:
                begun = self._begin(sender, item)
            except Exception as error:  # noqa: B902 one bad item must not end the thread
                self._on_error(sender, error)
                continue
            with self._changed:
                self._begun = sender, begun
                self._changed.notify_all()

    def _finish_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._begun)
                if self._begun is None:
                    return
                sender, begun = self._begun
                self._begun = None
                self._changed.notify_all()
            try:
                self._finish(sender, begun)
            except Exception as error:  # noqa: B902 one bad item must not end the thread
                self._on_error(sender, error)
