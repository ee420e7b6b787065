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
"""The node as a process: how it starts and how it ends."""

from __future__ import annotations

import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest

node_rig = pytest.importorskip('node_rig')
node = pytest.importorskip('depth_seg_ros.ros.node')
rclpy = pytest.importorskip('rclpy')

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 30.0


@pytest.fixture
def start(tmp_path, ros_context, spin_until):
    """Return a function that runs the node as a process and waits until it is active."""
    processes = []

    def run(*arguments):
        model = node_rig.recorded(tmp_path / 'maps', node_rig.scene(), count=2)
        process = subprocess.Popen(
            [sys.executable, '-m', 'depth_seg_ros.ros.node', '--ros-args',
             '-p', f'model.name:={model}', *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
            env={**os.environ, 'PYTHONPATH': str(ROOT)})
        processes.append(process)
        camera = rclpy.create_node('camera')
        images = camera.create_publisher(node_rig.Image, 'image', 1)
        spin_until([camera], images.get_subscription_count, TIMEOUT)
        camera.destroy_node()
        return process

    yield run
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize('signals', [
    [signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_a_signal_ends_it_cleanly(start, signals):
    process = start()
    for number in signals:  # ros2 launch sends the terminal's Ctrl-C once more
        process.send_signal(number)
    output = process.communicate(timeout=TIMEOUT)[0]
    assert process.returncode == 0, output
    assert 'Traceback' not in output


def test_ctrl_c_may_come_at_any_time_while_it_ends(start):
    process = start()
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=TIMEOUT)[0]
    assert process.returncode == 0, output
    assert 'Traceback' not in output


def test_it_says_under_its_remapped_name_what_it_publishes_and_what_not(start):
    process = start('-r', '__ns:=/robot', '-r', 'image:=/image', '-r', '__node:=eyes')
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=TIMEOUT)[0]
    assert '/robot/eyes/mask' in output
    assert 'there is no ~/depth/image and no ~/depth/camera_info' in output
    assert 'active; waits for images on /image' in output


@pytest.mark.parametrize(('arguments', 'named'), [
    (['--params-file', '/nowhere.yaml'], '/nowhere.yaml'), (['-p', 'foo'], '-p foo')])
def test_arguments_that_ros_cannot_read_end_it_with_one_line(arguments, named, capsys):
    assert node.main(['--ros-args', *arguments]) == 2
    line, = capsys.readouterr().err.splitlines()
    assert line.startswith('depth_seg_node: error: ') and named in line
    assert '.c:' not in line


@pytest.mark.parametrize('option', ['-h', '--help'])
def test_help_prints_the_usage_and_starts_nothing(option, capsys):
    assert node.main([option]) == 0
    usage = capsys.readouterr().out
    assert usage.startswith('usage: depth_seg_node ')
    for hint in ('image', '~/mask', '--ros-args', '-p NAME:=VALUE', '--show-args'):
        assert hint in usage
