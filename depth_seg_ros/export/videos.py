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
"""Files per video: pictures to watch as a video, regions line by line, arrays per frame."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import cv2
from depth_seg_ros.export.frames import check_save, FrameFiles
from depth_seg_ros.export.records import frame_record
from depth_seg_ros.export.whole_files import json_bytes, part_path, writing
from depth_seg_ros.outputs import IMAGES
from depth_seg_ros.params import DrawingParams
from depth_seg_ros.pipeline import FrameResult

__all__ = ['VIDEO_SAVES', 'VideoFiles']

_WATCHED = {'overlay': 'overlay', 'color': 'depth_color'}
"""What is saved as a video, and the output that it is."""

VIDEO_SAVES = (*_WATCHED, 'regions', 'depth', 'gray', 'mask', 'labels', 'classes')
"""What can be saved of a video."""

_RENDER = {output.topic: output.render for output in IMAGES}


class VideoFiles:
    """
    Write the results of a video into a folder.

    A video NAME gives `NAME_overlay.mp4` and `NAME_color.mp4`, `NAME_regions.jsonl` (one record
    of `frame_record` per line), and the rest per frame, as `FrameFiles` writes it, in the folder
    NAME. When the block ends early, by an error or Ctrl-C, what is written is valid up to there.

    Parameters
    ----------
    folder : Path
        It exists.
    name : str
    fps : float
        Frames per second of the written videos.
    drawing : DrawingParams
    save : collection of str
        Some of `VIDEO_SAVES`.

    Raises
    ------
    ValueError
        When `save` names something else.

    """

    def __init__(self, folder: Path, name: str, fps: float, drawing: DrawingParams,
                 save: Collection[str] = ('overlay', 'regions')) -> None:
        check_save(save, VIDEO_SAVES)
        self._folder = folder
        self._name = name
        self._fps = fps
        self._drawing = drawing
        self._watched = [kind for kind in _WATCHED if kind in save]
        self._with_regions = 'regions' in save
        self._save = set(save) - set(_WATCHED) - {'regions'}
        self._writers: dict[str, cv2.VideoWriter] = {}
        self._regions: BinaryIO | None = None
        self._frames = FrameFiles(folder / name, drawing, self._save)

    @property
    def paths(self) -> list[Path]:
        """Return what is written: videos, regions, the folder of the frames."""
        files = [self._folder / f'{self._name}_{kind}.mp4' for kind in self._watched]
        if self._with_regions:
            files.append(self._folder / f'{self._name}_regions.jsonl')
        return files + ([self._folder / self._name] if self._save else [])

    def __enter__(self) -> VideoFiles:
        """Make the folder of the frames."""
        if self._save:
            with writing(self._folder / self._name):
                (self._folder / self._name).mkdir(exist_ok=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Close the files and give them their names."""
        for writer in self._writers.values():
            writer.release()
        if self._regions is not None:
            self._regions.close()
        for path in self.paths:
            if part_path(path).exists():
                part_path(path).replace(path)

    def write(self, name: str, result: FrameResult) -> None:
        """
        Write one frame; all frames have the size of the first.

        Parameters
        ----------
        name : str
            What the names of its own files begin with.
        result : FrameResult
            What is written.

        Raises
        ------
        OSError
            When a file cannot be written.

        """
        for kind in self._watched:
            height, width = result.image_shape
            if kind not in self._writers:
                self._writers[kind] = self._open(kind, width, height)
            self._writers[kind].write(_RENDER[_WATCHED[kind]](result, self._drawing))
        if self._with_regions:
            self._write_regions(self._folder / f'{self._name}_regions.jsonl', result)
        self._frames.write(name, result)

    def _write_regions(self, path: Path, result: FrameResult) -> None:
        with writing(path):
            if self._regions is None:
                self._regions = part_path(path).open('wb')
            self._regions.write(json_bytes(frame_record(result), indent=None))

    def _open(self, kind: str, width: int, height: int) -> cv2.VideoWriter:
        path = self._folder / f'{self._name}_{kind}.mp4'
        writer = cv2.VideoWriter(str(part_path(path)), cv2.VideoWriter_fourcc(*'mp4v'), self._fps,
                                 (width, height))
        if not writer.isOpened():
            raise OSError(f'{path}: OpenCV cannot write this video ({width}x{height} at '
                          f'{self._fps:g} frames per second)')
        return writer
