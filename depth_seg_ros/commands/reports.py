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
"""What a command tells while and after it runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
import statistics
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ['complain', 'complain_once', 'plural', 'progress_bar', 'Stopwatch']


def complain(text: str) -> None:
    """Print one line of trouble to stderr, past any progress bar."""
    from tqdm import tqdm
    tqdm.write(f'depth_seg: {text}', file=sys.stderr)


def complain_once(name: str, what: str, reasons: Counter[str]) -> None:
    """
    Print one line about all frames that something is wrong with; none where there are none.

    Parameters
    ----------
    name : str
        Where they come from.
    what : str
        What is wrong.
    reasons : Counter of str
        Frames by the reason. Reasons hold numbers: a line for each would be too many.

    """
    if reasons:
        such = ', such as' if len(reasons) > 1 else ''
        complain(f'{name}: {plural(reasons.total(), "frame")} {what}{such}: '
                 f'{reasons.most_common(1)[0][0]}')


def plural(count: int, noun: str) -> str:
    """Return `1 image`, `2 images`."""
    return f'{count} {noun}' + ('' if count == 1 else 's')


def progress_bar(total: int | None, unit: str, quiet: bool) -> tqdm[None]:
    """
    Return a bar on stderr; nothing shows when quiet or when stderr is no terminal.

    Parameters
    ----------
    total : int or None
        None where it is not known.
    unit : str
        What is counted.
    quiet : bool
        Show nothing.

    """
    from tqdm import tqdm
    # None is tqdm's own word for: only on a terminal.
    return tqdm(total=total, unit=unit, disable=True if quiet else None, file=sys.stderr,
                dynamic_ncols=True)


class Stopwatch:
    """Collect the timings of frames."""

    def __init__(self) -> None:
        self._depth: list[float] = []
        self._rest: list[float] = []

    def add(self, timings: dict[str, float]) -> None:
        """Add the seconds per stage of one frame."""
        if 'depth' in timings:  # no network runs on an image that is not fit
            self._depth.append(timings['depth'])
            self._rest.append(sum(timings.values()) - timings['depth'])

    def __str__(self) -> str:
        """Return the medians in words."""
        if not self._depth:
            return 'no depth'
        return f'{_milliseconds(self._depth)} depth + {_milliseconds(self._rest)} rest per frame'


def _milliseconds(seconds: Sequence[float]) -> str:
    # Three digits, and never an exponent.
    return f'{float(f"{statistics.median(seconds) * 1e3:.3g}"):g} ms'
