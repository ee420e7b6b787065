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
"""What a stream was like: drawn by hand, every number known."""

from __future__ import annotations

import math

from depth_seg_ros.bench.stream_metrics import stream_metrics
import pytest

NAN = math.nan


def test_counts_rates_and_latencies_of_a_stream_drawn_by_hand() -> None:
    sent = {number: 0.1 * number for number in range(5)}  # 10 a second for 0.4 s
    found = stream_metrics(sent, {0: 0.15, 2: 0.35, 4: 0.65})
    assert (found.sent, found.received, found.missed) == (5, 3, 2)
    assert found.rate_sent == pytest.approx(10.0)
    assert found.rate == pytest.approx(2 / 0.5)
    assert found.first_latency == pytest.approx(150.0)
    assert found.last_latency == pytest.approx(250.0)
    assert found.mean_latency == pytest.approx((150 + 150 + 250) / 3)
    assert found.p50_latency == pytest.approx(150.0)
    assert found.p95_latency == pytest.approx(150 + 0.9 * 100)
    assert found.p99_latency == pytest.approx(150 + 0.98 * 100)
    assert found.max_latency == pytest.approx(250.0)


def test_jitter_is_how_much_an_interval_differs_from_the_next() -> None:
    sent = dict.fromkeys(range(5), 0.0)
    found = stream_metrics(sent, {0: 0.1, 1: 0.2, 2: 0.4, 3: 0.5, 4: 0.6})
    # Intervals 100, 200, 100, 100 ms.
    assert found.mean_jitter == pytest.approx((100 + 100 + 0) / 3)
    assert found.max_jitter == pytest.approx(100.0)
    assert found.std_jitter == pytest.approx(math.sqrt(2 / 9) * 100)


def test_the_first_result_counts_from_the_first_image_though_it_answers_another() -> None:
    found = stream_metrics({1: 1.0, 2: 1.5, 3: 2.0}, {2: 1.6})
    assert found.first_latency == pytest.approx(600.0)
    assert found.last_latency == pytest.approx(-400.0)  # the last image has no result
    assert found.mean_latency == pytest.approx(100.0)


@pytest.mark.parametrize('received, unknown', [
    ({}, ('rate', 'first_latency', 'last_latency', 'mean_latency', 'p50_latency', 'p99_latency',
          'max_latency', 'mean_jitter', 'max_jitter', 'std_jitter')),
    ({0: 1.0}, ('rate', 'mean_jitter', 'std_jitter')),
    ({0: 1.0, 1: 2.0}, ('mean_jitter', 'max_jitter'))])
def test_what_too_few_results_do_not_tell_is_not_a_number(
        received: dict[int, float], unknown: tuple[str, ...]) -> None:
    found = stream_metrics({0: 0.0, 1: 1.0}, received)
    assert [name for name in unknown if not math.isnan(getattr(found, name))] == []
    assert found.missed == 2 - len(received)


def test_a_result_of_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match='received: expected keys of sent, got 7'):
        stream_metrics({1: 0.0}, {1: 0.1, 7: 0.2})
