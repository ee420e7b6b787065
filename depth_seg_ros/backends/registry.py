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
"""What a user asks about models: which there are, fetching one, checking one. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from depth_seg_ros.backends.depth_meaning import meaning_of
from depth_seg_ros.backends.hub import cached_files, repository_cache
from depth_seg_ros.backends.known_models import EMBEDDED, KNOWN_MODELS
from depth_seg_ros.backends.model_files import FILES, WEIGHTS
from depth_seg_ros.backends.preprocessing import preprocessing_of
from depth_seg_ros.backends.weights import embedded_folder, find_model

__all__ = ['check_model', 'list_models', 'ModelReport', 'ModelRow']


@dataclass(frozen=True)
class ModelRow:
    """
    One line of the list of models.

    Parameters
    ----------
    name : str
        Value for the parameter `model.name`.
    kind : str
        `relative_inverse` or `metric`.
    license : str
        Of the weights.
    size : int or None
        Of the weights in bytes, where known.
    cached : bool
        True when it is on this machine, whole, and loads without network.
    path : Path
        Where its files are, or the folder of the cache where they would be.
    note : str
        What to know before choosing it.

    """

    name: str
    kind: str
    license: str
    size: int | None
    cached: bool
    path: Path
    note: str


@dataclass(frozen=True)
class ModelReport:
    """
    What is known about a model that passed every check short of loading it.

    Parameters
    ----------
    name, revision : str
        As asked; the revision filled in for a hub model, empty for a folder.
    folder : Path
        Holds its files.
    model_type : str
        Of the network, as its config.json names it.
    kind : str
        `relative_inverse` or `metric`.
    max_depth : float or None
        Farthest depth in meters of a metric model; None where there is no bound.
    size : int
        Of the weights in bytes.
    sha256 : str
        Of the weights, in hex.
    pinned : bool
        True when this package knows that digest and it agreed.

    """

    name: str
    revision: str
    folder: Path
    model_type: str
    kind: str
    max_depth: float | None
    size: int
    sha256: str
    pinned: bool


def list_models() -> list[ModelRow]:
    """Return every model that this package knows by name: the pinned ones and `embedded`."""
    rows = []
    for model in KNOWN_MODELS:
        files = cached_files(model.name, model.revision)
        whole = len(files) == len(FILES)
        path = files[WEIGHTS].parent if whole else repository_cache(model.name)
        rows.append(ModelRow(model.name, model.kind, model.license, model.size, whole, path,
                             model.note))
    folder = embedded_folder()
    whole = all((folder / file).is_file() for file in FILES)
    size = (folder / WEIGHTS).stat().st_size if whole else None
    rows.append(ModelRow(EMBEDDED, 'relative_inverse', 'Apache-2.0', size, whole, folder,
                         'Ships inside the package: small, coarse, needs no network.'))
    return rows


def check_model(name: str, revision: str = '', kind: str = 'auto') -> ModelReport:
    """
    Find a model, fetch it where it is not on this machine yet, and check its files.

    Parameters
    ----------
    name : str
        A folder, an id on the hub, or `embedded`.
    revision : str
        Commit, tag or branch of a hub model; empty takes the pinned one, else `main`.
    kind : str
        Parameter `model.kind`, for a model whose config does not say.

    Raises
    ------
    ModelLoadError
        When something is wrong with it; the text says what to do.

    """
    found = find_model(name, revision)
    meaning = meaning_of(found.config, kind, name)
    preprocessing_of(found.preprocessor, found.config, name, short_side=32)
    return ModelReport(
        name, found.revision, found.folder, found.config['model_type'], meaning.kind.value,
        meaning.max_depth, (found.folder / WEIGHTS).stat().st_size, found.sha256, found.pinned)
