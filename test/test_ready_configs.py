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
"""Configurations for RTAB-Map, MAVROS, RViz, Foxglove and the robots name what there is."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from depth_seg_ros.outputs import IMAGES, LABEL_INFO, NAVIGATION, PX4, REGIONS
from depth_seg_ros.params import flatten, NavigationParams, NodeParams, updated
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / 'config'
TYPES = {f'/depth_seg/{output.topic}': 'sensor_msgs/Image' for output in IMAGES} | {
    f'/depth_seg/{output.topic}': output.message for output in (*NAVIGATION, PX4)} | {
    f'/depth_seg/{REGIONS}': 'vision_msgs/Detection2DArray',
    f'/depth_seg/{LABEL_INFO}': 'vision_msgs/LabelInfo',
    '/depth_seg/depth/camera_info': 'sensor_msgs/CameraInfo'}
RVIZ_TYPES = {
    'rviz_default_plugins/Image': 'sensor_msgs/Image',
    'rviz_default_plugins/PointCloud2': 'sensor_msgs/PointCloud2',
    'rviz_default_plugins/LaserScan': 'sensor_msgs/LaserScan',
    'vision_msgs_rviz_plugins/Detection3DArray': 'vision_msgs/Detection3DArray'}


def loaded(name: str) -> Any:
    """Return the content of a YAML file."""
    return yaml.safe_load((CONFIG / name).read_text(encoding='utf-8'))


def foxglove() -> Any:
    """Return the layout."""
    return json.loads((CONFIG / 'foxglove.json').read_text(encoding='utf-8'))


# The robots


def overrides(name: str) -> dict[str, Any]:
    """Return {dotted name: value} of a parameter file of the node."""
    found: dict[str, Any] = {}

    def walk(node: dict[str, Any], prefix: str) -> None:
        for key, value in node.items():
            if isinstance(value, dict):
                walk(value, f'{prefix}{key}.')
            else:
                found[prefix + key] = value

    walk(loaded(name)['/**']['ros__parameters'], '')
    return found


@pytest.mark.parametrize('name', ['ground_robot.yaml', 'uav.yaml'])
def test_a_robot_s_file_holds_only_what_differs_and_the_node_takes_it(name: str) -> None:
    given = overrides(name)
    changed = flatten(updated(NodeParams(), given))
    assert {key for key in changed if changed[key] != flatten(NodeParams())[key]} == set(given)


@pytest.mark.parametrize('name', ['ground_robot.yaml', 'uav.yaml'])
def test_every_value_of_a_robot_s_file_says_why(name: str) -> None:
    lines = [line.strip() for line in (CONFIG / name).read_text().splitlines()]
    values = [number for number, line in enumerate(lines)
              if re.fullmatch(r'\w+: .+', line) and not line.startswith('#')]
    assert len(values) == len(overrides(name))
    together = {'height_from: "range"'}  # with attitude, above it
    assert all(lines[number - 1].startswith('#') or lines[number] in together
               or lines[number - 1].startswith(('min_height', 'attitude')) for number in values)


def test_a_uav_looks_at_its_own_height() -> None:
    given = overrides('uav.yaml')
    assert (given['navigation.height_over'], given['mount.attitude']) == ('camera', 'imu')
    assert given['navigation.min_height'] < 0 < given['navigation.max_height']
    # PX4 takes nothing older than 0.5 s (CollisionPrevention, RANGE_STREAM_TIMEOUT_US).
    assert given['input.max_age'] < 0.5


# MAVROS and RTAB-Map


def test_mavros_is_told_that_forward_is_forward() -> None:
    content = loaded('mavros_obstacle.yaml')
    assert content == {'/**/obstacle': {'ros__parameters': {'mav_frame': 'BODY_FRD'}}}


def test_rtabmap_pairs_depth_with_its_image_by_equal_stamps() -> None:
    content = loaded('rtabmap.yaml')
    assert sorted(content) == ['/**/rgbd_odometry', '/**/rtabmap']
    for node in content.values():
        assert node['ros__parameters']['approx_sync'] is False
        assert node['ros__parameters']['sync_queue_size'] >= 10
    assert content['/**/rtabmap']['ros__parameters']['subscribe_depth'] is True
    # The topic odom would have to carry the stamps of the images, too.
    assert content['/**/rtabmap']['ros__parameters']['odom_frame_id'] == 'odom'


def test_depth_is_of_an_encoding_that_rtabmap_and_depth_image_proc_take() -> None:
    depth, = (output for output in IMAGES if output.topic == 'depth/image')
    # rtabmap_conversions: 32FC1, 16UC1 or mono16; depth_image_proc: 32FC1 or 16UC1.
    assert depth.encoding == '32FC1'


def test_depth_has_its_calibration_where_depth_image_proc_looks_for_it() -> None:
    # image_transport: the topic of the image up to the last slash, and camera_info.
    beside = '/depth_seg/depth/image'.rpartition('/')[0] + '/camera_info'
    assert TYPES[beside] == 'sensor_msgs/CameraInfo'


# What is shown


def displays(name: str) -> list[dict[str, Any]]:
    """Return the displays of RViz that have a topic."""
    return [display for display in loaded(name)['Visualization Manager']['Displays']
            if 'Topic' in display]


@pytest.mark.parametrize('name', ['depth_seg.rviz', 'navigation.rviz'])
def test_rviz_shows_our_topics_as_what_they_are(name: str) -> None:
    assert len(displays(name)) >= 3
    for display in displays(name):
        assert TYPES[display['Topic']['Value']] == RVIZ_TYPES[display['Class']]


def test_rviz_shows_what_is_for_navigation() -> None:
    shown = {display['Topic']['Value'] for display in displays('navigation.rviz')}
    assert {'/depth_seg/points', '/depth_seg/obstacles', '/depth_seg/scan',
            '/depth_seg/regions_3d', '/depth_seg/overlay'} <= shown


def leaves(layout: Any) -> Iterator[str]:
    """Yield the panels of a layout."""
    if isinstance(layout, str):
        yield layout
        return
    assert layout['direction'] in ('row', 'column')
    yield from leaves(layout['first'])
    yield from leaves(layout['second'])


def test_every_panel_of_foxglove_is_in_the_layout_once() -> None:
    content = foxglove()
    assert sorted(leaves(content['layout'])) == sorted(content['configById'])
    kinds = {name.split('!')[0] for name in content['configById']}
    assert kinds == {'3D', 'Image', 'DiagnosticSummary', 'Plot'}


def test_foxglove_shows_topics_that_there_are() -> None:
    panels = foxglove()['configById']
    images = [panel['imageMode']['imageTopic'] for name, panel in panels.items()
              if name.startswith('Image!')]
    assert {TYPES[topic] for topic in images} == {'sensor_msgs/Image'}
    shown = {topic: TYPES[topic] for topic in panels['3D!navigation']['topics']}
    assert set(shown.values()) == {'sensor_msgs/PointCloud2', 'sensor_msgs/LaserScan'}
    assert panels['DiagnosticSummary!all']['topicToRender'] == '/diagnostics'


def test_foxglove_plots_values_that_the_diagnostics_have() -> None:
    diagnostics = pytest.importorskip('depth_seg_ros.ros.diagnostics')
    source = Path(diagnostics.__file__).read_text(encoding='utf-8')
    paths = [path['value'] for name, panel in foxglove()['configById'].items()
             if name.startswith('Plot!') for path in panel['paths']]
    assert len(paths) == 4
    for path in paths:
        found = re.fullmatch(r'/diagnostics\.status\[:\]\{name=="depth_seg: pipeline"\}'
                             r'\.values\[:\]\{key=="(.+)"\}\.value', path)
        assert found is not None
        assert re.sub(r' p(50|95) \(ms\)', '', found[1]) in source


# What the page for integrators names


def test_the_page_for_integrators_names_files_topics_and_parameters_that_there_are() -> None:
    text = (ROOT / 'doc' / 'navigation.md').read_text(encoding='utf-8')
    for file in re.findall(r'`((?:config|launch)/[\w.]+)`', text):
        assert (ROOT / file).exists(), file
    topics = set(re.findall(r'(?<!`/)~/([\w/]+)', text))
    assert topics > {'scan', 'points', 'obstacles', 'px4_obstacle_distance'}
    assert topics <= {topic.removeprefix('/depth_seg/') for topic in TYPES}
    names = re.findall(
        r'`((?:model|input|scale|mount|navigation|quality|steady)\.[a-z_]+)\b', text)
    assert names
    assert set(names) <= set(flatten(NodeParams()))


def test_what_the_costmap_clears_is_seen_by_a_ground_robot() -> None:
    seen = overrides('ground_robot.yaml').get(
        'navigation.range_max', NavigationParams().range_max)
    costmap = loaded('nav2_costmap.yaml')['local_costmap']['local_costmap']['ros__parameters']
    assert costmap['voxel_layer']['depth_seg_points']['raytrace_max_range'] <= seen
