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
"""The ready configurations for Nav2 name our topics, with types and ranges that fit."""

from __future__ import annotations

from collections.abc import Iterator
import itertools
from pathlib import Path
from typing import Any

from depth_seg_ros.outputs import NAVIGATION
from depth_seg_ros.params import NavigationParams
import pytest
import yaml

CONFIG = Path(__file__).resolve().parent.parent / 'config'
MESSAGES = {f'/depth_seg/{output.topic}': output.message for output in NAVIGATION}


def loaded(name: str) -> Any:
    """Return the content of a configuration."""
    return yaml.safe_load((CONFIG / name).read_text(encoding='utf-8'))


@pytest.fixture
def layers() -> dict[str, dict[str, Any]]:
    """Return the layers of the costmap that have sources, by their class."""
    costmap = loaded('nav2_costmap.yaml')['local_costmap']['local_costmap']['ros__parameters']
    assert sorted(costmap['plugins']) == sorted(
        name for name, value in costmap.items() if isinstance(value, dict))
    package = 'nav2_costmap_2d::'
    found = [costmap[name] for name in costmap['plugins']]
    assert all(layer['plugin'].startswith(package) for layer in found)
    return {layer['plugin'][len(package):]: layer for layer in found
            if 'observation_sources' in layer}


@pytest.fixture
def monitor() -> dict[str, Any]:
    """Return the parameters of the collision monitor."""
    return dict(loaded('collision_monitor.yaml')['collision_monitor']['ros__parameters'])


def sources(of: dict[str, Any], names: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the named sources; there are no others."""
    assert sorted(names) == sorted(
        key for key, value in of.items() if isinstance(value, dict) and 'topic' in value)
    for name in names:
        yield of[name]


def test_the_costmap_takes_our_topics_as_what_they_are(layers: dict[str, dict[str, Any]]) -> None:
    found = {name: list(sources(layer, layer['observation_sources'].split()))
             for name, layer in layers.items()}
    for source in itertools.chain(*found.values()):
        assert MESSAGES[source['topic']] == f'sensor_msgs/{source["data_type"]}'
    assert {name: [source['topic'] for source in each] for name, each in found.items()} == {
        'VoxelLayer': ['/depth_seg/obstacles', '/depth_seg/points'],
        'ObstacleLayer': ['/depth_seg/scan']}


def clears(source: dict[str, Any], marking: dict[str, Any]) -> bool:
    """Say whether rays of a source of the same layer pass where another one marks."""
    # Clouds are of the same pixels. A scan lies at one height, where only its own rays pass.
    along = (source['topic'] == marking['topic']
             or source['data_type'] == marking['data_type'] == 'PointCloud2')
    # Nav2 throws away the free rays of a scan, +inf, unless it is told that they are valid.
    free_rays = source['data_type'] != 'LaserScan' or (
        source.get('inf_is_valid', False) and NavigationParams().scan_free == 'inf')
    return bool(
        source['clearing'] and along and free_rays
        and source['min_obstacle_height'] <= marking['min_obstacle_height']
        and source['max_obstacle_height'] >= marking['max_obstacle_height']
        and source['raytrace_min_range'] <= marking['obstacle_min_range']
        and marking['obstacle_max_range'] < source['raytrace_max_range'])


def test_all_that_is_marked_in_the_costmap_is_cleared_by_rays_that_pass_there(
        layers: dict[str, dict[str, Any]]) -> None:
    for layer in layers.values():
        found = list(sources(layer, layer['observation_sources'].split()))
        marking = [source for source in found if source['marking']]
        assert marking
        for marks in marking:
            assert any(clears(source, marks) for source in found), marks['topic']


def test_nothing_is_cleared_in_the_costmap_beyond_what_is_seen(
        layers: dict[str, dict[str, Any]]) -> None:
    for layer in layers.values():
        for source in sources(layer, layer['observation_sources'].split()):
            assert source.get('raytrace_max_range', 0.0) <= NavigationParams().range_max


def test_heights_of_the_costmap_fit_its_layers(layers: dict[str, dict[str, Any]]) -> None:
    voxel = layers['VoxelLayer']
    assert 1 <= voxel['z_voxels'] <= 16
    assert voxel['z_voxels'] * voxel['z_resolution'] >= voxel['max_obstacle_height'] - 1e-9
    for layer in layers.values():
        for source in sources(layer, layer['observation_sources'].split()):
            assert source['min_obstacle_height'] < source['max_obstacle_height']
            # What marks has to pass the limit of the layer as well.
            assert not source['marking'] or (
                source['max_obstacle_height'] <= layer['max_obstacle_height'])


def test_the_collision_monitor_takes_the_scan(monitor: dict[str, Any]) -> None:
    found = list(sources(monitor, monitor['observation_sources']))
    assert [(source['type'], MESSAGES[source['topic']]) for source in found] == [
        ('scan', 'sensor_msgs/LaserScan')]


def test_the_zones_of_the_collision_monitor_are_whole(monitor: dict[str, Any]) -> None:
    zones = [monitor[name] for name in monitor['polygons']]
    assert [zone['action_type'] for zone in zones] == ['stop', 'slowdown']
    assert all(zone['type'] == 'circle' and zone['min_points'] > 0 for zone in zones)
    stop, slow = (zone['radius'] for zone in zones)
    assert NavigationParams().range_min < stop < slow < NavigationParams().range_max
    assert 0 < zones[1]['slowdown_ratio'] < 1
