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
"""Any depth network of transformers, run by PyTorch. The one file that imports either."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import logging
import os
import re
from typing import Any, TYPE_CHECKING
import warnings

from depth_seg_ros.backends.depth_meaning import Meaning, meaning_of
from depth_seg_ros.backends.preprocessing import Preprocessing, preprocessing_of
from depth_seg_ros.backends.weights import find_model, ModelFiles
from depth_seg_ros.depth import DepthMap, EstimationError, EstimatorInfo, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

__all__ = ['TorchEstimator']

_log = logging.getLogger(__name__)

_NEVER_RUN = re.compile(r'neck\.fusion_stage\.layers\.0\.residual_layer1\.')
"""Weights of DPT that its published checkpoints leave out, because its first layer skips them."""


class TorchEstimator:
    """
    A network behind AutoModelForDepthEstimation. Not for several threads at once.

    Parameters
    ----------
    params : ModelParams
        `threads` other than 0 sets PyTorch's number of threads for the whole process.

    """

    def __init__(self, params: ModelParams) -> None:
        self._params = params
        self._info: EstimatorInfo | None = None
        self._network: Any = None
        self._preprocess: Preprocessing
        self._meaning: Meaning
        self._device: torch.device
        self._dtype: torch.dtype

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
        # Threads of OpenMP that wait by spinning take the cores that other processes need, and a
        # robot has many: 2.5 s a frame instead of 0.12 s beside one busy process on two cores.
        os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
        try:
            import torch
            import transformers  # noqa: F401 (told apart from a broken model)
        except ImportError as error:
            raise ModelLoadError(f'{params.name}: needs PyTorch and transformers ({error}); run '
                                 f'"pip install torch transformers".') from error
        if params.threads:
            torch.set_num_threads(params.threads)
        self._device = _device(params.device)
        precision = _precision(params.precision, self._device)
        self._dtype = {'fp32': torch.float32, 'bf16': torch.bfloat16,
                       'fp16': torch.float16}[precision]
        self._start(_network(found))
        self._info = EstimatorInfo(params.name, 'torch', str(self._device), precision,
                                   self._meaning.kind, found.sha256)
        _log.info('%s: %s, torch on %s, %s, input %d x %d for 480 x 640, sha256 %s',
                  params.name, self._meaning.kind.value, self._device, precision,
                  *self._preprocess.grid(480, 640), found.sha256[:12])

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """
        Return depth on the network's own grid.

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
        if self._network is None:
            raise RuntimeError('nothing loaded; call load() first')
        try:
            return self._run(rgb)
        except RuntimeError as error:
            grid = ' x '.join(map(str, self._preprocess.grid(*rgb.shape[:2])))
            raise EstimationError(
                f'{self.info.name} failed on an image of {grid} (height x width): {error}. '
                f'If memory is short, lower model.input_size.') from error

    def close(self) -> None:
        """Free the network. A second call does nothing."""
        if self._network is None:
            return
        self._network = None
        if self._device.type == 'cuda':
            import torch
            torch.cuda.empty_cache()

    def _run(self, rgb: NDArray[np.uint8]) -> DepthMap:
        return self._postprocess(self._forward(self._preprocess(rgb)))

    def _forward(self, planes: NDArray[np.float32]) -> NDArray[np.float32]:
        import torch
        with torch.inference_mode(), torch.autocast(
                self._device.type, dtype=self._dtype, enabled=self._dtype != torch.float32):
            output = self._network(pixel_values=torch.from_numpy(planes).to(self._device))
        depth: NDArray[np.float32] = output.predicted_depth.float().cpu().numpy()
        return depth

    def _postprocess(self, predicted: NDArray[np.float32]) -> DepthMap:
        values = predicted.reshape(predicted.shape[-2:])
        limit = self._meaning.max_depth
        # DepthMap itself knows as invalid what is not finite, and meters that are not positive.
        return DepthMap(values, self._meaning.kind, None if limit is None else values <= limit)

    def _start(self, network: Any) -> None:
        """Move it to the device and run it once: fails now, not on a frame, and warms up."""
        try:
            # Weights may lie in fp16 on disk; autocast lowers the arithmetic, not the weights.
            self._network = network.float().to(self._device).eval()
            self._run(np.full((480, 640, 3), 127, np.uint8))
        # A network that does not fit this use can fail in any way its code allows.
        except Exception as error:
            self.close()
            raise ModelLoadError(f'{self._params.name}: it loads but does not run on '
                                 f'{self._device}: {error}. If memory is short, lower '
                                 f'model.input_size or take a smaller model.') from error


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
    if asked == 'fp16' and device.type == 'cpu':
        raise ModelLoadError('model.precision fp16 needs CUDA, and the device is cpu; set '
                             'model.precision to bf16, fp32 or auto.')
    if asked == 'bf16' and device.type == 'cuda' and not torch.cuda.is_bf16_supported():
        raise ModelLoadError(f'model.precision bf16 is not known to {device} '
                             f'({torch.cuda.get_device_name(device)}); set fp16, fp32 or auto.')
    return asked


def _network(found: ModelFiles) -> Any:
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES
    model_type = found.config.get('model_type')
    if model_type not in MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES:
        raise ModelLoadError(
            f'{found.name}: transformers {transformers.__version__} has no depth network of '
            f'type {model_type!r}; it has '
            f'{", ".join(sorted(MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES))}. A newer '
            f'transformers may have it.')
    with _quiet():
        try:
            network, report = transformers.AutoModelForDepthEstimation.from_pretrained(
                found.folder, use_safetensors=True, trust_remote_code=False,
                local_files_only=True, output_loading_info=True)
        # Each network has its own code and raises what it likes on a config that does not fit.
        except Exception as error:
            raise ModelLoadError(f'{found.name}: transformers {transformers.__version__} cannot '
                                 f'load {found.folder}: {error}') from error
    missing = {name for name, _ in network.named_parameters()} & set(report['missing_keys'])
    missing = {name for name in missing if not _NEVER_RUN.search(name)}
    if missing:
        raise ModelLoadError(
            f'{found.name}: {found.folder}: config.json and model.safetensors do not belong '
            f'together: {len(missing)} weights are missing (such as {min(missing)}). Copy both '
            f'from the same place.')
    return network


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from writing to the terminal; what matters is checked afterwards."""
    from transformers.utils import logging as chatter
    level, bars = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity_error()
    chatter.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            yield
    finally:
        chatter.set_verbosity(level)
        if bars:
            chatter.enable_progress_bar()
