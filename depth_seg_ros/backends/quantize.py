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
"""Eight-bit models, made from images of the user's own camera and checked on others of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from depth_seg_ros.backends.depth_meaning import meaning_of
from depth_seg_ros.backends.openvino_engine import compiled, has_bf16, require_openvino
from depth_seg_ros.backends.openvino_models import float_model, keep_int8
from depth_seg_ros.backends.preprocessing import preprocessing_of
from depth_seg_ros.backends.weights import find_model
from depth_seg_ros.depth import ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray

__all__ = ['FEWEST', 'LEAST_RANK', 'MOST_ERROR', 'quantize', 'Quantized']

FEWEST = 4
"""Images. Hundreds are better: they show the range of every layer's values."""

LEAST_RANK, MOST_ERROR = 0.97, 0.03
"""
Median rank correlation and relative error that an int8 model must keep on images it has not seen.

Random weights in the graph of Depth Anything V2 Small, which are harder than trained ones, keep
0.985 and 0.013.
"""

_HELD_OUT = 4
"""Every fourth image is for checking."""


@dataclass(frozen=True)
class Quantized:
    """
    What became of a model.

    Parameters
    ----------
    folder : Path or None
        Where it is kept; None when the cache cannot be written.
    grid : tuple of int
        Height and width in pixels of the input that it is for.
    used, held_out, skipped : int
        Images for quantizing, for checking, and of another aspect than the first.
    rank : float
        Median over the held-out images of Spearman's correlation between int8 and fp32.
    error : float
        Median mean difference of int8 from fp32, in ranges (2 % to 98 %) of the depth in fp32.
    seconds : dict of str to float
        Median per image, of `int8` and of `float` (bf16 where the CPU has it, else fp32).

    """

    folder: Path | None
    grid: tuple[int, int]
    used: int
    held_out: int
    skipped: int
    rank: float
    error: float
    seconds: dict[str, float]


def quantize(params: ModelParams, images: Iterable[NDArray[np.uint8]]) -> Quantized:
    """
    Quantize a model to int8, check it against fp32, and keep it.

    Parameters
    ----------
    params : ModelParams
        Its name, revision, kind, input_size and threads count.
    images : iterable of uint8 ndarray of shape (H, W, 3)
        RGB. The first one's aspect is what the model will be for.

    Raises
    ------
    ModelLoadError
        When the model or a library is not there, the images are too few, or the result is
        worse than `LEAST_RANK` and `MOST_ERROR` allow.

    """
    nncf = _require_nncf(params.name)
    found = find_model(params.name, params.revision)
    meaning_of(found.config, params.kind, params.name)
    inputs, skipped = _inputs(images, preprocessing_of(
        found.preprocessor, found.config, params.name, params.input_size))
    if len(inputs) < FEWEST:
        raise ModelLoadError(f'{params.name}: expected at least {FEWEST} images of one aspect to '
                             f'quantize with, got {len(inputs)}; some hundred are better')
    held_out = inputs[_HELD_OUT - 1::_HELD_OUT]
    used = [each for index, each in enumerate(inputs) if index % _HELD_OUT != _HELD_OUT - 1]
    grid = inputs[0].shape[2], inputs[0].shape[3]
    plain = float_model(found, grid)
    model = nncf.quantize(
        plain.clone(), nncf.Dataset(used), subset_size=len(used), fast_bias_correction=True,
        model_type=nncf.ModelType.TRANSFORMER)
    fast = 'bf16' if has_bf16() else 'f32'
    exact, _ = _results(plain, 'f32', params.threads, held_out)
    _, float_seconds = _results(plain, fast, params.threads, held_out)
    rough, seconds = _results(model, fast, params.threads, held_out)
    rank, error = _agreement(exact, rough)
    if not (rank >= LEAST_RANK and error <= MOST_ERROR):
        raise ModelLoadError(
            f'{params.name}: in int8 it is too far from fp32 on {len(held_out)} held-out images, '
            f'so it is not kept: rank correlation {rank:.3f} (at least {LEAST_RANK}), error '
            f'{error:.3f} of the range (at most {MOST_ERROR}). Give more and more varied images, '
            f'or stay with model.precision auto.')
    return Quantized(keep_int8(model, found, grid), grid, len(used), len(held_out), skipped,
                     rank, error, {'float': float_seconds, 'int8': seconds})


def _require_nncf(name: str) -> Any:
    require_openvino(name)  # before nncf, which would report its use to its makers, too
    try:
        import nncf
    except ImportError as error:
        raise ModelLoadError(f'{name}: quantizing needs NNCF ({error}); run "pip install nncf". '
                             f'Running the result does not.') from error
    nncf.set_log_level('WARNING')
    return nncf


def _inputs(images: Iterable[NDArray[np.uint8]], preprocess: Any
            ) -> tuple[list[NDArray[np.float32]], int]:
    """Return what the network sees of the images, and how many have another aspect."""
    inputs: list[NDArray[np.float32]] = []
    skipped = 0
    for rgb in images:
        planes = preprocess(rgb)
        if inputs and planes.shape != inputs[0].shape:
            skipped += 1
        else:
            inputs.append(planes)
    return inputs, skipped


def _results(model: Any, precision: str, threads: int, inputs: list[NDArray[np.float32]]
             ) -> tuple[list[NDArray[np.float32]], float]:
    """Return the depth of every input, and the median seconds."""
    request = compiled(model, precision, threads)
    request.infer({0: inputs[0]})
    results, seconds = [], []
    for planes in inputs:
        start = perf_counter()
        request.infer({0: planes})
        seconds.append(perf_counter() - start)
        results.append(np.array(request.get_output_tensor().data, np.float32))
    return results, float(np.median(seconds))


def _agreement(exact: list[NDArray[np.float32]], rough: list[NDArray[np.float32]]
               ) -> tuple[float, float]:
    from scipy.stats import spearmanr
    ranks, errors = [], []
    for one, other in zip(exact, rough):
        low, high = np.quantile(one, (0.02, 0.98))
        errors.append(np.abs(one - other).mean() / max(high - low, np.finfo(np.float32).tiny))
        # Every seventh pixel ranks as all do, seven times faster.
        ranks.append(spearmanr(one.ravel()[::7], other.ravel()[::7]).statistic)
    return float(np.median(ranks)), float(np.median(errors))
