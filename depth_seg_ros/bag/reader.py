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
"""Images and camera out of a rosbag2, sqlite3 or mcap."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depth_seg_ros.bag.opening import BagError, open_bag
from depth_seg_ros.calibration import camera_model
from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.images import (
    decode_compressed, decode_image, DEFAULT_MAX_MEGAPIXELS, ImageDecodeError)
import numpy as np
from numpy.typing import NDArray
from rosbags.highlevel.anyreader import AnyReaderError

__all__ = ['BagFrame', 'BagMessage', 'BagReader', 'CAMERA_INFO', 'IMAGE_TYPES', 'full_name']

CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
IMAGE_TYPES = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')


@dataclass(frozen=True)
class BagMessage:
    """
    One message as recorded.

    Parameters
    ----------
    topic : str
    kind : str
        Its type: `sensor_msgs/msg/Image`.
    log_ns : int
        When it was recorded, in nanoseconds.
    data : bytes
        Serialized (CDR).

    """

    topic: str
    kind: str
    log_ns: int
    data: bytes


@dataclass(frozen=True, eq=False)
class BagFrame:
    """
    One image of the bag.

    Parameters
    ----------
    rgb : uint8 ndarray of shape (H, W, 3)
    stamp_ns, log_ns : int
        Times of the header and of the recording, in nanoseconds.
    frame_id : str
        Of the header.
    camera : CameraModel or None
        From the last camera_info recorded before the image, or the first of the bag.

    """

    rgb: NDArray[np.uint8]
    stamp_ns: int
    log_ns: int
    frame_id: str
    camera: CameraModel | None


class BagReader:
    """
    A rosbag2 with one image topic of interest, open while inside `with`.

    Parameters
    ----------
    path : Path
        The folder of the bag, or one .mcap or .db3 file.
    topic : str, optional
        Image topic; may be left out when the bag has only one with messages.
    sensors : collection of str
        Topics of other sensors; where `topic` is left out, images on them are not meant.

    Attributes
    ----------
    topic : str
        The image topic.
    topics : dict of str to (str, int)
        Type and number of messages of every topic.
    calibration : (CameraInfo, CameraModel) or None
        The last camera_info read, as rosbags decodes it, and its model.
    damage : str
        Empty, or what of the bag cannot be read, and why.
    camera_problem : str
        Empty, or why the camera_info of the bag is of no use.

    Raises
    ------
    BagError
        On entering, when there is no such bag, it cannot be read, or the image topic is not clear.

    """

    def __init__(self, path: Path, topic: str | None = None, sensors: Collection[str] = ()
                 ) -> None:
        self.path = path
        self.topic = full_name(topic) if topic else topic
        self._sensors = [full_name(name) for name in sensors]
        self.topics: dict[str, tuple[str, int]] = {}
        self.calibration: tuple[Any, CameraModel] | None = None
        self._first_calibration: tuple[Any, CameraModel] | None = None
        self.damage = ''
        self.camera_problem = ''

    def __enter__(self) -> BagReader:
        """Open the bag and find its image topic."""
        self._reader = open_bag(self.path)
        try:
            self.topics = {name: (info.msgtype or 'several types', info.msgcount)
                           for name, info in self._reader.topics.items()}
            self.topic = _image_topic(self, self._sensors)
            # So that images recorded before the first camera_info have a camera, too.
            next(self.messages((self.info_topic,)), None)
            self._first_calibration = self.calibration
        except BaseException:
            self._reader.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the bag."""
        self._reader.close()

    @property
    def frame_count(self) -> int:
        """Return the number of images on the topic."""
        return self.topics[self.topic or ''][1]

    @property
    def typestore(self) -> Any:
        """Return the rosbags type store with the types of this bag."""
        return self._reader.typestore

    @property
    def info_topic(self) -> str:
        """Return the topic of the camera_info that goes with the images."""
        # ROS convention: camera_info is the sibling of image_raw, and of image_raw/compressed.
        image = (self.topic or '').removesuffix('/compressed')
        return f'{image.rpartition("/")[0]}/camera_info'

    def messages(self, topics: tuple[str, ...] | None = None) -> Iterator[BagMessage]:
        """
        Yield the messages of some topics, or all, in the order they were recorded.

        Where the bag is damaged the messages end; `damage` then says so.

        """
        reader = self._reader
        self.calibration = self._first_calibration
        chosen = [item for item in reader.connections if topics is None or item.topic in topics]
        stored = reader.messages(chosen) if chosen else iter(())
        while True:
            try:
                connection, log_ns, data = next(stored)
            except StopIteration:
                return
            # rosbags passes on what sqlite, zstd, lz4 and struct raise on damaged data.
            except Exception as error:
                self.damage = f'{self.path}: damaged, the rest cannot be read ({error})'
                return
            message = BagMessage(connection.topic, connection.msgtype, log_ns, bytes(data))
            if message.topic == self.info_topic and message.kind == CAMERA_INFO:
                self._take_camera(message)
            yield message

    def decode(self, message: BagMessage) -> Any:
        """
        Return a message with its fields.

        Raises
        ------
        ImageDecodeError
            When its bytes do not fit its type.

        """
        try:
            return self._reader.deserialize(message.data, message.kind)
        except AnyReaderError as error:
            raise ImageDecodeError(f'{message.topic}: expected a {message.kind}, got '
                                   f'{len(message.data)} damaged bytes ({error})') from None

    def frame(self, message: BagMessage,
              max_megapixels: float = DEFAULT_MAX_MEGAPIXELS) -> BagFrame:
        """
        Return the image of a message of the image topic.

        Raises
        ------
        ImageError
            When it is damaged, too large, or of an encoding that is not known.

        """
        image = self.decode(message)
        if message.kind == IMAGE_TYPES[0]:
            rgb = decode_image(image.data, image.height, image.width, image.encoding, image.step,
                               bool(image.is_bigendian), max_megapixels)
        else:
            rgb = decode_compressed(image.data, image.format, max_megapixels)
        stamp = image.header.stamp
        camera = self.calibration[1] if self.calibration else None
        height, width = rgb.shape[:2]
        if camera is not None and not camera.fits(width, height):
            self.camera_problem = (
                f'{self.info_topic}: expected the view of a {width}x{height} image, got '
                f'{camera.width}x{camera.height}; angles stay unknown')
            camera = None
        return BagFrame(rgb, stamp.sec * 10**9 + stamp.nanosec, message.log_ns,
                        image.header.frame_id, camera)

    def frames(self) -> Iterator[BagFrame]:
        """
        Yield every image of the topic that can be used.

        Raises
        ------
        ImageError
            As `frame`, at the first that cannot.

        """
        for message in self.messages((self.topic or '', self.info_topic)):
            if message.topic == self.topic:
                yield self.frame(message)

    def _take_camera(self, message: BagMessage) -> None:
        try:
            info = self.decode(message)
            camera, problem = camera_model(info), 'not calibrated, angles stay unknown'
        except ValueError as error:
            camera, problem = None, str(error)
        self.calibration = None if camera is None else (info, camera)
        if camera is None:
            self.camera_problem = f'{message.topic}: {problem}'


def _image_topic(bag: BagReader, sensors: Collection[str]) -> str:
    images = {name: info for name, info in bag.topics.items() if info[0] in IMAGE_TYPES}
    if bag.topic:
        if bag.topic not in images:
            raise BagError(f'{bag.path}: no images on {bag.topic}; image topics: '
                           f'{", ".join(images) or "none"}')
        return bag.topic
    filled = [name for name, (_, count) in images.items() if count]
    filled = [name for name in filled if name not in sensors] or filled
    if len(filled) == 1:
        return filled[0]
    if not filled:
        found = ', '.join(f'{name} ({kind})' for name, (kind, _) in bag.topics.items())
        raise BagError(f'{bag.path}: no images in it; expected a topic of '
                       f'{" or ".join(IMAGE_TYPES)}, found {found or "no topics"}')
    raise BagError(f'{bag.path}: several image topics; choose with --topic (the player '
                   f'with topic): {", ".join(filled)}')


def full_name(topic: str) -> str:
    """Return the name of a topic in a bag, for a user who left out the first slash."""
    return topic if topic.startswith('/') else f'/{topic}'
