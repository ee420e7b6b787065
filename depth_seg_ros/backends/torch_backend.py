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
"""Any depth network of transformers, run by PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from depth_seg_ros.backends.network_estimator import NetworkEstimator
from depth_seg_ros.backends.torch_compile import CompiledNetwork
from depth_seg_ros.backends.torch_network import TorchNetwork
from depth_seg_ros.backends.transformers_network import load_network, require_torch
from depth_seg_ros.backends.weights import ModelFiles
from depth_seg_ros.depth import ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

__all__ = ['TorchEstimator']


class TorchEstimator(NetworkEstimator):
    """
    A network run by PyTorch. Not for several threads at once.

    Parameters
    ----------
    params : ModelParams
        `threads` other than 0 sets PyTorch's number of threads for the whole process.

    """

    BACKEND = 'torch'

    def __init__(self, params: ModelParams) -> None:
        super().__init__(params)
        self._network: Callable[[NDArray[np.uint8]], NDArray[np.float32]] | None = None
        self._device: torch.device
        self._precision = ''

    def _choose(self, found: ModelFiles) -> tuple[str, str]:
        require_torch(self._params.name)
        import torch
        if self._params.threads:
            torch.set_num_threads(self._params.threads)
        self._device = _device(self._params.device)
        self._precision = _precision(self._params.precision, self._device)
        return str(self._device), self._precision

    def _open(self, found: ModelFiles) -> None:
        network = TorchNetwork(load_network(found), self._preprocess, self._device,
                               self._precision)
        self._network = self._compiled(network) if self._params.compile else network

    def _compiled(self, network: TorchNetwork) -> CompiledNetwork:
        # The mode with CUDA graphs, which are what makes it fast there.
        mode = 'reduce-overhead' if self._device.type == 'cuda' else 'default'
        return CompiledNetwork(self._params.name, network, mode, self._params.threads)

    def _forward(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert self._network is not None
        return self._network(pixels)

    def _release(self) -> None:
        self._network = None
        if self._device.type == 'cuda':
            import torch
            torch.cuda.empty_cache()


def _device(asked: str) -> torch.device:
    import torch
    there = ['cpu'] + [f'cuda:{index}' for index in range(torch.cuda.device_count())]
    if asked == 'auto':
        return torch.device(there[1] if len(there) > 1 else 'cpu')
    name = 'cuda:0' if asked == 'cuda' else asked
    if name not in there:
        raise ModelLoadError(f'model.device is {asked}, but PyTorch {torch.__version__} finds '
                             f'only {", ".join(there)}. Set model.device to one of them, or '
                             f'install a PyTorch and a driver that know this device.')
    return torch.device(name)


def _precision(asked: str, device: torch.device) -> str:
    import torch
    if asked == 'auto':
        return 'fp16' if device.type == 'cuda' else 'fp32'
    if asked == 'int8':
        raise ModelLoadError('model.precision int8 needs OpenVINO; set model.backend to openvino, '
                             'or model.precision to bf16, fp32 or auto.')
    if asked == 'fp16' and device.type == 'cpu':
        raise ModelLoadError('model.precision fp16 needs CUDA, and the device is cpu; set '
                             'model.precision to bf16, fp32 or auto.')
    if asked == 'bf16' and device.type == 'cuda' and not torch.cuda.is_bf16_supported():
        raise ModelLoadError(f'model.precision bf16 is not known to {device} '
                             f'({torch.cuda.get_device_name(device)}); set fp16, fp32 or auto.')
    return asked
