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
import os
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


@pytest.mark.parametrize('name', ['depth_seg', 'demo', 'ground_robot', 'uav'])
def test_every_argument_is_described_at_the_top_level(name):
    declared = [entity for entity in description(name).entities
                if isinstance(entity, launch.actions.DeclareLaunchArgument)]
    assert len(declared) >= 3
    for argument in declared:
        assert argument.description != 'no description given', argument.name
        assert argument.default_value is not None, argument.name


def test_without_arguments_the_node_starts_with_the_shipped_parameters(share):
    started = Started('depth_seg')
    assert [node.node_executable for node in started.nodes] == ['depth_seg_node']
    values, files = started.parameters()
    assert values == {}
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


def test_every_camera_has_its_topics():
    started = Started('depth_seg', cameras='front, left', image='/{camera}/image_raw', imu='/imu',
                      sparse_depth='/lidar/{camera}', obstacle_distance='sectors', rviz='true')
    assert started.parameters()[0]['cameras'] == 'front, left'
    expected = {'imu': '/imu'}
    for name in ('front', 'left'):
        expected |= {
            f'{name}/image': f'/{name}/image_raw',
            f'{name}/image/compressed': f'/{name}/image_raw/compressed',
            f'{name}/camera_info': f'/{name}/camera_info',
            f'{name}/sparse_depth': f'/lidar/{name}',
            f'~/{name}/obstacle_distance': f'{name}/sectors'}
    assert started.remappings() == expected
    rviz = started.node('rviz2')._Node__remappings
    assert ('/depth_seg/mask', '/depth_seg/front/mask') in {
        (started.text(source), started.text(target)) for source, target in rviz}


def test_cameras_without_topics_keep_those_of_the_node():
    remapped = Started('depth_seg', cameras='front,left').remappings()
    assert len(remapped) == 6
    assert all(source == target for source, target in remapped.items())


def test_the_only_camera_may_have_a_name_and_any_topic():
    assert Started('depth_seg', cameras='front', image='/cam/image').remappings() == {
        'front/image': '/cam/image', 'front/image/compressed': '/cam/image/compressed',
        'front/camera_info': '/cam/camera_info'}


@pytest.mark.parametrize('name', ['image', 'camera_info', 'depth_in', 'obstacle_distance'])
def test_one_topic_for_several_cameras_is_refused(name):
    with pytest.raises(RuntimeError, match=f'^{name}: expected a topic with .camera. in it'):
        Started('depth_seg', cameras='front, left', **{name: '/one'})


def test_arguments_override_the_parameter_file():
    values, _ = Started('depth_seg', model='embedded', device='cpu', transport='compressed',
                        autostart='false', use_sim_time='true').parameters()
    assert values == {'model.name': 'embedded', 'model.device': 'cpu', 'use_sim_time': True,
                      'input.transport': 'compressed', 'autostart': False}


@pytest.mark.parametrize(('argument', 'expected'), [
    ({}, {}), ({'use_sim_time': 'true'}, {'use_sim_time': True}),
    ({'use_sim_time': 'false'}, {'use_sim_time': False})])
def test_simulated_time_is_set_only_where_it_is_given(argument, expected):
    started = Started('depth_seg', rviz='true', **argument)
    assert started.parameters()[0] == expected
    assert started.parameters('rviz2')[0] == expected


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
                        for topic in (
                            'overlay', 'depth_color', 'mask', 'points', 'obstacles', 'scan',
                            'regions_3d')}


@pytest.mark.parametrize('name', ['depth_seg', 'navigation'])
def test_what_rviz_shows_is_what_the_launch_file_remaps(name):
    content = yaml.safe_load((ROOT / 'config' / f'{name}.rviz').read_text())
    shown = {display['Topic']['Value'] for display in content['Visualization Manager']['Displays']
             if 'Topic' in display}
    started = Started('depth_seg', rviz='true')
    remapped = {started.text(source) for source, _ in started.node('rviz2')._Node__remappings}
    assert len(shown) >= 3
    assert shown <= remapped


INDOOR, OUTDOOR = (f'depth-anything/Depth-Anything-V2-Metric-{place}-Small-hf'
                   for place in ('Indoor', 'Outdoor'))


@pytest.mark.parametrize('meters, expected', [
    ('model', {'model.name': INDOOR, 'scale.source': 'none'}),
    ('sparse', {'scale.source': 'sparse'}),
    ('ground', {'scale.source': 'ground', 'mount.attitude': 'fixed'}),
    ('depth_in', {'model.name': 'depth_in', 'scale.source': 'none'}),
    ('none', {'scale.source': 'none'})])
def test_meters_come_from_where_it_is_said(meters, expected):
    values, _ = Started('depth_seg', meters=meters).parameters()
    assert values == expected


def test_a_model_that_is_named_is_taken_for_meters_too():
    values, _ = Started('depth_seg', meters='model', model='/models/mine').parameters()
    assert values['model.name'] == '/models/mine'


def test_what_is_measured_on_the_robot_is_given_to_the_node():
    started = Started('depth_seg', meters='ground', camera_height='0.4', camera_pitch='-0.1',
                      imu='/imu', range='/sonar', sparse_depth='/lidar', depth_in='/rgbd')
    values, _ = started.parameters()
    assert values == {
        'scale.source': 'ground', 'mount.height': 0.4, 'mount.pitch': -0.1,
        'mount.attitude': 'imu', 'mount.height_from': 'range'}
    remapped = started.remappings()
    assert {name: remapped[name] for name in ('imu', 'range', 'sparse_depth', 'depth_in')} == {
        'imu': '/imu', 'range': '/sonar', 'sparse_depth': '/lidar', 'depth_in': '/rgbd'}


def test_a_height_that_is_no_number_is_named():
    with pytest.raises(RuntimeError, match='^camera_height: expected a number, got 40cm$'):
        Started('depth_seg', camera_height='40cm')


def test_sectors_go_where_they_are_sent():
    remapped = Started('depth_seg', obstacle_distance='/mavros/obstacle/send',
                       px4_obstacle_distance='/fmu/in/obstacle_distance').remappings()
    assert remapped['~/obstacle_distance'] == '/mavros/obstacle/send'
    assert remapped['~/px4_obstacle_distance'] == '/fmu/in/obstacle_distance'


def test_a_ground_robot_takes_meters_from_a_metric_model_for_rooms(share):
    started = Started('ground_robot', image='/front/image_raw')
    values, files = started.parameters()
    assert values == {'model.name': INDOOR, 'scale.source': 'none'}
    assert files == [str(share / 'config' / 'ground_robot.yaml')]
    assert started.remappings() == {
        'image': '/front/image_raw', 'image/compressed': '/front/image_raw/compressed',
        'camera_info': '/front/camera_info'}
    assert started.environment[TRANSPORTS] == os.environ.get(
        TRANSPORTS, 'DEFAULT?sockets_size=16MB')


def test_a_uav_is_held_by_its_autopilot_and_sends_it_the_sectors(share):
    started = Started('uav')
    values, files = started.parameters()
    assert values == {'model.name': OUTDOOR, 'scale.source': 'none', 'mount.attitude': 'imu',
                      'mount.height_from': 'range'}
    assert files == [str(share / 'config' / 'uav.yaml')]
    remapped = started.remappings()
    assert {name: remapped[name] for name in ('imu', 'range', '~/obstacle_distance')} == {
        'imu': '/mavros/imu/data', 'range': '/mavros/rangefinder/rangefinder',
        '~/obstacle_distance': '/mavros/obstacle/send'}


@pytest.mark.parametrize('name', ['ground_robot', 'uav'])
def test_rviz_shows_what_is_for_navigation(name, share):
    started = Started(name, rviz='true')
    option, shown = started.node('rviz2')._Node__arguments
    assert option == '-d'
    assert started.text([shown]) == str(share / 'config' / 'navigation.rviz')


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
