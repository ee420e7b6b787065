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
"""Networks of the real classes, small and random, through the whole of loading and estimating."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import json
import logging
import os
from pathlib import Path
import shutil
import sys
from typing import Any

from depth_seg_ros.backends import choice
from depth_seg_ros.backends.preprocessing import preprocessing_of
from depth_seg_ros.backends.torch_backend import TorchEstimator
from depth_seg_ros.depth import (
    DepthKind, DepthMap, EstimationError, load_estimator, ModelLoadError)
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray
import pytest
import tiny_models

torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

RGB = np.random.default_rng(5).integers(0, 256, (120, 160, 3), dtype=np.uint8)

Builder = Callable[..., Path]


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Return what builds a network of a type once; not to be changed."""
    made: dict[str, Path] = {}

    def build(kind: str, **config: Any) -> Path:
        key = f'{kind} {config}'
        if key not in made:
            made[key] = tiny_models.build(kind, tmp_path_factory.mktemp(kind), **config)
        return made[key]
    return build


@pytest.fixture
def folder(built: Builder, tmp_path: Path) -> Path:
    """Return a copy of a relative Depth Anything, to be broken."""
    return Path(shutil.copytree(built('depth_anything'), tmp_path / 'model'))


def loaded(folder: Path, **params: Any) -> TorchEstimator:
    """Return an estimator over a folder, ready."""
    estimator = TorchEstimator(ModelParams(name=str(folder), **{'input_size': 70, **params}))
    estimator.load()
    return estimator


@pytest.fixture(scope='module')
def relative(built: Builder) -> TorchEstimator:
    """Return a relative Depth Anything, ready; not to be closed."""
    return loaded(built('depth_anything'))


def refusal(folder: Path, **params: Any) -> str:
    """Return the text of the error that loading raises."""
    with pytest.raises(ModelLoadError) as error:
        loaded(folder, **params)
    return str(error.value)


def reference(folder: Path, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what transformers makes of an image of the network's own size, in fp32."""
    network = transformers.AutoModelForDepthEstimation.from_pretrained(folder).eval()
    settings = json.loads((folder / 'preprocessor_config.json').read_text())
    config = json.loads((folder / 'config.json').read_text())
    planes = preprocessing_of(settings, config, 'name', min(rgb.shape[:2]))(rgb)
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(planes)).predicted_depth[0])


@pytest.mark.parametrize(('kind', 'config', 'meaning'), [
    ('depth_anything', {}, DepthKind.RELATIVE_INVERSE),
    ('depth_anything', {'depth_estimation_type': 'metric', 'max_depth': 20}, DepthKind.METRIC),
    ('dpt', {}, DepthKind.RELATIVE_INVERSE),
    ('glpn', {}, DepthKind.METRIC),
    ('glpn', {'depth_estimation_type': 'relative'}, DepthKind.RELATIVE_INVERSE),
    ('zoedepth', {}, DepthKind.METRIC),
    ('depth_pro', {}, DepthKind.RELATIVE_INVERSE),
])
def test_every_class_gives_a_map_of_its_own_kind(
        built: Builder, kind: str, config: dict[str, Any], meaning: DepthKind) -> None:
    if kind == 'depth_pro' and not hasattr(transformers, 'DepthProConfig'):
        pytest.skip(f'transformers {transformers.__version__} has no Depth Pro')
    estimator = loaded(built(kind, **config))
    depth = estimator.estimate(RGB)
    assert depth.kind is estimator.info.kind is meaning
    assert depth.values.dtype == np.float32
    assert depth.valid.all()
    assert np.ptp(depth.values) > 0


@pytest.mark.parametrize('kind', ['depth_anything', 'glpn'])
def test_it_agrees_with_transformers(built: Builder, kind: str) -> None:
    rgb = RGB[:70, :84] if kind == 'depth_anything' else RGB[:64, :96]
    folder = built(kind)
    got = loaded(folder, input_size=rgb.shape[0]).estimate(rgb)
    np.testing.assert_allclose(got.values, reference(folder, rgb), rtol=1e-4, atol=1e-5)


def test_bf16_stays_within_three_percent_of_the_range(
        built: Builder, relative: TorchEstimator) -> None:
    exact = relative.estimate(RGB).values
    rough = loaded(built('depth_anything'), precision='bf16').estimate(RGB).values
    assert rough.dtype == np.float32
    assert 0 < np.abs(rough - exact).max() < 0.03 * np.ptp(exact)


def test_the_map_lies_on_the_grid_of_the_network(
        built: Builder, relative: TorchEstimator) -> None:
    assert relative.estimate(RGB).shape == (70, 98)
    assert loaded(built('depth_anything'), input_size=42).estimate(RGB).shape == (42, 56)


@pytest.mark.parametrize('size', [(1, 1), (1, 700), (700, 1), (3, 2000), (7, 5)])
def test_images_of_any_shape_give_depth(
        relative: TorchEstimator, size: tuple[int, int]) -> None:
    depth = relative.estimate(np.zeros((*size, 3), np.uint8))
    assert max(depth.shape) <= 4 * min(depth.shape) == 4 * 70


def test_the_same_image_gives_the_same_bytes(built: Builder, relative: TorchEstimator) -> None:
    expected = relative.estimate(RGB).values.tobytes()
    assert relative.estimate(RGB).values.tobytes() == expected
    assert loaded(built('depth_anything')).estimate(RGB).values.tobytes() == expected


def test_meters_beyond_the_range_of_the_model_are_invalid(built: Builder) -> None:
    estimator = loaded(built('glpn', max_depth=10))
    predicted = np.array([[[-1, 0, 0.5], [10, 10.5, np.nan]]], np.float32)
    depth = estimator._postprocess(predicted)
    assert depth.valid.tolist() == [[False, False, True], [True, False, False]]


@pytest.mark.parametrize(('kind', 'more'), [('glpn', {'max_depth': 10}), ('depth_anything', {})])
def test_depth_of_a_square_is_reduced_to_the_aspect_and_the_unknown_stays_unknown(
        built: Builder, monkeypatch: pytest.MonkeyPatch, kind: str, more: dict[str, Any]) -> None:
    """Meters are those of one pixel each, also beside an edge; relative depth is mixed."""
    estimator = loaded(built(kind, **more))
    estimator._preprocess = replace(estimator._preprocess, fixed=(4, 4))
    square = np.array([[1, 1, 1, np.nan], [9, 9, 9, 9], [3, 3, 3, 3], [3, 3, 3, 12]], np.float32)
    monkeypatch.setattr(estimator, '_forward', lambda pixels: square[None])
    depth = estimator.estimate(np.zeros((20, 40, 3), np.uint8))
    assert depth.shape == (2, 4)
    metric = depth.kind is DepthKind.METRIC
    assert set(depth.values[:, 0].tolist()) <= ({1.0, 3.0, 9.0} if metric else {5.0, 3.0})
    if metric:
        assert depth.valid[:, :3].all() and not (depth.values[depth.valid] > 10).any()
    else:
        assert depth.valid[:, :2].all() and depth.valid[1].all() and not depth.valid[0, 3]


def test_relative_depth_is_invalid_only_where_it_is_not_finite(relative: TorchEstimator) -> None:
    depth = relative._postprocess(np.array([[[-1, 0, 1e6, np.inf, np.nan]]], np.float32))
    assert depth.valid.tolist() == [[True, True, True, False, False]]


def test_it_reports_what_was_loaded(built: Builder, caplog: pytest.LogCaptureFixture) -> None:
    folder = built('depth_anything')
    with caplog.at_level(logging.INFO, logger='depth_seg_ros'):
        info = loaded(folder, device='cpu').info
    assert (info.name, info.backend, info.device, info.precision) == (
        str(folder), 'torch', 'cpu', 'fp32')
    assert len(info.digest) == 64
    assert [record.getMessage() for record in caplog.records] == [
        f'{folder}: relative_inverse, torch on cpu, fp32, input 70 x 98 for 480 x 640, '
        f'sha256 {info.digest[:12]}']


def test_nothing_is_written_to_the_terminal(
        built: Builder, capfd: pytest.CaptureFixture[str]) -> None:
    loaded(built('dpt')).estimate(RGB)
    assert capfd.readouterr() == ('', '')


def test_the_verbosity_of_transformers_is_left_as_it_was(built: Builder) -> None:
    from transformers.utils import logging as chatter
    before = chatter.get_verbosity(), chatter.is_progress_bar_enabled()
    chatter.set_verbosity_info()
    chatter.enable_progress_bar()
    try:
        loaded(built('dpt'))
        assert chatter.get_verbosity() == logging.INFO
        assert chatter.is_progress_bar_enabled()
    finally:
        chatter.set_verbosity(before[0])
        if not before[1]:
            chatter.disable_progress_bar()


@pytest.mark.parametrize('backend', ['auto', 'torch'])
def test_load_estimator_takes_torch_by_name_and_where_openvino_is_not_installed(
        built: Builder, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    monkeypatch.setattr(choice, 'find_spec', lambda name: None)
    estimator = load_estimator(
        ModelParams(name=str(built('glpn')), backend=backend, input_size=64))
    assert isinstance(estimator, TorchEstimator)
    assert estimator.info.backend == 'torch'


def test_nothing_works_before_load_or_after_close(built: Builder) -> None:
    estimator = TorchEstimator(ModelParams(name=str(built('dpt'))))
    with pytest.raises(RuntimeError, match='nothing loaded yet'):
        estimator.info
    with pytest.raises(RuntimeError, match='nothing loaded'):
        estimator.estimate(RGB)
    estimator.load()
    estimator.close()
    estimator.close()
    with pytest.raises(RuntimeError, match='nothing loaded'):
        estimator.estimate(RGB)


def test_close_before_load_does_nothing() -> None:
    TorchEstimator(ModelParams()).close()


def test_threads_are_set_when_asked_for(built: Builder,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(torch, 'set_num_threads', asked.append)
    loaded(built('dpt'))
    assert asked == []
    loaded(built('dpt'), threads=3)
    assert asked == [3]


@pytest.mark.parametrize('given, kept', [(None, 'PASSIVE'), ('ACTIVE', 'ACTIVE')])
def test_waiting_threads_leave_the_cores_to_others_unless_told_otherwise(
        built: Builder, monkeypatch: pytest.MonkeyPatch, given: str | None, kept: str) -> None:
    if given is None:
        # Set first, so that what the load sets is taken back.
        monkeypatch.setenv('OMP_WAIT_POLICY', '')
        monkeypatch.delenv('OMP_WAIT_POLICY')
    else:
        monkeypatch.setenv('OMP_WAIT_POLICY', given)
    loaded(built('dpt'))
    assert os.environ['OMP_WAIT_POLICY'] == kept


@pytest.mark.parametrize('device', ['cuda', 'cuda:0', 'cuda:7'])
def test_a_device_that_is_not_there_is_refused_and_the_others_listed(
        built: Builder, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 0)
    assert refusal(built('dpt'), device=device).startswith(
        f'model.device is {device}, but PyTorch {torch.__version__} finds only cpu. Set '
        f'model.device to one of them')


def test_a_device_beyond_the_last_is_refused(
        built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    assert 'finds only cpu, cuda:0, cuda:1.' in refusal(built('dpt'), device='cuda:2')


def test_fp16_on_a_cpu_is_refused(built: Builder) -> None:
    assert refusal(built('dpt'), device='cpu', precision='fp16') == (
        'model.precision fp16 needs CUDA, and the device is cpu; set model.precision to bf16, '
        'fp32 or auto.')


def test_without_torch_it_says_what_to_install(
        built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'torch', None)
    text = refusal(built('dpt'))
    assert 'needs PyTorch and transformers (' in text
    assert text.endswith('run "pip install torch transformers".')


def test_a_type_that_transformers_does_not_have_is_refused(folder: Path) -> None:
    tiny_models.edit_json(folder / 'config.json', model_type='depth_of_tomorrow')
    assert 'set model.kind' in refusal(folder)
    text = refusal(folder, kind='metric')
    assert text.startswith(f'{folder}: transformers {transformers.__version__} has no depth '
                           f"network of type 'depth_of_tomorrow'; it has ")
    assert 'depth_anything' in text
    assert text.endswith('A newer transformers may have it.')


def test_a_kind_against_the_config_is_refused(folder: Path) -> None:
    assert 'model.kind is metric, but its config.json says relative_inverse' in refusal(
        folder, kind='metric')


def test_weights_that_lack_a_part_of_the_network_are_refused(folder: Path) -> None:
    from safetensors.numpy import load_file, save_file
    weights = load_file(folder / 'model.safetensors')
    del weights['head.conv1.weight']
    save_file(weights, folder / 'model.safetensors', metadata={'format': 'pt'})
    assert refusal(folder) == (
        f'{folder}: {folder}: config.json and model.safetensors do not belong together: 1 '
        f'weights are missing (such as head.conv1.weight). Copy both from the same place.')


def test_weights_of_another_size_are_refused(folder: Path) -> None:
    tiny_models.edit_json(folder / 'config.json', fusion_hidden_size=16)
    assert refusal(folder).startswith(
        f'{folder}: transformers {transformers.__version__} cannot load {folder}: ')


def test_weights_that_never_run_may_be_missing(built: Builder, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file
    folder = shutil.copytree(built('dpt'), tmp_path / 'dpt')
    weights = load_file(folder / 'model.safetensors')
    kept = {name: value for name, value in weights.items()
            if not name.startswith('neck.fusion_stage.layers.0.residual_layer1.')}
    assert len(kept) < len(weights)
    save_file(kept, folder / 'model.safetensors', metadata={'format': 'pt'})
    expected = loaded(built('dpt')).estimate(RGB)
    np.testing.assert_array_equal(loaded(folder).estimate(RGB).values, expected.values)


def test_a_config_that_no_class_can_take_is_refused(folder: Path) -> None:
    tiny_models.edit_json(folder / 'config.json', neck_hidden_sizes=[1])
    assert refusal(folder).startswith(f'{folder}: ')


def test_a_model_that_loads_but_does_not_run_is_refused(
        built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> DepthMap:
        raise RuntimeError('shapes cannot be multiplied')
    monkeypatch.setattr(TorchEstimator, '_run', fail)
    folder = built('dpt')
    assert refusal(folder) == (
        f'{folder}: it loads but does not run on cpu: shapes cannot be multiplied. If memory is '
        f'short, lower model.input_size or take a smaller model.')


def test_a_network_whose_numbers_are_too_large_for_its_precision_is_refused(
        built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TorchEstimator, '_forward',
                        lambda *_: np.full((1, 64, 64), np.nan, np.float32))
    folder = built('dpt')
    assert refusal(folder) == (
        f'{folder}: it puts out no number at all on cpu. Set model.precision to fp32, where no '
        f'number is too large.')


def test_a_device_without_room_for_the_network_is_an_error_of_the_model(
        built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError('CUDA out of memory')
    monkeypatch.setattr(torch.nn.Module, 'to', fail)
    assert 'CUDA out of memory. If memory is short, ' in refusal(built('dpt'))


def test_an_image_that_fails_is_an_error_of_its_own(
        relative: TorchEstimator, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NDArray[np.float32]:
        raise torch.OutOfMemoryError('CUDA out of memory')
    with monkeypatch.context() as patched:
        patched.setattr(relative, '_forward', fail)
        with pytest.raises(EstimationError) as error:
            relative.estimate(RGB)
    assert str(error.value) == (
        f'{relative.info.name} failed on an image of 70 x 98 (height x width): CUDA out of '
        f'memory. If memory is short, lower model.input_size.')
    assert relative.estimate(RGB).shape == (70, 98)
