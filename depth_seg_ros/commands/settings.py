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
"""Parameters from a file of ROS parameters and from the command line."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from depth_seg_ros.commands.errors import UsageError
from depth_seg_ros.depth import DEPTH_IN
from depth_seg_ros.params import NodeParams, ParamSpec, PipelineParams, specs, updated

__all__ = ['check_images_suffice', 'is_ros_own', 'parse_overrides', 'pipeline_params',
           'read_params_file']

_NODE = 'depth_seg'
_ROS_OWN = ('use_sim_time', 'start_type_description_service')


def pipeline_params(args: Namespace) -> PipelineParams:
    """
    Return the parameters that the arguments ask for, later ones over earlier ones.

    Those of the node alone are checked and passed over, so that one file serves both.

    Parameters
    ----------
    args : Namespace
        With `params_file`, `model`, `device` and `param`, in this order.

    Raises
    ------
    UsageError
        When a file, name or value is not right.

    """
    changes: dict[str, Any] = {}
    if args.params_file is not None:
        changes.update(read_params_file(args.params_file))
    if args.model is not None:
        changes['model.name'] = args.model
    if args.device is not None:
        changes['model.device'] = args.device
    changes.update(parse_overrides(args.param))
    try:
        params = updated(NodeParams(), changes)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    return PipelineParams(
        **{stage.name: getattr(params, stage.name) for stage in fields(PipelineParams)})


def check_images_suffice(params: PipelineParams) -> None:
    """
    Raise UsageError where the parameters ask for more than the images of files and videos.

    Parameters
    ----------
    params : PipelineParams
        Of images that come without calibration and without other sensors.

    """
    for name, wanted in ((f'model.name {DEPTH_IN}', params.model.name == DEPTH_IN),
                         (f'scale.source {params.scale.source}', params.scale.source != 'none')):
        if wanted:
            raise UsageError(f'{name}: expected images with camera_info and other sensors, got '
                             'images alone; use depth_seg bag, or the node')


def parse_overrides(overrides: Iterable[str]) -> dict[str, Any]:
    """
    Return {name: value} from texts NAME=VALUE, each value in the type of its parameter.

    A name that is not known keeps its text, so that the check of the parameters tells it.

    Raises
    ------
    UsageError
        When a text has no `=`, or a value is not of the type.

    """
    known = {spec.name: spec for spec in specs(NodeParams)}
    values: dict[str, Any] = {}
    for text in overrides:
        name, separator, value = text.partition('=')
        if not separator or not name:
            raise UsageError(f'--param: expected NAME=VALUE, got {text!r}')
        values[name] = _typed(known[name], value) if name in known else value
    return values


def _typed(spec: ParamSpec, text: str) -> Any:
    wanted = type(spec.default)
    if wanted is bool:
        if text.lower() in ('true', 'false'):
            return text.lower() == 'true'
        raise UsageError(f'{spec.name}: expected true or false, got {text!r}')
    try:
        return wanted(text)
    except ValueError as error:
        raise UsageError(f'{spec.name}: expected {wanted.__name__}, got {text!r}') from error


def read_params_file(path: Path) -> dict[str, Any]:
    """
    Read a YAML file of ROS parameters without ROS.

    Sections for any node (`/**`, `/*`) and for the node `depth_seg` in any namespace count, in
    the order of the file; the parameters that every ROS node has are passed over.

    Parameters
    ----------
    path : Path
        Of the YAML file.

    Returns
    -------
    dict
        {dotted name: value}, not yet checked.

    Raises
    ------
    UsageError
        When it cannot be read, is no such file, or has nothing for this node.

    """
    import yaml
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise UsageError(f'{path}: expected a YAML file of parameters, got {error.strerror}; '
                         'check the path and its rights') from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f'{path}: expected YAML, got {error}') from error
    sections = dict(_sections(content)) if isinstance(content, dict) else {}
    chosen = {name: values for name, values in sections.items()
              if name.rsplit('/', 1)[-1] in ('**', '*', _NODE)}
    if not chosen:
        raise UsageError(f'{path}: expected a section "/**" or "{_NODE}" with "ros__parameters", '
                         f'got {", ".join(sections) or "none"}')
    values: dict[str, Any] = {}
    for section in chosen.values():
        values.update(_flat(section))
    return {name: value for name, value in values.items() if not is_ros_own(name)}


def _sections(content: Mapping[Any, Any], prefix: str = '') -> Iterable[tuple[str, Any]]:
    """Yield (node name, parameters); namespaces may be nested or written out."""
    for key, value in content.items():
        if key == 'ros__parameters':
            yield prefix, value if value is not None else {}
        elif isinstance(value, dict):
            yield from _sections(value, f'{prefix}/{str(key).strip("/")}')


def _flat(values: Any, prefix: str = '') -> dict[str, Any]:
    if not isinstance(values, dict):
        raise UsageError(f'ros__parameters: expected names and values, got {values!r}')
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f'{prefix}{key}.'))
        else:
            flat[f'{prefix}{key}'] = value
    return flat


def is_ros_own(name: str) -> bool:
    """Return whether a parameter is one that every ROS node has, of no meaning to us."""
    return name in _ROS_OWN or name.startswith('qos_overrides.')
