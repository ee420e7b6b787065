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
"""The engine OpenVINO: getting at it, what the CPU can, compiling and saving."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
import sys
from typing import Any

from depth_seg_ros.depth import ModelLoadError

__all__ = ['bf16_error', 'compiled', 'core', 'has_bf16', 'keep_bf16_error', 'MODEL',
           'MOST_BF16_ERROR', 'require_openvino', 'save', 'UnfitError']

MODEL = 'model.xml'
"""File of a graph; its weights lie beside it."""

MOST_BF16_ERROR = 0.01
"""
Mean difference of bf16 from fp32, in ranges of the depth, up to which bf16 is taken for the same.

0.0016 of `embedded`, 0.0012 of the graph of Depth Anything V2 Small, 0.05 of a tiny GLPN, all on a
smooth picture. On NYU v2 `embedded` has AbsRel 0.166 in both.
"""

_BF16_ERROR = ['depth_seg', 'bf16_error']
"""Where a model keeps it."""


class UnfitError(ModelLoadError):
    """The engine is not there, or cannot take this network; another engine may."""


def require_openvino(name: str) -> Any:
    """
    Return the module `openvino`; importing it takes 0.2 s.

    Parameters
    ----------
    name : str
        Of the model, for the message.

    Raises
    ------
    UnfitError
        When it is not there.

    """
    # Importing openvino reports the use to its makers over the network unless this package of it
    # is missing. A robot does not call home; whoever imported it before has chosen otherwise.
    sys.modules.setdefault('openvino_telemetry', None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise UnfitError(f'{name}: needs OpenVINO ({error}); run "pip install openvino", or set '
                         f'model.backend to torch.') from error
    return openvino


@lru_cache(maxsize=1)
def core() -> Any:
    """
    Return the one `openvino.Core` of this process, never freed.

    On a CPU with AMX, every Core gives the thread that makes it a stack for signals, and puts the
    former one back when it goes. Of two that do not end in the reverse order, the last puts back
    a stack that is unmapped, and the next signal (Ctrl-C) is a segmentation fault.
    """
    return require_openvino('model').Core()


def has_bf16() -> bool:
    """Return whether the CPU computes in bf16 (AMX or AVX-512 BF16)."""
    return 'BF16' in core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES')


def compiled(model: Any, precision: str, threads: int) -> Any:
    """
    Return a request that runs the model.

    Parameters
    ----------
    model : openvino.Model
        For one size of input.
    precision : str
        `f32` or `bf16`: what is not quantized is computed in it. The last layers put out fp32
        either way, so depth has no steps (PyTorch in bf16: a thousand different values).
    threads : int
        0 leaves the choice to OpenVINO: one per physical core.

    """
    properties = {'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': precision}
    if threads:
        properties['INFERENCE_NUM_THREADS'] = str(threads)
    return core().compile_model(model, 'CPU', properties).create_infer_request()


def keep_bf16_error(model: Any, error: float) -> None:
    """Write into a model by how much bf16 changes what it puts out, in ranges of that."""
    model.set_rt_info(str(error), _BF16_ERROR)


def bf16_error(model: Any) -> float:
    """Return what `keep_bf16_error` wrote; NaN where it was converted without bf16."""
    return float(model.get_rt_info(_BF16_ERROR).astype(str))


def save(model: Any, folder: Path) -> None:
    """Write a model with the weights as they are, so that fp32 stays fp32."""
    require_openvino('model').save_model(model, folder / MODEL, compress_to_fp16=False)
