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
"""The camera_info that the player publishes for sources that have none."""

from __future__ import annotations

import math
from pathlib import Path

from depth_seg_ros.ros.conversions import camera_info_message
from depth_seg_ros.sources import SourceError
from sensor_msgs.msg import CameraInfo, Image
import yaml

__all__ = ['Calibration']


class Calibration:
    """
    What is known of the camera besides the images.

    Parameters
    ----------
    file : str
        YAML as camera_calibration writes it; empty for none.
    horizontal_fov : float
        Angle of view in radians; 0 for unknown. Square pixels and a centered axis are assumed.

    Raises
    ------
    SourceError
        When the file is missing or not a calibration, or both are given.

    """

    def __init__(self, file: str, horizontal_fov: float) -> None:
        if file and horizontal_fov:
            raise SourceError('camera_info and horizontal_fov: expected one of them, got both')
        self._fov = horizontal_fov
        self._info = _read(Path(file)) if file else None

    def info(self, image: Image) -> CameraInfo | None:
        """Return the message that goes with an image, at its size; None when nothing is known."""
        if self._info is not None:
            return camera_info_message(self._info, image.header, image.width, image.height)
        if not self._fov:
            return None
        focal = image.width / 2 / math.tan(self._fov / 2)
        # (0, 0) is the center of the first pixel.
        cx, cy = (image.width - 1) / 2, (image.height - 1) / 2
        return CameraInfo(
            header=image.header, height=image.height, width=image.width,
            distortion_model='plumb_bob', d=[0.0] * 5,
            k=[focal, 0.0, cx, 0.0, focal, cy, 0.0, 0.0, 1.0],
            r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            p=[focal, 0.0, cx, 0.0, 0.0, focal, cy, 0.0, 0.0, 0.0, 1.0, 0.0])


def _read(path: Path) -> CameraInfo:
    """Read the YAML of camera_calibration and camera_info_manager."""
    try:
        fields = yaml.safe_load(path.read_text(encoding='utf-8'))
        return CameraInfo(
            width=int(fields['image_width']), height=int(fields['image_height']),
            distortion_model=str(fields['distortion_model']),
            d=_numbers(fields, 'distortion_coefficients'), k=_numbers(fields, 'camera_matrix', 9),
            r=_numbers(fields, 'rectification_matrix', 9),
            p=_numbers(fields, 'projection_matrix', 12))
    except OSError as error:
        raise SourceError(f'camera_info: {path}: {error.strerror}') from error
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise SourceError(f'camera_info: {path}: expected a calibration as camera_calibration '
                          f'writes it, got {error!r}') from error


def _numbers(fields: dict[str, dict[str, list[float]]], name: str,
             count: int | None = None) -> list[float]:
    numbers = [float(number) for number in fields[name]['data']]
    if count is not None and len(numbers) != count:
        raise ValueError(f'{name} of {len(numbers)} numbers')
    return numbers
