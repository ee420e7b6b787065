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
"""Files per frame: arrays, pictures and regions."""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO
from pathlib import Path

import cv2
from depth_seg_ros.depth import DepthKind
from depth_seg_ros.drawing import explain, panel
from depth_seg_ros.export.records import frame_record, UNITS
from depth_seg_ros.export.whole_files import json_bytes, write_whole
from depth_seg_ros.outputs import IMAGES
from depth_seg_ros.params import DrawingParams, SegmentationParams
from depth_seg_ros.pipeline import FrameResult
import numpy as np
from numpy.typing import NDArray

__all__ = ['check_save', 'DEFAULT_SAVES', 'FrameFiles', 'SAVES']

_PICTURES = {'gray': 'depth_gray', 'color': 'depth_color', 'mask': 'mask', 'labels': 'labels',
             'classes': 'classes', 'overlay': 'overlay'}
"""What is saved as PNG, and the output that it is."""

_RENDER = {output.topic: output.render for output in IMAGES}

DEFAULT_SAVES = ('depth', *_PICTURES, 'panel', 'regions')
"""What is saved of a frame unless told otherwise."""

SAVES = (*DEFAULT_SAVES, 'explain')
"""What can be saved of a frame."""


def check_save(save: Collection[str], choices: Collection[str]) -> None:
    """
    Check the names of what is to be saved.

    Raises
    ------
    ValueError
        When one is not among the choices.

    """
    unknown = sorted(set(save) - set(choices))
    if unknown:
        raise ValueError(
            f'save: expected some of {", ".join(choices)}; got {", ".join(unknown)}')


class FrameFiles:
    """
    Write the results of frames into a folder.

    A frame NAME gives `NAME_inverse_depth.npy` (float32, no unit) or, from a metric model,
    `NAME_depth.npy` (float32, meters), both of the size of the image with NaN where unknown;
    `NAME_gray.png`, `NAME_color.png`, `NAME_mask.png`, `NAME_labels.png` (16 bit),
    `NAME_classes.png`, `NAME_overlay.png`, `NAME_panel.png`, `NAME_regions.json` and, only
    when asked for, `NAME_explain.png`. The same result gives the same bytes. A file is whole or
    not there.

    Parameters
    ----------
    folder : Path
        It exists.
    drawing : DrawingParams
    save : collection of str
        Some of `SAVES`.
    segmentation : SegmentationParams, optional
        What the frames were segmented with, for `explain`.

    Raises
    ------
    ValueError
        When `save` names something else.

    """

    def __init__(self, folder: Path, drawing: DrawingParams,
                 save: Collection[str] = DEFAULT_SAVES,
                 segmentation: SegmentationParams | None = None) -> None:
        check_save(save, SAVES)
        self._segmentation = segmentation or SegmentationParams()
        self._folder = folder
        self._drawing = drawing
        self._save = save

    def write(self, name: str, result: FrameResult) -> list[Path]:
        """
        Write the files of one frame.

        Parameters
        ----------
        name : str
            What their names begin with.
        result : FrameResult
            What is written.

        Returns
        -------
        list of Path
            The files, in the order of `SAVES`.

        Raises
        ------
        OSError
            When one cannot be written.
        ValueError
            For `explain`, when the result is not that of these parameters and its depth alone.

        """
        written = []
        for kind in SAVES:
            if kind in self._save:
                ending, content = self._file(kind, result)
                written.append(self._folder / f'{name}_{ending}')
                write_whole(written[-1], content)
        return written

    def _file(self, kind: str, result: FrameResult) -> tuple[str, bytes]:
        """Return how the name of a file ends, and what is in it."""
        if kind == 'depth':
            metric = result.depth.kind is DepthKind.METRIC
            array = _RENDER['depth/image' if metric else 'inverse_depth'](result, self._drawing)
            buffer = BytesIO()
            np.save(buffer, array, allow_pickle=False)
            return 'depth.npy' if metric else 'inverse_depth.npy', buffer.getvalue()
        if kind == 'regions':
            return 'regions.json', json_bytes({**frame_record(result), 'units': UNITS})
        png = cv2.imencode('.png', self._picture(kind, result))[1]
        return f'{kind}.png', png.tobytes()

    def _picture(self, kind: str, result: FrameResult) -> NDArray[np.generic]:
        if kind == 'explain':
            return explain(result, self._segmentation, self._drawing)
        render = panel if kind == 'panel' else _RENDER[_PICTURES[kind]]
        return render(result, self._drawing)
