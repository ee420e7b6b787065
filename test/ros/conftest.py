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
"""What every ROS test needs: a domain of its own, a context, and waiting on conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import gc
import signal
import time
from typing import Any

from depth_seg_ros.ros.processes import use_own_domain
import pytest


@pytest.fixture(scope='session', autouse=True)
def ros_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep this run apart from other ROS processes here and on the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_LOG_DIR', str(tmp_path_factory.mktemp('ros_log')))
        use_own_domain()
        yield


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Handle signals as before: what a program ignores at its end, later child processes would."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def no_nodes_of_earlier_tests() -> None:
    """
    Free the nodes of earlier tests, which stand in cycles of references.

    Until the collector comes they go on talking; with 36 of them in one process Fast DDS locked
    itself up in destroy_node, for ever.
    """
    gc.collect()


@pytest.fixture
def ros_context() -> Iterator[None]:
    """Initialize rclpy for one test and shut it down again."""
    rclpy = pytest.importorskip('rclpy')
    rclpy.init(args=[])
    yield
    rclpy.try_shutdown()


@pytest.fixture
def spin_until() -> Callable[..., None]:
    """Return a function that spins nodes until a condition holds."""
    executors = pytest.importorskip('rclpy.executors')

    def spin(nodes: list[Any], condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Spin `nodes` until `condition()` is true; fail after `timeout_s` seconds."""
        executor = executors.SingleThreadedExecutor()
        for node in nodes:
            executor.add_node(node)
        deadline = time.monotonic() + timeout_s
        try:
            while not condition():
                if time.monotonic() > deadline:
                    pytest.fail(f'condition not met within {timeout_s} s')
                executor.spin_once(timeout_sec=0.05)
        finally:
            executor.shutdown()

    return spin
