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
"""Bags: what is read, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
from typing import Any

from bag_messages import (
    CAMERA_INFO, camera_info, COMPRESSED, cut, damage, header, IMAGE, image, images, new, picture,
    SECOND, STORE, STRING, write_bag)
import cv2
from depth_seg_ros.bag import BagError, BagReader
from depth_seg_ros.images import ImageError
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    def make_bag(messages: list[tuple[str, str, int, Any]], **options: Any) -> Path:
        return write_bag(tmp_path / 'in', messages, **options)
    return make_bag


# Reading


@pytest.mark.parametrize('storage', list(StoragePlugin))
def test_frames_of_both_storages_are_those_that_were_recorded(
        make: Callable[..., Path], storage: StoragePlugin) -> None:
    with BagReader(make(images(), storage=storage)) as bag:
        frames = list(bag.frames())
        assert (bag.topic, bag.frame_count, bag.damage) == ('/cam/image_raw', 3, '')
    for index, frame in enumerate(frames):
        np.testing.assert_array_equal(frame.rgb, picture(index))
        assert (frame.stamp_ns, frame.log_ns) == (index * SECOND + 7, index * SECOND)
        assert (frame.frame_id, frame.camera) == ('cam', None)


def test_a_single_file_is_read_without_its_folder(make: Callable[..., Path]) -> None:
    with BagReader(make(images()) / 'in.mcap') as bag:
        assert len(list(bag.frames())) == 3


def test_compressed_images_are_decoded(make: Callable[..., Path]) -> None:
    png = cv2.imencode('.png', picture(1)[..., ::-1])[1]
    message = new(COMPRESSED, header=header(5), format='bgr8; png compressed bgr8', data=png)
    with BagReader(make([('/cam/image/compressed', COMPRESSED, 9, message)])) as bag:
        frame = next(bag.frames())
    np.testing.assert_array_equal(frame.rgb, picture(1))
    assert frame.stamp_ns == 5 * SECOND + 7


@pytest.mark.parametrize('topic', ['/cam/image_raw', '/cam/image_raw/compressed'])
def test_the_camera_is_the_sibling_even_when_recorded_after_the_first_image(
        make: Callable[..., Path], topic: str) -> None:
    png = cv2.imencode('.png', picture(0))[1]
    message = (image(0) if topic.endswith('raw')
               else new(COMPRESSED, header=header(0), format='png', data=png))
    kind = IMAGE if topic.endswith('raw') else COMPRESSED
    path = make([(topic, kind, 0, message), ('/cam/camera_info', CAMERA_INFO, 1, camera_info()),
                 (topic, kind, 2, message),
                 ('/cam/camera_info', CAMERA_INFO, 3, camera_info(200.0)),
                 (topic, kind, 4, message)])
    with BagReader(path) as bag:
        for _ in range(2):  # The second time starts from the first camera again.
            assert [frame.camera.fx for frame in bag.frames() if frame.camera] == [100, 100, 200]


def test_another_camera_s_info_is_not_taken(make: Callable[..., Path]) -> None:
    other = ('/other/camera_info', CAMERA_INFO, 0, camera_info())
    with BagReader(make([*images(), other])) as bag:
        assert [frame.camera for frame in bag.frames()] == [None] * 3


def test_the_named_topic_is_taken_among_several(make: Callable[..., Path]) -> None:
    path = make([*images('/left/image'), *images('/right/image', 2)])
    with BagReader(path, 'right/image') as bag:
        assert len(list(bag.frames())) == 2


def test_an_image_topic_without_messages_is_no_choice(make: Callable[..., Path]) -> None:
    path = make(images())
    with Writer(path.parent / 'both', version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        writer.add_connection('/empty/image', IMAGE, typestore=STORE)
        used = writer.add_connection('/cam/image_raw', IMAGE, typestore=STORE)
        writer.write(used, 0, STORE.serialize_cdr(image(0), IMAGE))
    with BagReader(path.parent / 'both') as bag:
        assert bag.topic == '/cam/image_raw'


def test_reading_goes_on_after_a_frame_that_cannot_be_used(make: Callable[..., Path]) -> None:
    path = make([('/cam/image_raw', IMAGE, 0, image(0, step=5)), *images()])
    with BagReader(path) as bag:
        bad, good = list(bag.messages())[:2]
        with pytest.raises(ImageError, match='step'):
            bag.frame(bad)
        np.testing.assert_array_equal(bag.frame(good).rgb, picture(0))
        with pytest.raises(ImageError, match='megapixels'):
            bag.frame(good, max_megapixels=0.01)


def test_bytes_that_are_no_image_are_named_so(make: Callable[..., Path]) -> None:
    with BagReader(make([('/cam/image_raw', IMAGE, 0, b'\0\1\0\0junk')])) as bag:
        with pytest.raises(ImageError, match='/cam/image_raw: expected a .*Image, got 8 damaged'):
            next(bag.frames())


# What is refused


def refused(path: Path, message: str, topic: str | None = None) -> None:
    with pytest.raises(BagError, match=message):
        with BagReader(path, topic):
            pass


def test_a_missing_bag_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / 'none', 'none: no such file or folder')


def test_what_is_no_bag_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, 'not a bag; no metadata.yaml in it')
    (tmp_path / 'photo.png').write_bytes(b'png')
    refused(tmp_path / 'photo.png', 'not a bag; expected a folder')
    (tmp_path / 'text.mcap').write_text('hello')
    refused(tmp_path / 'text.mcap', 'cannot be read: .*magic')


def test_a_ros_1_bag_is_refused_with_the_command_that_converts_it(tmp_path: Path) -> None:
    (tmp_path / 'old.bag').write_bytes(b'#ROSBAG V2.0\n')
    refused(tmp_path / 'old.bag', 'rosbags-convert --src .*old.bag --dst .*old"')


def test_missing_metadata_names_reindex_and_the_file(make: Callable[..., Path]) -> None:
    path = make(images())
    (path / 'metadata.yaml').unlink()
    refused(path, 'ros2 bag reindex .*in.mcap')


def test_a_file_without_permission_is_refused(make: Callable[..., Path],
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(images())
    monkeypatch.setattr(os, 'access', lambda *_: False)
    refused(path, 'in.mcap: no permission')


def test_a_bag_without_images_lists_what_it_has(make: Callable[..., Path]) -> None:
    path = make([('/chat', STRING, 0, new(STRING, data='hi'))])
    refused(path, r'no images in it; .* found /chat \(std_msgs/msg/String\)')
    refused(path, 'no images on /chat; image topics: none', topic='/chat')


def test_several_cameras_are_listed(make: Callable[..., Path]) -> None:
    path = make([*images('/left/image'), *images('/right/image')])
    refused(path, r'choose with --topic \(the player with topic\): /left/image, /right/image')
    refused(path, 'no images on /up; image topics: /left/image, /right/image', topic='/up')


@pytest.mark.parametrize('storage', list(StoragePlugin))
@pytest.mark.parametrize('share', [0, 0.3, 0.99])
def test_a_truncated_bag_names_the_repair(make: Callable[..., Path], storage: StoragePlugin,
                                          share: float) -> None:
    path = cut(make(images(count=40), storage=storage), share)
    refused(path, 'cannot be read: .*mcap recover .*sqlite3 IN.db3 .recover')


def test_a_bag_damaged_in_the_middle_is_read_up_to_there(make: Callable[..., Path]) -> None:
    path = damage(make(images(count=60)))
    with BagReader(path) as bag:
        assert 10 < len(list(bag.frames())) < 60
        assert bag.damage.startswith(f'{path}: damaged, the rest cannot be read (')
