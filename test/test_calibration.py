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
"""What a CameraInfo says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from depth_seg_ros.calibration import camera_model, resized_matrices
from depth_seg_ros.geometry import CameraModel
import numpy as np
import pytest


def info(**changes: Any) -> SimpleNamespace:
    roi = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0)
    fields = {'width': 640, 'height': 480, 'roi': roi,
              'k': [500.0, 0, 320, 0, 510, 240, 0, 0, 1],
              'p': [400.0, 0, 310, 0, 0, 410, 230, 0, 0, 0, 1, 0]}
    return SimpleNamespace(**{**fields, **changes})


def test_the_projection_counts_where_it_is_set() -> None:
    assert camera_model(info()) == CameraModel(640, 480, 400, 410, 310, 230)


def test_k_counts_where_the_projection_is_empty() -> None:
    assert camera_model(info(p=[0.0] * 12)) == CameraModel(640, 480, 500, 510, 320, 240)


def test_an_uncalibrated_camera_has_no_model() -> None:
    assert camera_model(info(p=[0.0] * 12, k=[0.0] * 9)) is None


def test_the_model_is_of_the_region_of_interest() -> None:
    roi = SimpleNamespace(x_offset=100, y_offset=50, width=200, height=150)
    assert camera_model(info(roi=roi)) == CameraModel(200, 150, 400, 410, 210, 180)


def test_an_impossible_calibration_is_refused() -> None:
    with pytest.raises(ValueError, match='positive size, got 0x480'):
        camera_model(info(width=0))


def test_matrices_of_a_camera_without_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r'got 640x0; is the camera calibrated\?'):
        resized_matrices(info(height=0), 320, 240)


@pytest.mark.parametrize('roi', [(0, 0, 0, 0), (100, 50, 200, 150)])
def test_resized_matrices_are_those_of_the_scaled_model(roi: tuple[int, int, int, int]) -> None:
    left, top, width, height = roi
    given = info(roi=SimpleNamespace(x_offset=left, y_offset=top, width=width, height=height))
    k, p = resized_matrices(given, 123, 77)
    model = camera_model(given)
    assert model is not None
    scaled = model.scaled(123, 77)
    assert (p[0], p[5], p[2], p[6]) == pytest.approx(
        (scaled.fx, scaled.fy, scaled.cx, scaled.cy))
    from_k = camera_model(info(roi=given.roi, p=[0.0] * 12))
    assert from_k is not None
    scaled = from_k.scaled(123, 77)
    assert (k[0], k[4], k[2], k[5]) == pytest.approx(
        (scaled.fx, scaled.fy, scaled.cx, scaled.cy))
    np.testing.assert_array_equal((k[6:], p[8:11]), ([0, 0, 1], [0, 0, 1]))


def test_matrices_stay_at_the_same_size() -> None:
    k, p = resized_matrices(info(), 640, 480)
    np.testing.assert_allclose(k, info().k)
    np.testing.assert_allclose(p, info().p)
