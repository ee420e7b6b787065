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
"""
The real node over DDS on a recording, in one command: `python -m depth_seg_ros.ros.demo`.

The node and the player run in processes of their own, in a ROS domain of their own. This one
records what they publish, and shows it. `make demo` is a short form.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass
import fcntl
import os
from pathlib import Path
import subprocess
import sys
import threading
import time

from depth_seg_ros.bag import BagWriter
from depth_seg_ros.bag.interrupt import deferred_interrupt
from depth_seg_ros.ros.demo_report import (
    chosen_stamps, OUTPUTS, summary_lines, Traffic, write_pictures)
from depth_seg_ros.ros.player_source import open_source
from depth_seg_ros.ros.processes import last_lines, node_process, use_own_domain
from depth_seg_ros.ros.recorder import Recorder
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from tqdm import tqdm

__all__ = ['main']

DRIVE = Path(__file__).resolve().parents[2] / 'demo' / 'drive'
NODE = '/depth_seg'
READY_TIMEOUT = 600.0  # A model from the hub is downloaded in this time.
SETTLE_TIMEOUT = 20.0
LAST_TIMEOUT = 3.0  # Without any message, the recorder has read all that there is.

WAITING: dict[str, object] = {
    f'qos_overrides.{NODE}/{output}.publisher.depth': 10 for output in OUTPUTS}
"""Parameters of the node: on a busy machine the recorder is behind, and is to get every result."""

_ELSEWHERE = 'choose another folder with --out (OUT=folder for make demo)'

Process = subprocess.Popen[bytes]


class DemoError(Exception):
    """Why there is nothing to show; the text says what to do."""


@dataclass(frozen=True)
class Output:
    """Where everything goes below one folder."""

    folder: Path

    @property
    def bag(self) -> Path:
        """Return the folder of the bag."""
        return self.folder / 'bag'

    @property
    def pictures(self) -> Path:
        """Return the folder of the pictures."""
        return self.folder / 'pictures'

    @property
    def sheet(self) -> Path:
        """Return the contact sheet."""
        return self.folder / 'contact_sheet.png'

    @property
    def log(self) -> Path:
        """Return the folder of the log files."""
        return self.folder / 'log'

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Keep other demos out, and remove what an earlier one wrote here and nothing else."""
        self.log.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._clear()
            yield
        except BlockingIOError:
            raise DemoError(f'{self.folder}: another demo is at work there; {_ELSEWHERE}'
                            ) from None
        finally:
            os.close(lock)

    def _clear(self) -> None:
        for folder, pattern in ((self.bag, 'bag.mcap'), (self.bag, 'metadata.yaml'),
                                (self.pictures, '[0-9][0-9][0-9]_*.png'),
                                (self.folder, self.sheet.name)):
            for file in folder.glob(pattern):
                file.unlink()
        if self.bag.exists():
            if any(self.bag.iterdir()):
                raise DemoError(f'{self.bag}: holds what is not from a demo; {_ELSEWHERE}')
            self.bag.rmdir()


def main(argv: list[str] | None = None) -> int:
    """Run the demo; return 0, 1 when nothing came out, or 130 after Ctrl-C."""
    args = _arguments(argv)
    output = Output(args.out)
    try:
        with deferred_interrupt() as interrupted:
            job = _job(args)
            with open_source(job.source, job.topic) as source:
                total = source.frame_count
            with output.taken():
                use_own_domain()
                traffic = _Run(job, total, output, interrupted).record()
                regions = write_pictures(output.bag, NODE, chosen_stamps(traffic.frames),
                                         output.pictures, output.sheet)
    except KeyboardInterrupt:  # The second one.
        return 130
    # BagError and SourceError are ValueErrors.
    except (DemoError, ValueError) as error:
        if interrupted.is_set():
            return 130
        print(f'demo: {error}', file=sys.stderr)
        return 1
    except OSError as error:
        print(f'demo: {error.filename or output.folder}: {error.strerror}; {_ELSEWHERE}',
              file=sys.stderr)
        return 1
    print('\n'.join(summary_lines(traffic, regions, {
        'overview': output.sheet, 'pictures': output.pictures, 'bag': output.bag,
        'logs': output.log})))
    return 130 if interrupted.is_set() else 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m depth_seg_ros.ros.demo', description=__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument('--image', metavar='PATH', help='an image file, or a folder of them')
    source.add_argument('--video', metavar='FILE', help='a video, or the number of a camera')
    source.add_argument('--bag', metavar='PATH', help='folder of a rosbag2, or its .mcap or .db3 '
                        'file (default: demo/drive, the drive of a robot)')
    parser.add_argument('--topic', default='', metavar='TOPIC',
                        help='image topic of a bag that has several')
    parser.add_argument('--model', default='embedded', metavar='NAME',
                        help='hub id, local folder, or embedded (default: %(default)s)')
    parser.add_argument('--rate', type=float, metavar='X',
                        help='speed: 1 is real time (default), 0 waits for each result (default '
                        'of --image)')
    parser.add_argument('--out', type=Path, default=Path('demo_out'), metavar='DIR',
                        help='folder for the results; those of an earlier demo give way '
                        '(default: %(default)s)')
    return parser.parse_args(argv)


def _job(args: argparse.Namespace) -> _Job:
    if not (args.image or args.video or args.bag or DRIVE.exists()):
        raise DemoError(f'{DRIVE}: the bag of the demo is not there; name another with --bag')
    source = args.image or args.video or args.bag or str(DRIVE)
    rate = (0.0 if args.image else 1.0) if args.rate is None else args.rate
    return _Job(source, args.topic, rate, args.model)


@dataclass(frozen=True)
class _Job:
    source: str
    topic: str
    rate: float
    model: str


class _Run:
    """One recording through the node."""

    def __init__(self, job: _Job, total: int | None, output: Output,
                 interrupted: threading.Event) -> None:
        self._job, self._total = job, total
        self._output, self._interrupted = output, interrupted

    def record(self) -> Traffic:
        """Run node and player, and return what went in and out."""
        job, log = self._job, self._output.log
        with ExitStack() as stack:
            stack.callback(rclpy.try_shutdown)
            rclpy.init(args=['--ros-args', '--disable-external-lib-logs'],
                       signal_handler_options=SignalHandlerOptions.NO)
            node = stack.enter_context(node_process(
                'depth_seg_ros.ros.node', log, {'model.name': job.model, **WAITING}))
            recorder = Recorder(stack.enter_context(BagWriter(self._output.bag)), NODE)
            stack.callback(recorder.destroy_node)
            executor = SingleThreadedExecutor()
            executor.add_node(recorder)
            print(f'loading {job.model}')
            if not self._spin(executor, READY_TIMEOUT, node, lambda: _ready(recorder)):
                raise DemoError(f'the node is not ready after {READY_TIMEOUT:.0f} s; '
                                f'{last_lines(log / "node.log")}')
            player = stack.enter_context(node_process('depth_seg_ros.ros.player', log, {
                'source': job.source, 'topic': job.topic, 'rate': job.rate, 'subscribers': 2}))
            settled = self._play(executor, recorder, node, player)
        traffic = Traffic(recorder.frames, recorder.diagnostics, settled)
        if not traffic.done:
            # Where no image was sent, the node has nothing to tell.
            name = 'node.log' if traffic.published else 'player.log'
            raise DemoError(f'nothing came out; {last_lines(log / name)}')
        return traffic

    def _play(self, executor: SingleThreadedExecutor, recorder: Recorder,
              node: Process, player: Process) -> bool:
        """Record until the player has ended and the node has told of all it got, if it does."""
        # Without a terminal there is no bar.
        with tqdm(total=self._total, unit='frame', disable=None) as bar:

            def shown(condition: bool) -> bool:
                bar.update(_results(recorder) - bar.n)
                return condition

            self._spin(executor, None, node, lambda: shown(player.poll() is not None))
            if self._interrupted.is_set():
                return False
            if player.returncode:
                raise DemoError('the player failed; '
                                f'{last_lines(self._output.log / "player.log")}')
            ended_ns = time.time_ns()
            settled = self._spin(executor, SETTLE_TIMEOUT, node,
                                 lambda: shown(_settled(recorder, ended_ns)))
            # The recorder may be behind; what was overwritten never comes.
            self._spin(executor, None, node, lambda: shown(
                time.monotonic() - recorder.heard > LAST_TIMEOUT
                or not Traffic(recorder.frames, recorder.diagnostics).missing))
            return settled and not self._interrupted.is_set()

    def _spin(self, executor: SingleThreadedExecutor, timeout: float | None,
              node: Process, condition: Callable[[], bool]) -> bool:
        """Record until the condition holds or Ctrl-C comes; return False when time is over."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not condition() and not self._interrupted.is_set():
            if node.poll() is not None:
                raise DemoError(f'the node ended; {last_lines(self._output.log / "node.log")}')
            if deadline is not None and time.monotonic() > deadline:
                return False
            executor.spin_once(timeout_sec=0.05)
        return True


def _ready(recorder: Recorder) -> bool:
    """Return whether the node takes images and publishes results."""
    if recorder.failure:
        raise DemoError(recorder.failure)
    # The other subscription is the recorder's.
    return (recorder.count_subscribers('/image') == 2
            and recorder.count_publishers(f'{NODE}/mask') == 1)


def _results(recorder: Recorder) -> int:
    return sum(1 for frame in recorder.frames.values() if frame.results)


def _settled(recorder: Recorder, since_ns: int) -> bool:
    """Return whether the node has said since then what became of every image it received."""
    if recorder.diagnostics_ns < since_ns:
        return False
    counts = recorder.diagnostics
    dropped = sum(int(value) for name, value in counts.items() if name.startswith('dropped: '))
    processed = int(counts.get('frames processed', 0))
    return processed + dropped == int(counts.get('images received', -1))


if __name__ == '__main__':
    sys.exit(main())
