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
"""Which message of one topic belongs to which image: the one nearest in time."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

__all__ = ['Missed', 'Recent', 'Waiting']

Item = TypeVar('Item')


class Recent(Generic[Item]):
    """
    The last messages of a topic, by stamp. Not for several threads at once.

    Parameters
    ----------
    kept : int
        How many.

    Attributes
    ----------
    newest_ns : int or None
        Stamp of the last one in nanoseconds; None before the first.

    """

    def __init__(self, kept: int) -> None:
        self._items: deque[tuple[int, Item]] = deque(maxlen=kept)
        self.newest_ns: int | None = None

    def add(self, stamp_ns: int, item: Item) -> None:
        """Keep a message; where its stamp goes back (a bag that starts again), only this one."""
        if self.newest_ns is not None and stamp_ns < self.newest_ns:
            self._items.clear()
        self.newest_ns = stamp_ns
        self._items.append((stamp_ns, item))

    def nearest(self, stamp_ns: int, max_skew_ns: int) -> Item | None:
        """Return the one nearest to a stamp, the newer of two; None where none is so near."""
        found, least = None, max_skew_ns
        for stamp, item in self._items:  # from old to new
            skew = abs(stamp - stamp_ns)
            if skew <= least:
                found, least = item, skew
        return found


class Missed(Generic[Item]):
    """
    Images that did not wait for another topic, and went without its message.

    Parameters
    ----------
    kept : int
        How many of the last ones.

    """

    def __init__(self, kept: int) -> None:
        self._stamps: deque[int] = deque(maxlen=kept)

    def add(self, stamp_ns: int, recent: Recent[Item], max_skew_ns: int
            ) -> tuple[int, Item] | None:
        """Add an image; return the newest before it whose message came by now, and forget it."""
        if self._stamps and stamp_ns <= self._stamps[-1]:  # a bag began again
            self.clear()
        found = [(stamp, item) for stamp in self._stamps
                 if (item := recent.nearest(stamp, max_skew_ns)) is not None]
        while found and self._stamps and self._stamps[0] <= found[-1][0]:
            self._stamps.popleft()
        self._stamps.append(stamp_ns)
        return found[-1] if found else None

    def clear(self) -> None:
        """Forget them: an image after them has a message."""
        self._stamps.clear()


class Waiting(Generic[Item]):
    """
    Images that wait for another topic to come as far as they are.

    Only then is it known which of its messages is the nearest to them. Where both topics carry
    the same stamps, that is at once; else one message later.

    Parameters
    ----------
    kept : int
        How many may wait. The oldest is then due, whatever came.

    """

    def __init__(self, kept: int) -> None:
        self._items: deque[tuple[int, Item]] = deque()
        self._kept = kept

    def add(self, stamp_ns: int, item: Item) -> None:
        """Let an image wait."""
        self._items.append((stamp_ns, item))

    def due(self, newest_ns: int | None) -> list[tuple[int, Item]]:
        """Return, and forget, stamp and image of those that wait no longer, oldest first."""
        items, due = self._items, []
        while items and (len(items) > self._kept
                         or items[0][0] > items[-1][0]  # a stamp went back: a bag began again
                         or newest_ns is not None and items[0][0] <= newest_ns):
            due.append(items.popleft())
        return due

    def all(self) -> list[tuple[int, Item]]:
        """Return, and forget, stamp and image of all that wait, oldest first."""
        items = list(self._items)
        self._items.clear()
        return items
