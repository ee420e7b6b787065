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
"""Parameters from a ROS file and from the command line, without ROS."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from depth_seg_ros.commands.errors import UsageError
from depth_seg_ros.commands.settings import (
    check_images_suffice, parse_overrides, pipeline_params, read_params_file)
from depth_seg_ros.params import ModelParams, NodeParams, PipelineParams, ScaleParams, specs
import pytest

ROOT = Path(__file__).parent.parent


def written(tmp_path: Path, text: str) -> Path:
    """Return a file with a text."""
    path = tmp_path / 'params.yaml'
    path.write_text(text)
    return path


def asked(file: Path | None = None, *overrides: str) -> PipelineParams:
    """Return the parameters of a file and overrides."""
    return pipeline_params(
        Namespace(params_file=file, model=None, device=None, param=list(overrides)))


def test_nothing_asked_for_is_the_defaults() -> None:
    assert asked() == PipelineParams()


def test_every_type_is_read_from_text() -> None:
    assert parse_overrides(['segmentation.drop_off=False', 'model.threads=3',
                            'segmentation.far=1e-2', 'model.name=a=b']) == {
        'segmentation.drop_off': False, 'model.threads': 3, 'segmentation.far': 0.01,
        'model.name': 'a=b'}


@pytest.mark.parametrize('text, message', [
    ('far', "--param: expected NAME=VALUE, got 'far'"),
    ('=3', "--param: expected NAME=VALUE, got '=3'"),
    ('segmentation.drop_off=1', "segmentation.drop_off: expected true or false, got '1'"),
    ('model.threads=1.5', "model.threads: expected int, got '1.5'"),
    ('segmentation.far=x', "segmentation.far: expected float, got 'x'")])
def test_a_text_of_another_type_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_overrides([text])
    assert str(caught.value) == message


def test_the_shipped_file_names_every_parameter() -> None:
    values = read_params_file(ROOT / 'config' / 'depth_seg.yaml')
    assert list(values) == [spec.name for spec in specs(NodeParams)]


@pytest.mark.parametrize('section', ['/**', '/*', 'depth_seg', '/depth_seg', '/robot/depth_seg',
                                     '/**/depth_seg'])
def test_sections_for_this_node_count(tmp_path: Path, section: str) -> None:
    path = written(tmp_path, f'"{section}": {{ros__parameters: {{model: {{threads: 3}}}}}}')
    assert read_params_file(path) == {'model.threads': 3}


def test_namespaces_may_be_nested_and_names_dotted(tmp_path: Path) -> None:
    path = written(tmp_path, 'robot: {depth_seg: {ros__parameters: {segmentation.far: 0.1}}}')
    assert asked(path).segmentation.far == 0.1


def test_later_sections_win_and_other_nodes_do_not_count(tmp_path: Path) -> None:
    path = written(tmp_path, """
/**: {ros__parameters: {model: {threads: 1, input_size: 308}}}
other_node: {ros__parameters: {model: {threads: 9}, foo: 1}}
depth_seg: {ros__parameters: {model: {threads: 2}}}
""")
    assert read_params_file(path) == {'model.threads': 2, 'model.input_size': 308}


def test_what_every_ros_node_has_is_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, """
/**:
  ros__parameters:
    use_sim_time: true
    start_type_description_service: false
    qos_overrides: {/image: {subscription: {depth: 3}}}
    autostart: false
""")
    assert read_params_file(path) == {'autostart': False}
    assert asked(path) == PipelineParams()


def test_an_empty_section_is_the_defaults(tmp_path: Path) -> None:
    assert asked(written(tmp_path, '/**: {ros__parameters: }')) == PipelineParams()


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, '/**: {ros__parameters: {model: {threads: 1, input_size: 308}}}')
    params = asked(path, 'model.threads=4')
    assert (params.model.threads, params.model.input_size) == (4, 308)


@pytest.mark.parametrize('text, message', [
    ('', 'expected a section "/**" or "depth_seg" with "ros__parameters", got none'),
    ('[1, 2]', 'got none'),
    ('camera: {ros__parameters: {}}', 'got /camera'),
    ('{', 'params.yaml: expected YAML'),
    ('/**: {ros__parameters: [1]}', 'ros__parameters: expected names and values, got [1]'),
    ('/**: {ros__parameters: {model: {thread: 1}}}',
     "unknown parameter 'model.thread'; did you mean model.threads"),
    ('/**: {ros__parameters: {model: {threads: "1"}}}', 'expected int, got str'),
    ('/**: {ros__parameters: {model: {threads: 999}}}', 'expected 0 to 256, got 999')])
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked(written(tmp_path, text))
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='none.yaml: expected a YAML file of parameters, got No '
                                         'such file or directory; check the path'):
        asked(tmp_path / 'none.yaml')


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_bytes(b'\xff\xfe\x00')
    with pytest.raises(UsageError, match='expected YAML'):
        asked(path)


@pytest.mark.parametrize('params, asked', [
    (PipelineParams(scale=ScaleParams(source='ground')), 'scale.source ground'),
    (PipelineParams(scale=ScaleParams(source='sparse')), 'scale.source sparse'),
    (PipelineParams(model=ModelParams(name='depth_in')), 'model.name depth_in')])
def test_images_alone_make_no_meters(params: PipelineParams, asked: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_images_suffice(params)
    assert str(caught.value) == (f'{asked}: expected images with camera_info and other sensors, '
                                 'got images alone; use depth_seg bag, or the node')


def test_images_alone_suffice_for_a_metric_model() -> None:
    check_images_suffice(PipelineParams(model=ModelParams(kind='metric')))
