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

import threading

from depth_seg_ros.ros.worker import Worker

TIMEOUT = 10.0


class Gate:
    """A process function that stops at each item until it is let go."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self.entered = threading.Semaphore(0)
        self.let_go = threading.Semaphore(0)

    def __call__(self, item: object) -> None:
        self.seen.append(item)
        self.entered.release()
        assert self.let_go.acquire(timeout=TIMEOUT)


def fail(error: Exception) -> None:
    raise AssertionError(error)


def test_processes_in_its_own_thread():
    threads = []
    done = threading.Event()

    def process(_: str) -> None:
        threads.append(threading.current_thread())
        done.set()

    worker = Worker(process, fail)
    assert worker.offer('frame') is None
    assert done.wait(TIMEOUT)
    worker.stop()
    assert threads[0] is not threading.current_thread()


def test_the_newest_waiting_item_wins_and_the_older_ones_are_returned():
    gate = Gate()
    worker = Worker(gate, fail)
    assert worker.offer(1) is None
    assert gate.entered.acquire(timeout=TIMEOUT)
    assert worker.offer(2) is None
    assert worker.offer(3) == 2
    assert worker.offer(4) == 3
    gate.let_go.release(2)
    assert gate.entered.acquire(timeout=TIMEOUT)
    worker.stop()
    assert gate.seen == [1, 4]


def test_an_exception_is_handed_over_and_the_next_item_is_processed():
    errors, done = [], threading.Event()

    def process(item: str) -> None:
        if item == 'bad':
            raise KeyError('no such thing')
        done.set()

    handed_over = threading.Event()
    worker = Worker(process, lambda error: (errors.append(error), handed_over.set()))
    worker.offer('bad')
    assert handed_over.wait(TIMEOUT)
    worker.offer('good')
    assert done.wait(TIMEOUT)
    worker.stop()
    assert [type(error) for error in errors] == [KeyError]


def test_stop_waits_for_the_item_in_work_and_returns_the_one_that_waited():
    gate = Gate()
    worker = Worker(gate, fail)
    worker.offer('in work')
    assert gate.entered.acquire(timeout=TIMEOUT)
    worker.offer('waiting')
    threading.Timer(0.05, gate.let_go.release).start()
    assert worker.stop() == 'waiting'
    assert gate.seen == ['in work']


def test_an_item_offered_after_stop_comes_straight_back():
    worker = Worker(fail, fail)
    assert worker.stop() is None
    assert worker.offer('late') == 'late'


def test_stopping_twice_does_nothing():
    worker = Worker(fail, fail)
    worker.stop()
    assert worker.stop() is None
