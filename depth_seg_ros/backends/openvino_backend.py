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
"""Any depth network of transformers, run by OpenVINO on the CPU."""

from __future__ import annotations

from collections import OrderedDict
import logging
from typing import Any

from depth_seg_ros.backends.network_estimator import NetworkEstimator
from depth_seg_ros.backends.openvino_engine import (
    bf16_error, compiled, has_bf16, MOST_BF16_ERROR, require_openvino)
from depth_seg_ros.backends.openvino_models import float_model, int8_grids, int8_model
from depth_seg_ros.backends.weights import ModelFiles
from depth_seg_ros.depth import EstimationError, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray

__all__ = ['OpenVinoEstimator']

_log = logging.getLogger(__name__)

_SIZES_KEPT = 4
"""Sizes of input that stay compiled: each takes the memory of the weights and half a second."""


class OpenVinoEstimator(NetworkEstimator):
    """
    A network run by OpenVINO. Not for several threads at once.

    PyTorch converts the network when an input size is seen for the first time on a machine;
    from then on the model comes from the disk, and PyTorch is not even imported.

    Parameters
    ----------
    params : ModelParams

    """

    BACKEND = 'openvino'

    def __init__(self, params: ModelParams) -> None:
        super().__init__(params)
        self._requests: OrderedDict[tuple[int, int], Any] = OrderedDict()
        self._is_int8 = params.precision == 'int8'
        self._arithmetic = 'f32'
        self._found: ModelFiles

    def _choose(self, found: ModelFiles) -> tuple[str, str]:
        name, asked = self._params.name, self._params.precision
        require_openvino(name)
        native = has_bf16()
        if self._params.device.startswith('cuda'):
            raise ModelLoadError(f'model.backend openvino runs on the CPU, but model.device is '
                                 f'{self._params.device}; set model.backend to torch, or '
                                 f'model.device to cpu.')
        if self._params.compile:
            raise ModelLoadError('model.compile is for PyTorch, and OpenVINO always compiles; set '
                                 'it to false, or model.backend to torch.')
        if asked == 'fp16':
            raise ModelLoadError('model.precision fp16 needs CUDA, and OpenVINO runs on the CPU; '
                                 'set model.precision to auto, or model.backend to torch.')
        if asked == 'bf16' and not native:
            raise ModelLoadError('model.precision is bf16, which this CPU does not have (AMX or '
                                 'AVX-512 BF16); set fp32, auto, or int8.')
        # In an int8 model, some layers are not quantized.
        self._arithmetic = 'bf16' if native and asked != 'fp32' else 'f32'
        if self._arithmetic == 'bf16' and not self._is_int8:
            self._check_bf16(found)
        precision = 'int8' if self._is_int8 else {'f32': 'fp32'}.get(self._arithmetic, 'bf16')
        return 'cpu', precision

    def _check_bf16(self, found: ModelFiles) -> None:
        """Take fp32 in place of an automatic bf16 that the network does not bear."""
        grid = self._preprocess.grid(*self._warm_up_size())
        model = float_model(found, grid)
        off, is_asked = bf16_error(model), self._params.precision == 'bf16'
        if not off <= MOST_BF16_ERROR:
            if not is_asked:
                self._arithmetic = 'f32'
            _log.warning('%s: bf16 is off by %.1f %% of the range of depth; %s', found.name,
                         100.0 * off, 'set model.precision to auto or fp32' if is_asked else
                         'so fp32 runs it, more slowly')
        self._requests[grid] = compiled(model, self._arithmetic, self._params.threads)

    def _open(self, found: ModelFiles) -> None:
        self._found = found
        if self._is_int8 and not self._int8_grids():
            raise ModelLoadError(self._no_int8())

    def _forward(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        request = self._request((pixels.shape[0], pixels.shape[1]))
        request.infer({0: self._preprocess.normalized(pixels)}, share_inputs=True)
        # The next frame overwrites what OpenVINO holds.
        return np.array(request.get_output_tensor().data, np.float32)

    def _release(self) -> None:
        self._requests.clear()

    def _warm_up_size(self) -> tuple[int, int]:
        return self._int8_grids()[0] if self._is_int8 else super()._warm_up_size()

    def _request(self, grid: tuple[int, int]) -> Any:
        if grid not in self._requests:
            if self._info is not None:
                _log.warning('%s: images of another aspect; the model is made ready for them, '
                             'which takes some seconds the first time', self._info.name)
            model = int8_model(self._found, grid) if self._is_int8 else float_model(
                self._found, grid)
            if model is None:
                raise EstimationError(self._no_int8(grid))
            self._requests[grid] = compiled(model, self._arithmetic, self._params.threads)
            if len(self._requests) > _SIZES_KEPT:
                self._requests.popitem(last=False)
        self._requests.move_to_end(grid)
        return self._requests[grid]

    def _int8_grids(self) -> list[tuple[int, int]]:
        """Return the sizes in the cache that some image would be brought to."""
        return [grid for grid in int8_grids(self._found) if self._preprocess.grid(*grid) == grid]

    def _no_int8(self, grid: tuple[int, int] | None = None) -> str:
        there = ', '.join(f'{height} x {width}' for height, width in int8_grids(self._found))
        wanted = f' at {grid[0]} x {grid[1]}' if grid else ''
        return (f'{self._params.name}: no int8 model{wanted} for model.input_size '
                f'{self._params.input_size} in the cache (there: {there or "none"}); run '
                f'"depth_seg models quantize {self._params.name} --images FOLDER" with images of '
                f'your camera, or set model.precision to auto.')
