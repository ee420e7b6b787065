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
"""The pinhole camera."""

from __future__ import annotations

import math

from depth_seg_ros.geometry import CameraModel
import pytest

CAMERA = CameraModel(width=640, height=480, fx=500.0, fy=400.0, cx=319.5, cy=239.5)


@pytest.mark.parametrize(('column', 'angle'), [
    (319.5, 0.0), (819.5, 45.0), (-180.5, -45.0), (319.5 + 500 * math.sqrt(3), 60.0)])
def test_bearing_is_positive_to_the_right(column: float, angle: float) -> None:
    assert CAMERA.bearing(column) == pytest.approx(math.radians(angle))


@pytest.mark.parametrize(('row', 'angle'), [(239.5, 0.0), (-160.5, 45.0), (639.5, -45.0)])
def test_elevation_is_positive_upward(row: float, angle: float) -> None:
    assert CAMERA.elevation(row) == pytest.approx(math.radians(angle))


@pytest.mark.parametrize('size', [(320, 240), (1280, 960), (123, 77), (1, 1)])
def test_the_same_point_has_the_same_direction_at_every_size(size: tuple[int, int]) -> None:
    scaled = CAMERA.scaled(*size)
    assert (scaled.width, scaled.height) == size
    for share in (0.0, 0.3, 1.0):
        # In shares of the size from the outer corner, half a pixel before the first center.
        assert scaled.bearing(share * size[0] - 0.5) == pytest.approx(
            CAMERA.bearing(share * 640 - 0.5))
        assert scaled.elevation(share * size[1] - 0.5) == pytest.approx(
            CAMERA.elevation(share * 480 - 0.5))


def test_halves_of_a_pixel_count_when_scaled() -> None:
    assert CAMERA.scaled(320, 240) == CameraModel(320, 240, 250.0, 200.0, 159.5, 119.5)
    assert CAMERA.scaled(640, 480) == CAMERA


@pytest.mark.parametrize('focal', [(0.6, 400.0), (500.0, 0.8), (1e-300, 1e-300)])
def test_focal_lengths_that_are_not_in_pixels_are_refused(focal: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r'^camera: expected focal lengths in pixels, 0\.025 of'):
        CameraModel(640, 480, *focal, 320.0, 240.0)


@pytest.mark.parametrize('size', [(640, 480), (320, 240), (213, 160), (13, 10), (648, 480)])
def test_an_image_of_the_same_shape_shows_the_same_view(size: tuple[int, int]) -> None:
    assert CAMERA.fits(*size)


@pytest.mark.parametrize('size', [(1280, 720), (480, 640), (720, 480), (640, 512)])
def test_an_image_of_another_shape_shows_another_view(size: tuple[int, int]) -> None:
    assert not CAMERA.fits(*size)


@pytest.mark.parametrize('size', [(0, 480), (640, 0), (-1, 480)])
def test_a_size_that_is_not_positive_is_refused(size: tuple[int, int]) -> None:
    message = f'^camera: expected a positive size, got {size[0]}x{size[1]}$'
    with pytest.raises(ValueError, match=message):
        CameraModel(*size, 500.0, 500.0, 320.0, 240.0)
    with pytest.raises(ValueError, match=message):
        CAMERA.scaled(*size)


@pytest.mark.parametrize('focal', [(0.0, 500.0), (500.0, -1.0), (math.nan, 500.0)])
def test_a_focal_length_that_is_not_positive_is_refused(focal: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=f'positive focal lengths, got fx={focal[0]}, '
                                         rf'fy={focal[1]}; is the camera calibrated\?'):
        CameraModel(640, 480, *focal, 320.0, 240.0)


@pytest.mark.parametrize('numbers', [
    (math.inf, 500.0, 320.0, 240.0), (500.0, 500.0, math.nan, 240.0),
    (500.0, 500.0, 320.0, -math.inf)])
def test_numbers_that_are_not_finite_are_refused(
        numbers: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match='camera: expected finite intrinsics, got CameraModel'):
        CameraModel(640, 480, *numbers)
