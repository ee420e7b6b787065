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
"""The player: a recording or a camera as `image` and `camera_info`."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
import textwrap
import time

from depth_seg_ros.params import ParamSpec
from depth_seg_ros.ros.conversions import camera_info_message, stamp_ns
from depth_seg_ros.ros.core_log import core_log_to
from depth_seg_ros.ros.parameters import descriptor
from depth_seg_ros.ros.player_calibration import read_calibration
from depth_seg_ros.ros.player_source import Item, open_source, PlayerSource, stamped
from depth_seg_ros.ros.processes import interrupt_no_more, interrupt_once
import rclpy
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image

__all__ = ['main', 'Player']

PARAMETERS = (
    ParamSpec('source', '', 'What to play: folder of a bag (mcap, sqlite3) or one of its files, '
              'a video, a folder of images, an image, or the number of a camera.'),
    ParamSpec('topic', '', 'Image topic of a bag that has several.'),
    ParamSpec('rate', 1.0, 'Speed: 1 is real time (10 images of a folder per second), 2 is twice '
              'as fast. 0 sends the next image when the result of the last one comes on '
              'depth_seg/mask.', low=0.0, high=1000.0),
    ParamSpec('loop', False, 'Start again at the end, with stamps that go on.'),
    ParamSpec('frame_id', '', 'Frame of the messages; empty keeps that of a bag, and is camera '
              'for anything else.'),
    ParamSpec('camera_info', '', 'Calibration (YAML of camera_calibration) to publish with every '
              'image in place of what a bag has.'),
    ParamSpec('subscribers', 1, 'Start when so many subscribe to image, or after ten seconds.',
              low=0, high=100),
)
RESULT = 'depth_seg/mask'
RESULT_TIMEOUT = 20.0
LATER_TIMEOUT = 3.0
"""Or ten times the slowest answer. The first one may take long, as networks warm up."""

SUBSCRIBERS_TIMEOUT = 10.0


class Player(Node):
    """
    Publishes `image` and `camera_info`, reliable, with the stamps of a bag or of now.

    Raises
    ------
    ValueError, TypeError
        When a parameter is not allowed.

    """

    def __init__(self) -> None:
        super().__init__('player', automatically_declare_parameters_from_overrides=True)
        self._check_names()
        for spec in PARAMETERS:
            self._declare(spec)
        value = {spec.name: self.get_parameter(spec.name).value for spec in PARAMETERS}
        self._value = value
        file = value['camera_info']
        self._calibration = read_calibration(Path(file)) if file else None
        qos = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
        self._image = self.create_publisher(Image, 'image', qos)
        self._camera_info = self.create_publisher(CameraInfo, 'camera_info', qos)
        self._answered = -1
        self._patience, self._slowest = RESULT_TIMEOUT, LATER_TIMEOUT / 10
        if value['rate'] == 0:
            self._answers = self.create_subscription(Image, RESULT, self._on_answer, 10)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)
        self.played = self.skipped = self.unanswered = 0

    def _check_names(self) -> None:
        known = [spec.name for spec in PARAMETERS]
        for name in self.get_parameters_by_prefix(''):
            if name not in (*known, 'use_sim_time', 'start_type_description_service'):
                raise ValueError(f'unknown parameter {name!r}; expected one of {", ".join(known)}')

    def _declare(self, spec: ParamSpec) -> None:
        value = spec.default
        if self.has_parameter(spec.name):
            value = self.get_parameter(spec.name).value
            # ROS reads the number of a camera as an integer.
            value = spec.checked(str(value) if spec.name == 'source' else value)
            self.undeclare_parameter(spec.name)
        described = descriptor(spec)
        described.read_only = True
        self.declare_parameter(spec.name, value, described, ignore_override=True)

    def _on_answer(self, message: Image) -> None:
        self._answered = stamp_ns(message.header)

    def play(self) -> None:
        """
        Publish everything, in the time that the parameters say.

        Raises
        ------
        BagError, SourceError
            When the source cannot be played.

        """
        value = self._value
        with open_source(value['source'], value['topic']) as source:
            self._wait_for_subscribers()
            count = source.frame_count
            self.get_logger().info(f'plays {"an unknown number of" if count is None else count} '
                                   f'images of {value["source"]}')
            shift_ns = 0 if source.has_stamps else time.time_ns()
            started = time.monotonic()
            while True:
                period_ns = self._play_once(source, shift_ns)
                if not value['loop'] or source.live or not period_ns:
                    break
                shift_ns += period_ns
            self._image.wait_for_all_acked(Duration(seconds=2))
        seconds = time.monotonic() - started
        self.get_logger().info(
            f'played {self.played} images in {seconds:.1f} s, skipped {self.skipped}'
            + (f', {self.unanswered} without an answer' if value['rate'] == 0 else ''))

    def _play_once(self, source: PlayerSource, shift_ns: int) -> int:
        """Publish from the first to the last message; return how long it all is, in ns."""
        start, first_ns, last_ns, images = time.monotonic(), None, 0, 0
        rate = self._value['rate']
        for item in source.items(self._skip):
            first_ns = item.due_ns if first_ns is None else first_ns
            if rate > 0 and not source.live:
                self._spin_until(start + (item.due_ns - first_ns) * 1e-9 / rate)
            self._publish(item, shift_ns)
            if isinstance(item.message, Image):
                images, last_ns = images + 1, item.due_ns
                if rate == 0 and not source.live:
                    self._wait_for_answer(stamp_ns(item.message.header))
        if first_ns is None:
            return 0
        # The last image lasts as long as the others do on average.
        span_ns = last_ns - first_ns
        period_ns = span_ns + (span_ns // (images - 1) if images > 1 else 10**8)
        if rate > 0 and not source.live:
            self._spin_until(start + period_ns * 1e-9 / rate)
        return period_ns

    def _publish(self, item: Item, shift_ns: int) -> None:
        message = item.message
        if shift_ns:
            stamped(message.header, stamp_ns(message.header) + shift_ns)
        if self._value['frame_id']:
            message.header.frame_id = self._value['frame_id']
        if isinstance(message, Image):
            if self._calibration is not None:
                self._camera_info.publish(camera_info_message(
                    self._calibration, message.header, message.width, message.height))
            self._image.publish(message)
            self.played += 1
        elif self._calibration is None:
            self._camera_info.publish(message)

    def _skip(self, reason: str) -> None:
        self.skipped += 1
        self.get_logger().warning(f'left out: {reason}')

    def _wait_for_subscribers(self) -> None:
        wanted = self._value['subscribers']
        deadline = time.monotonic() + SUBSCRIBERS_TIMEOUT
        while self._image.get_subscription_count() < wanted or (
                self._value['rate'] == 0 and not self.count_publishers(self._answers.topic_name)):
            if time.monotonic() > deadline:
                self.get_logger().warning(
                    f'{self._image.get_subscription_count()} subscribe to '
                    f'{self._image.topic_name}, expected {wanted}; plays anyway')
                return
            self._spin_until(time.monotonic() + 0.02)

    def _wait_for_answer(self, stamp: int) -> None:
        start = time.monotonic()
        while self._answered != stamp:
            left = start + self._patience - time.monotonic()
            if left <= 0:
                self.unanswered += 1
                self.get_logger().warning(
                    f'no result of image {self.played} came in {self._patience:.1f} s; goes on '
                    '(lost on the way, or the network is slower)')
                return
            self._spin(left)
        self._slowest = max(self._slowest, time.monotonic() - start)
        self._patience = min(RESULT_TIMEOUT, 10 * self._slowest)

    def _spin_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0:
            self._spin(left)

    def _spin(self, seconds: float) -> None:
        self._executor.spin_once(timeout_sec=seconds)
        if not self.context.ok():
            raise ExternalShutdownException


def _help() -> argparse.ArgumentParser:
    """Return what answers to --help; ROS takes everything else."""
    parameters = ''.join(
        f'  {spec.name} (default: {spec.default!r})\n'
        + textwrap.indent(textwrap.fill(spec.help, 72), '      ') + '\n' for spec in PARAMETERS)
    return argparse.ArgumentParser(
        prog='player', usage='%(prog)s --ros-args -p source:=PATH [-p NAME:=VALUE ...] '
        '[-r image:=TOPIC ...]', description=__doc__, epilog=f'parameters:\n{parameters}',
        formatter_class=argparse.RawDescriptionHelpFormatter)


def main(args: list[str] | None = None) -> int:
    """Play once, or until Ctrl-C or SIGTERM; return 1 when the source cannot be played."""
    _help().parse_known_args(args)
    interrupt_once()
    rclpy.init(args=args)  # its own handlers of signals call those that are there
    player = None
    try:
        player = Player()
        with core_log_to(player.get_logger()):
            player.play()
    except (KeyboardInterrupt, ExternalShutdownException):
        interrupt_no_more()
    except RuntimeError:
        # Publishing in the moment of the shutdown; otherwise it is a fault.
        if rclpy.ok():
            raise
        interrupt_no_more()
    except (TypeError, ValueError) as error:
        print(f'player: {error}', file=sys.stderr)
        return 1
    finally:
        if player is not None:
            player.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
