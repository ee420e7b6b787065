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
"""Small bags for the tests, made with rosbags alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from depth_seg_ros.bag.writer import results_typestore
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import StoragePlugin, Writer

STORE = results_typestore()
IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
STRING = 'std_msgs/msg/String'
SECOND = 10**9


def new(kind: str, **fields: Any) -> Any:
    return STORE.types[kind](**fields)


def header(second: int, frame_id: str = 'cam') -> Any:
    stamp = new('builtin_interfaces/msg/Time', sec=second, nanosec=7)
    return new('std_msgs/msg/Header', stamp=stamp, frame_id=frame_id)


def picture(index: int) -> NDArray[np.uint8]:
    rgb = np.random.default_rng(index).integers(0, 9, (96, 128, 3), dtype=np.uint8)
    rgb[30:80, 20 + 4 * index:50 + 4 * index, 0] = 200
    return rgb


def image(index: int, **changes: Any) -> Any:
    fields = {'header': header(index), 'height': 96, 'width': 128, 'encoding': 'rgb8',
              'is_bigendian': 0, 'step': 384, 'data': picture(index).reshape(-1)}
    return new(IMAGE, **{**fields, **changes})


def camera_info(focal: float = 100.0) -> Any:
    roi = new('sensor_msgs/msg/RegionOfInterest', x_offset=0, y_offset=0, height=0, width=0,
              do_rectify=False)
    k = np.array([focal, 0, 64, 0, focal, 48, 0, 0, 1.0])
    p = np.array([focal, 0, 64, 0, 0, focal, 48, 0, 0, 0, 1.0, 0])
    return new(CAMERA_INFO, header=header(0), height=96, width=128,
               distortion_model='plumb_bob', d=np.zeros(5), k=k, r=np.eye(3).ravel(), p=p,
               binning_x=0, binning_y=0, roi=roi)


def write_bag(path: Path, messages: list[tuple[str, str, int, Any]],
              storage: StoragePlugin = StoragePlugin.MCAP) -> Path:
    """Write (topic, type, log time in ns, message or its bytes)."""
    with Writer(path, version=9, storage_plugin=storage) as writer:
        connections: dict[str, Any] = {}
        for topic, kind, log_ns, message in messages:
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=STORE)
            data = message if isinstance(message, bytes) else STORE.serialize_cdr(message, kind)
            writer.write(connections[topic], log_ns, data)
    return path


def images(topic: str = '/cam/image_raw', count: int = 3) -> list[tuple[str, str, int, Any]]:
    return [(topic, IMAGE, index * SECOND, image(index)) for index in range(count)]


def cut(bag: Path, share: float) -> Path:
    file = next(path for path in bag.iterdir() if path.suffix in ('.mcap', '.db3'))
    data = file.read_bytes()
    file.write_bytes(data[:int(len(data) * share)])
    return bag


def damage(bag: Path) -> Path:
    """Overwrite more than one message in the middle."""
    file = next(bag.glob('*.mcap'))
    with file.open('r+b') as stream:
        stream.seek(file.stat().st_size // 2)
        stream.write(b'\xff' * 100_000)
    return bag
