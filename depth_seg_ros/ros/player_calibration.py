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
"""The calibration that the player publishes for sources that have none."""

from __future__ import annotations

from pathlib import Path

from depth_seg_ros.sources import SourceError
from sensor_msgs.msg import CameraInfo
import yaml

__all__ = ['read_calibration']


def read_calibration(path: Path) -> CameraInfo:
    """
    Read the YAML of camera_calibration and camera_info_manager.

    Raises
    ------
    SourceError
        When the file is missing or not a calibration.

    """
    try:
        fields = yaml.safe_load(path.read_text(encoding='utf-8'))
        if min(fields['image_width'], fields['image_height']) < 1:
            raise ValueError('an image without pixels')
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
