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
"""The network of a model as a module of PyTorch: what every backend starts from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
import re
from typing import Any
import warnings

from depth_seg_ros.backends.weights import ModelFiles
from depth_seg_ros.depth import ModelLoadError

__all__ = ['load_network', 'require_torch']

_NEVER_RUN = re.compile(r'neck\.fusion_stage\.layers\.0\.residual_layer1\.')
"""Weights of DPT that its published checkpoints leave out, because its first layer skips them."""


def require_torch(name: str) -> None:
    """
    Import PyTorch and transformers, which takes two seconds.

    Parameters
    ----------
    name : str
        Of the model, for the message.

    Raises
    ------
    ModelLoadError
        When one of them is not there.

    """
    # Threads of OpenMP that wait by spinning take the cores that other processes need, and a
    # robot has many: 2.5 s a frame instead of 0.12 s beside one busy process on two cores.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    try:
        import torch  # noqa: F401 (told apart from a broken model)
        import transformers  # noqa: F401
    except ImportError as error:
        raise ModelLoadError(f'{name}: needs PyTorch and transformers ({error}); run '
                             f'"pip install torch transformers".') from error


def load_network(found: ModelFiles) -> Any:
    """
    Return the network of a model, its weights in it, as a module of PyTorch.

    Parameters
    ----------
    found : ModelFiles
        From `find_model`.

    Raises
    ------
    ModelLoadError
        When PyTorch or transformers is not there, or cannot make that network of these files.

    """
    require_torch(found.name)
    import transformers
    _check_type(found)
    with _quiet():
        try:
            network, report = transformers.AutoModelForDepthEstimation.from_pretrained(
                found.folder, use_safetensors=True, trust_remote_code=False,
                local_files_only=True, output_loading_info=True)
        # Each network has its own code and raises what it likes on a config that does not fit.
        except Exception as error:
            raise ModelLoadError(f'{found.name}: transformers {transformers.__version__} cannot '
                                 f'load {found.folder}: {error}') from error
    _check_missing(found, network, set(report['missing_keys']))
    # Weights may lie in fp16 on disk; what runs it may lower the arithmetic, not the weights.
    return network.float().eval()


def _check_type(found: ModelFiles) -> None:
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES
    model_type = found.config.get('model_type')
    if model_type not in MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES:
        raise ModelLoadError(
            f'{found.name}: transformers {transformers.__version__} has no depth network of '
            f'type {model_type!r}; it has '
            f'{", ".join(sorted(MODEL_FOR_DEPTH_ESTIMATION_MAPPING_NAMES))}. A newer '
            f'transformers may have it.')


def _check_missing(found: ModelFiles, network: Any, absent: set[str]) -> None:
    missing = {name for name, _ in network.named_parameters()} & absent
    missing = {name for name in missing if not _NEVER_RUN.search(name)}
    if missing:
        raise ModelLoadError(
            f'{found.name}: {found.folder}: config.json and model.safetensors do not belong '
            f'together: {len(missing)} weights are missing (such as {min(missing)}). Copy both '
            f'from the same place.')


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
