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
"""Fetching from the hub, and starting without it."""

from __future__ import annotations

from pathlib import Path

from depth_seg_ros.backends import hub, known_models
from depth_seg_ros.backends.known_models import KnownModel
from depth_seg_ros.backends.model_files import FILES, sha256_of
from depth_seg_ros.backends.weights import find_model
from depth_seg_ros.depth import ModelLoadError
import fake_hub
from fake_hub import COMMIT
import pytest
import tiny_models

NAME = 'somebody/tiny-depth'


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files of a model."""
    return tiny_models.files(tmp_path_factory.mktemp('model'))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an empty cache, in use."""
    fake_hub.use_cache(monkeypatch, tmp_path / 'hub')
    return tmp_path / 'hub'


def contents(folder: Path, *extra: str) -> dict[str, bytes]:
    """Return the files of a model, and empty ones beside them, as a repository."""
    return {**{file: (folder / file).read_bytes() for file in FILES},
            **dict.fromkeys(extra, b'')}


def pin(monkeypatch: pytest.MonkeyPatch, revision: str, sha256: str) -> None:
    """Make NAME a known model."""
    known = KnownModel(NAME, 'metric', 'Apache-2.0', revision, sha256, None, '')
    monkeypatch.setattr(known_models, 'KNOWN_MODELS', (known,))


def test_a_model_on_the_hub_is_fetched_once_and_starts_offline_from_then_on(
        model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_hub.serving({NAME: contents(model, 'README.md', 'pytorch_model.bin')}) as url:
        fake_hub.use_endpoint(monkeypatch, url)
        fetched = find_model(NAME)
    again = find_model(NAME)
    assert again == fetched
    assert fetched.sha256 == sha256_of(model / 'model.safetensors')
    assert fetched.revision == 'main'
    assert not fetched.pinned
    # Nothing but what is needed was fetched.
    assert sorted(path.name for path in fetched.folder.iterdir()) == sorted(FILES)


def test_a_cached_model_starts_with_the_network_switched_off(model: Path, cache: Path) -> None:
    snapshot = fake_hub.fill_cache(cache, NAME, model, FILES)
    assert find_model(NAME).folder == snapshot


def test_a_pinned_model_is_taken_at_its_commit_and_checked(
        model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, COMMIT, sha256_of(model / 'model.safetensors'))
    fake_hub.fill_cache(cache, NAME, model, FILES, revision=COMMIT)
    found = find_model(NAME)
    assert (found.revision, found.pinned) == (COMMIT, True)


def test_a_wrong_digest_is_refused_with_both_digests_and_the_way_out(
        model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, COMMIT, '0' * 64)
    snapshot = fake_hub.fill_cache(cache, NAME, model, FILES, revision=COMMIT)
    got = sha256_of(model / 'model.safetensors')
    with pytest.raises(ModelLoadError) as error:
        find_model(NAME)
    assert str(error.value).startswith(
        f'{snapshot / "model.safetensors"}: its SHA-256 is not the pinned one: expected '
        f'{"0" * 64}, got {got}.')
    assert f'Delete {cache / "models--somebody--tiny-depth"} and run' in str(error.value)
    assert f'"depth_seg models fetch {NAME}"' in str(error.value)


def test_another_revision_of_a_pinned_model_is_not_held_to_the_digest(
        model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, COMMIT, '0' * 64)
    fake_hub.fill_cache(cache, NAME, model, FILES, revision='main')
    assert not find_model(NAME, 'main').pinned


def test_a_download_that_broke_off_is_completed(
        model: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub.fill_cache(cache, NAME, model, FILES[:2])
    with fake_hub.serving({NAME: contents(model)}) as url:
        fake_hub.use_endpoint(monkeypatch, url)
        found = find_model(NAME)
    assert found.sha256 == sha256_of(model / 'model.safetensors')


def test_without_network_and_cache_every_way_out_is_named(
        cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub.use_endpoint(monkeypatch, 'http://127.0.0.1:9')
    monkeypatch.setattr(hub, '_TIMEOUT_S', 0.5)
    with pytest.raises(ModelLoadError) as error:
        find_model(NAME)
    text = str(error.value)
    assert text.startswith(f'{NAME}: not cached (')
    inside = text.index('(--model embedded, MODEL=embedded, model:=embedded)')
    assert inside < text.index(f'"depth_seg models fetch {NAME}" on a connected machine')
    assert text.endswith(f'copy its models--* folder to {cache}.')
    assert 'The id may be misspelt.' in text


def test_the_message_without_network_is_short() -> None:
    cache = hub.repository_cache('').parent
    with pytest.raises(ModelLoadError) as error:
        find_model('depth-anything/Depth-Anything-V2-Small-hf')
    text = str(error.value).replace(str(cache), '/home/somebody/.cache/huggingface/hub')
    assert len(text) <= 350, text


def test_offline_mode_is_given_as_the_reason() -> None:
    with pytest.raises(ModelLoadError, match=r'offline mode is enabled'):
        find_model(NAME)


def test_without_network_a_part_of_a_download_is_named(model: Path, cache: Path) -> None:
    fake_hub.fill_cache(cache, NAME, model, FILES[:1])
    with pytest.raises(ModelLoadError, match=r'only config\.json cached'):
        find_model(NAME)


def test_a_misspelt_model_that_cannot_be_fetched_gets_the_right_name() -> None:
    right, wrong = (f'depth-anything/Depth-Anything-V2-{size}-hf' for size in ('Small', 'Smal'))
    with pytest.raises(ModelLoadError, match=f'Did you mean {right}') as error:
        find_model(wrong)
    assert f'models fetch {right}"' in str(error.value)


def test_a_known_model_is_not_suggested_in_its_own_place() -> None:
    with pytest.raises(ModelLoadError) as error:
        find_model('depth-anything/Depth-Anything-V2-Small-hf')
    assert 'Did you mean' not in str(error.value)
    assert 'misspelt' not in str(error.value)


def test_a_repository_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_hub.serving({}) as url:
        fake_hub.use_endpoint(monkeypatch, url)
        with pytest.raises(ModelLoadError, match='^somebody/tiny-depth: neither a folder here '
                           'nor a model on the hub'):
            find_model(NAME)


def test_a_revision_that_does_not_exist_is_named(
        model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_hub.serving({NAME: contents(model)}) as url:
        fake_hub.use_endpoint(monkeypatch, url)
        with pytest.raises(ModelLoadError, match="the hub has no revision 'v9' of it; leave "
                           'model.revision empty'):
            find_model(NAME, 'v9')


@pytest.mark.parametrize(('files', 'text'), [
    (('config.json', 'pytorch_model.bin'), r'pickled \(pytorch_model\.bin\)'),
    (('config.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors',
      'model.safetensors.index.json'), r'sharded \(2 files\)'),
    (('README.md',), r'no weights \(model\.safetensors\) in it'),
])
def test_a_repository_in_another_form_is_refused_before_anything_is_fetched(
        files: tuple[str, ...], text: str, cache: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    with fake_hub.serving({NAME: dict.fromkeys(files, b'')}) as url:
        fake_hub.use_endpoint(monkeypatch, url)
        with pytest.raises(ModelLoadError, match=f'hub model {NAME}: .*{text}'):
            find_model(NAME)
    assert not list(cache.rglob('blobs/*'))


def test_terms_that_were_not_accepted_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.errors import GatedRepoError

    def refuse(*_: object, **__: object) -> None:
        raise GatedRepoError.__new__(GatedRepoError)
    monkeypatch.setattr('huggingface_hub.HfApi.model_info', refuse)
    with pytest.raises(ModelLoadError, match='accepted its terms. Accept them on its page'):
        find_model(NAME)
