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
"""Declared parameters: their checks, their list, and changing them as a whole."""

from __future__ import annotations

from dataclasses import dataclass, field, FrozenInstanceError
import math
from typing import Any

from depth_seg_ros.declarations import option, Validated
from depth_seg_ros.params import (
    flatten, ModelParams, NodeParams, ParamSpec, PipelineParams, SegmentationParams, specs,
    updated)
import pytest

SPECS = tuple(specs(NodeParams))
NUMBERS = [spec for spec in SPECS if type(spec.default) in (int, float)]


@dataclass(frozen=True)
class Stage(Validated):
    """A stage with one parameter of every sort."""

    count: int = option(3, 'How many.', low=1, high=9)
    share: float = option(0.5, 'How much.', unit='of the whole', low=0.0)
    method: str = option('fast', 'Which way.', choices=('fast', 'good'))
    place: str = option('a1', 'Where.', unit='a letter and a digit', pattern=r'[a-z]\d')
    name: str = option('', 'Any text.', live=False)
    enabled: bool = option(True, 'Whether.')


@dataclass(frozen=True)
class Whole(Validated):
    """Two stages and a parameter beside them."""

    first: Stage = field(default_factory=Stage)
    second: Stage = field(default_factory=Stage)
    switch: bool = option(False, 'On or off.')


def ids(spec: ParamSpec) -> str:
    """Return what to call a test of a parameter."""
    return spec.name


@pytest.mark.parametrize(('name', 'value', 'message'), [
    ('count', 2.0, 'count: expected int, got float 2.0'),
    ('count', True, 'count: expected int, got bool True'),
    ('count', '2', "count: expected int, got str '2'"),
    ('share', '0.5', "share: expected float, got str '0.5'"),
    ('share', False, 'share: expected float, got bool False'),
    ('share', None, 'share: expected float, got NoneType None'),
    ('enabled', 1, 'enabled: expected bool, got int 1'),
    ('method', 1, 'method: expected str, got int 1')])
def test_a_value_of_another_type_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        Stage(**{name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize(('name', 'value', 'message'), [
    ('count', 0, 'count: expected 1 to 9, got 0'),
    ('count', 10, 'count: expected 1 to 9, got 10'),
    ('share', -0.1, 'share: expected 0 to inf of the whole, got -0.1'),
    ('share', math.nan, 'share: expected a finite number, got nan'),
    ('share', math.inf, 'share: expected a finite number, got inf'),
    ('method', 'best', "method: expected one of fast, good; got 'best'"),
    ('place', 'a12', "place: expected a letter and a digit, got 'a12'"),
    ('place', 'a1\n', "place: expected a letter and a digit, got 'a1\\n'")])
def test_a_value_that_is_not_allowed_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Stage(**{name: value})
    assert str(caught.value) == message


def test_bounds_are_inclusive_and_a_whole_number_becomes_a_float() -> None:
    assert (Stage(count=1).count, Stage(count=9).count) == (1, 9)
    share = Stage(share=2).share
    assert share == 2.0 and type(share) is float


def test_another_class_in_the_place_of_a_stage_is_refused() -> None:
    with pytest.raises(TypeError, match='^first: expected Stage, got Whole$'):
        Whole(first=Whole())  # type: ignore[arg-type]  # what is tested


def test_parameters_cannot_be_changed_in_place() -> None:
    with pytest.raises(FrozenInstanceError):
        Stage().count = 4  # type: ignore[misc]  # what is tested


def test_the_height_that_starts_an_obstacle_is_never_under_the_one_it_grows_to() -> None:
    bounds = {spec.name: (spec.low, spec.high) for spec in specs(SegmentationParams)}
    assert bounds['noise_low'][1] == bounds['noise_high'][0] == 4.0
    with pytest.raises(ValueError, match=r'^segmentation.noise_low: expected 1 to 4 ground noise '
                                         r'\(sigma\), got 20.0$'):
        updated(PipelineParams(), {'segmentation.noise_low': 20.0,
                                   'segmentation.noise_high': 4.0})


def test_the_list_has_dotted_names_in_order_and_all_that_was_declared() -> None:
    names = ('count', 'share', 'method', 'place', 'name', 'enabled')
    found = list(specs(Whole))
    assert [spec.name for spec in found] == [
        *(f'first.{name}' for name in names), *(f'second.{name}' for name in names), 'switch']
    assert found[1] == ParamSpec('first.share', 0.5, 'How much.', unit='of the whole', low=0.0)
    assert found[2].choices == ('fast', 'good')
    assert (found[0].live, found[4].live) == (True, False)
    assert list(specs(Whole(switch=True))) == found


def test_flattened_values_have_the_names_of_the_list() -> None:
    values = flatten(Whole(second=Stage(count=7)))
    assert list(values) == [spec.name for spec in specs(Whole)]
    assert (values['first.count'], values['second.count'], values['switch']) == (3, 7, False)


def test_an_update_changes_what_it_names_in_a_copy() -> None:
    before = Whole(first=Stage(count=5))
    after = updated(before, {'first.share': 1, 'second.method': 'good', 'switch': True})
    assert before == Whole(first=Stage(count=5))
    assert after == Whole(Stage(count=5, share=1.0), Stage(method='good'), True)
    assert updated(after, flatten(before)) == before
    assert updated(before, {}) == before


def test_an_update_is_refused_as_a_whole_with_the_full_name() -> None:
    with pytest.raises(ValueError, match='^second.count: expected 1 to 9, got 0$'):
        updated(Whole(), {'switch': True, 'second.count': 0})
    with pytest.raises(TypeError, match='^second.name: expected str, got int 0$'):
        updated(Whole(), {'second.name': 0})


@pytest.mark.parametrize(('name', 'hint'), [
    ('first.cuont', 'did you mean first.count'), ('swich', 'did you mean switch?'),
    ('first', 'did you mean first.'), ('first.count.more', 'did you mean first.count'),
    ('????', 'see config/depth_seg.yaml')])
def test_an_unknown_name_is_refused_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(ValueError) as caught:
        updated(Whole(), {name: 1})
    assert str(caught.value).startswith(f'unknown parameter {name!r}; {hint}')


@pytest.mark.parametrize('spec', SPECS, ids=ids)
def test_every_declaration_is_complete(spec: ParamSpec) -> None:
    assert spec.help.endswith('.')
    assert type(spec.checked(spec.default)) is type(spec.default)
    assert spec.unit or not spec.pattern  # the unit says the pattern in words
    assert updated(NodeParams(), {spec.name: spec.default}) == NodeParams()


@pytest.mark.parametrize('spec', NUMBERS, ids=ids)
def test_every_number_has_bounds_that_hold(spec: ParamSpec) -> None:
    assert spec.low is not None and spec.high is not None
    sort = type(spec.default)
    for bound, beyond in ((spec.low, spec.low - 1), (spec.high, spec.high + 1)):
        changed = updated(NodeParams(), {spec.name: sort(bound)})
        assert flatten(changed)[spec.name] == bound
        with pytest.raises(ValueError, match=f'^{spec.name}: expected '):
            updated(NodeParams(), {spec.name: sort(beyond)})


@pytest.mark.parametrize('device', ['auto', 'cpu', 'cuda', 'cuda:0', 'cuda:12'])
def test_devices_that_may_be_named(device: str) -> None:
    assert ModelParams(device=device).device == device


@pytest.mark.parametrize('device', ['', 'gpu', 'CPU', 'cuda:', 'cuda:x', 'cpu:0', ' cpu'])
def test_devices_that_may_not(device: str) -> None:
    with pytest.raises(ValueError, match='device: expected auto, cpu, cuda or cuda:N, got '):
        ModelParams(device=device)


@pytest.mark.parametrize('names', ['', 'front', 'front,left', 'front , left,rear_2', 'a, aa, A'])
def test_names_of_cameras_that_may_stand(names: str) -> None:
    assert NodeParams(cameras=names).cameras == names


@pytest.mark.parametrize('names', [
    ' ', ',', 'front,', ',front', 'front,,left', 'front left', '2nd', '_front', 'front/left', '~',
    'vorn-links', 'h\u00f6he', 'front\n', 'front,front', 'front, left, front'])
def test_names_of_cameras_that_may_not(names: str) -> None:
    with pytest.raises(ValueError, match='cameras: expected different names of letters, digits '):
        NodeParams(cameras=names)


def test_only_what_needs_no_new_model_or_topic_is_live() -> None:
    fixed = {spec.name for spec in SPECS if not spec.live}
    assert fixed == {
        'input.transport', 'scale.source', 'mount.attitude', 'mount.height_from', 'cameras',
        'diagnostics.period', 'autostart', *(f'model.{name}' for name in flatten(ModelParams()))}


def test_the_node_has_the_parameters_of_the_pipeline_and_its_own() -> None:
    own = {spec.name for spec in SPECS} - {spec.name for spec in specs(PipelineParams)}
    assert own == {'diagnostics.period', 'diagnostics.input_timeout', 'autostart', 'cameras'}
    assert PipelineParams().segmentation == SegmentationParams()
