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
"""Frames from image files and folders of them."""

from __future__ import annotations

import cv2
from depth_seg_ros.geometry import CameraModel
from depth_seg_ros.sources import Frame, open_images, read_image, SourceError
import numpy as np
import pytest

CAMERA = CameraModel(8, 6, 10, 10, 4, 3)
RED = np.full((6, 8, 3), (0, 0, 200), np.uint8)  # as OpenCV writes it


@pytest.fixture
def folder(tmp_path):
    """Return a folder of four gray images whose names sort naturally, and some other files."""
    names = ('img10.png', 'img2.PNG', 'img1.jpg', 'IMG2b.webp')
    for level, name in enumerate(names):
        cv2.imwrite(str(tmp_path / name), np.full((6, 8, 3), 60 * level, np.uint8))
    (tmp_path / 'notes.txt').write_text('not an image')
    (tmp_path / '._img1.jpg').write_text('left by another system')
    (tmp_path / 'folder.png').mkdir()
    return tmp_path


def test_a_folder_gives_its_images_in_natural_order(folder):
    images = open_images(folder)
    assert [path.name for path in images.paths] == [
        'img1.jpg', 'img2.PNG', 'IMG2b.webp', 'img10.png']
    frames = list(images)
    assert [frame.name for frame in frames] == ['img1', 'img2', 'IMG2b', 'img10']
    for frame, level in zip(frames, (120, 60, 180, 0)):
        assert frame.rgb.shape == (6, 8, 3)
        np.testing.assert_allclose(frame.rgb.astype(int), level, atol=3)
    assert len(images) == images.frame_count == 4
    assert [frame.name for frame in images] == [frame.name for frame in frames]


def test_paths_keep_their_order_and_folders_stand_in_their_place(folder):
    images = open_images([str(folder / 'img10.png'), folder, folder / 'img1.jpg'])
    assert [path.name for path in images.paths] == [
        'img10.png', 'img1.jpg', 'img2.PNG', 'IMG2b.webp', 'img10.png', 'img1.jpg']


def test_names_are_unique_where_stems_are_not(tmp_path):
    names = ('a/img.png', 'a/img_2.png', 'b/img.png', 'b/img.jpg')
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), RED)
    images = open_images(tmp_path / name for name in names)
    assert [frame.name for frame in images] == ['img', 'img_2', 'img_3', 'img_4']


def test_images_are_rgb_stamped_at_the_rate_and_carry_the_camera(tmp_path):
    for index in range(3):
        cv2.imwrite(str(tmp_path / f'{index}.png'), RED)
    frames = list(open_images(tmp_path, rate_hz=4, camera=CAMERA))
    assert [frame.stamp_ns for frame in frames] == [0, 250_000_000, 500_000_000]
    assert all(frame.camera is CAMERA for frame in frames)
    assert frames[0].rgb[0, 0].tolist() == [200, 0, 0]
    assert open_images(tmp_path)[1].stamp_ns == 100_000_000
    assert open_images(tmp_path)[1].camera is None


def test_images_can_be_indexed(folder):
    images = open_images(folder)
    assert images[-1].name == 'img10'
    assert images[-1].stamp_ns == images[3].stamp_ns == 300_000_000
    with pytest.raises(IndexError):
        images[4]


@pytest.mark.parametrize('rate', [0, -1, float('nan'), float('inf')])
def test_a_rate_must_be_positive_and_finite(folder, rate):
    with pytest.raises(ValueError, match=f'rate_hz: expected a positive .*got {rate}'):
        open_images(folder, rate_hz=rate)


def test_what_is_not_there_is_refused_when_opened(tmp_path):
    with pytest.raises(SourceError, match='gone.png: expected an image file or a folder, got'):
        open_images([tmp_path / 'gone.png'])
    with pytest.raises(SourceError, match='images: expected at least one file or folder, got no'):
        open_images([])
    (tmp_path / 'notes.txt').write_text('x')
    with pytest.raises(SourceError, match=rf'{tmp_path}: expected a folder with images \(.bmp, '):
        open_images(tmp_path)


@pytest.mark.parametrize(('content', 'message'), [
    (b'this is text', 'expected one of jpeg, png.*got 12 bytes without its header'),
    (b'', 'got 0 bytes without its header'),
    (cv2.imencode('.jpg', RED)[1].tobytes()[:-9], 'expected a JPEG with its end marker')])
def test_a_file_that_is_no_picture_is_named(tmp_path, content, message):
    path = tmp_path / 'photo.jpg'
    path.write_bytes(content)
    images = open_images(path)
    with pytest.raises(SourceError, match=f'^{path}: .*{message}'):
        next(iter(images))


def test_a_file_that_vanished_or_is_a_folder_is_named(tmp_path):
    with pytest.raises(SourceError, match='gone.png: expected a readable image file, got No such'):
        read_image(tmp_path / 'gone.png')
    with pytest.raises(SourceError, match='got Is a directory; check the path and its rights'):
        read_image(tmp_path)


def test_the_files_behind_a_broken_one_can_still_be_read(folder):
    (folder / 'img2.PNG').write_text('broken')
    images = open_images(folder)
    with pytest.raises(SourceError, match='img2.PNG'):
        list(images)
    assert images[2].name == 'IMG2b'


def test_a_large_image_is_named_and_refused(folder):
    images = open_images(folder, max_megapixels=47e-6)
    with pytest.raises(SourceError, match='img1.jpg: .*at most 4.7e-05 megapixels, got 8x6'):
        images[0]
    assert open_images(folder, max_megapixels=48e-6)[0].rgb.shape == (6, 8, 3)
    with pytest.raises(SourceError, match='img10.png: image size'):
        read_image(str(folder / 'img10.png'), max_megapixels=1e-6)


@pytest.mark.parametrize('image', [
    np.full((6, 8), 77, np.uint8), np.full((6, 8), 77 * 257, np.uint16),
    np.full((6, 8, 4), 77, np.uint8), np.full((6, 8, 3), 77 * 257, np.uint16)])
def test_gray_wide_and_transparent_files_become_rgb(tmp_path, image):
    cv2.imwrite(str(tmp_path / 'image.png'), image)
    rgb = read_image(tmp_path / 'image.png')
    assert rgb.dtype == np.uint8
    np.testing.assert_array_equal(rgb, np.full((6, 8, 3), 77))


def test_a_source_error_is_a_value_error():
    assert issubclass(SourceError, ValueError)


def test_a_frame_has_no_camera_unless_given():
    assert Frame(RED, 0, 'a').camera is None
