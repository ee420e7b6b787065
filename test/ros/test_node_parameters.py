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
"""Parameters of the running node, as `ros2 param` and YAML files set them."""

from __future__ import annotations

import pytest

node_rig = pytest.importorskip('node_rig')
rcl_interfaces = pytest.importorskip('rcl_interfaces.srv')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
parameter = pytest.importorskip('rclpy.parameter')

OTHER_VALUES = {
    'segmentation.min_area': 0.2, 'drawing.colormap': 'bone', 'input.max_age': 3.0}


@pytest.fixture
def rig(spin_until, tmp_path):
    model = node_rig.recorded(tmp_path / 'maps', node_rig.scene())
    with node_rig.running(spin_until, '-p', f'model.name:={model}') as rig:
        rig.wait_for_value('state', 'active')
        yield rig


@pytest.fixture
def unconfigured(spin_until):
    """Return a function that runs a node with some arguments and waits for its first report."""
    managers = []

    def start(*arguments):
        managers.append(node_rig.running(spin_until, *arguments))
        rig = managers[0].__enter__()
        rig.wait(lambda: 'failed' in rig.status.message)
        return rig

    yield start
    managers[0].__exit__(None, None, None)


def change(rig, **changes):
    """Set parameters together; return the answer."""
    return rig.call(
        rcl_interfaces.SetParametersAtomically, '/depth_seg/set_parameters_atomically',
        rcl_interfaces.SetParametersAtomically.Request(parameters=[
            parameter.Parameter(name, value=value).to_parameter_msg()
            for name, value in changes.items()])).result


def values(rig, names):
    """Return what the node answers to `ros2 param get`."""
    answer = rig.call(rcl_interfaces.GetParameters, '/depth_seg/get_parameters',
                      rcl_interfaces.GetParameters.Request(names=list(names)))
    return dict(zip(names, map(parameter.parameter_value_to_python, answer.values)))


def test_a_live_change_changes_the_next_results(rig):
    regions = rig.subscribe(vision_msgs.Detection2DArray, '/depth_seg/regions')
    assert len(rig.result(regions).detections) == 1
    assert change(rig, **{'segmentation.min_area': 0.2}).successful
    rig.send_until(lambda: regions[-1].detections == [])
    assert change(rig, **{'segmentation.min_area': 0.0005}).successful
    rig.send_until(lambda: len(regions[-1].detections) == 1)


def test_a_live_change_of_the_drawing_changes_the_pictures(rig):
    pictures = rig.subscribe(sensor_msgs.Image, '/depth_seg/depth_color')
    before = bytes(rig.result(pictures).data)
    assert change(rig, **{'drawing.colormap': 'bone'}).successful
    rig.send_until(lambda: bytes(pictures[-1].data) != before)


def test_a_call_with_one_bad_value_changes_nothing(rig):
    before = values(rig, OTHER_VALUES)
    refused = change(rig, **OTHER_VALUES, **{'segmentation.method': 'magic'})
    assert not refused.successful
    assert refused.reason == (
        "segmentation.method: expected one of ground, threshold, local; got 'magic'")
    assert values(rig, OTHER_VALUES) == before
    assert change(rig, **OTHER_VALUES).successful
    assert values(rig, OTHER_VALUES) == OTHER_VALUES


def test_out_of_range_and_wrong_types_are_refused(rig):
    assert 'segmentation.min_area' in change(rig, **{'segmentation.min_area': 0.9}).reason
    assert not change(rig, **{'segmentation.ground_planes': 3}).successful
    assert not change(rig, **{'segmentation.ground_planes': 'two'}).successful


def test_what_takes_effect_at_configure_is_refused_with_the_way_to_do_it(rig):
    refused = change(rig, **{'model.input_size': 308, 'drawing.colormap': 'bone'})
    assert not refused.successful
    assert refused.reason == (
        'model.input_size: takes effect at configure; run `ros2 lifecycle set /depth_seg '
        'deactivate`, then `cleanup`, set it, then `configure` and `activate`')
    assert values(rig, ['drawing.colormap']) == {'drawing.colormap': 'turbo'}


def test_setting_what_it_already_is_is_accepted_as_ros2_param_load_does_it(rig):
    assert change(rig, **{'model.input_size': 252}).successful


def test_a_misspelt_parameter_in_a_file_stops_the_configuration(unconfigured, tmp_path):
    path = tmp_path / 'params.yaml'
    path.write_text('/**:\n  ros__parameters:\n    segmentation:\n      min_aera: 0.01\n')
    rig = unconfigured('--params-file', str(path))
    assert rig.status.level == b'\x02'
    assert rig.status.message == (
        "configure failed: unknown parameter 'segmentation.min_aera', did you mean "
        'segmentation.min_area or segmentation.max_area or segmentation.min_height; correct it, '
        'stop this node (Ctrl-C) and start it again')
    assert rig.value('state') == 'unconfigured'


def test_every_bad_value_at_the_start_is_in_the_one_line(unconfigured):
    rig = unconfigured('-p', 'segmentation.work_width:=5', '-p', 'model.backend:=magic')
    assert 'segmentation.work_width: expected 160 to 640 px, got 5' in rig.status.message
    assert 'model.backend: expected one of auto' in rig.status.message
    assert '\n' not in rig.status.message
