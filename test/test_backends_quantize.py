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
"""Eight-bit models: made from images, checked on others, kept only when good enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import sys

import cv2
from depth_seg_ros.backends import model_cache, openvino_models, quantize as module
from depth_seg_ros.backends.openvino_convert import convert
from depth_seg_ros.backends.quantize import quantize, Quantized
from depth_seg_ros.cli import main
from depth_seg_ros.depth import EstimationError, load_estimator, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray
import pytest
from scipy.stats import spearmanr
import tiny_models

sys.modules.setdefault('openvino_telemetry', None)  # type: ignore[arg-type]
pytest.importorskip('openvino')
pytest.importorskip('nncf')
pytest.importorskip('torch')


def scenes(count: int) -> list[NDArray[np.uint8]]:
    """Return smooth colored images with noise: what a network is quantized with has structure."""
    rng = np.random.default_rng(3)
    rows, columns = np.mgrid[:70, :98] / 98
    waves = [np.stack([np.sin(rng.uniform(2, 9) * rows + rng.uniform(2, 9) * columns + turn)
                       for turn in rng.uniform(0, 6, 3)], axis=-1) for _ in range(count)]
    return [np.clip(127 + 90 * each + rng.normal(0, 9, each.shape), 0, 255).astype(np.uint8)
            for each in waves]


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small Depth Anything."""
    return tiny_models.build('depth_anything', tmp_path_factory.mktemp('model'))


@pytest.fixture(scope='module')
def params(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelParams]:
    """Return its parameters; its models lie in a cache of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('DEPTH_SEG_CACHE', str(tmp_path_factory.mktemp('cache')))
        patch.setattr(openvino_models, 'convert_apart', convert)
        # Eight channels of random weights lose more than a real network: 0.05 measured.
        patch.setattr(module, 'MOST_ERROR', 0.1)
        yield ModelParams(name=str(folder), input_size=70, threads=1)


@pytest.fixture(scope='module')
def made(params: ModelParams) -> Quantized:
    """Return what became of it."""
    other_aspect = np.zeros((70, 70, 3), np.uint8)
    return quantize(params, [*scenes(12), other_aspect])


def test_a_fourth_of_the_images_is_held_out_and_another_aspect_is_skipped(
        made: Quantized) -> None:
    assert (made.used, made.held_out, made.skipped, made.grid) == (9, 3, 1, (70, 98))
    assert set(made.seconds) == {'float', 'int8'}


def test_int8_keeps_rank_and_values(made: Quantized, params: ModelParams) -> None:
    rgb = scenes(13)[-1]
    exact = load_estimator(ModelParams(
        name=params.name, input_size=70, backend='torch', precision='fp32')).estimate(rgb).values
    estimator = load_estimator(ModelParams(name=params.name, input_size=70, precision='int8'))
    rough = estimator.estimate(rgb).values
    assert (estimator.info.backend, estimator.info.precision) == ('openvino', 'int8')
    assert not np.array_equal(rough, exact)
    assert spearmanr(rough.ravel(), exact.ravel()).statistic > 0.93
    assert np.abs(rough - exact).mean() < 0.08 * np.ptp(exact)


def test_an_image_of_another_aspect_has_no_int8_model(
        made: Quantized, params: ModelParams) -> None:
    estimator = load_estimator(ModelParams(name=params.name, input_size=70, precision='int8'))
    with pytest.raises(EstimationError, match=r'no int8 model at 70 x 70 .*there: 70 x 98\); run'):
        estimator.estimate(np.zeros((70, 70, 3), np.uint8))


def test_another_input_size_has_no_int8_model(made: Quantized, params: ModelParams) -> None:
    with pytest.raises(ModelLoadError, match=r'no int8 model for model.input_size 42 .*70 x 98'):
        load_estimator(ModelParams(name=params.name, input_size=42, precision='int8'))


def test_a_bad_result_is_not_kept(
        made: Quantized, params: ModelParams, monkeypatch: pytest.MonkeyPatch) -> None:
    before = model_cache.entries()
    monkeypatch.setattr(module, '_agreement', lambda exact, rough: (0.96, 0.01))
    with pytest.raises(ModelLoadError, match='not kept: rank correlation 0.960'):
        quantize(params, scenes(4))
    monkeypatch.setattr(module, '_agreement', lambda exact, rough: (0.99, np.nan))
    with pytest.raises(ModelLoadError, match='not kept'):
        quantize(params, scenes(4))
    assert model_cache.entries() == before


def test_agreement_is_whole_for_the_same_and_falls_with_noise() -> None:
    rng = np.random.default_rng(0)
    maps = [rng.normal(size=(1, 40, 50)).astype(np.float32)]
    assert module._agreement(maps, maps) == (pytest.approx(1), 0)
    rank, error = module._agreement(maps, [maps[0] + rng.normal(size=(1, 40, 50))])
    assert rank < 0.9
    assert error > 0.1


def test_too_few_images_are_refused(params: ModelParams) -> None:
    with pytest.raises(ModelLoadError, match='at least 4 images of one aspect .* got 3'):
        quantize(params, scenes(3))


def test_without_nncf_it_says_what_to_install(
        params: ModelParams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'nncf', None)
    with pytest.raises(ModelLoadError, match='run "pip install nncf"'):
        quantize(params, scenes(4))


def test_the_command_quantizes_lists_and_clears(
        params: ModelParams, made: Quantized, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    for index, rgb in enumerate(scenes(2)):
        cv2.imwrite(str(tmp_path / f'{index}.png'), rgb[:, :, ::-1])
    monkeypatch.setattr(module, 'quantize', lambda params, images: (list(images), made)[1])
    assert main(['models', 'quantize', params.name, '--images', str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert 'in int8 at 98x70: 9 images used, 1 image of another aspect left out' in said
    assert main(['models', 'cache']) == 0
    said = capsys.readouterr().out
    assert 'precision int8' in said
    assert 'precision float' in said
    monkeypatch.setenv('DEPTH_SEG_CACHE', str(tmp_path / 'other'))
    assert main(['models', 'clear']) == 0
    assert capsys.readouterr().out == f'0 MB freed in {tmp_path / "other"}\n'


@pytest.mark.parametrize(('arguments', 'text'), [
    (['quantize', 'embedded'], 'the following arguments are required: --images'),
    (['check', 'embedded', '--images', '.'], 'unrecognized arguments: --images'),
    (['cache', 'embedded'], 'unrecognized arguments: embedded'),
    (['clear', 'embedded'], 'unrecognized arguments: embedded'),
])
def test_wrong_usage_is_told(
        arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(['models', *arguments])
    assert ended.value.code == 2
    assert text in capsys.readouterr().err
