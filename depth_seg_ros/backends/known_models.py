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
"""The models this package has pinned: what they give, their license, revision and digest."""

from __future__ import annotations

from dataclasses import dataclass
import difflib

__all__ = ['EMBEDDED', 'KNOWN_MODELS', 'KnownModel', 'Pin', 'close_names', 'resolve']

EMBEDDED = 'embedded'
"""Name of the small model inside the package."""


@dataclass(frozen=True)
class KnownModel:
    """
    One model of the hub whose files are pinned.

    Parameters
    ----------
    name : str
        Id on the hub, `owner/name`.
    kind : str
        `relative_inverse` or `metric`, for lists. What counts when it loads is its config.
    license : str
        Of the weights.
    revision : str
        Commit of the repository on the hub.
    sha256 : str
        Of `model.safetensors` at that commit, in hex.
    size : int or None
        Of `model.safetensors` in bytes, where known.
    note : str
        What to know before choosing it.

    """

    name: str
    kind: str
    license: str
    revision: str
    sha256: str
    size: int | None
    note: str


_OWNER = 'depth-anything/Depth-Anything-V2'
_CC_BY_NC = 'CC-BY-NC-4.0'
_UNSETTLED = 'not settled'

KNOWN_MODELS: tuple[KnownModel, ...] = (
    KnownModel(
        f'{_OWNER}-Small-hf', 'relative_inverse', 'Apache-2.0',
        '5426e4f0f36572d16453bbda7a8389317b1bef99',
        '3152477ce0d8d6978d76b995120de97cb5b928701fd0f817769f59e249a16b70', 99_173_660,
        'The default.'),
    KnownModel(
        f'{_OWNER}-Metric-Indoor-Small-hf', 'metric', _UNSETTLED,
        '8078d68a9c75a972131914f6afd0c1723be0da7f',
        'e990eb82fbf11b05b7813261196a2b841bdcf5a05f64396724a8987fa90504a3', 99_173_660,
        'Indoors, to 20 m (Hypersim). Its card states no license.'),
    KnownModel(
        f'{_OWNER}-Metric-Outdoor-Small-hf', 'metric', _UNSETTLED,
        'fd2c22027eaf20374204f14099b8341e1925ad39',
        'ad065c77a7421ca55159a1f0db9433397a607690f2d76bb8a6fc54b1be7a3124', 99_173_660,
        'Streets, to 80 m (Virtual KITTI 2). Its card states no license.'),
    KnownModel(
        f'{_OWNER}-Metric-Indoor-Base-hf', 'metric', _CC_BY_NC,
        'c6d9784685727bfc6d0a7b5452ce94afaee1e7f5',
        '8b902f5d9a8c8a9520f3a8c6a00afe442b464eff5aaf0cb405d1da721cd9f79f', None,
        'Indoors, to 20 m. Not for commercial use.'),
    KnownModel(
        f'{_OWNER}-Metric-Indoor-Large-hf', 'metric', _CC_BY_NC,
        'd2fc6a93601aabb1139a3bf0ebfcb4e89c67817f',
        '04d3295ff4f9cbee72b8998a85930fe870b45ba4431e7af47415fbded02388ca', None,
        'Indoors, to 20 m. Not for commercial use.'),
    KnownModel(
        f'{_OWNER}-Metric-Outdoor-Base-hf', 'metric', _CC_BY_NC,
        '5b575fded0346068343a6d96d0ce3ab6dbc9fb49',
        '1f2e9ed13ee39126686994669f8d1bfd9cd8f093a4d2a0891e5a0e5263b480c9', None,
        'Streets, to 80 m. Not for commercial use.'),
    KnownModel(
        f'{_OWNER}-Metric-Outdoor-Large-hf', 'metric', _CC_BY_NC,
        '4eab4cf1983c2801c515804005214de56a4b67cc',
        '15f7de4b22f1b1194847ea694ee9ed6395563ba5cd52b70b87901f183c232c9a', None,
        'Streets, to 80 m. Not for commercial use.'),
)
"""Every pinned model, the default first."""


@dataclass(frozen=True)
class Pin:
    """
    Which files of a hub model are meant.

    Parameters
    ----------
    revision : str
        Commit, tag or branch.
    sha256 : str
        What `model.safetensors` must hash to; empty when nothing is pinned.

    """

    revision: str
    sha256: str = ''


def resolve(name: str, revision: str = '') -> Pin:
    """
    Return the revision to take, and the digest that goes with it.

    Parameters
    ----------
    name : str
        Id on the hub.
    revision : str
        As the user gave it. Empty takes the pinned one, and `main` for a model that is not
        pinned. Another than the pinned one is taken as it is, without a digest.

    """
    for model in KNOWN_MODELS:
        if model.name == name and revision in ('', model.revision):
            return Pin(model.revision, model.sha256)
    return Pin(revision or 'main')


def close_names(name: str) -> list[str]:
    """Return the known names most like `name`, best first: for 'did you mean'."""
    # People leave out the owner, so the last part is compared too.
    names = {key: model.name for model in KNOWN_MODELS
             for key in (model.name.lower(), model.name.split('/')[1].lower())}
    names[EMBEDDED] = EMBEDDED
    found = difflib.get_close_matches(name.lower(), names, n=2, cutoff=0.6)
    return list(dict.fromkeys(names[key] for key in found))
