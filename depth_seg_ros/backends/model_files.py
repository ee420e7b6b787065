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
"""The three files of a model, and what is wrong with them before anything is loaded."""

from __future__ import annotations

from collections.abc import Collection
import hashlib
import json
from pathlib import Path
from typing import Any

from depth_seg_ros.depth import ModelLoadError

__all__ = ['check_names', 'check_safetensors', 'CONFIG', 'FILES', 'PREPROCESSOR', 'read_json',
           'sha256_of', 'WEIGHTS']

CONFIG = 'config.json'
PREPROCESSOR = 'preprocessor_config.json'
WEIGHTS = 'model.safetensors'

FILES = (CONFIG, PREPROCESSOR, WEIGHTS)
"""All that a model consists of, as transformers writes it."""

_PICKLES = ('.bin', '.pt', '.pth', '.ckpt', '.pkl')
_LFS_POINTER = b'version https://git-lfs'


def check_names(names: Collection[str], where: str) -> None:
    """
    Refuse a folder or repository that does not hold the files of a model.

    Parameters
    ----------
    names : collection of str
        The file names it holds.
    where : str
        What to call it in messages.

    Raises
    ------
    ModelLoadError
        When one of `FILES` is missing; the text tells pickled and sharded weights apart.

    """
    if WEIGHTS not in names:
        raise ModelLoadError(_why_no_weights(names, where))
    missing = [file for file in FILES if file not in names]
    if missing:
        raise ModelLoadError(
            f'{where}: {" and ".join(missing)} missing. Copy it from where the model came from; '
            f'a model is {", ".join(FILES)}, as save_pretrained of transformers writes them.')


def _why_no_weights(names: Collection[str], where: str) -> str:
    pickles = sorted(name for name in names if name.endswith(_PICKLES))
    shards = sorted(name for name in names
                    if name.startswith('model-') and name.endswith('.safetensors'))
    if shards or f'{WEIGHTS}.index.json' in names:
        return (f'{where}: the weights are sharded ({len(shards)} files), which is not '
                f'supported. Merge them: load the model with transformers and write it with '
                f'save_pretrained(FOLDER, max_shard_size="100GB").')
    if pickles:
        return (f'{where}: the weights are pickled ({", ".join(pickles)}), and a pickle can run '
                f'any code when it is loaded (CVE-2025-32434), so it is refused. Convert them to '
                f'{WEIGHTS} on a machine you can lose: load the model with transformers and '
                f'write it with save_pretrained(FOLDER).')
    return (f'{where}: no weights ({WEIGHTS}) in it. A model is {", ".join(FILES)}, as '
            f'save_pretrained of transformers writes them.')


def check_safetensors(path: Path) -> None:
    """
    Refuse a weights file that is cut off, damaged or not one. Reads the header only.

    Raises
    ------
    ModelLoadError
        The text says how to get a good copy.

    """
    from safetensors import safe_open, SafetensorError
    with open(path, 'rb') as file:
        if file.read(len(_LFS_POINTER)) == _LFS_POINTER:
            raise ModelLoadError(
                f'{path}: only a git-lfs pointer, not the weights. Run "git lfs pull" in the '
                f'clone it came from.')
    try:
        with safe_open(path, framework='numpy'):
            pass
    except SafetensorError as error:
        raise ModelLoadError(
            f'{path}: not a whole safetensors file ({error}). Delete it and fetch or copy it '
            f'again.') from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex. About 0.3 s for 100 MB."""
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_json(path: Path) -> dict[str, Any]:
    """
    Return the object in a JSON file.

    Raises
    ------
    ModelLoadError
        When it cannot be read, or holds something else.

    """
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise ModelLoadError(f'{path}: not readable as JSON ({error}); copy it again.') from error
    if not isinstance(content, dict):
        raise ModelLoadError(f'{path}: expected a JSON object, got {type(content).__name__}; '
                             f'copy it again.')
    return content
