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
from gate import fail, Gate, TIMEOUT
import pytest


@contextmanager
def running(process: Callable[[Any, Any], None],
            on_error: Callable[[Any, Exception], None] = fail) -> Iterator[Worker[Any, Any]]:
    """Run a worker, and leave nothing of it behind."""
    worker: Worker[Any, Any] = Worker(process, on_error)
    try:
        yield worker
    finally:
        if isinstance(process, Gate):
            process.let_go.release(1000)
        worker.stop()


def stopped(worker: Worker[Any, Any], gate: Gate) -> dict[Any, Any]:
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


def test_processes_in_its_own_thread():
    threads = []
    done = threading.Event()

    def process(sender: str, item: str) -> None:
        threads.append((threading.current_thread(), sender, item))
        done.set()

    with running(process) as worker:
        assert worker.offer('front', 'frame') is None
        assert done.wait(TIMEOUT)
    (thread, sender, item), = threads
    assert thread is not threading.current_thread()
    assert (sender, item) == ('front', 'frame')


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


def test_an_exception_is_handed_over_and_the_next_item_is_processed():
    errors, done = [], threading.Event()

    def process(_: str, item: str) -> None:
        if item == 'bad':
            raise KeyError('no such thing')
        done.set()

    handed_over = threading.Event()

    def on_error(sender: str, error: Exception) -> None:
        errors.append((sender, type(error)))
        handed_over.set()

    with running(process, on_error) as worker:
        worker.offer('front', 'bad')
        assert handed_over.wait(TIMEOUT)
        worker.offer('left', 'good')
        assert done.wait(TIMEOUT)
    assert errors == [('front', KeyError)]


def test_stop_waits_for_the_item_in_work_and_returns_those_that_waited(gate):
    with running(gate) as worker:
        worker.offer('front', 'in work')
        gate.wait()
        worker.offer('front', 'waiting')
        worker.offer('left', 'waiting too')
        assert stopped(worker, gate) == {'front': 'waiting', 'left': 'waiting too'}
    assert gate.seen == [('front', 'in work')]


def test_an_item_offered_after_stop_comes_straight_back():
    worker = Worker(fail, fail)
    assert worker.stop() == {}
    assert worker.offer('front', 'late') == 'late'


def test_stopping_twice_does_nothing(gate):
    worker = Worker(gate, fail)
    worker.offer('front', 'in work')
    gate.wait()
    worker.offer('left', 'waiting')
    assert stopped(worker, gate) == {'left': 'waiting'}
    assert worker.stop() == {}
