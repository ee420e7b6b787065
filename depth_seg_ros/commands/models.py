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
"""`depth_seg models`: which there are, fetching, trying, quantizing one, and what is cached."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from time import perf_counter

from depth_seg_ros.backends import model_cache
from depth_seg_ros.backends.registry import check_model, list_models, ModelReport, ModelRow
from depth_seg_ros.commands.reports import plural, progress_bar
from depth_seg_ros.commands.settings import pipeline_params
from depth_seg_ros.depth import load_estimator
from depth_seg_ros.params import ModelParams
from depth_seg_ros.sources import open_images
import numpy as np
from numpy.typing import NDArray

__all__ = ['run']

_MOST_IMAGES = 300
"""To quantize with; what the network sees of 300 takes 300 MB at 252x336."""


def run(args: Namespace) -> int:
    """Do what the arguments of `depth_seg models` say, and return the exit code."""
    if args.action in _WITHOUT_NAME:
        print(_WITHOUT_NAME[args.action]())
        return 0
    params = pipeline_params(args).model
    if args.action == 'quantize':
        print(_quantized(params, args))
        return 0
    print(_report(check_model(params.name, params.revision, params.kind)))
    if args.action == 'check':
        print(_trial(params))
    return 0


def _list() -> str:
    return '\n'.join(map(_row, list_models()))


def _cache() -> str:
    """Return the folder of converted models and what is in it."""
    found = model_cache.entries()
    lines = [f'{model_cache.cache_folder()}: {_megabytes(sum(each.size for each in found))}']
    for each in found:
        facts = ', '.join(f'{name} {value[:12]}' for name, value in each.facts.items()
                          if name != 'config')
        lines.append(f'    {each.folder.name[:8]}: {facts}, {_megabytes(each.size)}')
    return '\n'.join(lines)


def _clear() -> str:
    return f'{_megabytes(model_cache.clear())} freed in {model_cache.cache_folder()}'


_WITHOUT_NAME = {'list': _list, 'cache': _cache, 'clear': _clear}


def _quantized(params: ModelParams, args: Namespace) -> str:
    from depth_seg_ros.backends.quantize import quantize
    images = open_images(args.images)
    # Evenly over the folder, as frames side by side are alike.
    step = max(1, -(-len(images) // _MOST_IMAGES))
    chosen = range(0, len(images), step)

    def read() -> Iterator[NDArray[np.uint8]]:
        with progress_bar(len(chosen), 'image', quiet=False) as bar:
            for index in chosen:
                yield images[index].rgb
                bar.update()
    made = quantize(params, read())
    other = f', {plural(made.skipped, "image")} of another aspect left out' * bool(made.skipped)
    height, width = made.grid
    return (f'{params.name} in int8 at {width}x{height}: {plural(made.used, "image")} used{other}'
            f'\n    on {made.held_out} held out, beside fp32: rank correlation {made.rank:.4f}, '
            f'error {made.error:.4f} of the range'
            f'\n    {made.seconds["int8"] * 1e3:.3g} ms, not quantized '
            f'{made.seconds["float"] * 1e3:.3g} ms'
            f'\n    {made.folder or "not kept"}; -p model.precision=int8 runs it')


def _row(model: ModelRow) -> str:
    here = f'here: {model.path}' if model.cached else 'not fetched'
    return (f'{model.name}\n    {model.kind}, {_megabytes(model.size)}, license: {model.license}; '
            f'{here}\n    {model.note}')


def _report(model: ModelReport) -> str:
    reach = '' if model.max_depth is None else f' to {model.max_depth:g} m'
    pinned = 'as pinned by this package' if model.pinned else 'not pinned by this package'
    return (f'{model.name} {model.revision}\n    {model.model_type}, {model.kind}{reach}, '
            f'{_megabytes(model.size)}\n    {model.folder}\n    sha256 {model.sha256}, {pinned}')


def _trial(params: ModelParams) -> str:
    """Load the model and run it twice; the second time counts."""
    estimator = load_estimator(params)
    try:
        image = np.zeros((480, 640, 3), np.uint8)
        estimator.estimate(image)
        start = perf_counter()
        height, width = estimator.estimate(image).shape
        seconds = perf_counter() - start
        info = estimator.info
    finally:
        estimator.close()
    return (f'    runs: {info.backend} on {info.device} in {info.precision}, 640x480 to '
            f'{width}x{height} in {seconds * 1e3:.3g} ms')


def _megabytes(size: int | None) -> str:
    return 'size unknown' if size is None else f'{size / 1e6:.3g} MB'
