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
def layer() -> dict[str, Any]:
    """Return the voxel layer of the costmap."""
    costmap = loaded('nav2_costmap.yaml')['local_costmap']['local_costmap']['ros__parameters']
    assert all(costmap[name]['plugin'].startswith('nav2_costmap_2d::')
               for name in costmap['plugins'])
    return dict(costmap['voxel_layer'])


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


def test_the_costmap_takes_our_topics_as_what_they_are(layer: dict[str, Any]) -> None:
    found = list(sources(layer, layer['observation_sources'].split()))
    assert found
    for source in found:
        assert MESSAGES[source['topic']] == f'sensor_msgs/{source["data_type"]}'
        assert source['marking'] != source['clearing']
    assert any(source['marking'] for source in found)
    assert any(source['clearing'] for source in found)


def test_ranges_of_the_costmap_are_seen_and_what_is_marked_can_be_cleared(
        layer: dict[str, Any]) -> None:
    found = list(sources(layer, layer['observation_sources'].split()))
    marked = [source['obstacle_max_range'] for source in found if source['marking']]
    cleared = [source['raytrace_max_range'] for source in found if source['clearing']]
    assert max(marked) < min(cleared) <= NavigationParams().range_max


def test_heights_of_the_costmap_fit_its_voxels(layer: dict[str, Any]) -> None:
    assert 1 <= layer['z_voxels'] <= 16
    assert layer['z_voxels'] * layer['z_resolution'] >= layer['max_obstacle_height'] - 1e-9
    for source in sources(layer, layer['observation_sources'].split()):
        assert source['min_obstacle_height'] < source['max_obstacle_height']


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
