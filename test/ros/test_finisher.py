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
"""Two steps in two threads: one item is finished while the next is begun, and nothing queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import threading
from typing import Any

from depth_seg_ros.ros.finisher import Finisher
from gate import fail, Gate, TIMEOUT
import pytest


def pass_on(sender: object, item: object) -> object:
    return item


@contextmanager
def running(finish: Callable[[Any, Any], Any], begin: Callable[[Any, Any], Any] = pass_on,
            on_error: Callable[[Any, Exception], None] = fail
            ) -> Iterator[Finisher[Any, Any, Any]]:
    """Run one, and leave nothing of it behind."""
    finisher: Finisher[Any, Any, Any] = Finisher(begin, finish, on_error)
    try:
        yield finisher
    finally:
        if isinstance(finish, Gate):
            finish.let_go.release(1000)
        finisher.stop()


def in_thread(action: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=action)
    thread.start()
    return thread


def test_what_is_begun_here_is_finished_once_and_in_order_in_a_thread_of_its_own():
    threads, begun, finished = set(), [], []

    def begin(sender: str, item: int) -> str:
        begun.append((sender, item))
        assert threading.current_thread() is here
        return f'{item} begun'

    def finish(sender: str, item: str) -> None:
        threads.add(threading.current_thread())
        finished.append((sender, item))

    here = threading.current_thread()
    with running(finish, begin) as finisher:
        for item in range(100):
            finisher.process('ab'[item % 2], item)
    assert begun == [('ab'[item % 2], item) for item in range(100)]
    assert finished == [(sender, f'{item} begun') for sender, item in begun]
    assert len(threads) == 1 and here not in threads


def test_the_next_item_is_begun_while_one_is_being_finished_but_never_a_third():
    begun, finished, held = [], [], Gate()
    both = threading.Event()

    def begin(sender: str, item: int) -> int:
        begun.append((item, list(finished)))
        if item:
            both.set()
        return item

    def finish(sender: str, item: int) -> None:
        held(sender, item)
        finished.append(item)

    with running(finish, begin) as finisher:
        finisher.process('', 0)
        assert held.wait() == ('', 0)
        others = in_thread(lambda: [finisher.process('', item) for item in (1, 2)])
        assert both.wait(TIMEOUT)
        assert held.seen == [('', 0)]  # 1 was begun in the middle of it
        held.let_go.release(3)
        others.join(TIMEOUT)
    assert begun[:2] == [(0, []), (1, [])] and finished == [0, 1, 2]
    assert begun[2][0] == 2 and begun[2][1][:1] == [0]  # at least 0 was finished before


def test_what_begin_raises_comes_back_and_nothing_of_it_is_finished():
    finished = []

    def begin(sender: str, item: str) -> str:
        if item == 'bad':
            raise KeyError('no such thing')
        return item

    with running(lambda sender, item: finished.append(item), begin) as finisher:
        with pytest.raises(KeyError):
            finisher.process('', 'bad')
        finisher.process('', 'good')
    assert finished == ['good']


def test_what_finish_raises_is_handed_over_and_the_next_item_is_finished():
    errors, finished = [], []

    def finish(sender: str, item: str) -> None:
        if item == 'bad':
            raise KeyError('no such thing')
        finished.append((sender, item))

    with running(finish, on_error=lambda sender, error: errors.append((sender, type(error)))
                 ) as finisher:
        finisher.process('front', 'bad')
        finisher.process('left', 'good')
    assert errors == [('front', KeyError)] and finished == [('left', 'good')]


def test_stop_waits_for_the_item_in_work_and_the_one_behind_it():
    held, ended = Gate(), []

    def finish(sender: str, item: int) -> None:
        held(sender, item)
        ended.append(item)

    finisher: Finisher[str, int, int] = Finisher(pass_on, finish, fail)
    finisher.process('', 0)
    held.wait()
    handing_over = in_thread(lambda: finisher.process('', 1))

    def stop() -> None:
        finisher.stop()
        ended.append('stopped')

    while finisher._begun is None:  # until it is handed over
        pass
    stopping = in_thread(stop)
    while not finisher._stopped:
        pass
    held.let_go.release(2)
    for thread in (handing_over, stopping):
        thread.join(TIMEOUT)
    assert ended == [0, 1, 'stopped']


def test_stop_without_work_ends_at_once_and_twice_does_nothing():
    finisher: Finisher[str, int, int] = Finisher(pass_on, fail, fail)
    finisher.stop()
    finisher.stop()
