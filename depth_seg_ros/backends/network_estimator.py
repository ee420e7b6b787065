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
"""What every backend that runs a network does alike: find, check, estimate, report."""

from __future__ import annotations

from abc import ABC, abstractmethod
import logging

import cv2
from depth_seg_ros.backends.depth_meaning import Meaning, meaning_of
from depth_seg_ros.backends.preprocessing import Preprocessing, preprocessing_of
from depth_seg_ros.backends.weights import find_model, ModelFiles
from depth_seg_ros.depth import DepthKind, DepthMap, EstimationError, EstimatorInfo, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray

__all__ = ['NetworkEstimator']

_log = logging.getLogger(__name__)


class NetworkEstimator(ABC):
    """
    A network behind AutoModelForDepthEstimation. Not for several threads at once.

    Parameters
    ----------
    params : ModelParams

    """

    BACKEND: str
    """Value of `model.backend`."""

    def __init__(self, params: ModelParams) -> None:
        self._params = params
        self._info: EstimatorInfo | None = None
        self._is_open = False
        self._preprocess: Preprocessing
        self._meaning: Meaning

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
        Find the model, check it, load it, and run it once.

        Raises
        ------
        ModelLoadError
            When the model, the device or a dependency is not there, or the model does not run.

        """
        params = self._params
        found = find_model(params.name, params.revision)
        self._meaning = meaning_of(found.config, params.kind, params.name)
        self._preprocess = preprocessing_of(
            found.preprocessor, found.config, params.name, params.input_size)
        device, precision = self._choose(found)
        self._start(found, device)
        self._info = EstimatorInfo(params.name, self.BACKEND, device, precision,
                                   self._meaning.kind, found.sha256)
        _log.info('%s: %s, %s on %s, %s, input %d x %d for 480 x 640, sha256 %s',
                  params.name, self._meaning.kind.value, self.BACKEND, device, precision,
                  *self._preprocess.grid(480, 640), found.sha256[:12])

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """
        Return depth on the network's own grid; a square one is brought to the image's aspect.

        Parameters
        ----------
        rgb : uint8 ndarray of shape (H, W, 3)
            Of any size; one of extreme aspect is squeezed to `MAX_ASPECT`.

        Raises
        ------
        EstimationError
            When the network fails on this image, for want of memory for instance.
        RuntimeError
            Before `load` and after `close`.

        """
        if not self._is_open:
            raise RuntimeError('nothing loaded; call load() first')
        try:
            return self._run(rgb)
        except EstimationError:
            raise
        except RuntimeError as error:
            grid = ' x '.join(map(str, self._preprocess.grid(*rgb.shape[:2])))
            raise EstimationError(
                f'{self.info.name} failed on an image of {grid} (height x width): {error}. '
                f'If memory is short, lower model.input_size.') from error

    def close(self) -> None:
        """Free the network. A second call does nothing."""
        if self._is_open:
            self._is_open = False
            self._release()

    @abstractmethod
    def _choose(self, found: ModelFiles) -> tuple[str, str]:
        """Return device and precision, or raise ModelLoadError when they cannot be had."""

    @abstractmethod
    def _open(self, found: ModelFiles) -> None:
        """Make the network ready."""

    @abstractmethod
    def _forward(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return what the network makes of an image of its own size, of shape (h, w, 3)."""

    @abstractmethod
    def _release(self) -> None:
        """Free what `_open` took; it may have stopped halfway."""

    def _run(self, rgb: NDArray[np.uint8]) -> DepthMap:
        depth = self._postprocess(self._forward(self._preprocess.resized(rgb)))
        rows, columns = self._preprocess.unsqueezed(depth.shape, *rgb.shape[:2])
        if depth.shape == (rows, columns):
            return depth
        # NaN makes unknown what it is mixed with; meters are not mixed: nothing floats at edges.
        relative = depth.kind is DepthKind.RELATIVE_INVERSE
        known = np.where(depth.valid, depth.values, np.float32(np.nan))
        return DepthMap(cv2.resize(known, (columns, rows), interpolation=(
            cv2.INTER_LINEAR if relative else cv2.INTER_NEAREST)), depth.kind)

    def _postprocess(self, predicted: NDArray[np.float32]) -> DepthMap:
        values = predicted.reshape(predicted.shape[-2:])
        limit = self._meaning.max_depth
        # DepthMap itself knows as invalid what is not finite, and meters that are not positive.
        return DepthMap(values, self._meaning.kind, None if limit is None else values <= limit)

    def _warm_up_size(self) -> tuple[int, int]:
        """Return (height, width) of the image it is tried with."""
        return 480, 640

    def _start(self, found: ModelFiles, device: str) -> None:
        """Open it and run it once: fails now, not on a frame, and warms up."""
        self._is_open = True
        try:
            self._open(found)
            depth = self._run(np.full((*self._warm_up_size(), 3), 127, np.uint8))
            if not np.isfinite(depth.values).any():
                raise ModelLoadError(f'{self._params.name}: it puts out no number at all on '
                                     f'{device}. Set model.precision to fp32, where no number '
                                     f'is too large.')
        except ModelLoadError:
            self.close()
            raise
        # A network that does not fit this use can fail in any way its code allows.
        except Exception as error:
            self.close()
            raise ModelLoadError(f'{self._params.name}: it loads but does not run on '
                                 f'{device}: {error}. If memory is short, lower '
                                 f'model.input_size or take a smaller model.') from error
