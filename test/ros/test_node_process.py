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

from process_ids import running, wait
import pytest

node_rig = pytest.importorskip('node_rig')
node = pytest.importorskip('depth_seg_ros.ros.node')
rclpy = pytest.importorskip('rclpy')

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 30.0
# In place of PyTorch: the process that converts hangs in it, with a child of its own.
HANGING_TORCH = """
import os, subprocess, time
child = subprocess.Popen(['sleep', '600'])
with open({pids!r} + '.new', 'w') as file:
    file.write(f'{{os.getpid()}} {{child.pid}}')
os.rename(file.name, {pids!r})
time.sleep(600)
"""
# A network that waits for a process at every image, as for a conversion to another size.
WAITING_NODE = """
import os, sys
from depth_seg_ros.backends.child_process import run_child
from depth_seg_ros.backends.recorded import RecordedEstimator
from depth_seg_ros.ros import node
RecordedEstimator.estimate = lambda *_: run_child(
    ['sh', '-c', 'echo $$ > {pids}.new; mv {pids}.new {pids}; sleep 600'], dict(os.environ), 600.0)
sys.exit(node.main())
"""


def process_of(*arguments, path=ROOT, **environment):
    return subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        cwd=ROOT, env={**os.environ, 'PYTHONPATH': str(path), **environment})


@pytest.fixture
def pids(tmp_path):
    """Return the file in which processes say who they are; end them after the test."""
    file = tmp_path / 'pids'
    yield file
    for pid in running(file):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def converting(tmp_path, pids):
    """Return a node in the middle of a conversion."""
    pytest.importorskip('openvino')
    (tmp_path / 'torch.py').write_text(HANGING_TORCH.format(pids=str(pids)))
    process = process_of(
        '-m', 'depth_seg_ros.ros.node', '--ros-args', '-p', 'model.name:=embedded',
        '-p', 'model.backend:=openvino', path=tmp_path, DEPTH_SEG_CACHE=str(tmp_path / 'cache'))
    try:
        wait(pids.exists)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def start(tmp_path, ros_context, spin_until):
    """Return a function that runs the node as a process and waits until it is active."""
    processes = []

    def run(*arguments, program=('-m', 'depth_seg_ros.ros.node')):
        model = node_rig.recorded(tmp_path / 'maps', node_rig.scene(), count=2)
        process = process_of(*program, '--ros-args', '-p', f'model.name:={model}', *arguments)
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


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_a_model_is_converted_ends_it_cleanly(converting, pids, number):
    converting.send_signal(number)
    output = converting.communicate(timeout=TIMEOUT)[0]
    assert converting.returncode == 0, output
    assert 'Traceback' not in output
    assert '[INFO]' in output and '[depth_seg]: embedded: converting for OpenVINO' in output
    wait(lambda: not running(pids))


def test_a_conversion_is_gone_after_the_node_was_killed(converting, pids):
    converting.kill()
    wait(lambda: not running(pids))


def test_a_signal_while_the_worker_waits_for_a_process_ends_it_cleanly(
        start, pids, spin_until):
    process = start(program=('-c', WAITING_NODE.format(pids=pids)))
    camera = rclpy.create_node('camera')
    images = camera.create_publisher(node_rig.Image, 'image', 1)
    camera.create_subscription(node_rig.Image, 'depth_seg/mask', lambda _: None, 1)

    def sent():
        images.publish(node_rig.image())
        return pids.exists()

    spin_until([camera], sent, TIMEOUT)
    process.send_signal(signal.SIGTERM)
    output = process.communicate(timeout=TIMEOUT)[0]
    assert process.returncode == 0, output
    assert 'Traceback' not in output
    camera.destroy_node()


def test_what_the_core_logs_is_in_the_log_of_ros(start):
    process = start()
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=TIMEOUT)[0]
    line, = (line for line in output.splitlines() if line.endswith('relative_inverse, 2 maps'))
    assert line.startswith('[INFO]') and '[depth_seg]: recorded:' in line


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
