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
"""From a name to checked files: folders, the embedded model, and every way they can be wrong."""

from __future__ import annotations

from pathlib import Path
import shutil

from depth_seg_ros.backends import weights
from depth_seg_ros.backends.known_models import KNOWN_MODELS
from depth_seg_ros.backends.model_files import FILES, sha256_of
from depth_seg_ros.backends.weights import embedded_folder, find_model, is_hub_id
from depth_seg_ros.depth import ModelLoadError
import pytest
import tiny_models


@pytest.fixture(scope='module')
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files of a model. Not to be changed."""
    return tiny_models.files(tmp_path_factory.mktemp('sound'))


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """Return a copy of it, to be broken."""
    return Path(shutil.copytree(sound, tmp_path / 'model'))


def message(name: object, revision: str = '') -> str:
    """Return the text of the error that a name leads to."""
    with pytest.raises(ModelLoadError) as error:
        find_model(str(name), revision)
    return str(error.value)


def test_a_folder_gives_its_files_and_the_digest_of_its_weights(sound: Path) -> None:
    found = find_model(str(sound))
    assert found.folder == sound
    assert found.config['model_type'] == 'glpn'
    assert found.preprocessor['size_divisor'] == 32
    assert found.sha256 == sha256_of(sound / 'model.safetensors')
    assert (found.revision, found.pinned) == ('', False)


def test_a_folder_may_start_at_home(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('HOME', str(sound.parent))
    assert find_model(f'~/{sound.name}').sha256 == sha256_of(sound / 'model.safetensors')


def test_a_folder_goes_before_a_hub_model_of_the_same_name(
        sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(sound, tmp_path / 'somebody' / 'tiny')
    monkeypatch.chdir(tmp_path)
    assert find_model('somebody/tiny').folder == Path('somebody/tiny')


def test_a_folder_with_the_name_of_a_pinned_model_is_taken_only_when_it_is_named_as_a_folder(
        sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = KNOWN_MODELS[0].name
    folder = shutil.copytree(sound, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(weights, 'cached_files',
                        lambda *_: {file: sound / file for file in FILES})
    assert 'its SHA-256 is not the pinned one' in message(name)  # of the hub's, and checked
    for named in (f'./{name}', str(folder)):
        found = find_model(named)
        assert (found.folder.resolve(), found.pinned) == (folder, False)


def test_the_embedded_model_lies_in_the_package(
        sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert embedded_folder().parts[-3:] == ('depth_seg_ros', 'models', 'embedded')
    monkeypatch.setattr(weights, 'embedded_folder', lambda: sound)
    assert find_model('embedded').folder == sound


def test_a_package_without_its_model_says_so(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, 'embedded_folder', lambda: tmp_path / 'gone')
    assert message('embedded') == (
        f'embedded: {tmp_path / "gone"} is missing, so this package was built or copied without '
        f'its model; install it again.')


@pytest.mark.parametrize('name', ['', 'no-such-model', '/no/such/folder', './here', 'a/b/c',
                                  'a--b/c', 'owner/..'])
def test_a_name_of_nothing_lists_the_known_ones(name: str) -> None:
    text = message(name)
    assert text.startswith(f'{name!r}: no such folder, and not an id on the hub (owner/name); ')
    assert 'known models are depth-anything/Depth-Anything-V2-Small-hf, ' in text
    assert text.endswith(', embedded.')


@pytest.mark.parametrize(('name', 'meant'), [
    ('Depth-Anything-V2-Small-hf', 'depth-anything/Depth-Anything-V2-Small-hf'),
    ('embeded', 'embedded'),
    ('depth-anything-v2-metric-indoor-smal', 'depth-anything/Depth-Anything-V2-Metric-Indoor-'),
])
def test_a_misspelt_name_gets_the_right_one(name: str, meant: str) -> None:
    assert f'did you mean {meant}' in message(name)


def test_a_file_in_place_of_a_folder_is_named(sound: Path) -> None:
    path = sound / 'model.safetensors'
    assert message(path).startswith(f'{path}: a file; set model.name to the folder')


def test_a_revision_of_a_folder_is_refused(sound: Path) -> None:
    assert message(sound, 'v2') == (
        f"{sound}: model.revision is 'v2', but only hub models have revisions; leave it empty.")


def test_a_folder_without_weights_is_refused(folder: Path) -> None:
    (folder / 'model.safetensors').unlink()
    assert message(folder) == (
        f'folder {folder}: no weights (model.safetensors) in it. A model is config.json, '
        f'preprocessor_config.json, model.safetensors, as save_pretrained of transformers writes '
        f'them.')


@pytest.mark.parametrize('missing', ['config.json', 'preprocessor_config.json'])
def test_a_folder_without_a_config_is_refused(folder: Path, missing: str) -> None:
    (folder / missing).unlink()
    assert message(folder).startswith(f'folder {folder}: {missing} missing. Copy it from where '
                                      f'the model came from;')


@pytest.mark.parametrize('pickle', ['pytorch_model.bin', 'model.pt', 'last.ckpt'])
def test_pickled_weights_are_refused(folder: Path, pickle: str) -> None:
    (folder / 'model.safetensors').rename(folder / pickle)
    text = message(folder)
    assert text.startswith(f'folder {folder}: the weights are pickled ({pickle}), and a pickle '
                           f'can run any code when it is loaded (CVE-2025-32434)')
    assert 'Convert them to model.safetensors' in text


def test_pickles_beside_sound_weights_do_no_harm(folder: Path) -> None:
    (folder / 'pytorch_model.bin').write_bytes(b'')
    assert find_model(str(folder)).folder == folder


def test_sharded_weights_are_refused(folder: Path) -> None:
    (folder / 'model.safetensors').rename(folder / 'model-00001-of-00002.safetensors')
    (folder / 'model.safetensors.index.json').write_text('{}')
    text = message(folder)
    assert text.startswith(f'folder {folder}: the weights are sharded (1 files)')
    assert 'max_shard_size' in text


def cut_off(path: Path) -> None:
    """Leave the first half of a file."""
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])


@pytest.mark.parametrize('damage', [
    cut_off,
    lambda path: path.write_bytes(b''),
    lambda path: path.write_bytes(b'not a safetensors file at all'),
])
def test_damaged_weights_are_refused(folder: Path, damage: object) -> None:
    damage(folder / 'model.safetensors')  # type: ignore[operator]  # one of the three above
    text = message(folder)
    assert text.startswith(f'{folder / "model.safetensors"}: not a whole safetensors file (')
    assert text.endswith('Delete it and fetch or copy it again.')


def test_a_git_lfs_pointer_is_told_from_weights(folder: Path) -> None:
    (folder / 'model.safetensors').write_text(
        'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 99173660\n')
    assert 'only a git-lfs pointer, not the weights. Run "git lfs pull"' in message(folder)


@pytest.mark.parametrize(('content', 'text'), [
    ('{"model_type": ', 'not readable as JSON ('),
    ('[]', 'expected a JSON object, got list; copy it again.'),
])
def test_a_damaged_config_is_refused(folder: Path, content: str, text: str) -> None:
    (folder / 'config.json').write_text(content)
    assert message(folder).startswith(f'{folder / "config.json"}: {text}')


@pytest.mark.parametrize(('name', 'is_id'), [
    ('depth-anything/Depth-Anything-V2-Small-hf', True), ('a/b.c_d-1', True),
    ('embedded', False), ('/a/b', False), ('a/b/c', False), ('./a', False), ('a/', False),
    ('../b', False), ('a/b--c', False),
])
def test_the_form_of_a_hub_id(name: str, is_id: bool) -> None:
    assert is_hub_id(name) is is_id


def test_three_files_make_a_model() -> None:
    assert FILES == ('config.json', 'preprocessor_config.json', 'model.safetensors')
