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
"""How a parameter is declared, checked, listed and changed; the parameters are in `params`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, Field, field, fields, replace
import difflib
import math
import re
from typing import Any, cast, TypeVar

__all__ = ['flatten', 'option', 'ParamSpec', 'specs', 'updated', 'Validated']

Params = TypeVar('Params', bound='Validated')


@dataclass(frozen=True)
class ParamSpec:
    """
    What is known about one parameter besides its value.

    Parameters
    ----------
    name : str
        Dotted name, as ROS shows it: `segmentation.method`.
    default : bool, int, float or str
        Its type is the parameter's type.
    help : str
        One or two sentences.
    unit : str
        SI unit or plain words; empty for names, switches and counts.
    low, high : float or None
        Inclusive bounds of a number.
    choices : tuple of str
        The allowed names; empty when any text may stand.
    pattern : str
        Regular expression that a text must match as a whole; `unit` says it in words.
    live : bool
        True when a running node takes a change at once; False when it must be unconfigured.

    """

    name: str
    default: Any
    help: str
    unit: str = ''
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ''
    live: bool = True

    def checked(self, value: Any) -> Any:
        """
        Return the value, an int made float where a float is due.

        Raises
        ------
        TypeError
            When the type is wrong.
        ValueError
            When it is out of bounds, not finite, or not one of the choices.

        """
        wanted = type(self.default)
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            raise TypeError(
                f'{self.name}: expected {wanted.__name__}, got {type(value).__name__} {value!r}')
        if wanted in (int, float):
            self._check_number(value)
        if self.choices and value not in self.choices:
            raise ValueError(
                f'{self.name}: expected one of {", ".join(self.choices)}; got {value!r}')
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise ValueError(f'{self.name}: expected {self.unit}, got {value!r}')
        return value

    def _check_number(self, value: float) -> None:
        if not math.isfinite(value):
            raise ValueError(f'{self.name}: expected a finite number, got {value!r}')
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        if not low <= value <= high:
            unit = f' {self.unit}' if self.unit else ''
            raise ValueError(f'{self.name}: expected {low:g} to {high:g}{unit}, got {value!r}')


def option(default: Any, text: str, **spec: Any) -> Any:
    """
    Return a dataclass field that carries its declaration.

    Parameters
    ----------
    default : bool, int, float or str
        Its type is the parameter's type.
    text : str
        The help of ParamSpec.
    **spec
        Its other fields: unit, low, high, choices, pattern, live.

    """
    return field(default=default, metadata={'help': text, **spec})


class Validated:
    """Base of the parameter dataclasses: checks every field when the object is made."""

    def __post_init__(self) -> None:
        for item in _fields(self):
            value = getattr(self, item.name)
            if 'help' in item.metadata:
                spec = ParamSpec(item.name, item.default, **item.metadata)
                object.__setattr__(self, item.name, spec.checked(value))
            elif not isinstance(value, _stage(item)):
                raise TypeError(f'{item.name}: expected {_stage(item).__name__}, '
                                f'got {type(value).__name__}')


def _fields(params: type[Validated] | Validated) -> tuple[Field[Any], ...]:
    """Return the fields of a parameter dataclass; only dataclasses inherit Validated."""
    return fields(cast(Any, params))


def _stage(item: Field[Any]) -> type[Validated]:
    """Return the class of a field that holds the parameters of a stage."""
    return cast('type[Validated]', item.default_factory)


def specs(params: type[Validated] | Validated, prefix: str = '') -> Iterator[ParamSpec]:
    """Yield the declaration of every parameter, in order, with its dotted name."""
    for item in _fields(params):
        if 'help' in item.metadata:
            yield ParamSpec(prefix + item.name, item.default, **item.metadata)
        else:
            yield from specs(_stage(item), f'{prefix}{item.name}.')


def flatten(params: Validated, prefix: str = '') -> dict[str, Any]:
    """Return {dotted name: value}, in order of declaration."""
    values: dict[str, Any] = {}
    for item in _fields(params):
        value = getattr(params, item.name)
        name = prefix + item.name
        if isinstance(value, Validated):
            values.update(flatten(value, f'{name}.'))
        else:
            values[name] = value
    return values


def updated(params: Params, changes: Mapping[str, Any]) -> Params:
    """
    Return a copy with some parameters changed, validated as a whole.

    Parameters
    ----------
    params : dataclass of parameters
        Left as it is.
    changes : mapping of str to value
        By dotted name.

    Raises
    ------
    ValueError, TypeError
        When a name is unknown (the nearest ones are listed) or a value is not allowed.

    """
    known = {spec.name: spec for spec in specs(params)}
    for name, value in changes.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f'did you mean {" or ".join(near)}?' if near else 'see config/depth_seg.yaml'
            raise ValueError(f'unknown parameter {name!r}; {hint}')
        known[name].checked(value)
    return _replaced(params, changes)


def _replaced(params: Params, changes: Mapping[str, Any]) -> Params:
    own = {name: value for name, value in changes.items() if '.' not in name}
    for stage in {name.split('.', 1)[0] for name in changes if '.' in name}:
        inner = {name.split('.', 1)[1]: value for name, value in changes.items()
                 if name.startswith(f'{stage}.')}
        own[stage] = _replaced(getattr(params, stage), inner)
    return cast(Params, replace(cast(Any, params), **own))
