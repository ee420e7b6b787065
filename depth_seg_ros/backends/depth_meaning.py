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
"""What the numbers that a network puts out mean, read from its own config.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from depth_seg_ros.depth import DepthKind, ModelLoadError

__all__ = ['Meaning', 'meaning_of', 'stated_kind']

_METRIC, _INVERSE = DepthKind.METRIC, DepthKind.RELATIVE_INVERSE

_BY_TYPE = {
    # Trained on disparity, affine-invariant: Depth Anything (Yang 2024), MiDaS and DPT
    # (Ranftl 2020, 2021).
    'depth_anything': _INVERSE,
    'dpt': _INVERSE,
    # Puts out the inverse depth of a canonical camera (Bochkovskii 2024). It becomes meters only
    # with the focal length that it also estimates, which nothing here relies on.
    'depth_pro': _INVERSE,
    # Trained on meters: Kim 2022, Bhat 2023, and the depth head of TIPSv2.
    'glpn': _METRIC,
    'zoedepth': _METRIC,
    'tipsv2_dpt': _METRIC,
}
"""
Meaning of `predicted_depth` by the `model_type` of the config.

What is not here cannot be told. prompt_depth_anything depends on the prompt it was given, and
chmv2 gives heights of trees.
"""

_BY_STATEMENT = {'relative': _INVERSE, 'metric': _METRIC}
"""By `depth_estimation_type`, the attribute of Depth Anything that other configs may carry too."""

_DEFAULT_MAX_DEPTH = {'glpn': 10.0, 'zoedepth': 10.0, 'tipsv2_dpt': 10.0}
"""Meters, where the config leaves it to its class."""


@dataclass(frozen=True)
class Meaning:
    """
    What the output of a network means.

    Parameters
    ----------
    kind : DepthKind
    max_depth : float or None
        Farthest depth that a metric network can give, in meters; None where it has no bound.

    """

    kind: DepthKind
    max_depth: float | None = None


def stated_kind(config: Mapping[str, Any]) -> DepthKind | None:
    """
    Return what the config says about the output, None when it cannot be told from it.

    Parameters
    ----------
    config : mapping
        Content of `config.json`.

    Raises
    ------
    ModelLoadError
        When `depth_estimation_type` is neither relative nor metric.

    """
    model_type = config.get('model_type')
    if model_type not in _BY_TYPE:
        return None
    statement = config.get('depth_estimation_type')
    if statement is not None:
        if statement not in _BY_STATEMENT:
            raise ModelLoadError(f'config.json: depth_estimation_type: expected one of '
                                 f'{", ".join(_BY_STATEMENT)}; got {statement!r}')
        return _BY_STATEMENT[statement]
    if model_type == 'dpt' and _backbone(config).get('model_type') == 'dinov2':
        # The heads published with DINOv2 (NYU, KITTI) give meters, others of this form do not.
        return None
    return _BY_TYPE[model_type]


def meaning_of(config: Mapping[str, Any], asked: str, name: str) -> Meaning:
    """
    Decide what the output means, from the config and the parameter `model.kind`.

    Parameters
    ----------
    config : mapping
        Content of `config.json`.
    asked : str
        `auto`, or the name of a DepthKind, taken only where the config does not say.
    name : str
        Of the model, for messages.

    Raises
    ------
    ModelLoadError
        When it cannot be told and was not given, when both disagree, or when a metric Depth
        Anything does not say how far it sees.

    """
    stated = stated_kind(config)
    model_type = config.get('model_type')
    if stated is None and asked == 'auto':
        raise ModelLoadError(
            f'{name}: what a model of type {model_type!r} puts out cannot be told from its '
            f'config.json. Look it up and set model.kind to relative_inverse (larger is nearer, '
            f'no unit) or metric (meters).')
    if stated is not None and asked not in ('auto', stated.value):
        raise ModelLoadError(f'{name}: model.kind is {asked}, but its config.json says '
                             f'{stated.value}; set model.kind to auto.')
    kind = stated or DepthKind(asked)
    return Meaning(kind, _max_depth(config, name) if kind is DepthKind.METRIC else None)


def _max_depth(config: Mapping[str, Any], name: str) -> float | None:
    model_type = config.get('model_type', '')
    if model_type == 'zoedepth' and config.get('bin_configurations'):
        # One per domain (indoors, outdoors); the network itself chooses among them.
        return max(float(bins['max_depth']) for bins in config['bin_configurations'])
    found = config.get('max_depth', _DEFAULT_MAX_DEPTH.get(model_type))
    if found is None and model_type == 'depth_anything':
        raise ModelLoadError(f'{name}: its config.json says metric but not max_depth, so its '
                             f'meters are unknown; get the config.json that belongs to it.')
    return None if found is None else float(found)


def _backbone(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return config.get('backbone_config') or {}
