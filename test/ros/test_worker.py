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
"""The worker needs no ROS: threads and plain items."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import random
import threading
from typing import Any

from depth_seg_ros.ros.worker import Worker
import pytest

TIMEOUT = 10.0


class Gate:
    """A step that stops at each item until it is let go; it returns the item."""

    def __init__(self) -> None:
        self.seen: list[tuple[object, object]] = []
        self.entered = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)

    def __call__(self, sender: object, item: object) -> object:
        self.seen.append((sender, item))
        self.entered.release()
        assert self.let_go.acquire(timeout=TIMEOUT)
        return item

    def wait(self) -> tuple[Any, Any]:
        """Wait until the next item is in work; return its sender and it."""
        assert self.entered.acquire(timeout=TIMEOUT)
        return self.seen[-1]

    def next(self) -> tuple[Any, Any]:
        """Let the item in work go and wait for the next; return its sender and that."""
        self.let_go.release()
        return self.wait()


def fail(sender: object, error: Any) -> None:
    raise AssertionError((sender, error))


def pass_on(sender: object, item: object) -> object:
    return item


def do_nothing(sender: object, item: object) -> None:
    """Take an item."""


@contextmanager
def running(begin: Callable[[Any, Any], Any], finish: Callable[[Any, Any], Any] = do_nothing,
            on_error: Callable[[Any, Exception], None] = fail) -> Iterator[Worker[Any, Any, Any]]:
    """Run a worker, and leave nothing of it behind."""
    worker: Worker[Any, Any, Any] = Worker(begin, finish, on_error)
    try:
        yield worker
    finally:
        for step in (begin, finish):
            if isinstance(step, Gate):
                step.let_go.release(1000)
        worker.stop()


def stopped(worker: Worker[Any, Any, Any], gate: Gate) -> dict[Any, Any]:
    """Stop a worker while an item is in work; return what waited."""
    left: list[dict[Any, Any]] = []
    thread = threading.Thread(target=lambda: left.append(worker.stop()))
    thread.start()
    late = object()
    while worker.offer('late', late) is not late:  # it has stopped when that comes straight back
        pass
    gate.let_go.release()
    thread.join(TIMEOUT)
    left[0].pop('late', None)
    return left[0]


@pytest.fixture
def gate() -> Gate:
    return Gate()


def test_each_step_has_a_thread_of_its_own_and_what_is_begun_is_finished():
    threads, finished = [], []
    done = threading.Event()

    def begin(sender: str, item: str) -> str:
        threads.append(threading.current_thread())
        return f'{item} begun'

    def finish(sender: str, begun: str) -> None:
        threads.append(threading.current_thread())
        finished.append((sender, begun))
        done.set()

    with running(begin, finish) as worker:
        assert worker.offer('front', 'frame') is None
        assert done.wait(TIMEOUT)
    assert len({*threads, threading.current_thread()}) == 3
    assert finished == [('front', 'frame begun')]


@pytest.fixture
def last() -> Gate:
    return Gate()


def test_the_next_item_is_begun_while_one_is_being_finished_but_never_a_third(gate, last):
    with running(gate, last) as worker:
        worker.offer('', 0)
        gate.wait()
        gate.let_go.release()
        assert last.wait() == ('', 0)  # being finished
        worker.offer('', 1)
        assert gate.wait() == ('', 1)  # begun meanwhile
        gate.let_go.release()
        worker.offer('', 2)
        assert all(worker.offer('', item) == item - 1 for item in range(3, 2000))
        assert last.next() == ('', 1)
        assert gate.wait() == ('', 1999)
        gate.let_go.release()
        assert last.next() == ('', 1999)
    assert gate.seen == last.seen


def test_what_is_begun_is_finished_once_and_in_order():
    rng = random.Random(7)
    begun, finished = [], []

    def begin(sender: str, item: int) -> int:
        begun.append((sender, item))
        return item

    with running(begin, lambda sender, item: finished.append((sender, item))) as worker:
        for item in range(10**7):
            worker.offer(rng.choice('ab'), item)
            if len(finished) >= 40:
                break
        left = worker.stop()
    assert finished == begun and len(set(begun)) == len(begun) >= 40
    for sender in 'ab':
        items = [item for each, item in finished if each == sender]
        assert items == sorted(items) and left.get(sender, 10**7) > items[-1]


def test_the_newest_waiting_item_of_a_sender_wins_and_the_older_ones_are_returned(gate):
    with running(gate) as worker:
        assert worker.offer('', 1) is None
        gate.wait()
        assert worker.offer('', 2) is None
        assert worker.offer('', 3) == 2
        assert worker.offer('', 4) == 3
        assert gate.next() == ('', 4)
    assert gate.seen == [('', 1), ('', 4)]


def test_one_sender_never_pushes_out_what_another_sent(gate):
    with running(gate) as worker:
        worker.offer('front', 0)
        gate.wait()
        assert worker.offer('left', 1) is None
        assert worker.offer('front', 2) is None
        assert worker.offer('front', 3) == 2
        assert [gate.next(), gate.next()] == [('left', 1), ('front', 3)]


def test_who_waits_longest_is_next_and_a_newer_item_keeps_the_place(gate):
    with running(gate) as worker:
        worker.offer('front', 0)
        gate.wait()
        for item, sender in enumerate(('left', 'rear', 'left', 'front', 'rear', 'left'), 1):
            worker.offer(sender, item)
        assert [gate.next() for _ in range(3)] == [('left', 6), ('rear', 5), ('front', 4)]


def test_a_fast_sender_does_not_starve_a_slow_one(gate):
    """The fast one fills its slot anew during every item, as one of 60 Hz beside one of 5 Hz."""
    with running(gate) as worker:
        worker.offer('fast', 0)
        gate.wait()
        turns = []
        for item in range(1, 40):
            for _ in range(12):
                worker.offer('fast', item)
            if item % 3 == 0:
                worker.offer('slow', item)
            turns.append(gate.next())
    slow = [item for sender, item in turns if sender == 'slow']
    offered = list(range(3, 40, 3))
    assert slow == offered[:len(slow)] and len(slow) >= len(offered) - 1  # not one pushed out
    waits = [turns.index(('slow', item)) + 1 - item for item in slow]
    assert set(waits) <= {0, 1}  # the fast one had one turn in between, never two


@pytest.mark.parametrize('seed', range(5))
def test_every_item_is_processed_or_returned_once_and_nobody_waits_for_two_turns_of_another(
        gate, seed):
    rng = random.Random(seed)
    senders = 'abcd'
    with running(gate) as worker:
        worker.offer('a', -1)
        gate.wait()
        waiting, returned, taken = {}, [], []
        for item in range(300):
            if waiting and rng.random() < 0.3:
                sender, got = gate.next()
                assert waiting.pop(sender)['item'] == got
                taken.append(got)
                for other in waiting.values():
                    other['passed'].append(sender)
                    assert len(set(other['passed'])) == len(other['passed'])
            sender = rng.choice(senders[:1] * 6 + senders)
            pushed_out = worker.offer(sender, item)
            assert pushed_out == waiting.get(sender, {'item': None})['item']
            returned += [] if pushed_out is None else [pushed_out]
            waiting.setdefault(sender, {'passed': []})['item'] = item
        left = {sender: entry['item'] for sender, entry in waiting.items()}
        assert stopped(worker, gate) == left
    assert sorted([*taken, *returned, *left.values()]) == list(range(300))


@pytest.mark.parametrize('step', [0, 1], ids=['begin', 'finish'])
def test_an_exception_of_either_step_is_handed_over_and_the_next_item_is_processed(step):
    errors, finished = [], []
    handed_over, done = threading.Event(), threading.Event()

    def bad(_: str, item: str) -> str:
        if item == 'bad':
            raise KeyError('no such thing')
        return item

    def finish(_: str, item: str) -> None:
        finished.append((bad if step else pass_on)(_, item))
        done.set()

    def on_error(sender: str, error: Exception) -> None:
        errors.append((sender, type(error)))
        handed_over.set()

    with running(pass_on if step else bad, finish, on_error) as worker:
        worker.offer('front', 'bad')
        assert handed_over.wait(TIMEOUT)
        worker.offer('left', 'good')
        assert done.wait(TIMEOUT)
    assert errors == [('front', KeyError)] and finished == ['good']


def test_stop_waits_for_the_item_in_work_and_returns_those_that_waited(gate):
    with running(gate) as worker:
        worker.offer('front', 'in work')
        gate.wait()
        worker.offer('front', 'waiting')
        worker.offer('left', 'waiting too')
        assert stopped(worker, gate) == {'front': 'waiting', 'left': 'waiting too'}
    assert gate.seen == [('front', 'in work')]


def test_stop_waits_until_all_that_is_begun_is_finished(gate, last):
    with running(gate, last) as worker:
        worker.offer('', 0)
        gate.wait()
        gate.let_go.release()
        last.wait()
        worker.offer('', 1)
        gate.wait()
        last.let_go.release(2)
        assert stopped(worker, gate) == {}
        assert last.seen == [('', 0), ('', 1)]


def test_an_item_offered_after_stop_comes_straight_back():
    worker = Worker(fail, fail, fail)
    assert worker.stop() == {}
    assert worker.offer('front', 'late') == 'late'


def test_stopping_twice_does_nothing(gate):
    worker = Worker(gate, do_nothing, fail)
    worker.offer('front', 'in work')
    gate.wait()
    worker.offer('left', 'waiting')
    assert stopped(worker, gate) == {'left': 'waiting'}
    assert worker.stop() == {}
