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
"""Declarations become ROS parameters, and whatever the user gives is judged."""

from __future__ import annotations

from depth_seg_ros.params import flatten, NodeParams, specs
import pytest

rclpy = pytest.importorskip('rclpy')
parameters = pytest.importorskip('depth_seg_ros.ros.parameters')
Parameter = pytest.importorskip('rclpy.parameter').Parameter


class Declared:
    """A node with the parameters declared on it, configured or not as the test likes."""

    def __init__(self, *arguments):
        self.is_configured = False
        self.node = rclpy.create_node(
            'depth_seg', namespace='robot', cli_args=['--ros-args', *arguments],
            automatically_declare_parameters_from_overrides=True)
        self.parameters = parameters.NodeParameters(self.node, lambda: self.is_configured)

    def set(self, **values):
        """Set parameters together; return the result."""
        return self.node.set_parameters_atomically(
            [Parameter(name, value=value) for name, value in values.items()])


@pytest.fixture
def declare(ros_context):
    made = []

    def make(*arguments):
        made.append(Declared(*arguments))
        return made[-1]

    yield make
    for each in made:
        each.node.destroy_node()


def test_every_parameter_is_declared_with_its_default_and_description(declare):
    node = declare().node
    for spec in specs(NodeParams):
        assert node.get_parameter(spec.name).value == spec.default
        described = node.describe_parameter(spec.name)
        assert spec.help in described.description, spec.name
        assert spec.unit in described.description, spec.name
        assert all(choice in described.description for choice in spec.choices), spec.name
        assert not described.read_only
        assert described.additional_constraints == (
            '' if spec.live else 'Takes effect at configure.')


def test_every_number_has_its_range(declare):
    node = declare().node
    for spec in specs(NodeParams):
        described = node.describe_parameter(spec.name)
        ranges = [*described.integer_range, *described.floating_point_range]
        if type(spec.default) in (int, float):
            assert (ranges[0].from_value, ranges[0].to_value) == (spec.low, spec.high), spec.name
        else:
            assert ranges == [], spec.name


def test_without_arguments_the_defaults_hold(declare):
    declared = declare()
    assert declared.parameters.values == NodeParams()
    assert declared.parameters.problems == {}


def test_what_the_user_gave_holds(declare):
    declared = declare('-p', 'model.name:=embedded', '-p', 'segmentation.drop_off:=false')
    assert declared.parameters.values.model.name == 'embedded'
    assert declared.parameters.values.segmentation.drop_off is False
    assert declared.node.get_parameter('model.name').value == 'embedded'


def test_the_shipped_file_is_accepted_and_changes_nothing(declare, request):
    path = request.config.rootpath / 'config' / 'depth_seg.yaml'
    declared = declare('--params-file', str(path))
    assert declared.parameters.values == NodeParams()
    assert declared.parameters.problems == {}


def test_a_whole_number_is_taken_for_a_float(declare):
    declared = declare('-p', 'input.max_age:=2')
    assert declared.parameters.problems == {}
    assert declared.node.get_parameter('input.max_age').value == 2.0
    assert type(declared.parameters.values.input.max_age) is float


@pytest.mark.parametrize('argument, text', [
    ('segmentation.min_area:=5.0',
     'segmentation.min_area: expected 0 to 0.2 share of the image, got 5.0'),
    ('model.backend:=magic', "model.backend: expected one of auto, torch, openvino; got 'magic'"),
    ('autostart:=7', 'autostart: expected bool, got int 7'),
    ('model.device:=gpu', "model.device: expected auto, cpu, cuda or cuda:N, got 'gpu'"),
])
def test_a_bad_value_is_a_problem_and_the_default_stands_in(declare, argument, text):
    declared = declare('-p', argument)
    name = argument.partition(':=')[0]
    assert declared.parameters.problems == {name: text}
    assert declared.parameters.values == NodeParams()
    assert declared.node.get_parameter(name).value == flatten(NodeParams())[name]


@pytest.mark.parametrize('text', ['front', 'front,left', 'front, left'])
def test_names_of_cameras_are_one_text(declare, text):
    declared = declare('-p', f'cameras:={text}')
    assert declared.parameters.problems == {}
    assert declared.parameters.values.cameras == text


def test_a_list_of_cameras_is_a_problem_that_tells_what_is_expected(declare):
    declared = declare('-p', 'cameras:=[front, left]')
    assert declared.parameters.problems == {
        'cameras': "cameras: expected str, got list ['front', 'left']"}


def test_setting_it_right_removes_the_problem(declare):
    declared = declare('-p', 'segmentation.min_area:=5.0')
    assert declared.set(**{'segmentation.min_area': 0.1}).successful
    assert declared.parameters.problems == {}


@pytest.mark.parametrize('argument, hint', [
    ('modle.name:=embedded', 'did you mean model.name or'),
    ('segmentation.methd:=local', 'did you mean segmentation.method'),
    ('segmentation.zzzzzzzzzzzzzzzzzzzzzzzzzz:=1', 'see config/depth_seg.yaml'),
])
def test_a_misspelt_name_is_a_problem(declare, argument, hint):
    declared = declare('-p', argument)
    (name, text), = declared.parameters.problems.items()
    assert text.startswith(f'unknown parameter {name!r}, {hint}')
    assert not declared.node.has_parameter(name)


def test_a_parameter_of_another_node_is_only_warned_about(declare, capfd):
    declared = declare('-p', 'frame_rate:=30')
    assert declared.parameters.problems == {}
    text = "parameter 'frame_rate' is not one of this node and has no effect"
    assert text in capfd.readouterr().err


@pytest.mark.parametrize('argument', [
    'use_sim_time:=true', 'start_type_description_service:=false',
    'qos_overrides./robot/depth_seg/mask.publisher.reliability:=best_effort'])
def test_parameters_of_ros_itself_are_left_alone(declare, capfd, argument):
    declared = declare('-p', argument)
    assert declared.parameters.problems == {}
    assert declared.node.has_parameter(argument.partition(':=')[0])
    assert 'no effect' not in capfd.readouterr().err


def test_a_change_replaces_the_values_and_keeps_the_old_ones_whole(declare):
    declared = declare()
    before = declared.parameters.values
    assert declared.set(**{'drawing.colormap': 'bone', 'input.max_age': 1.5}).successful
    assert before == NodeParams()
    assert declared.parameters.values.drawing.colormap == 'bone'
    assert declared.parameters.values.input.max_age == 1.5


def test_a_bad_change_among_good_ones_changes_nothing(declare):
    declared = declare()
    result = declared.set(**{'input.max_age': 1.5, 'drawing.colormap': 'red'})
    assert result.reason == (
        'drawing.colormap: expected one of turbo, inferno, magma, plasma, viridis, cividis, '
        "bone; got 'red'")
    assert declared.parameters.values == NodeParams()
    assert declared.node.get_parameter('input.max_age').value == 0.0


def test_before_configure_everything_may_change(declare):
    declared = declare()
    assert declared.set(**{'model.name': 'embedded', 'autostart': False}).successful
    assert declared.parameters.values.model.name == 'embedded'


def test_while_configured_only_live_parameters_may_change(declare):
    declared = declare()
    declared.is_configured = True
    result = declared.set(**{'model.name': 'embedded', 'drawing.colormap': 'bone'})
    assert result.reason == (
        'model.name: takes effect at configure; run `ros2 lifecycle set /robot/depth_seg '
        'deactivate`, then `cleanup`, set it, then `configure` and `activate`')
    assert declared.parameters.values == NodeParams()
    assert declared.set(**{'drawing.colormap': 'bone'}).successful
    assert declared.set(**{'model.name': NodeParams().model.name}).successful


def test_changes_of_foreign_parameters_are_none_of_its_business(declare):
    declared = declare()
    assert declared.set(use_sim_time=True).successful
    assert declared.parameters.values == NodeParams()
