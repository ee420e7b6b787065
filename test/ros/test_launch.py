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
"""What the launch files declare and start; launch comes with a ROS distribution."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml

launch = pytest.importorskip('launch', reason='comes with a ROS distribution')
launch_ros = pytest.importorskip('launch_ros.actions', reason='comes with a ROS distribution')
packages = pytest.importorskip('ament_index_python.packages')

ROOT = Path(__file__).resolve().parents[2]
TRANSPORTS = 'FASTDDS_BUILTIN_TRANSPORTS'


def description(name):
    """Return the launch description of a file."""
    spec = importlib.util.spec_from_file_location(name, ROOT / 'launch' / f'{name}.launch.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.generate_launch_description()


@pytest.fixture(autouse=True)
def share(tmp_path, monkeypatch):
    """Let the package be found as if it were installed."""
    index = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    (index / 'depth_seg_ros').touch()
    share = tmp_path / 'share' / 'depth_seg_ros'
    share.mkdir()
    for folder in ('launch', 'config'):
        (share / folder).symlink_to(ROOT / folder)
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    return share


class Started:
    """
    What a launch file would start with some arguments; nothing runs.

    launch_ros shows what a node was given only in attributes of its own.
    """

    def __init__(self, file, **arguments):
        self.context = launch.LaunchContext()
        self.context.launch_configurations.update(arguments)
        self.nodes = []
        self._visit(description(file))
        self.environment = dict(self.context.environment)

    def _visit(self, entity):
        if isinstance(entity, launch_ros.Node):
            if entity.condition is None or entity.condition.evaluate(self.context):
                self.nodes.append(entity)
            return
        for inner in entity.visit(self.context) or []:
            self._visit(inner)

    def node(self, executable):
        """Return the one node with this executable."""
        found, = (node for node in self.nodes if node.node_executable == executable)
        return found

    def text(self, substitutions):
        """Return what substitutions give."""
        return launch.utilities.perform_substitutions(self.context, substitutions)

    def remappings(self):
        """Return {from: to} of the node."""
        node = self.node('depth_seg_node')
        return {self.text(source): self.text(target)
                for source, target in node._Node__remappings}

    def parameters(self, executable='depth_seg_node'):
        """Return the parameters given one by one, and the files."""
        values, files = {}, []
        for given in self.node(executable)._Node__parameters:
            if isinstance(given, dict):
                values.update({self.text(name): value if isinstance(value, (bool, float))
                               else yaml.safe_load(self.text(value))
                               for name, value in given.items()})
            else:
                files.append(str(given.evaluate(self.context)))
        return values, files


@pytest.mark.parametrize('name', ['depth_seg', 'demo'])
def test_every_argument_is_described_at_the_top_level(name):
    declared = [entity for entity in description(name).entities
                if isinstance(entity, launch.actions.DeclareLaunchArgument)]
    assert len(declared) > 5
    for argument in declared:
        assert argument.description != 'no description given', argument.name
        assert argument.default_value is not None, argument.name


def test_without_arguments_the_node_starts_with_the_shipped_parameters(share):
    started = Started('depth_seg')
    assert [node.node_executable for node in started.nodes] == ['depth_seg_node']
    values, files = started.parameters()
    assert values == {'use_sim_time': False}
    assert files == [str(share / 'config' / 'depth_seg.yaml')]
    assert started.remappings() == {
        'image': 'image', 'image/compressed': 'image/compressed', 'camera_info': 'camera_info'}


def test_camera_info_is_looked_for_beside_the_image():
    assert Started('depth_seg', image='/front/image_raw').remappings() == {
        'image': '/front/image_raw', 'image/compressed': '/front/image_raw/compressed',
        'camera_info': '/front/camera_info'}
    other = Started('depth_seg', image='/front/image_raw', camera_info='/info')
    assert other.remappings()['camera_info'] == '/info'
    assert Started('depth_seg', image='/image').remappings()['camera_info'] == '/camera_info'


def test_arguments_override_the_parameter_file():
    values, _ = Started('depth_seg', model='embedded', device='cpu', transport='compressed',
                        autostart='false', use_sim_time='true').parameters()
    assert values == {'model.name': 'embedded', 'model.device': 'cpu', 'use_sim_time': True,
                      'input.transport': 'compressed', 'autostart': False}


def test_the_transport_of_large_images_is_set_unless_the_user_did(monkeypatch):
    monkeypatch.delenv(TRANSPORTS, raising=False)
    assert Started('depth_seg').environment[TRANSPORTS] == 'DEFAULT?sockets_size=16MB'
    monkeypatch.setenv(TRANSPORTS, 'UDPv4')
    assert Started('depth_seg').environment[TRANSPORTS] == 'UDPv4'


def test_rviz_starts_where_it_is_asked_for():
    started = Started('depth_seg', rviz='true', namespace='robot', name='eyes')
    rviz = started.node('rviz2')
    remapped = {started.text(source): started.text(target)
                for source, target in rviz._Node__remappings}
    assert remapped == {f'/depth_seg/{topic}': f'/robot/eyes/{topic}'
                        for topic in ('overlay', 'depth_color', 'mask')}


def test_what_rviz_shows_is_what_the_launch_file_remaps():
    content = yaml.safe_load((ROOT / 'config' / 'depth_seg.rviz').read_text())
    shown = [display['Topic']['Value']
             for display in content['Visualization Manager']['Displays']]
    assert shown == ['/depth_seg/overlay', '/depth_seg/depth_color', '/depth_seg/mask']


def test_the_demo_plays_into_the_node(share):
    started = Started('demo', source='/bags/mine', rate='0', rviz='false')
    assert {node.node_executable for node in started.nodes} == {'depth_seg_node', 'player'}
    assert started.parameters('player')[0] == {
        'source': '/bags/mine', 'topic': '', 'rate': 0.0, 'loop': True}
    assert started.parameters()[0]['model.name'] == 'embedded'


def test_the_demo_plays_the_drive_of_the_package_where_nothing_else_is_named(share):
    values, _ = Started('demo').parameters('player')
    assert values['source'] == str(share / 'demo' / 'drive')
    assert values['topic'] == '/camera/image_raw/compressed'
