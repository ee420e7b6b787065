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
"""The declarations of params.py as ROS parameters: declared, checked as a whole, changed live."""

from __future__ import annotations

from collections.abc import Callable
import difflib
from typing import Any

from depth_seg_ros.commands.settings import is_ros_own
from depth_seg_ros.params import flatten, NodeParams, ParamSpec, specs, updated
from rcl_interfaces.msg import (
    FloatingPointRange, IntegerRange, ParameterDescriptor, SetParametersResult)
from rclpy.node import Node
from rclpy.parameter import Parameter

__all__ = ['NodeParameters', 'descriptor']


def descriptor(spec: ParamSpec) -> ParameterDescriptor:
    """Return what `ros2 param describe` shows: help, unit, choices, range, when it acts."""
    text = spec.help
    if spec.unit:
        text += f' Unit: {spec.unit}.'
    if spec.choices:
        text += f' One of: {", ".join(spec.choices)}.'
    described = ParameterDescriptor(name=spec.name, description=text)
    if not spec.live:
        described.additional_constraints = 'Takes effect at configure.'
    # Every number has both bounds; a test holds it there.
    if type(spec.default) is int:
        described.integer_range = [IntegerRange(from_value=spec.low, to_value=spec.high)]
    elif type(spec.default) is float:
        described.floating_point_range = [
            FloatingPointRange(from_value=spec.low, to_value=spec.high)]
    return described


class NodeParameters:
    """
    The parameters of one node.

    What the user gave at the start and is not allowed does not end the node: the default is
    declared in its place, the reason stands in `problems`, and the node refuses to configure
    until it is set right.

    Parameters
    ----------
    node : rclpy.node.Node
        Made with `automatically_declare_parameters_from_overrides=True`: this is the public way
        to see what the user gave, misspelt names included.
    is_configured : callable
        Returns True while only live parameters may change.

    Attributes
    ----------
    values : NodeParams
        One consistent set; replaced, never changed. Any thread may read it.
    problems : dict of str to str
        Why the node must not be configured, by parameter name.

    """

    def __init__(self, node: Node, is_configured: Callable[[], bool]) -> None:
        self._node = node
        self._is_configured = is_configured
        self._specs = {spec.name: spec for spec in specs(NodeParams)}
        self.values = NodeParams()
        self.problems: dict[str, str] = {}
        given = _given(node)
        for spec in self._specs.values():
            self._declare(spec, given)
        for name in given:
            if name not in self._specs:
                self._judge_unknown(name)
        node.add_on_set_parameters_callback(self._on_set)

    def _declare(self, spec: ParamSpec, given: dict[str, Any]) -> None:
        value = spec.default
        if spec.name in given:
            self._node.undeclare_parameter(spec.name)
            try:
                value = spec.checked(given[spec.name])
            except (TypeError, ValueError) as error:
                self.problems[spec.name] = str(error)
        self.values = updated(self.values, {spec.name: value})
        self._node.declare_parameter(spec.name, value, descriptor(spec), ignore_override=True)

    def _judge_unknown(self, name: str) -> None:
        """Refuse what looks like a slip; a shared file may hold parameters of other nodes."""
        near = difflib.get_close_matches(name, self._specs, n=3)
        stages = {known.split('.', 1)[0] + '.' for known in self._specs if '.' in known}
        if near or name.startswith(tuple(stages)):
            self._node.undeclare_parameter(name)
            hint = f'did you mean {" or ".join(near)}' if near else 'see config/depth_seg.yaml'
            self.problems[name] = f'unknown parameter {name!r}, {hint}'
        else:
            self._node.get_logger().warning(
                f'parameter {name!r} is not one of this node and has no effect')

    def _on_set(self, changes: list[Parameter]) -> SetParametersResult:
        own = {item.name: item.value for item in changes if item.name in self._specs}
        try:
            values = updated(self.values, own)
        except (TypeError, ValueError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        if self._is_configured():
            reason = self._refusal(values)
            if reason:
                return SetParametersResult(successful=False, reason=reason)
        self.values = values
        for name in own:
            self.problems.pop(name, None)
        return SetParametersResult(successful=True)

    def _refusal(self, wanted: NodeParams) -> str:
        """Return why a configured node cannot take these values; empty when it can."""
        now, then = flatten(self.values), flatten(wanted)
        fixed = [name for name in now
                 if now[name] != then[name] and not self._specs[name].live]
        if not fixed:
            return ''
        node = self._node.get_fully_qualified_name()
        return (f'{", ".join(fixed)}: takes effect at configure; run `ros2 lifecycle set {node} '
                'deactivate`, then `cleanup`, set it, then `configure` and `activate`')


def _given(node: Node) -> dict[str, Any]:
    """Return {name: value} of what the user gave by file or command line."""
    return {
        name: parameter.value for name, parameter in node.get_parameters_by_prefix('').items()
        if not is_ros_own(name) and not node.describe_parameter(name).read_only}
