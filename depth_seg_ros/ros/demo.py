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
records what they publish, and shows it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass
import os
from pathlib import Path
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from depth_seg_ros.bag import BagWriter
from depth_seg_ros.bag.interrupt import deferred_interrupt
from depth_seg_ros.ros.demo_report import (
    chosen_stamps, summary_lines, Traffic, write_pictures)
from depth_seg_ros.ros.player_source import open_source
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
STOP_TIMEOUT = 10.0


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

    def clear(self) -> None:
        """Remove what an earlier demo wrote there, and nothing else."""
        for folder, pattern in ((self.bag, 'bag.mcap'), (self.bag, 'metadata.yaml'),
                                (self.pictures, '[0-9][0-9][0-9]_*.png')):
            for file in folder.glob(pattern):
                file.unlink()
        if self.bag.exists():
            if any(self.bag.iterdir()):
                raise DemoError(f'{self.bag}: not from a demo; choose another --out')
            self.bag.rmdir()
        self.log.mkdir(parents=True, exist_ok=True)


def main(argv: list[str] | None = None) -> int:
    """Run the demo; return 0, 1 when nothing came out, or 130 after Ctrl-C."""
    args = _arguments(argv)
    try:
        with deferred_interrupt() as interrupted, ExitStack() as cleanup:
            source, rate = _source(args, cleanup)
            output = Output(args.out)
            output.clear()
            _environment(output.log)
            traffic = _Run(args, source, rate, output, interrupted).record()
        regions = write_pictures(output.bag, NODE, chosen_stamps(traffic.frames), output.pictures,
                                 output.sheet)
    except KeyboardInterrupt:  # The second one.
        return 130
    # BagError and SourceError are ValueErrors.
    except (DemoError, ValueError, OSError) as error:
        if interrupted.is_set():
            return 130
        print(f'demo: {error}', file=sys.stderr)
        return 1
    print('\n'.join(summary_lines(traffic, regions, {
        'overview': output.sheet, 'pictures': output.pictures, 'bag': output.bag,
        'logs': output.log})))
    return 130 if interrupted.is_set() else 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m depth_seg_ros.ros.demo', description=__doc__.strip().split('\n\n')[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument('--image', metavar='FILE', nargs='+', help='image files, or folders')
    source.add_argument('--video', metavar='FILE', help='a video, or the number of a camera')
    source.add_argument('--bag', metavar='DIR', help='a rosbag2; by default the one that ships')
    parser.add_argument('--topic', default='', help='image topic of a bag that has several')
    parser.add_argument('--model', default='embedded', metavar='NAME',
                        help='hub id, local folder, or embedded (default)')
    parser.add_argument('--rate', type=float, metavar='X',
                        help='speed: 1 is real time (default), 0 waits for each result (default '
                        'of --image)')
    parser.add_argument('--out', type=Path, default=Path('demo_out'), metavar='DIR',
                        help='folder for the results (default: demo_out)')
    return parser.parse_args(argv)


def _source(args: argparse.Namespace, cleanup: ExitStack) -> tuple[str, float]:
    """Return what to play, and how fast."""
    rate = args.rate
    if args.image:
        rate = 0.0 if rate is None else rate
        if len(args.image) == 1:
            return args.image[0], rate
        return cleanup.enter_context(_links(args.image)), rate
    if not (args.video or args.bag or DRIVE.exists()):
        raise DemoError(f'{DRIVE}: the bag of the demo is not there; name another with --bag')
    return args.video or args.bag or str(DRIVE), 1.0 if rate is None else rate


@contextmanager
def _links(files: list[str]) -> Iterator[str]:
    """Gather files in a folder, in their order."""
    with tempfile.TemporaryDirectory() as folder:
        for index, file in enumerate(files):
            Path(folder, f'{index:06d}_{Path(file).name}').symlink_to(Path(file).resolve())
        yield folder


def _environment(log: Path) -> None:
    """Set what this process and its children need, before the middleware starts."""
    os.environ['ROS_DOMAIN_ID'] = str(random.SystemRandom().randint(1, 101))
    # Either of them makes Fast DDS ignore the size below.
    for name in ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'ROS_LOCALHOST_ONLY'):
        os.environ.pop(name, None)
    # At its default Fast DDS loses large images (README, "Large images over Fast DDS").
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'DEFAULT?sockets_size=16MB')
    os.environ['ROS_LOG_DIR'] = str(log.resolve())


class _Run:
    """One recording through the node."""

    def __init__(self, args: argparse.Namespace, source: str, rate: float, output: Output,
                 interrupted: threading.Event) -> None:
        self._args, self._source, self._rate = args, source, rate
        self._output, self._interrupted = output, interrupted

    def record(self) -> Traffic:
        """Run node and player, and return what went in and out."""
        args, log = self._args, self._output.log
        with open_source(self._source, args.topic, 10.0) as opened:
            total = opened.frame_count
        with ExitStack() as stack:
            stack.callback(rclpy.try_shutdown)
            rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
            node = stack.enter_context(_child(
                'depth_seg_ros.ros.node', log, {'model.name': args.model}))
            recorder = Recorder(stack.enter_context(BagWriter(self._output.bag)), NODE)
            stack.callback(recorder.destroy_node)
            executor = SingleThreadedExecutor()
            executor.add_node(recorder)
            print(f'loading {args.model}')
            # The other subscription is the recorder's.
            self._spin(executor, READY_TIMEOUT, node, lambda: (
                recorder.count_subscribers('/image') == 2
                and recorder.count_publishers(f'{NODE}/mask') == 1))
            player = stack.enter_context(_child('depth_seg_ros.ros.player', log, {
                'source': self._source, 'topic': args.topic, 'rate': self._rate,
                'wait_for': f'{NODE}/mask', 'wait_timeout': 60.0, 'subscribers': 2}))
            with tqdm(total=total, unit='frame', disable=None) as bar:
                self._spin(executor, None, node, lambda: (
                    bar.update(_results(recorder) - bar.n) or player.poll() is not None))
                if not self._interrupted.is_set():
                    self._check_player(player)
                    ended_ns = time.time_ns()
                    self._spin(executor, SETTLE_TIMEOUT, node, lambda: (
                        bar.update(_results(recorder) - bar.n) or _settled(recorder, ended_ns)))
        sent = sum(1 for frame in recorder.frames.values() if frame.sent_ns)
        traffic = Traffic(recorder.frames, recorder.diagnostics, sent)
        if not traffic.done:
            raise DemoError(f'nothing came out; {_last_lines(log / "node.log")}')
        return traffic

    def _spin(self, executor: SingleThreadedExecutor, timeout: float | None,
              node: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
        """Record until the condition holds, Ctrl-C comes, or the time is over."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not condition() and not self._interrupted.is_set():
            if node.poll() is not None:
                raise DemoError(f'the node ended; {_last_lines(self._output.log / "node.log")}')
            if deadline is not None and time.monotonic() > deadline:
                return
            executor.spin_once(timeout_sec=0.05)

    def _check_player(self, player: subprocess.Popen[bytes]) -> None:
        if player.returncode:
            raise DemoError(f'the player failed; {_last_lines(self._output.log / "player.log")}')


def _results(recorder: Recorder) -> int:
    return sum(1 for frame in recorder.frames.values() if frame.results)


def _settled(recorder: Recorder, since_ns: int) -> bool:
    """Return whether the node has said since then what became of every image it received."""
    if recorder.diagnostics_ns < since_ns:
        return False
    counts = recorder.diagnostics
    dropped = sum(int(value) for name, value in counts.items() if name.startswith('dropped: '))
    processed = int(counts.get('frames processed', 0))
    return (processed + dropped == int(counts.get('images received', -1))
            and processed == _results(recorder))


@contextmanager
def _child(module: str, log: Path, parameters: dict[str, object]
           ) -> Iterator[subprocess.Popen[bytes]]:
    """Run a node as a process that is gone when the context ends."""
    given = [part for name, value in parameters.items() if value != ''
             for part in ('-p', f'{name}:={value}')]
    with (log / f'{module.rpartition(".")[2]}.log').open('wb') as file:
        # In a session of its own: Ctrl-C of the terminal reaches only this process.
        process = subprocess.Popen(
            [sys.executable, '-m', module, '--ros-args', *given], stdout=file, stderr=file,
            start_new_session=True)
        try:
            yield process
        finally:
            for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
                if process.poll() is None:
                    process.send_signal(stop)
                    try:
                        process.wait(STOP_TIMEOUT)
                    except subprocess.TimeoutExpired:
                        continue


def _last_lines(log: Path) -> str:
    lines = log.read_text(errors='replace').splitlines()[-12:]
    return '\n'.join([f'the end of {log}:', *lines])


if __name__ == '__main__':
    sys.exit(main())
