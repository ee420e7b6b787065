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
"""What the output of a network means is read from its config, or refused."""

from __future__ import annotations

from typing import Any

from depth_seg_ros.backends.depth_meaning import Meaning, meaning_of, stated_kind
from depth_seg_ros.depth import DepthKind, ModelLoadError
import pytest

INVERSE, METRIC = DepthKind.RELATIVE_INVERSE, DepthKind.METRIC


@pytest.mark.parametrize(('config', 'expected'), [
    ({'model_type': 'depth_anything'}, Meaning(INVERSE)),
    ({'model_type': 'depth_anything', 'depth_estimation_type': 'relative', 'max_depth': 1},
     Meaning(INVERSE)),
    ({'model_type': 'depth_anything', 'depth_estimation_type': 'metric', 'max_depth': 80},
     Meaning(METRIC, 80.0)),
    ({'model_type': 'dpt'}, Meaning(INVERSE)),
    ({'model_type': 'dpt', 'backbone_config': None}, Meaning(INVERSE)),
    ({'model_type': 'dpt', 'backbone_config': {'model_type': 'swinv2'}}, Meaning(INVERSE)),
    ({'model_type': 'glpn'}, Meaning(METRIC, 10.0)),
    ({'model_type': 'glpn', 'max_depth': 80}, Meaning(METRIC, 80.0)),
    ({'model_type': 'glpn', 'depth_estimation_type': 'relative'}, Meaning(INVERSE)),
    ({'model_type': 'zoedepth'}, Meaning(METRIC, 10.0)),
    ({'model_type': 'zoedepth', 'bin_configurations': [
        {'name': 'nyu', 'max_depth': 10.0}, {'name': 'kitti', 'max_depth': 80.0}]},
     Meaning(METRIC, 80.0)),
    ({'model_type': 'tipsv2_dpt', 'max_depth': 12}, Meaning(METRIC, 12.0)),
    ({'model_type': 'depth_pro'}, Meaning(INVERSE)),
])
def test_the_config_tells_kind_and_range(config: dict[str, Any], expected: Meaning) -> None:
    assert meaning_of(config, 'auto', 'name') == expected
    assert meaning_of(config, expected.kind.value, 'name') == expected


UNTOLD = [
    {'model_type': 'prompt_depth_anything', 'depth_estimation_type': 'metric', 'max_depth': 5},
    {'model_type': 'chmv2', 'max_depth': 5},
    {'model_type': 'never_heard_of', 'max_depth': 5},
    {'model_type': 'dpt', 'backbone_config': {'model_type': 'dinov2'}, 'max_depth': 5},
    {'max_depth': 5},
]


@pytest.mark.parametrize('config', UNTOLD)
def test_what_cannot_be_told_is_refused(config: dict[str, Any]) -> None:
    assert stated_kind(config) is None
    with pytest.raises(ModelLoadError) as error:
        meaning_of(config, 'auto', 'name')
    assert str(error.value) == (
        f'name: what a model of type {config.get("model_type")!r} puts out cannot be told from '
        f'its config.json. Look it up and set model.kind to relative_inverse (larger is nearer, '
        f'no unit) or metric (meters).')


@pytest.mark.parametrize('config', UNTOLD)
def test_what_cannot_be_told_is_taken_from_the_parameter(config: dict[str, Any]) -> None:
    assert meaning_of(config, 'metric', 'name') == Meaning(METRIC, 5.0)
    assert meaning_of(config, 'relative_inverse', 'name') == Meaning(INVERSE)


def test_meters_without_a_bound_stay_unbounded() -> None:
    assert meaning_of({'model_type': 'new'}, 'metric', 'name') == Meaning(METRIC, None)


@pytest.mark.parametrize(('config', 'asked', 'stated'), [
    ({'model_type': 'depth_anything'}, 'metric', 'relative_inverse'),
    ({'model_type': 'glpn'}, 'relative_inverse', 'metric'),
])
def test_a_parameter_against_the_config_is_refused(
        config: dict[str, Any], asked: str, stated: str) -> None:
    with pytest.raises(ModelLoadError) as error:
        meaning_of(config, asked, 'name')
    assert str(error.value) == (f'name: model.kind is {asked}, but its config.json says '
                                f'{stated}; set model.kind to auto.')


def test_a_statement_that_is_neither_is_refused() -> None:
    config = {'model_type': 'glpn', 'depth_estimation_type': 'disparity'}
    with pytest.raises(ModelLoadError, match='expected one of relative, metric; got '
                                             "'disparity'"):
        meaning_of(config, 'auto', 'name')


def test_a_metric_depth_anything_must_say_how_far_it_sees() -> None:
    config = {'model_type': 'depth_anything', 'depth_estimation_type': 'metric'}
    with pytest.raises(ModelLoadError, match='says metric but not max_depth'):
        meaning_of(config, 'auto', 'name')
