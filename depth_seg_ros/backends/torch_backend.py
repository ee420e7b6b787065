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

from typing import Any, TYPE_CHECKING

from depth_seg_ros.backends.network_estimator import NetworkEstimator
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
        self._network: Any = None
        self._device: torch.device
        self._dtype: torch.dtype

    def _choose(self, found: ModelFiles) -> tuple[str, str]:
        require_torch(self._params.name)
        import torch
        if self._params.threads:
            torch.set_num_threads(self._params.threads)
        self._device = _device(self._params.device)
        precision = _precision(self._params.precision, self._device)
        self._dtype = {'fp32': torch.float32, 'bf16': torch.bfloat16,
                       'fp16': torch.float16}[precision]
        return str(self._device), precision

    def _open(self, found: ModelFiles) -> None:
        self._network = load_network(found).to(self._device)

    def _forward(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        import torch
        with torch.inference_mode(), torch.autocast(
                self._device.type, dtype=self._dtype, enabled=self._dtype != torch.float32):
            output = self._network(pixel_values=torch.from_numpy(planes).to(self._device))
        depth: NDArray[np.float32] = output.predicted_depth.float().cpu().numpy()
        return depth

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
