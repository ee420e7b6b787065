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

"""Write the frames of the demo drive as two rosbag2 in mcap storage: the camera, the truth."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_typestore, Stores

FRAME = 'camera_optical_frame'


class DriveWriter:
    """
    The bags of the demo drive.

    The camera: ``/camera/image_raw/compressed`` (JPEG) and ``/camera/camera_info``. The truth:
    ``/truth/depth/compressed`` (16-bit PNG, millimeters, half size) and
    ``/truth/instances/compressed`` (8-bit PNG, half size, 0 none).

    Parameters
    ----------
    path, truth_path : Path
        Folders of the bags; must not exist.
    size : tuple of int
        Rows and columns of the pictures.
    focal : float
        Focal length in pixels.
    quality : int
        JPEG quality, 0 to 100.

    """

    def __init__(self, path: Path, truth_path: Path, size: tuple[int, int], focal: float,
                 quality: int) -> None:
        self._store = get_typestore(Stores.ROS2_JAZZY)
        self._types = self._store.types
        self._size, self._focal, self._quality = size, focal, quality
        self._camera, self._truth = (
            Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP)
            for folder in (path, truth_path))
        self._open = ExitStack()

    def __enter__(self) -> DriveWriter:
        """Open the bags and declare their topics."""
        for bag in (self._camera, self._truth):
            self._open.enter_context(bag)
        image, info = 'sensor_msgs/msg/CompressedImage', 'sensor_msgs/msg/CameraInfo'
        self._topics = {
            name: (bag, bag.add_connection(name, kind, typestore=self._store))
            for bag, name, kind in (
                (self._camera, '/camera/image_raw/compressed', image),
                (self._camera, '/camera/camera_info', info),
                (self._truth, '/truth/depth/compressed', image),
                (self._truth, '/truth/instances/compressed', image))}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Close the bags."""
        self._open.__exit__(kind, error, trace)

    def _send(self, topic: str, stamp: int, message: object, kind: str) -> None:
        raw = self._store.serialize_cdr(message, kind)
        bag, connection = self._topics[topic]
        bag.write(connection, stamp, raw)

    def _header(self, stamp: int) -> object:
        time = self._types['builtin_interfaces/msg/Time'](stamp // 10 ** 9, stamp % 10 ** 9)
        return self._types['std_msgs/msg/Header'](time, FRAME)

    def _image(self, topic: str, stamp: int, style: str, data: np.ndarray) -> None:
        kind = 'sensor_msgs/msg/CompressedImage'
        self._send(topic, stamp, self._types[kind](self._header(stamp), style, data), kind)

    def _info(self, stamp: int) -> None:
        kind = 'sensor_msgs/msg/CameraInfo'
        rows, columns = self._size
        f, cx, cy = self._focal, (columns - 1) / 2, (rows - 1) / 2
        roi = self._types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
        message = self._types[kind](
            self._header(stamp), rows, columns, 'plumb_bob', np.zeros(5),
            np.array([f, 0, cx, 0, f, cy, 0, 0, 1]), np.eye(3).ravel(),
            np.array([f, 0, cx, 0, 0, f, cy, 0, 0, 0, 1, 0]), 0, 0, roi)
        self._send('/camera/camera_info', stamp, message, kind)

    def write(self, stamp: int, bgr: np.ndarray, depth_mm: np.ndarray,
              instances: np.ndarray) -> None:
        """
        Write one frame.

        Parameters
        ----------
        stamp : int
            Nanoseconds.
        bgr : ndarray of shape (H, W, 3), uint8
            The picture.
        depth_mm : ndarray of shape (H / 2, W / 2), uint16
            Depth in millimeters, 0 none.
        instances : ndarray of shape (H / 2, W / 2), uint8
            Free-standing things, 0 none.

        """
        jpeg = cv2.imencode('.jpg', bgr, (cv2.IMWRITE_JPEG_QUALITY, self._quality))[1]
        self._image('/camera/image_raw/compressed', stamp, 'rgb8; jpeg compressed bgr8',
                    jpeg.ravel())
        self._info(stamp)
        for topic, style, array in (
                ('/truth/depth/compressed', '16UC1; png compressed', depth_mm),
                ('/truth/instances/compressed', 'mono8; png compressed', instances)):
            png = cv2.imencode('.png', array, (cv2.IMWRITE_PNG_COMPRESSION, 9))[1]
            self._image(topic, stamp, style, png.ravel())
