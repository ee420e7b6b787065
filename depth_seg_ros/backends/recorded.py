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
"""Depth maps from files in place of a network: the n-th image gets the n-th map."""

from __future__ import annotations

import logging
import os
from pathlib import Path
import re

import cv2
from depth_seg_ros.depth import (
    DepthKind, DepthMap, EstimationError, EstimatorInfo, ModelLoadError)
from depth_seg_ros.params import ModelParams
from depth_seg_ros.sources import natural_key
import numpy as np
from numpy.typing import NDArray

__all__ = ['PREFIX', 'RecordedEstimator']

PREFIX = 'recorded:'
"""Of `model.name`; the folder follows."""

_log = logging.getLogger(__name__)

_KIND_BY_ENDING = {'_inverse_depth.npy': DepthKind.RELATIVE_INVERSE,
                   '_depth.npy': DepthKind.METRIC,
                   '.png': DepthKind.METRIC}
"""As `depth_seg image` names what it writes; 16-bit PNG hold millimeters (REP 118)."""

_OTHER_EXPORTS = re.compile(r'_(gray|color|mask|labels|classes|overlay|panel|explain)\.png$')
"""Pictures that `depth_seg image` writes beside the maps."""


class RecordedEstimator:
    """
    Depth maps of a folder, in natural order of their names, one per image.

    Either .npy files of floats with shape (H, W), or, where the folder has none, 16-bit PNG in
    millimeters with 0 for unknown. What the maps mean comes from their names: NAME_inverse_depth
    .npy is inverse depth without a unit, NAME_depth.npy meters. `model.kind` says it for .npy
    files of any other name. `load` starts again at the first one.

    Parameters
    ----------
    params : ModelParams
        Its `name` is `recorded:FOLDER`.

    """

    def __init__(self, params: ModelParams) -> None:
        self._params = params
        self._folder = Path(os.path.expanduser(params.name[len(PREFIX):]))
        self._paths: list[Path] = []
        self._next = 0
        self._info: EstimatorInfo | None = None

    @property
    def info(self) -> EstimatorInfo:
        """
        Return what was loaded.

        Raises
        ------
        RuntimeError
            Before `load`.

        """
        if self._info is None:
            raise RuntimeError('nothing loaded yet; call load() first')
        return self._info

    def load(self) -> None:
        """
        List the maps, decide what they mean, and try to read the first one.

        Raises
        ------
        ModelLoadError
            When there are none, their meaning cannot be told or is not the same for all, or the
            first one cannot be read.

        """
        if not self._folder.is_dir():
            raise ModelLoadError(f'{self._params.name}: no folder {self._folder}; give the one '
                                 f'with the depth maps as {PREFIX}FOLDER.')
        self._paths = _maps(self._folder)
        kind = self._kind()
        try:
            _read(self._paths[0])
        except EstimationError as error:
            raise ModelLoadError(str(error)) from error
        self._next = 0
        self._info = EstimatorInfo(self._params.name, 'recorded', 'cpu', 'fp32', kind,
                                   sees_image=False)
        _log.info('%s: %s, %d maps', self._params.name, kind.value, len(self._paths))

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """
        Return the next map, whatever the image shows.

        Parameters
        ----------
        rgb : uint8 ndarray of shape (H, W, 3)
            Not looked at.

        Raises
        ------
        EstimationError
            When the maps are used up, or this one cannot be read.
        RuntimeError
            Before `load` and after `close`.

        """
        if not self._paths:
            raise RuntimeError('nothing loaded; call load() first')
        if self._next == len(self._paths):
            raise EstimationError(
                f'{self._params.name}: all {len(self._paths)} maps are used up and there are '
                f'more images. Give as many maps as images, or load the model again to start '
                f'over.')
        path = self._paths[self._next]
        # A file that cannot be read keeps its place, so that the later ones meet their images.
        self._next += 1
        return DepthMap(_read(path), self.info.kind)

    def close(self) -> None:
        """Forget the list. A second call does nothing."""
        self._paths = []

    def _kind(self) -> DepthKind:
        asked = self._params.kind
        stated = {path: _stated_kind(path) for path in self._paths}
        examples = {kind: path.name for path, kind in reversed(stated.items())}
        if len(examples) > 1:
            named = ', '.join(f'{name} ({kind.value if kind else "not said"})'
                              for kind, name in examples.items())
            raise ModelLoadError(f'{self._params.name}: its maps differ in meaning: {named}. Put '
                                 f'each sort into a folder of its own.')
        kind, name = next(iter(examples.items()))
        if kind is None and asked == 'auto':
            raise ModelLoadError(
                f'{self._params.name}: the name {name} does not say what the map means. Set '
                f'model.kind, or name the files NAME_inverse_depth.npy (larger is nearer, no '
                f'unit) or NAME_depth.npy (meters).')
        if kind is not None and asked not in ('auto', kind.value):
            raise ModelLoadError(f'{self._params.name}: model.kind is {asked}, but {name} says '
                                 f'{kind.value}; set model.kind to auto.')
        return kind or DepthKind(asked)


def _maps(folder: Path) -> list[Path]:
    files = [path for path in folder.iterdir() if path.is_file()]
    maps = [path for path in files if path.suffix == '.npy'] or [
        path for path in files if path.suffix == '.png' and not _OTHER_EXPORTS.search(path.name)]
    if not maps:
        raise ModelLoadError(f'{PREFIX}{folder}: no depth maps in it; expected .npy files, or '
                             f'16-bit .png files in millimeters.')
    return sorted(maps, key=natural_key)


def _stated_kind(path: Path) -> DepthKind | None:
    return next((kind for ending, kind in _KIND_BY_ENDING.items()
                 if path.name.endswith(ending)), None)


def _read(path: Path) -> NDArray[np.float32]:
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED) if path.suffix == '.png' else _load(path)
    if path.suffix == '.png' and values is not None and values.dtype == np.uint16:
        values = values.astype(np.float32) / 1000
    if values is None or values.dtype.kind != 'f' or values.ndim != 2 or values.size == 0:
        got = 'nothing readable' if values is None else f'{values.dtype} {values.shape}'
        raise EstimationError(f'{path}: expected floats of shape (H, W) in a .npy file or 16-bit '
                              f'millimeters in a .png file, got {got}.')
    return values.astype(np.float32, copy=False)


def _load(path: Path) -> NDArray[np.generic] | None:
    try:
        array: NDArray[np.generic] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return array
