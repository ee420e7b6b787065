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
What a sensor_msgs/CameraInfo says, without messages: for bags and the node.

`info` is any object with the fields of that message, whichever library made it.
"""

from __future__ import annotations

from typing import Any

from depth_seg_ros.geometry import CameraModel
import numpy as np
from numpy.typing import NDArray

__all__ = ['camera_model', 'resized_matrices']


def camera_model(info: Any) -> CameraModel | None:
    """
    Return the pinhole model of a camera; None when it is not calibrated.

    The projection P counts where it is set, as for `depth_image_proc`; it is that of the
    rectified image. Else K does. The model is of the region of interest where there is one.

    Raises
    ------
    ValueError
        When a size or focal length is impossible.

    """
    if info.p[0] > 0:
        fx, cx, fy, cy = info.p[0], info.p[2], info.p[5], info.p[6]
    elif info.k[0] > 0:
        fx, cx, fy, cy = info.k[0], info.k[2], info.k[4], info.k[5]
    else:
        return None
    left, top, width, height = _view(info)
    return CameraModel(width, height, float(fx), float(fy), float(cx - left), float(cy - top))


def resized_matrices(info: Any, width: int, height: int
                     ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Return K and P of the same view at another image size (REP 104).

    Parameters
    ----------
    info : object with the fields of sensor_msgs/CameraInfo
        As the driver published it, with its region of interest.
    width, height : int
        Size of the image in pixels.

    Returns
    -------
    k : float64 ndarray of shape (9,)
    p : float64 ndarray of shape (12,)

    Raises
    ------
    ValueError
        When `info` does not say the size of its view.

    """
    left, top, seen_width, seen_height = _view(info)
    sx, sy = width / seen_width, height / seen_height
    # (0, 0) is the center of the first pixel, hence the halves.
    shift_x, shift_y = (0.5 - left) * sx - 0.5, (0.5 - top) * sy - 0.5
    to_size = np.array([[sx, 0.0, shift_x], [0.0, sy, shift_y], [0.0, 0.0, 1.0]])
    return ((to_size @ np.reshape(info.k, (3, 3))).ravel(),
            (to_size @ np.reshape(info.p, (3, 4))).ravel())


def _view(info: Any) -> tuple[int, int, int, int]:
    """Return (left, top, width, height) of the seen part of the full image."""
    roi = info.roi
    if roi.width and roi.height:
        return int(roi.x_offset), int(roi.y_offset), int(roi.width), int(roi.height)
    if not (info.width and info.height):
        raise ValueError(f'camera_info: expected a positive size, got {info.width}x{info.height}; '
                         'is the camera calibrated?')
    return 0, 0, int(info.width), int(info.height)
