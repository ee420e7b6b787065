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
"""What the player plays, as messages: a bag, a video, image files or a camera."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depth_seg_ros.images import ImageError
from depth_seg_ros.ros.conversions import image_message
from depth_seg_ros.sources import (
    Frame, IMAGE_SUFFIXES, ImageFiles, open_images, open_video, SourceError, Video)
from sensor_msgs.msg import CameraInfo, Image, RegionOfInterest
from std_msgs.msg import Header

__all__ = ['Item', 'open_source', 'PlayerSource', 'stamped']

BAG_SUFFIXES = ('.mcap', '.db3', '.bag')


@dataclass(frozen=True)
class Item:
    """
    One message to publish.

    Parameters
    ----------
    due_ns : int
        When, on a clock of the source's own, in nanoseconds.
    message : sensor_msgs/Image or sensor_msgs/CameraInfo

    """

    due_ns: int
    message: Image | CameraInfo


@dataclass(frozen=True)
class PlayerSource:
    """
    Something to play.

    Parameters
    ----------
    frame_count : int or None
        Images in it; None where nobody knows before the end.
    live : bool
        True for a camera: it sets the pace, and never starts again.
    has_stamps : bool
        True when the messages carry the time at which they were recorded; otherwise their stamps
        count from 0.
    items : callable
        Returns an iterator over the messages from the first on. Takes a function that is called
        with the text when an image is left out.

    """

    frame_count: int | None
    live: bool
    has_stamps: bool
    items: Callable[[Callable[[str], None]], Iterator[Item]]


def stamped(header: Header, stamp_ns: int) -> None:
    """Set the stamp of a header, in nanoseconds."""
    header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 10**9)


@contextmanager
def open_source(name: str, topic: str) -> Iterator[PlayerSource]:
    """
    Open whatever a name stands for.

    Parameters
    ----------
    name : str
        Folder of a bag or one of its files, folder of images or one, number of a camera, or a
        video file.
    topic : str
        Image topic of a bag that has several; else empty.

    Raises
    ------
    BagError, SourceError
        When it cannot be played.

    """
    path = Path(name)
    if not name:
        raise SourceError('source: expected a bag, a video, a folder of images, an image or the '
                          'number of a camera; got nothing')
    if not (path.exists() or name.isdecimal()):
        raise SourceError(f'{name}: no such file or folder')
    if path.suffix in BAG_SUFFIXES or any(path.glob('*.mcap')) or any(path.glob('*.db3')):
        # Bags need rosbags, which nothing else here does.
        from depth_seg_ros.bag import BagReader

        with BagReader(path, topic or None) as bag:
            yield PlayerSource(bag.frame_count, False, True, lambda skip: _bag_items(bag, skip))
    elif name.isdecimal():
        yield _pictures(open_video(int(name)), live=True)
    elif path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
        yield _pictures(open_images(path))
    else:
        yield _pictures(open_video(path))


def _bag_items(bag: Any, skip: Callable[[str], None]) -> Iterator[Item]:
    for message in bag.messages((bag.topic, bag.info_topic)):
        try:
            if message.kind == 'sensor_msgs/msg/CameraInfo':
                yield Item(message.log_ns, _camera_info(bag.decode(message)))
            elif message.kind == 'sensor_msgs/msg/Image':
                yield Item(message.log_ns, _image(bag.decode(message)))
            elif message.topic == bag.topic:
                frame = bag.frame(message)
                header = Header(frame_id=frame.frame_id)
                stamped(header, frame.stamp_ns)
                yield Item(message.log_ns, image_message(frame.rgb, 'rgb8', header))
        except ImageError as error:
            skip(str(error))
    if bag.damage:
        skip(bag.damage)


def _image(stored: Any) -> Image:
    message = Image(header=_header(stored.header), height=stored.height, width=stored.width,
                    encoding=stored.encoding, is_bigendian=stored.is_bigendian, step=stored.step)
    message.data.frombytes(stored.data)
    return message


def _camera_info(stored: Any) -> CameraInfo:
    return CameraInfo(
        header=_header(stored.header), height=stored.height, width=stored.width,
        distortion_model=stored.distortion_model, d=stored.d, k=stored.k, r=stored.r, p=stored.p,
        binning_x=stored.binning_x, binning_y=stored.binning_y, roi=RegionOfInterest(
            x_offset=stored.roi.x_offset, y_offset=stored.roi.y_offset, height=stored.roi.height,
            width=stored.roi.width, do_rectify=stored.roi.do_rectify))


def _header(stored: Any) -> Header:
    header = Header(frame_id=stored.frame_id)
    header.stamp.sec, header.stamp.nanosec = stored.stamp.sec, stored.stamp.nanosec
    return header


def _pictures(frames: ImageFiles | Video, live: bool = False) -> PlayerSource:
    def items(skip: Callable[[str], None]) -> Iterator[Item]:
        for frame in _frames(frames, skip):
            header = Header(frame_id='camera')
            stamped(header, frame.stamp_ns)
            yield Item(frame.stamp_ns, image_message(frame.rgb, 'rgb8', header))

    return PlayerSource(frames.frame_count, live, live, items)


def _frames(frames: ImageFiles | Video, skip: Callable[[str], None]) -> Iterator[Frame]:
    if isinstance(frames, Video):
        yield from frames
        return
    for index in range(len(frames)):
        try:
            yield frames[index]
        except SourceError as error:
            skip(str(error))
