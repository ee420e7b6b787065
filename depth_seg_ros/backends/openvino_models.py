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
"""Models of OpenVINO on disk, converted where they are missing."""

from __future__ import annotations

from collections.abc import Mapping
import hashlib
from importlib.metadata import PackageNotFoundError, version
import json
import logging
from pathlib import Path
import shutil
from tempfile import TemporaryDirectory
from typing import Any

from depth_seg_ros.backends import model_cache
from depth_seg_ros.backends.openvino_convert import convert_apart
from depth_seg_ros.backends.openvino_engine import core, MODEL, save
from depth_seg_ros.backends.weights import ModelFiles

__all__ = ['facts_of', 'float_model', 'int8_grids', 'int8_model', 'keep_int8']

_log = logging.getLogger(__name__)

_CONVERTER = '2'
"""To be raised when conversion makes other models of the same network."""


def facts_of(found: ModelFiles, grid: tuple[int, int], precision: str) -> dict[str, str]:
    """
    Return what a converted model depends on: the key of its entry.

    Parameters
    ----------
    found : ModelFiles
        From `find_model`.
    grid : tuple of int
        Height and width of the input in pixels. A traced graph fits one size only.
    precision : str
        `float`, which runs in fp32 and bf16, or `int8`.

    """
    config = json.dumps(found.config, sort_keys=True)
    return {'weights': found.sha256, 'config': hashlib.sha256(config.encode()).hexdigest(),
            'input': f'{grid[0]} x {grid[1]}', 'precision': precision, 'converter': _CONVERTER,
            **{name: _version(name) for name in ('openvino', 'torch', 'transformers')}}


def float_model(found: ModelFiles, grid: tuple[int, int]) -> Any:
    """
    Return the model in full precision, from the disk where it lies there.

    Parameters
    ----------
    found : ModelFiles
        From `find_model`.
    grid : tuple of int
        Height and width of the input in pixels.

    Raises
    ------
    UnfitError
        When OpenVINO cannot take the network.
    ModelLoadError
        When PyTorch cannot.

    """
    facts = facts_of(found, grid, 'float')
    model = _cached(facts)
    if model is not None:
        return model
    _log.info('%s: converting for OpenVINO at %d x %d, once', found.name, *grid)
    with TemporaryDirectory() as scratch:
        convert_apart(found, grid, Path(scratch))
        kept = model_cache.store(facts, lambda folder: _copy(Path(scratch), folder))
        # OpenVINO maps the file into memory, where it stays though its name goes.
        return _read(kept or Path(scratch))


def int8_grids(found: ModelFiles) -> list[tuple[int, int]]:
    """Return the (height, width) that the model was quantized for with these versions."""
    grids = []
    for entry in model_cache.entries():
        height, _, width = str(entry.facts.get('input')).partition(' x ')
        if height.isdecimal() and width.isdecimal():
            grid = int(height), int(width)
            if entry.facts == facts_of(found, grid, 'int8'):
                grids.append(grid)
    return grids


def int8_model(found: ModelFiles, grid: tuple[int, int]) -> Any | None:
    """Return the quantized model, None where there is none."""
    return _cached(facts_of(found, grid, 'int8'))


def keep_int8(model: Any, found: ModelFiles, grid: tuple[int, int]) -> Path | None:
    """Keep a quantized model, and return its folder; None, with a warning, where that fails."""
    return model_cache.store(facts_of(found, grid, 'int8'), lambda folder: save(model, folder))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return 'none'


def _cached(facts: Mapping[str, str]) -> Any | None:
    folder = model_cache.find(facts)
    return None if folder is None else _read(folder)


def _read(folder: Path) -> Any:
    return core().read_model(folder / MODEL)


def _copy(source: Path, folder: Path) -> None:
    for path in source.iterdir():
        shutil.copyfile(path, folder / path.name)
