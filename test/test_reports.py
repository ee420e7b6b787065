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
"""What a command tells at its end."""

from __future__ import annotations

from collections import Counter

from depth_seg_ros.commands.reports import complain_once, Stopwatch
import pytest


@pytest.mark.parametrize(('seconds', 'shown'), [
    (2.6231, '2620 ms'), (12.0, '12000 ms'), (0.06534, '65.3 ms'), (0.00004, '0.04 ms')])
def test_milliseconds_have_three_digits_and_no_exponent(seconds: float, shown: str) -> None:
    watch = Stopwatch()
    watch.add({'depth': seconds, 'segmentation': 0.001})
    watch.add({'quality': 0.5})
    assert str(watch) == f'{shown} depth + 1 ms rest per frame'


def test_frames_that_no_network_saw_have_no_time_for_depth() -> None:
    watch = Stopwatch()
    watch.add({'quality': 0.001})
    assert str(watch) == 'no depth'


@pytest.mark.parametrize(('reasons', 'said'), [
    ({}, ''), ({'dark': 1}, 'depth_seg: a.mp4: 1 frame unknown: dark\n'),
    ({'dark': 1, 'blurred': 2}, 'depth_seg: a.mp4: 3 frames unknown, such as: blurred\n')])
def test_what_many_frames_have_is_said_once(
        reasons: dict[str, int], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    complain_once('a.mp4', 'unknown', Counter(reasons))
    assert capsys.readouterr().err == said
