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
"""`depth_seg models`: which there are, fetching one, trying one."""

from __future__ import annotations

from argparse import Namespace
from time import perf_counter

from depth_seg_ros.backends.registry import check_model, list_models, ModelReport, ModelRow
from depth_seg_ros.commands.errors import UsageError
from depth_seg_ros.commands.settings import pipeline_params
from depth_seg_ros.depth import load_estimator
from depth_seg_ros.params import ModelParams
import numpy as np

__all__ = ['run']


def run(args: Namespace) -> int:
    """Do what the arguments of `depth_seg models` say, and return the exit code."""
    if args.action == 'list':
        if args.model is not None:
            raise UsageError(f'models list: expected no name, got {args.model!r}')
        print('\n'.join(map(_row, list_models())))
        return 0
    if args.model is None:
        raise UsageError(f'models {args.action}: expected the name of a model; depth_seg models '
                         'lists them')
    params = pipeline_params(args).model
    print(_report(check_model(params.name, params.revision, params.kind)))
    if args.action == 'check':
        print(_trial(params))
    return 0


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
