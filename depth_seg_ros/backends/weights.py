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
"""From the name of a model to its files on this machine, checked before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path
import re
from typing import Any

from depth_seg_ros.backends.hub import cached_files, fetch, repository_cache
from depth_seg_ros.backends.known_models import close_names, EMBEDDED, KNOWN_MODELS, Pin, resolve
from depth_seg_ros.backends.model_files import (
    check_names, check_safetensors, CONFIG, FILES, PREPROCESSOR, read_json, sha256_of, WEIGHTS)
from depth_seg_ros.depth import ModelLoadError

__all__ = ['embedded_folder', 'find_model', 'is_hub_id', 'ModelFiles']

_HUB_ID = re.compile(r'[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*')


@dataclass(frozen=True)
class ModelFiles:
    """
    A model on this machine that has passed every check that needs no network engine.

    Parameters
    ----------
    name : str
        As the user gave it.
    revision : str
        Of a hub model; empty for a folder and for the embedded one.
    folder : Path
        Holds the files.
    config, preprocessor : dict
        Content of `config.json` and `preprocessor_config.json`.
    sha256 : str
        Of the weights, in hex.
    pinned : bool
        True when this package knows that digest and it agreed.

    """

    name: str
    revision: str
    folder: Path
    config: dict[str, Any]
    preprocessor: dict[str, Any]
    sha256: str
    pinned: bool


def is_hub_id(name: str) -> bool:
    """Return whether a name has the form `owner/name` of the hub."""
    return bool(_HUB_ID.fullmatch(name)) and '--' not in name and '..' not in name


def embedded_folder() -> Path:
    """Return where the model inside the package is. It may not be there in a broken build."""
    # Not by the name of the package: beside a checkout, that is the folder of the checkout.
    return Path(__file__).resolve().parents[1] / 'models' / 'embedded'


def find_model(name: str, revision: str = '') -> ModelFiles:
    """
    Find a model, fetch it when it is on the hub only, and check its files.

    A hub model that is in the cache is never asked for on the network.

    Parameters
    ----------
    name : str
        A folder, an id on the hub, or `embedded`. A folder goes before an id, but not before
        one that is pinned: that has its digest, whatever lies in the current folder.
    revision : str
        Commit, tag or branch of a hub model; empty takes the pinned one, else `main`.

    Raises
    ------
    ModelLoadError
        When there is no such model, it cannot be fetched, or its files are not what they must
        be. The text says what to do.

    """
    is_pinned = name in {model.name for model in KNOWN_MODELS}
    if name == EMBEDDED or not is_pinned and _folder(name).is_dir():
        if revision:
            raise ModelLoadError(f'{name}: model.revision is {revision!r}, but only hub models '
                                 f'have revisions; leave it empty.')
        pin, paths = Pin(''), _in_folder(name)
    else:
        pin = resolve(name, revision)
        paths = _in_hub(name, pin.revision)
    digest = _checked_digest(name, paths[WEIGHTS], pin.sha256)
    check_safetensors(paths[WEIGHTS])
    return ModelFiles(name, pin.revision, paths[WEIGHTS].parent, read_json(paths[CONFIG]),
                      read_json(paths[PREPROCESSOR]), digest, bool(pin.sha256))


def _folder(name: str) -> Path:
    # An empty name is no folder, though Path('') is the current one.
    return Path(os.path.expanduser(name) or os.devnull)


def _in_folder(name: str) -> dict[str, Path]:
    folder = embedded_folder() if name == EMBEDDED else _folder(name)
    if not folder.is_dir():
        raise ModelLoadError(f'{EMBEDDED}: {folder} is missing, so this package was built or '
                             f'copied without its model; install it again.')
    check_names({path.name for path in folder.iterdir() if path.is_file()}, f'folder {folder}')
    return {file: folder / file for file in FILES}


def _in_hub(name: str, revision: str) -> dict[str, Path]:
    if not is_hub_id(name):
        raise ModelLoadError(_no_such_name(name))
    try:
        paths = cached_files(name, revision)
    except ImportError as error:
        raise ModelLoadError(f'{name}: hub models need huggingface_hub ({error}); run "pip '
                             f'install huggingface_hub" or give a folder.') from error
    return paths if len(paths) == len(FILES) else fetch(name, revision)


def _no_such_name(name: str) -> str:
    if _folder(name).is_file():
        return f'{name}: a file; set model.name to the folder that holds {", ".join(FILES)}.'
    close = close_names(name)
    hint = f'did you mean {" or ".join(close)}?' if close else (
        f'known models are {", ".join(model.name for model in KNOWN_MODELS)}, {EMBEDDED}.')
    return f'{name!r}: no such folder, and not an id on the hub (owner/name); {hint}'


def _checked_digest(name: str, weights: Path, expected: str) -> str:
    digest = sha256_of(weights)
    if expected and digest != expected:
        raise ModelLoadError(
            f'{weights}: its SHA-256 is not the pinned one: expected {expected}, got {digest}. '
            f'The file is damaged or not the model that was pinned. Delete '
            f'{repository_cache(name)} and run "depth_seg models fetch {name}".')
    return digest
