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
"""The Hugging Face hub: what its cache on this machine holds, and fetching what it does not."""

from __future__ import annotations

import logging
from pathlib import Path
import re
from textwrap import shorten

from depth_seg_ros.backends.known_models import close_names, EMBEDDED
from depth_seg_ros.backends.model_files import check_names, FILES
from depth_seg_ros.depth import ModelLoadError

__all__ = ['cached_files', 'fetch', 'repository_cache']

_log = logging.getLogger(__name__)

_TIMEOUT_S = 4.0

_ADDRESS = re.compile(r'https?://[^\s:]+(:\d+)?[^\s:]*')


def repository_cache(name: str) -> Path:
    """Return the folder in the hub's cache that holds, or would hold, a model."""
    from huggingface_hub import constants
    return Path(constants.HF_HUB_CACHE) / f'models--{name.replace("/", "--")}'


def cached_files(name: str, revision: str) -> dict[str, Path]:
    """
    Return those of the files that a model needs which are in the cache. No network is used.

    Parameters
    ----------
    name : str
        Id on the hub.
    revision : str
        Commit, tag or branch.

    Returns
    -------
    dict of str to Path
        By file name. A download that broke off leaves some of them, or none.

    """
    from huggingface_hub import try_to_load_from_cache
    found = {file: try_to_load_from_cache(name, file, revision=revision) for file in FILES}
    return {file: Path(path) for file, path in found.items() if isinstance(path, str)}


def fetch(name: str, revision: str) -> dict[str, Path]:
    """
    Download the files that a model needs into the hub's cache.

    Parameters
    ----------
    name : str
        Id on the hub.
    revision : str
        Commit, tag or branch.

    Returns
    -------
    dict of str to Path
        By file name, all of them.

    Raises
    ------
    ModelLoadError
        When the hub cannot be reached, has no such model or revision, wants permission, or
        holds the model in another form than this package loads.

    """
    from huggingface_hub import hf_hub_download, HfApi
    from huggingface_hub.errors import (
        GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError)
    _log.info('fetching %s (revision %s) from the hub', name, revision)
    try:
        # Asked first because it fails at once without network, while the download retries for
        # half a minute; and because it tells which form the weights have.
        listing = HfApi().model_info(name, revision=revision, timeout=_TIMEOUT_S)
        check_names({item.rfilename for item in listing.siblings or ()}, f'hub model {name}')
        return {file: Path(hf_hub_download(name, file, revision=revision)) for file in FILES}
    except ModelLoadError:
        raise
    except GatedRepoError as error:
        raise ModelLoadError(
            f'{name}: the hub gives this model only to those who accepted its terms. Accept them '
            f'on its page on the hub and log in with "hf auth login".') from error
    except RepositoryNotFoundError as error:
        raise ModelLoadError(
            f'{name}: neither a folder here nor a model on the hub (or a private one: log in '
            f'with "hf auth login").{_did_you_mean(name)}') from error
    except RevisionNotFoundError as error:
        raise ModelLoadError(
            f'{name}: the hub has no revision {revision!r} of it; leave model.revision empty or '
            f'name a commit, tag or branch that exists.') from error
    # The HTTP library below the hub's client, and so the class of its errors, changed with each
    # major version (requests, httpx, httpx2); whatever it was, the files did not come.
    except Exception as error:
        raise ModelLoadError(_unreachable(name, revision, error)) from error


def _unreachable(name: str, revision: str, error: Exception) -> str:
    cache = repository_cache(name)
    have = sorted(cached_files(name, revision))
    state = f'only {", ".join(have)} cached' if have else 'not cached'
    # Its first sentence, without the long address.
    reason = _ADDRESS.sub('the hub', str(error)).split('. ')[0] or type(error).__name__
    meant = next(iter(close_names(name)), name)
    return (
        f'{name}: {state} ({shorten(reason, 50)}).{_misspelt(name)} Simplest: built-in model '
        f'(--model {EMBEDDED}, MODEL={EMBEDDED}, model:={EMBEDDED}). Or run "depth_seg models '
        f'fetch {meant}" on a connected machine and copy its models--* folder to {cache.parent}.')


def _misspelt(name: str) -> str:
    known = name in close_names(name)
    return '' if known else _did_you_mean(name) or ' The id may be misspelt.'


def _did_you_mean(name: str) -> str:
    close = close_names(name)
    return '' if not close or name in close else f' Did you mean {" or ".join(close)}?'
