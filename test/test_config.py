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
"""What is written twice is written by a tool, and equals the code."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from depth_seg_ros.params import flatten, NodeParams, specs, updated
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope='module')
def write_config():
    path = ROOT / 'tools' / 'write_config.py'
    module_spec = importlib.util.spec_from_file_location('write_config', path)
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def in_yaml():
    """Return {dotted name: value} of config/depth_seg.yaml."""
    found = {}

    def walk(node, prefix):
        for name, value in node.items():
            if isinstance(value, dict):
                walk(value, f'{prefix}{name}.')
            else:
                found[prefix + name] = value

    content = yaml.safe_load((ROOT / 'config' / 'depth_seg.yaml').read_text())
    walk(content['/**']['ros__parameters'], '')
    return found


def test_the_yaml_holds_every_parameter_at_its_default(in_yaml):
    assert in_yaml == flatten(NodeParams())


def test_the_yaml_has_the_type_of_every_parameter(in_yaml):
    for spec in specs(NodeParams):
        assert type(in_yaml[spec.name]) is type(spec.default), spec.name


def test_the_yaml_is_accepted_as_a_whole(in_yaml):
    assert updated(NodeParams(), in_yaml) == NodeParams()


def test_the_yaml_is_the_one_the_tool_writes(write_config):
    written = (ROOT / 'config' / 'depth_seg.yaml').read_text()
    assert written == write_config.yaml_text(), 'run python tools/write_config.py'


def test_every_parameter_in_the_yaml_has_its_comment_above_it():
    lines = (ROOT / 'config' / 'depth_seg.yaml').read_text().splitlines()
    for above, line in zip(lines, lines[1:]):
        name = line.split(':')[0].strip()
        if ':' in line and not line.strip().startswith('#') and name not in (
                '/**', 'ros__parameters'):
            assert above.strip().startswith('#'), line


def test_the_readme_holds_the_tables_the_tool_writes(write_config):
    readme = (ROOT / 'README.md').read_text()
    assert readme == write_config.filled_in(readme), 'run python tools/write_config.py'


def test_a_readme_without_markers_is_refused(write_config):
    with pytest.raises(ValueError, match='README.md: expected the lines <!-- topics'):
        write_config.filled_in('# A readme')


def test_lines_stay_within_the_width(write_config):
    assert max(map(len, write_config.yaml_text().splitlines())) <= write_config.WIDTH
