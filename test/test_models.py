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
"""The table of models, and what a user asks about them."""

from __future__ import annotations

from pathlib import Path
import re

from depth_seg_ros.backends import registry
from depth_seg_ros.backends.known_models import (
    close_names, EMBEDDED, KNOWN_MODELS, KnownModel, Pin, resolve)
from depth_seg_ros.backends.model_files import FILES, sha256_of
from depth_seg_ros.backends.registry import check_model, list_models
from depth_seg_ros.depth import DepthKind, ModelLoadError
from depth_seg_ros.params import ModelParams
import fake_hub
import pytest
import tiny_models

SMALL = KNOWN_MODELS[0]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an empty cache, in use."""
    fake_hub.use_cache(monkeypatch, tmp_path / 'hub')
    return tmp_path / 'hub'


@pytest.fixture(scope='module')
def metric(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the files of a metric Depth Anything."""
    return tiny_models.files(tmp_path_factory.mktemp('metric'), model_type='depth_anything',
                             depth_estimation_type='metric', max_depth=20)


@pytest.mark.parametrize('model', KNOWN_MODELS, ids=lambda model: model.name)
def test_every_known_model_is_pinned_in_full(model: KnownModel) -> None:
    assert re.fullmatch(r'[\w.-]+/[\w.-]+', model.name)
    assert re.fullmatch('[0-9a-f]{40}', model.revision)
    assert re.fullmatch('[0-9a-f]{64}', model.sha256)
    assert (DepthKind(model.kind) is DepthKind.METRIC) == ('Metric' in model.name)
    assert model.license
    assert model.note


def test_no_two_models_share_a_name_or_a_digest() -> None:
    assert len({model.name for model in KNOWN_MODELS}) == len(KNOWN_MODELS)
    assert len({model.sha256 for model in KNOWN_MODELS}) == len(KNOWN_MODELS)


def test_the_default_model_is_pinned_and_free() -> None:
    assert ModelParams().name == SMALL.name
    assert SMALL.license == 'Apache-2.0'
    assert SMALL.kind == 'relative_inverse'


def test_the_pinned_revision_is_taken_unless_another_is_asked_for() -> None:
    assert resolve(SMALL.name) == Pin(SMALL.revision, SMALL.sha256)
    assert resolve(SMALL.name, SMALL.revision) == Pin(SMALL.revision, SMALL.sha256)
    assert resolve(SMALL.name, 'main') == Pin('main', '')
    assert resolve('somebody/else') == Pin('main', '')
    assert resolve('somebody/else', 'v2') == Pin('v2', '')


@pytest.mark.parametrize(('name', 'meant'), [
    ('depth-anything/depth-anything-v2-small', SMALL.name),
    ('Depth-Anything-V2-Small-hf', SMALL.name), ('EMBEDDED', EMBEDDED), (SMALL.name, SMALL.name)])
def test_close_names_start_with_the_closest(name: str, meant: str) -> None:
    assert close_names(name)[0] == meant


def test_a_name_like_no_other_is_close_to_none() -> None:
    assert close_names('zzz') == []


def test_the_list_names_every_model_and_the_embedded_one(cache: Path) -> None:
    rows = list_models()
    assert [row.name for row in rows] == [model.name for model in KNOWN_MODELS] + [EMBEDDED]
    small = rows[0]
    assert (small.kind, small.license, small.size) == (
        'relative_inverse', 'Apache-2.0', 99_173_660)
    assert not small.cached
    assert small.path == cache / 'models--depth-anything--Depth-Anything-V2-Small-hf'


def test_the_list_tells_whole_downloads_from_broken_ones(cache: Path, metric: Path) -> None:
    for model, files in ((KNOWN_MODELS[0], FILES), (KNOWN_MODELS[1], FILES[:1])):
        snapshot = fake_hub.fill_cache(cache, model.name, metric, files, model.revision)
    rows = list_models()
    assert [row.cached for row in rows[:3]] == [True, False, False]
    assert rows[0].path == cache / 'models--depth-anything--Depth-Anything-V2-Small-hf' / (
        'snapshots') / SMALL.revision
    assert rows[1].path == snapshot.parent.parent


@pytest.mark.parametrize('there', [True, False])
def test_the_list_looks_for_the_embedded_model(
        there: bool, cache: Path, metric: Path, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    folder = metric if there else tmp_path / 'gone'
    monkeypatch.setattr(registry, 'embedded_folder', lambda: folder)
    row = list_models()[-1]
    assert (row.name, row.license, row.path) == (EMBEDDED, 'Apache-2.0', folder)
    assert row.cached is there
    assert row.size == ((metric / 'model.safetensors').stat().st_size if there else None)


def test_a_sound_model_is_reported(metric: Path) -> None:
    report = check_model(str(metric))
    weights = metric / 'model.safetensors'
    assert (report.name, report.revision, report.folder) == (str(metric), '', metric)
    assert (report.model_type, report.kind, report.max_depth) == (
        'depth_anything', 'metric', 20.0)
    assert (report.size, report.sha256) == (weights.stat().st_size, sha256_of(weights))
    assert not report.pinned


def test_a_wrong_digest_in_the_cache_is_found(cache: Path, metric: Path) -> None:
    fake_hub.fill_cache(cache, SMALL.name, metric, FILES, SMALL.revision)
    with pytest.raises(ModelLoadError, match=f'expected {SMALL.sha256}, got '):
        check_model(SMALL.name)


def test_a_kind_that_the_config_denies_is_found(metric: Path) -> None:
    assert check_model(str(metric), kind='metric').kind == 'metric'
    with pytest.raises(ModelLoadError, match='set model.kind to auto'):
        check_model(str(metric), kind='relative_inverse')
