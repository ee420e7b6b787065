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
"""What happened to every image since the node became active. Pure: no ROS."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
import math
import threading
import time

from depth_seg_ros.pipeline import FrameResult
import numpy as np

__all__ = ['DropCause', 'FrameDropped', 'FrameStatistics', 'Summary', 'WINDOW']

WINDOW = 10.0
"""Seconds that rates and percentiles look back."""

_Samples = deque[tuple[float, ...]]
"""Time, how many images, and for results three times in seconds; none older than the window."""


class DropCause(Enum):
    """Why an image came in and no result went out; the value is what diagnostics show."""

    OVERWRITTEN = 'newer image came'
    UNWATCHED = 'nobody subscribes'
    DISABLED = 'disabled by ~/enable'
    TOO_OLD = 'too old'
    NO_DEPTH = 'no depth came with it'
    DEACTIVATED = 'node deactivated'
    UNSUPPORTED_ENCODING = 'unsupported encoding'
    BAD_IMAGE = 'bad image'
    MODEL_ERROR = 'model error'
    INTERNAL_ERROR = 'internal error'

    @property
    def is_error(self) -> bool:
        """Return True where somebody has to mend something."""
        return self in _ERRORS


_ERRORS = (DropCause.UNSUPPORTED_ENCODING, DropCause.BAD_IMAGE, DropCause.MODEL_ERROR,
           DropCause.INTERNAL_ERROR)


class FrameDropped(Exception):
    """
    An image that will not be processed.

    Parameters
    ----------
    cause : DropCause
    reason : str
        What was wrong and what to do; empty where the cause says it all.

    """

    def __init__(self, cause: DropCause, reason: str = '') -> None:
        super().__init__(reason or cause.value)
        self.cause = cause


@dataclass(frozen=True)
class Summary:
    """
    The state of the statistics at one moment.

    Parameters
    ----------
    received, lost, processed, unfit, rewinds, cuts : int
        Images since activation; `lost` were sent and never came in, `unfit` were processed and
        gave a result in which all is unknown, `rewinds` counts stamps that went back, `cuts`
        images that show another scene than the one before.
    dropped : dict of DropCause to int
        Every cause, in the order of the enumeration.
    rate_in, rate_lost, rate_out : float
        Images per second over the last seconds.
    pipeline, processing, age : tuple of float
        p50 and p95 in seconds: of the stages of the pipeline, from the start of the work to the
        last message sent, and from the stamp of the image to then. NaN before the first.
    silence : float
        Seconds since the last image came, or since activation.
    last_drop : DropCause or None
        Of the last drop; None once an image was processed after it.
    last_error : str
        Text of the last drop that is an error; empty once an image after it was processed, or
        left alone for another reason than that a newer one came.
    missing : str
        What of the last frame could not be published, why and what to do; else empty.
    last : FrameResult or None
        The last frame.

    """

    received: int = 0
    lost: int = 0
    processed: int = 0
    unfit: int = 0
    rewinds: int = 0
    cuts: int = 0
    dropped: dict[DropCause, int] = field(
        default_factory=lambda: dict.fromkeys(DropCause, 0))
    rate_in: float = 0.0
    rate_lost: float = 0.0
    rate_out: float = 0.0
    pipeline: tuple[float, float] = (math.nan, math.nan)
    processing: tuple[float, float] = (math.nan, math.nan)
    age: tuple[float, float] = (math.nan, math.nan)
    silence: float = 0.0
    last_drop: DropCause | None = None
    last_error: str = ''
    missing: str = ''
    last: FrameResult | None = None


class FrameStatistics:
    """
    Counts and times, from any thread.

    Parameters
    ----------
    clock : callable
        Monotonic time in seconds.

    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._start = self._last_input = clock()
        self._inputs: _Samples = deque()
        self._losses: _Samples = deque()
        self._outputs: _Samples = deque()
        self._received = self._lost = self._rewinds = 0
        self._processed = self._unfit = self._cuts = 0
        self._dropped: Counter[DropCause] = Counter()
        self._last_drop: DropCause | None = None
        self._last_error = self._missing = ''
        self._last: FrameResult | None = None

    def image_received(self) -> None:
        """Count an image that came in."""
        with self._lock:
            self._received += 1
            self._last_input = self._clock()
            _add(self._inputs, self._last_input, 1)

    def images_lost(self, count: int) -> None:
        """Count images that were sent and did not arrive."""
        with self._lock:
            self._lost += count
            _add(self._losses, self._clock(), count)

    def image_dropped(self, cause: DropCause, reason: str = '') -> None:
        """Count an image that will not be processed."""
        with self._lock:
            self._dropped[cause] += 1
            self._last_drop = cause
            if cause.is_error:
                self._last_error = reason or cause.value
            elif cause is not DropCause.OVERWRITTEN:  # which comes between images that are bad
                self._last_error = ''

    def stamp_went_back(self) -> None:
        """Count an image that is older than the one before it."""
        with self._lock:
            self._rewinds += 1

    def image_processed(self, result: FrameResult, processing: float, age: float,
                        missing: str = '') -> None:
        """Count a result that went out; times in seconds and `missing` as in `Summary`."""
        with self._lock:
            self._processed += 1
            self._unfit += not result.quality.is_fit
            self._cuts += result.alignment.cut
            _add(self._outputs, self._clock(), 1, sum(result.timings.values()), processing, age)
            self._last_drop, self._last_error = None, ''
            self._missing, self._last = missing, result

    def summary(self) -> Summary:
        """Return all of it as of now."""
        with self._lock:
            now = self._clock()
            for samples in (self._inputs, self._losses, self._outputs):
                _forget(samples, now)
            return Summary(
                received=self._received, lost=self._lost, processed=self._processed,
                unfit=self._unfit, rewinds=self._rewinds, cuts=self._cuts,
                dropped={cause: self._dropped[cause] for cause in DropCause},
                rate_in=self._rate(self._inputs, now),
                rate_lost=self._rate(self._losses, now),
                rate_out=self._rate(self._outputs, now),
                pipeline=_p50_p95([sample[2] for sample in self._outputs]),
                processing=_p50_p95([sample[3] for sample in self._outputs]),
                age=_p50_p95([sample[4] for sample in self._outputs]),
                silence=now - self._last_input, last_drop=self._last_drop,
                last_error=self._last_error, missing=self._missing, last=self._last)

    def _rate(self, samples: _Samples, now: float) -> float:
        passed = min(WINDOW, now - self._start)
        return sum(sample[1] for sample in samples) / passed if passed > 0 else 0.0


def _add(samples: _Samples, now: float, count: int, *seconds: float) -> None:
    _forget(samples, now)
    samples.append((now, count, *seconds))


def _forget(samples: _Samples, now: float) -> None:
    while samples and now - samples[0][0] > WINDOW:
        samples.popleft()


def _p50_p95(samples: list[float]) -> tuple[float, float]:
    if not samples:
        return math.nan, math.nan
    median, high = np.percentile(samples, (50, 95))
    return float(median), float(high)
