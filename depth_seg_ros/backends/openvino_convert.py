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
"""
From a network of transformers to a model of OpenVINO, in a process of its own.

So the memory of PyTorch goes with that process (0.3 GB), and so does what crashes: some graphs
take OpenVINO down with them. What comes out has been compiled, run, and compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import math
import os
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any
import warnings

import cv2
from depth_seg_ros.backends.child_process import end_with_parent, run_child
from depth_seg_ros.backends.openvino_engine import (
    compiled, has_bf16, keep_bf16_error, require_openvino, save, UnfitError)
from depth_seg_ros.backends.transformers_network import load_network
from depth_seg_ros.backends.weights import find_model, ModelFiles
from depth_seg_ros.depth import ModelLoadError
import numpy as np
from numpy.typing import NDArray

__all__ = ['convert', 'convert_apart', 'main']

_WORST = 1e-3
"""
Largest difference of a converted model in fp32 from PyTorch, in ranges of the output.

Measured: 3e-6 with the graph of Depth Anything V2 Small; a graph that is wrong is far off.
"""

_SOFT = 6.0
"""Pixels by which noise is blurred (sigma) to be as smooth as an image."""

_LONGEST = 30.0 * 60.0
"""Seconds that a conversion may take. Longer is a machine that swaps, or a library that hangs."""

_UNFIT, _BROKEN = 3, 4
"""Exit codes: another engine may take it; none will."""


def convert_apart(found: ModelFiles, grid: tuple[int, int], folder: Path) -> None:
    """
    Convert in another process.

    Parameters
    ----------
    found : ModelFiles
        From `find_model`.
    grid : tuple of int
        Height and width of the input in pixels.
    folder : Path
        Where the model is written.

    Raises
    ------
    UnfitError
        When OpenVINO cannot take the network.
    ModelLoadError
        When PyTorch cannot.

    """
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root), *filter(None, [os.environ.get('PYTHONPATH')])])
    command = [sys.executable, '-m', __name__, found.name, found.revision, *map(str, grid),
               str(folder)]
    try:
        result = run_child(command, {**os.environ, 'PYTHONPATH': path}, _LONGEST)
    except subprocess.TimeoutExpired as error:
        raise UnfitError(_unfit(found.name, f'the conversion did not end within '
                                            f'{_LONGEST / 60.0:.0f} minutes')) from error
    # Libraries warn before the last line.
    lines = result.stderr.decode(errors='replace').strip().splitlines()
    said = (lines or ['it said nothing'])[-1]
    if result.returncode == _BROKEN:
        raise ModelLoadError(said)
    if result.returncode == _UNFIT:
        raise UnfitError(said)
    if result.returncode < 0:
        said = f'the conversion was ended by {signal.Signals(-result.returncode).name}'
    if result.returncode:
        raise UnfitError(_unfit(found.name, said))


def main(arguments: list[str]) -> int:
    """Convert what the arguments say: name, revision, height, width, folder."""
    name, revision, height, width, folder = arguments
    try:
        convert(find_model(name, revision), (int(height), int(width)), Path(folder))
    except ModelLoadError as error:
        print(' '.join(str(error).split()), file=sys.stderr)
        return _UNFIT if isinstance(error, UnfitError) else _BROKEN
    return 0


def convert(found: ModelFiles, grid: tuple[int, int], folder: Path) -> None:
    """
    Convert, try the result in every precision of this CPU, compare, and write.

    Parameters
    ----------
    found : ModelFiles
        From `find_model`.
    grid : tuple of int
        Height and width of the input in pixels.
    folder : Path
        Where the model is written.

    Raises
    ------
    UnfitError
        When OpenVINO cannot take the network.
    ModelLoadError
        When PyTorch cannot.

    """
    openvino = require_openvino(found.name)
    network = load_network(found)
    planes = np.random.default_rng(0).normal(size=(1, 3, *grid)).astype(np.float32)
    try:
        expected, model = _exported(openvino, network, planes)
        full = compiled(model, 'f32', 0)
        got = full.infer({0: planes})[0].copy()
        keep_bf16_error(model, _bf16_error(full, model, planes) if has_bf16() else math.nan)
    # Each network has its own code, and the converter its own errors.
    except Exception as error:
        raise UnfitError(_unfit(found.name, error)) from error
    off = float(np.abs(got - expected).max() / _range_of(expected))
    if not off < _WORST:
        raise UnfitError(_unfit(found.name, f'the result is off by {off:.2g} of its range'))
    save(model, folder)


def _bf16_error(full: Any, model: Any, planes: NDArray[np.float32]) -> float:
    """Return the mean difference of bf16 from fp32 on a smooth picture, in ranges of fp32."""
    soft = np.stack([cv2.GaussianBlur(plane, (0, 0), _SOFT) for plane in planes[0]])[None]
    soft = np.ascontiguousarray(soft / soft.std(), np.float32)
    expected = full.infer({0: soft})[0].copy()
    got = compiled(model, 'bf16', 0).infer({0: soft})[0]
    return float(np.abs(got - expected).mean() / _range_of(expected))


def _range_of(values: NDArray[np.float32]) -> float:
    return float(max(np.ptp(values), np.finfo(np.float32).tiny))


def _exported(openvino: Any, network: Any, planes: Any) -> tuple[Any, Any]:
    """Return what the network makes of an input, and its model for inputs of that size."""
    import torch

    class DepthOnly(torch.nn.Module):  # type: ignore[misc]
        """One array in, one out."""

        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, pixel_values: torch.Tensor) -> Any:
            return self.network(pixel_values=pixel_values).predicted_depth

    whole, example = DepthOnly().eval(), torch.from_numpy(planes)
    with torch.no_grad():
        expected = whole(example).numpy()
    with torch.no_grad(), warnings.catch_warnings(), _simple_group_norm():
        warnings.simplefilter('ignore')
        # Export, unlike tracing, takes all that follows from the size for constant.
        model = openvino.convert_model(torch.export.export(whole, (example,), strict=False))
    model.reshape(list(planes.shape))
    return expected, model


@contextmanager
def _simple_group_norm() -> Iterator[None]:
    """
    Write group normalization as layer normalization.

    OpenVINO 2026.4 crashes while it compiles the former with what follows it in BiT (`embedded`),
    in fp32; the latter runs as fast.
    """
    import torch
    functional = torch.nn.functional
    original = functional.group_norm

    def group_norm(values: Any, groups: int, weight: Any = None, bias: Any = None,
                   eps: float = 1e-5) -> Any:
        grouped = values.reshape(values.shape[0], groups, -1)
        result = functional.layer_norm(grouped, grouped.shape[-1:], eps=eps).reshape(values.shape)
        shape = 1, -1, *[1] * (values.ndim - 2)
        result = result if weight is None else result * weight.reshape(shape)
        return result if bias is None else result + bias.reshape(shape)
    functional.group_norm = group_norm
    try:
        yield
    finally:
        functional.group_norm = original


def _unfit(name: str, why: object) -> str:
    return (f'{name}: OpenVINO cannot take this network ({why}); set model.backend to torch, or '
            f'try a newer openvino.')


if __name__ == '__main__':
    end_with_parent()
    sys.exit(main(sys.argv[1:]))
