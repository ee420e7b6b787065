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
What a stream of frames through a node was like, in the terms of NVIDIA's ros2_benchmark.

Latency, which is also the age of a result, is the time from sending an image to having its result
in hand. Jitter is that of ros2_benchmark: how much one interval between two results in a row
differs from the next, regardless of sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

__all__ = ['stream_metrics', 'StreamMetrics']


@dataclass(frozen=True)
class StreamMetrics:
    """
    Counts, frames per second, and times in milliseconds; NaN where there are too few results.

    Parameters
    ----------
    sent, received, missed : int
        Images sent, results that came, images without a result.
    rate_sent, rate : float
        Mean images and results per second: intervals over the time they took.
    first_latency : float
        From the first image sent to the first result, whichever image that is of.
    last_latency : float
        From the last image sent to the last result, whichever image that is of.
    mean_latency, p50_latency, p95_latency, p99_latency, max_latency : float
        Of the images that have a result.
    mean_jitter, max_jitter, std_jitter : float
        Of the intervals between results.

    """

    sent: int
    received: int
    missed: int
    rate_sent: float
    rate: float
    first_latency: float
    last_latency: float
    mean_latency: float
    p50_latency: float
    p95_latency: float
    p99_latency: float
    max_latency: float
    mean_jitter: float
    max_jitter: float
    std_jitter: float


def stream_metrics(sent: Mapping[int, float], received: Mapping[int, float]) -> StreamMetrics:
    """
    Return what a stream was like.

    Parameters
    ----------
    sent, received : mapping of int to float
        Seconds on one clock by key of the frame, in the order of time.

    Raises
    ------
    ValueError
        When a result belongs to no image that was sent.

    """
    unknown = sorted(set(received) - set(sent))
    if unknown:
        raise ValueError(f'received: expected keys of sent, got {unknown[0]}')
    starts = np.array(list(sent.values())) * 1e3
    ends = np.array(list(received.values())) * 1e3
    latencies = ends - np.array([sent[key] for key in received]) * 1e3
    jitter = np.abs(np.diff(ends, 2))
    some = len(ends) > 0
    p50, p95, p99, most = (_quantile(latencies, share) for share in (0.5, 0.95, 0.99, 1.0))
    return StreamMetrics(
        len(starts), len(ends), len(starts) - len(ends), _rate(starts), _rate(ends),
        float(ends[0] - starts[0]) if some else math.nan,
        float(ends[-1] - starts[-1]) if some else math.nan,
        float(latencies.mean()) if some else math.nan,
        p50, p95, p99, most,
        float(jitter.mean()) if len(jitter) else math.nan, _quantile(jitter, 1.0),
        float(jitter.std()) if len(jitter) else math.nan)


def _rate(times: NDArray[np.float64]) -> float:
    took = times[-1] - times[0] if len(times) > 1 else 0.0
    return float(1e3 * (len(times) - 1) / took) if took > 0 else math.nan


def _quantile(values: NDArray[np.float64], share: float) -> float:
    return float(np.quantile(values, share)) if len(values) else math.nan
