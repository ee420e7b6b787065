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
"""What `model.backend: auto` means: the fastest engine that is here and takes the network."""

from __future__ import annotations

import ctypes
from importlib.util import find_spec
import logging

from depth_seg_ros.backends.openvino_backend import OpenVinoEstimator
from depth_seg_ros.backends.openvino_engine import UnfitError
from depth_seg_ros.backends.torch_backend import TorchEstimator
from depth_seg_ros.depth import DepthEstimator
from depth_seg_ros.params import ModelParams

__all__ = ['load_fastest']

_log = logging.getLogger(__name__)


def load_fastest(params: ModelParams) -> DepthEstimator:
    """
    Load a model with PyTorch on CUDA, else with OpenVINO, else with PyTorch on the CPU.

    Where OpenVINO is here but cannot take the network, a warning says why PyTorch runs it.

    Raises
    ------
    ModelLoadError
        As `DepthEstimator.load`.

    """
    if params.precision == 'int8' or _takes_openvino(params):
        fast = OpenVinoEstimator(params)
        try:
            fast.load()
            return fast
        except UnfitError as error:
            if params.precision == 'int8':
                raise
            _log.warning('%s This time PyTorch runs it, more slowly.', error)
    plain = TorchEstimator(params)
    plain.load()
    return plain


def _takes_openvino(params: ModelParams) -> bool:
    if params.device.startswith('cuda') or params.precision == 'fp16' or params.compile:
        return False
    if params.device == 'auto' and _has_cuda():
        return False
    if find_spec('openvino') is None:
        _log.info('on a CPU, OpenVINO is several times faster than PyTorch: pip install openvino')
        return False
    return True


def _has_cuda() -> bool:
    """Return whether PyTorch finds a GPU; without a driver, do not even import it."""
    try:
        ctypes.CDLL('libcuda.so.1')
        import torch
    except (OSError, ImportError):
        return False
    return torch.cuda.is_available()
