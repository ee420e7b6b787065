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
"""What /diagnostics says: is it well, what to do if not, and the numbers behind that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
import math
from typing import Any

from builtin_interfaces.msg import Time
from depth_seg_ros.depth import DEPTH_IN, DepthKind, EstimatorInfo
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.ros.frame_statistics import DropCause, Summary
from depth_seg_ros.scale import Scaling
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from std_msgs.msg import Header

__all__ = ['InputSource', 'NodeStatus', 'diagnostic_message', 'judge']

# Share of the images that may be lost without a warning.
TOLERATED_LOSS = 0.1
LARGE_IMAGES = ('let the camera publish reliably, or start it with FASTDDS_BUILTIN_TRANSPORTS as '
                'in depth_seg.launch.py')
# Seconds; a result that is older, or from that far ahead, has its stamp from another clock.
OLDEST = 3600.0
OTHER_CLOCK = ('unknown: stamps are not of this clock; use ros2 bag play --clock with '
               'use_sim_time, or synchronize the clocks')


@dataclass(frozen=True)
class InputSource:
    """
    Where images should come from.

    Parameters
    ----------
    topic : str
        Full name.
    publishers : int
        How many publish on it.
    mismatch : str
        Why none of them can be received, and what to do; empty when that is not so.

    """

    topic: str
    publishers: int = 0
    mismatch: str = ''


@dataclass(frozen=True)
class NodeStatus:
    """
    What the node knows besides its frames.

    Parameters
    ----------
    name : str
        Full name of the node.
    camera : str
        Name of its camera; empty where it is the only one.
    state : str
        `unconfigured`, `inactive`, `active` or `finalized`.
    failure : str
        Why the last transition failed; empty when it did not.
    enabled : bool
        What `~/enable` was last told.
    input_timeout : float
        Silence in seconds that is worth a warning.
    source : InputSource or None
        None while the node is not active.
    model : EstimatorInfo or None
        None while the node is not configured.
    input_size : int
        Short side of what the network sees, in pixels.
    calibrated : bool
        Whether angles are known, and with metric depth, points and scans.
    scale_source : str
        The parameter `scale.source`.
    sensors : dict of str to str
        The topics of other sensors that the parameters ask for, and what is wrong with each and
        what to do; empty text where nothing is.

    """

    name: str
    state: str
    failure: str = ''
    enabled: bool = True
    input_timeout: float = 2.0
    source: InputSource | None = None
    model: EstimatorInfo | None = None
    input_size: int = 0
    calibrated: bool = False
    scale_source: str = 'none'
    sensors: dict[str, str] = field(default_factory=dict)
    camera: str = ''


def judge(status: NodeStatus, summary: Summary) -> tuple[bytes, str]:
    """Return the level and one line: how it is, and what to do where it is not well."""
    if status.failure:
        return DiagnosticStatus.ERROR, status.failure
    if status.state != 'active':
        return DiagnosticStatus.WARN, f'{status.state}: {_next_step(status)}'
    if status.source is not None and summary.silence > status.input_timeout:
        return DiagnosticStatus.WARN, _silence(status, status.source, summary)
    if not status.enabled:
        return DiagnosticStatus.OK, f'disabled; call {status.name}/enable with data: true'
    if summary.last_error:
        return DiagnosticStatus.ERROR, f'images are dropped: {summary.last_error}'
    if summary.last_drop is DropCause.TOO_OLD:
        return DiagnosticStatus.WARN, (
            'images are older than input.max_age when they come: raise it, set it to 0 for '
            'replayed bags without use_sim_time, or synchronize the clocks')
    if summary.rate_lost > TOLERATED_LOSS * (summary.rate_in + summary.rate_lost):
        share = summary.rate_lost / (summary.rate_in + summary.rate_lost)
        return DiagnosticStatus.WARN, (f'{share:.0%} of the images are lost on the way; '
                                       f'{LARGE_IMAGES}')
    if summary.last_drop is DropCause.UNWATCHED:
        return DiagnosticStatus.OK, 'idle: nobody subscribes to a result'
    if summary.last is not None and not summary.last.quality.is_fit:
        return DiagnosticStatus.WARN, f'all is unknown: {summary.last.quality.problem}'
    for topic, problem in status.sensors.items():
        if problem:
            return DiagnosticStatus.WARN, f'{topic}: {problem}'
    if summary.missing:
        return DiagnosticStatus.WARN, summary.missing
    if summary.last is not None and summary.last.why_no_meters:
        return DiagnosticStatus.WARN, f'depth is not in meters: {summary.last.why_no_meters}'
    if summary.processed == 0:
        return DiagnosticStatus.OK, 'waiting for the first result'
    return DiagnosticStatus.OK, f'{summary.rate_out:.1f} results per second'


def _next_step(status: NodeStatus) -> str:
    if status.state == 'finalized':
        return 'start the node again'
    step = 'configure' if status.state == 'unconfigured' else 'activate'
    return f'run `ros2 lifecycle set {status.name} {step}`'


def _silence(status: NodeStatus, source: InputSource, summary: Summary) -> str:
    since = f'no image on {source.topic} for {summary.silence:.1f} s'
    if source.publishers == 0:
        name = f'{status.camera}/image' if status.camera else 'image'
        return f'{since}: nobody publishes it; start the camera, or remap `{name}` to its topic'
    if source.mismatch:
        return f'{since}: {source.mismatch}'
    if summary.received == 0:
        return f'{since}: {source.publishers} publishing, nothing arrives; {LARGE_IMAGES}'
    return f'{since}: the publisher is there, but stopped sending'


def _calibration(status: NodeStatus, summary: Summary) -> str:
    is_metric = (status.model is not None and status.model.kind is DepthKind.METRIC
                 or status.scale_source != 'none')
    unknown = 'angles, points and scans' if is_metric else 'angles'
    if not status.calibrated:
        return f'none: {unknown} are unknown'
    if summary.last is not None and summary.last.camera is None:
        return f'not used for the last frame: its {unknown} are unknown'
    return 'calibrated'


def diagnostic_message(cameras: Iterable[tuple[NodeStatus, Summary]],
                       stamp: Time) -> DiagnosticArray:
    """Return the whole message: one status per camera, each judged for itself."""
    return DiagnosticArray(header=Header(stamp=stamp), status=[
        _entry(status, summary) for status, summary in cameras])


def _entry(status: NodeStatus, summary: Summary) -> DiagnosticStatus:
    level, text = judge(status, summary)
    values = {'state': status.state, 'enabled': status.enabled}
    if status.source is not None:
        values |= {'input topic': status.source.topic,
                   'input publishers': status.source.publishers,
                   'time since last image (s)': summary.silence,
                   'camera_info': _calibration(status, summary)}
        values |= {topic: problem or 'used' for topic, problem in status.sensors.items()}
    if status.model is not None:
        values |= _counts(summary) | _times(summary)
        values |= _model_values(status.model, status.input_size)
        values['scale source'] = _scale_source(status.model, status.scale_source)
    if summary.last is not None:
        values |= _frame_values(summary.last)
        if summary.last.scaling is not None:
            values |= _scale_values(summary.last.scaling)
    return DiagnosticStatus(
        level=level, name=f'{status.name.lstrip("/")}: {status.camera or "pipeline"}',
        message=text,
        hardware_id=status.model.device if status.model else '',
        values=[KeyValue(key=key, value=_text(value)) for key, value in values.items()])


def _counts(summary: Summary) -> dict[str, Any]:
    return {
        'images received': summary.received, 'lost on the way': summary.lost,
        'frames processed': summary.processed, 'frames not fit': summary.unfit,
        'stamp went back': summary.rewinds, 'scene cuts': summary.cuts,
        'input rate (Hz)': summary.rate_in, 'output rate (Hz)': summary.rate_out,
    } | {f'dropped: {cause.value}': count for cause, count in summary.dropped.items()}


def _times(summary: Summary) -> dict[str, Any]:
    times = {'pipeline': summary.pipeline, 'processing': summary.processing,
             'age of result': summary.age}
    values: dict[str, Any] = {}
    for name, (median, high) in times.items():
        values |= {f'{name} p50 (ms)': _milliseconds(median),
                   f'{name} p95 (ms)': _milliseconds(high)}
    return values


def _milliseconds(seconds: float) -> float | str:
    return OTHER_CLOCK if abs(seconds) > OLDEST else seconds * 1e3


def _model_values(model: EstimatorInfo, input_size: int) -> dict[str, Any]:
    return {
        'model': model.name, 'backend': model.backend, 'device': model.device,
        'precision': model.precision, 'depth kind': model.kind.value,
        'weights sha256': model.digest or 'none', 'model.input_size (px)': input_size,
    }


def _scale_source(model: EstimatorInfo, source: str) -> str:
    metric = model.kind is DepthKind.METRIC
    if source == 'none':
        if model.name == DEPTH_IN:
            return 'depth_in'
        return 'metric model' if metric else 'none: relative depth'
    return f'{source}, correcting a metric model' if metric else source


def _scale_values(scaling: Scaling) -> dict[str, Any]:
    return {'scale: scale': scaling.scale, 'scale: shift (1/m)': scaling.shift,
            'scale: anchors': scaling.anchors, 'scale: inlier share': scaling.inlier_share,
            'scale: error': scaling.error, 'scale: age (s)': scaling.age,
            'scale: problem': scaling.reason or 'none'}


def _frame_values(result: FrameResult) -> dict[str, Any]:
    stages = {f'{stage} (ms)': seconds * 1e3 for stage, seconds in result.timings.items()}
    thresholds = {f'thresholds: {name.replace("_", " ")}': value
                  for name, value in asdict(result.segmentation.thresholds).items()}
    alignment = result.alignment
    quality = {f'image: {name}': value for name, value in asdict(result.quality).items()
               if name != 'problem'}
    return {'regions': len(result.regions)} | quality | stages | thresholds | {
        'alignment: scale': alignment.scale, 'alignment: shift': alignment.shift,
        'alignment: inlier share': alignment.inlier_share}


def _text(value: Any) -> str:
    if isinstance(value, float):
        return 'none' if math.isnan(value) else f'{value:.6g}'
    return str(value)
