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
"""
Every parameter, declared once: default, unit, bounds, help, and whether it may change live.

One frozen dataclass per stage; each validates itself when it is made. The ROS parameters, their
descriptors, `config/depth_seg.yaml` and the table in the README all come from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
import difflib
import math
import re
from typing import Any, TypeVar

__all__ = [
    'DiagnosticsParams', 'DrawingParams', 'InputParams', 'ModelParams', 'NodeParams',
    'ParamSpec', 'PipelineParams', 'SegmentationParams', 'flatten', 'specs', 'updated',
]

_Params = TypeVar('_Params', bound='_Validated')


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


def _param(default: Any, help: str, **spec: Any) -> Any:  # noqa: A002 (argparse's own word)
    return field(default=default, metadata={'help': help, **spec})


class _Validated:
    """Check every plain field against its declaration when the object is made."""

    def __post_init__(self) -> None:
        for item in fields(self):  # type: ignore[arg-type]  # only dataclasses inherit this
            value = getattr(self, item.name)
            if 'help' in item.metadata:
                spec = ParamSpec(item.name, item.default, **item.metadata)
                object.__setattr__(self, item.name, spec.checked(value))
            elif not isinstance(value, item.default_factory):  # type: ignore[arg-type]
                raise TypeError(f'{item.name}: expected {item.default_factory.__name__}, '
                                f'got {type(value).__name__}')


@dataclass(frozen=True)
class ModelParams(_Validated):
    """Which network turns the image into depth, and how it runs."""

    name: str = _param(
        'depth-anything/Depth-Anything-V2-Small-hf',
        'A model id on the hub, a local folder, embedded (the small model inside the package), '
        'or recorded:FOLDER (depth maps from files).', live=False)
    revision: str = _param(
        '', 'Commit, tag or branch of a hub model. Empty takes the revision pinned by this '
        'package, and main for a model it does not know.', live=False)
    kind: str = _param(
        'auto', 'What the model puts out. auto reads it from the model; set it only for a model '
        'that does not say.', choices=('auto', 'relative_inverse', 'metric'), live=False)
    backend: str = _param('auto', 'Inference engine. auto takes the fastest that is installed.',
                          choices=('auto', 'torch'), live=False)
    device: str = _param('auto', 'Where it runs. auto takes CUDA when there is one.',
                         unit='auto, cpu, cuda or cuda:N', pattern=r'auto|cpu|cuda(:\d+)?',
                         live=False)
    precision: str = _param(
        'auto', 'Arithmetic of the network. auto takes fp16 on CUDA, fp32 on a CPU.',
        choices=('auto', 'fp32', 'bf16', 'fp16'), live=False)
    input_size: int = _param(
        252, 'Short side of the image that the network sees, rounded to what the model takes. '
        'Larger is finer and slower.', unit='px', low=32, high=1036, live=False)
    threads: int = _param(0, 'CPU threads of the network; 0 leaves the choice to the engine.',
                          low=0, high=256, live=False)


@dataclass(frozen=True)
class InputParams(_Validated):
    """What is accepted from the camera."""

    transport: str = _param('raw', 'Subscribe to image (raw) or image/compressed (compressed).',
                            choices=('raw', 'compressed'), live=False)
    max_megapixels: float = _param(36.0, 'A larger image is refused, not scaled.',
                                   unit='10^6 px', low=0.01, high=500.0)
    max_age: float = _param(
        0.0, 'Drop an image whose stamp is older than this when its turn comes; 0 takes any age '
        '(replayed bags carry old stamps).', unit='s', low=0.0, high=3600.0)


@dataclass(frozen=True)
class SegmentationParams(_Validated):
    """
    How depth becomes obstacles and regions.

    Shares of the *spread* mean shares of the distance between the 2 % and 98 % quantiles of the
    frame's inverse depth, so that no unknown scale or shift of a relative map matters.
    """

    method: str = _param(
        'ground', 'ground: height over the fitted ground, then a split at depth edges. '
        'threshold: one threshold from the statistics of the frame. local: an adaptive '
        'threshold per neighborhood.', choices=('ground', 'threshold', 'local'))
    work_width: int = _param(336, 'Wider depth is reduced to this width before segmentation.',
                             unit='px', low=160, high=640)
    min_area: float = _param(0.0005, 'Smaller regions are dropped.', unit='share of the image',
                             low=0.0, high=0.2)
    far: float = _param(0.015, 'What is this close to the farthest depth is background.',
                        unit='share of the spread', low=0.0, high=0.2)
    ground_tolerance: float = _param(0.02, 'Distance to the ground plane that counts as on it.',
                                     unit='share of the spread', low=0.005, high=0.1)
    ground_below_weight: float = _param(
        1.0, 'What a point below a candidate plane costs it, in inliers.', low=0.0, high=2.0)
    ground_min_inliers: float = _param(
        0.15, 'A plane with fewer inliers is not ground.', unit='share of the points',
        low=0.02, high=0.9)
    ground_planes: int = _param(2, 'Planes that make up the ground: 2 for steep ramps.',
                                low=1, high=2)
    ground_refine: bool = _param(True, 'Follow gentle unevenness of the ground.')
    noise_high: float = _param(6.0, 'Height over the ground that starts an obstacle.',
                               unit='ground noise (sigma)', low=2.0, high=20.0)
    noise_low: float = _param(3.0, 'Height over the ground down to which an obstacle grows.',
                              unit='ground noise (sigma)', low=1.0, high=20.0)
    min_height: float = _param(0.0, 'Lower things are not obstacles.',
                               unit='camera heights', low=0.0, high=1.0)
    edge_step: float = _param(0.05, 'Relative depth step that separates two things.',
                              unit='share of the inverse depth', low=0.01, high=0.3)
    edge_noise: float = _param(8.0, 'Noise floor of that step.', unit='pixel noise (sigma)',
                               low=2.0, high=40.0)
    split_balance: float = _param(
        0.55, 'Where inside a depth edge the near thing ends: 0.5 is midway.',
        unit='share of the step', low=0.5, high=0.9)
    ownership: float = _param(
        0.4, 'Share of its outline that must stand out in depth for a region to be an object; '
        'less is structure (wall, slope).', unit='share of the outline', low=0.0, high=1.0)
    drop_off: bool = _param(True, 'Report what lies below the ground (stairs down, edges).')
    threshold: str = _param(
        'multiotsu', 'Statistic of method threshold.',
        choices=('median', 'quantile', 'median_mad', 'otsu', 'multiotsu', 'fixed'))
    quantile: float = _param(0.75, 'Quantile of threshold quantile.', low=0.01, high=0.99)
    mads: float = _param(1.0, 'Distance over the median of threshold median_mad.',
                         unit='median absolute deviations', low=0.0, high=10.0)
    fixed: float = _param(0.5, 'Threshold fixed: 0 is the far end of the spread, 1 the near.',
                          unit='share of the spread', low=0.0, high=1.0)
    local_window: float = _param(0.15, 'Neighborhood of method local.',
                                 unit='share of the width', low=0.02, high=0.5)
    local_offset: float = _param(0.02, 'How far above its neighborhood an obstacle stands.',
                                 unit='share of the spread', low=0.0, high=0.5)
    layers: str = _param(
        'auto', 'How obstacles are sorted into near, mid and far. auto looks for gaps.',
        choices=('auto', 'quantile', 'median_mad', 'otsu', 'multiotsu', 'fixed'))


@dataclass(frozen=True)
class DrawingParams(_Validated):
    """What pictures look like. Nothing else depends on it."""

    colormap: str = _param(
        'turbo', 'Colors of the heat map.',
        choices=('turbo', 'inferno', 'magma', 'plasma', 'viridis', 'cividis', 'bone'))
    overlay_alpha: float = _param(0.45, 'Opacity of the region colors over the image.',
                                  low=0.0, high=1.0)
    overlay_text: bool = _param(True, 'Write id and class beside each region.')


@dataclass(frozen=True)
class DiagnosticsParams(_Validated):
    """What /diagnostics reports, and when it warns."""

    period: float = _param(1.0, 'Time between two messages.', unit='s', low=0.1, high=60.0,
                           live=False)
    input_timeout: float = _param(2.0, 'Warn when no image came for this long.', unit='s',
                                  low=0.1, high=3600.0)


@dataclass(frozen=True)
class PipelineParams(_Validated):
    """Everything that decides what comes out for one image, with or without ROS."""

    model: ModelParams = field(default_factory=ModelParams)
    input: InputParams = field(default_factory=InputParams)
    segmentation: SegmentationParams = field(default_factory=SegmentationParams)
    drawing: DrawingParams = field(default_factory=DrawingParams)


@dataclass(frozen=True)
class NodeParams(PipelineParams):
    """The pipeline's parameters and those of the ROS node around it."""

    diagnostics: DiagnosticsParams = field(default_factory=DiagnosticsParams)
    autostart: bool = _param(True, 'Configure and activate at the start, without being asked.',
                             live=False)


def specs(params: type[_Validated] | _Validated, prefix: str = '') -> Iterator[ParamSpec]:
    """Yield the declaration of every parameter, in order, with its dotted name."""
    for item in fields(params):  # type: ignore[arg-type]  # only dataclasses inherit _Validated
        if 'help' in item.metadata:
            yield ParamSpec(prefix + item.name, item.default, **item.metadata)
        else:
            yield from specs(item.default_factory, f'{prefix}{item.name}.')  # type: ignore


def flatten(params: _Validated, prefix: str = '') -> dict[str, Any]:
    """Return {dotted name: value}, in order of declaration."""
    values: dict[str, Any] = {}
    for item in fields(params):  # type: ignore[arg-type]
        value = getattr(params, item.name)
        name = prefix + item.name
        values.update(flatten(value, f'{name}.') if is_dataclass(value) else {name: value})
    return values


def updated(params: _Params, changes: Mapping[str, Any]) -> _Params:
    """
    Return a copy with some parameters changed, validated as a whole.

    Parameters
    ----------
    params : dataclass of this module
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


def _replaced(params: _Params, changes: Mapping[str, Any]) -> _Params:
    own = {name: value for name, value in changes.items() if '.' not in name}
    for stage in {name.split('.', 1)[0] for name in changes if '.' in name}:
        inner = {name.split('.', 1)[1]: value for name, value in changes.items()
                 if name.startswith(f'{stage}.')}
        own[stage] = _replaced(getattr(params, stage), inner)
    return replace(params, **own)  # type: ignore[type-var]
