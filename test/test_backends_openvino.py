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
"""Networks through OpenVINO, held to what transformers makes of the same weights and image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import logging
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
from typing import Any

from depth_seg_ros.backends import (
    choice, model_cache, openvino_backend, openvino_convert, openvino_engine, openvino_models)
from depth_seg_ros.backends.openvino_backend import OpenVinoEstimator
from depth_seg_ros.backends.openvino_convert import convert, convert_apart
from depth_seg_ros.backends.openvino_engine import (
    bf16_error, has_bf16, MOST_BF16_ERROR, UnfitError)
from depth_seg_ros.backends.torch_backend import TorchEstimator
from depth_seg_ros.backends.weights import find_model
from depth_seg_ros.depth import DepthKind, load_estimator, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray
import pytest
import tiny_models

sys.modules.setdefault('openvino_telemetry', None)  # type: ignore[arg-type]
openvino = pytest.importorskip('openvino')
torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

RGB = np.random.default_rng(5).integers(0, 256, (120, 160, 3), dtype=np.uint8)
HAS_BF16 = has_bf16()

Builder = Callable[..., Path]


@pytest.fixture(scope='module', autouse=True)
def at_hand() -> Iterator[None]:
    """Convert within this process, which has PyTorch already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openvino_models, 'convert_apart', convert)
        yield


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
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of an empty cache, in use."""
    monkeypatch.setenv('DEPTH_SEG_CACHE', str(tmp_path / 'cache'))
    return tmp_path / 'cache'


def loaded(name: Path | str, **params: Any) -> OpenVinoEstimator:
    """Return an estimator, ready."""
    estimator = OpenVinoEstimator(ModelParams(name=str(name), **{'input_size': 70, **params}))
    estimator.load()
    return estimator


def refusal(name: Path | str, **params: Any) -> str:
    """Return the text of the error that loading raises."""
    with pytest.raises(ModelLoadError) as error:
        loaded(name, **params)
    return str(error.value)


def exact(name: Path | str) -> NDArray[np.float32]:
    """Return what PyTorch makes of the image in fp32; another test holds it to transformers."""
    estimator = TorchEstimator(ModelParams(name=str(name), input_size=70, precision='fp32'))
    estimator.load()
    return estimator.estimate(RGB).values


@pytest.mark.parametrize('kind', ['depth_anything', 'glpn'])
def test_fp32_is_that_of_transformers_to_a_hundred_thousandth_of_the_range(
        built: Builder, kind: str) -> None:
    depth = loaded(built(kind), precision='fp32').estimate(RGB)
    expected = exact(built(kind))
    assert np.abs(depth.values - expected).max() < 1e-4 * np.ptp(expected)
    assert depth.kind is (DepthKind.METRIC if kind == 'glpn' else DepthKind.RELATIVE_INVERSE)


@pytest.mark.skipif(not HAS_BF16, reason='this CPU has no bf16')
def test_bf16_stays_within_three_percent_of_the_range(built: Builder) -> None:
    expected = exact(built('depth_anything'))
    rough = loaded(built('depth_anything'), precision='bf16').estimate(RGB).values
    assert rough.dtype == np.float32
    assert 0 < np.abs(rough - expected).max() < 0.03 * np.ptp(expected)


@pytest.mark.skipif(not HAS_BF16, reason='this CPU has no bf16')
def test_bf16_puts_out_no_steps(built: Builder) -> None:
    values = loaded(built('depth_anything'), precision='bf16').estimate(RGB).values
    # PyTorch puts out 773 different values here where fp32 has 3,689.
    assert len(np.unique(values)) > 0.9 * len(np.unique(exact(built('depth_anything'))))


@pytest.mark.skipif(not HAS_BF16, reason='this CPU has no bf16')
@pytest.mark.parametrize('error, asked, taken, said', [
    ('0.002', 'auto', 'bf16', ''),
    ('0.4', 'auto', 'fp32', 'bf16 is off by 40.0 % of the range of depth; so fp32 runs it'),
    ('nan', 'auto', 'fp32', 'bf16 is off by nan %'),
    ('0.4', 'bf16', 'bf16', 'set model.precision to auto or fp32'),
    ('0.4', 'fp32', 'fp32', '')])
def test_bf16_is_taken_where_it_leaves_depth_as_it_is(
        built: Builder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
        error: str, asked: str, taken: str, said: str) -> None:
    monkeypatch.setattr(openvino_backend, 'bf16_error', lambda model: float(error))
    assert loaded(built('depth_anything'), precision=asked).info.precision == taken
    assert said in caplog.text and bool(said) == bool(caplog.records)


@pytest.mark.skipif(not HAS_BF16, reason='this CPU has no bf16')
def test_conversion_measures_what_bf16_changes(built: Builder) -> None:
    error = bf16_error(openvino_models.float_model(
        find_model(str(built('depth_anything'))), (70, 98)))
    assert 1e-5 < error < MOST_BF16_ERROR


@pytest.mark.skipif(not HAS_BF16, reason='this CPU has no bf16')
def test_a_network_that_does_not_bear_bf16_runs_in_fp32(
        built: Builder, caplog: pytest.LogCaptureFixture) -> None:
    # These weights are off by 5 % of the range.
    assert loaded(built('glpn')).info.precision == 'fp32'
    assert 'so fp32 runs it' in caplog.text


def test_images_of_another_aspect_than_at_the_start_are_announced(
        built: Builder, caplog: pytest.LogCaptureFixture) -> None:
    estimator = loaded(built('depth_anything'), precision='fp32')
    estimator.estimate(RGB)
    assert not caplog.records
    estimator.estimate(RGB[:, :120])
    assert 'images of another aspect' in caplog.text


def test_the_embedded_model_is_converted_apart_and_agrees() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openvino_models, 'convert_apart', convert_apart)
        depth = loaded('embedded', precision='fp32').estimate(RGB).values
    expected = exact('embedded')
    assert np.abs(depth - expected).max() < 1e-4 * np.ptp(expected)


def test_without_being_told_it_takes_what_the_cpu_is_fast_in(
        built: Builder, caplog: pytest.LogCaptureFixture) -> None:
    folder = built('depth_anything')
    with caplog.at_level(logging.INFO, logger='depth_seg_ros'):
        info = loaded(folder).info
    fast = 'bf16' if HAS_BF16 else 'fp32'
    assert (info.name, info.backend, info.device, info.precision) == (
        str(folder), 'openvino', 'cpu', fast)
    assert caplog.records[-1].getMessage().startswith(
        f'{folder}: relative_inverse, openvino on cpu, {fast}, input 70 x 98 for 480 x 640, ')


def test_a_cpu_without_bf16_takes_fp32_and_refuses_bf16(
        built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_backend, 'has_bf16', lambda: False)
    assert loaded(built('depth_anything')).info.precision == 'fp32'
    assert 'which this CPU does not have' in refusal(built('depth_anything'), precision='bf16')


def test_one_result_is_not_overwritten_by_the_next(built: Builder) -> None:
    estimator = loaded(built('depth_anything'))
    first = estimator.estimate(RGB).values
    before = first.copy()
    estimator.estimate(255 - RGB)
    np.testing.assert_array_equal(first, before)
    np.testing.assert_array_equal(estimator.estimate(RGB).values, before)


def test_images_of_another_aspect_get_a_model_of_their_own(
        built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openvino_backend, '_SIZES_KEPT', 1)
    estimator = loaded(built('depth_anything'))
    square = estimator.estimate(RGB[:, :120])
    assert square.shape == (70, 70)
    assert list(estimator._requests) == [(70, 70)]
    assert estimator.estimate(RGB).shape == (70, 98)


def test_nothing_works_before_load_or_after_close(built: Builder) -> None:
    estimator = OpenVinoEstimator(ModelParams(name=str(built('depth_anything')), input_size=70))
    estimator.close()
    with pytest.raises(RuntimeError, match='nothing loaded yet'):
        estimator.info
    estimator.load()
    estimator.close()
    estimator.close()
    assert not estimator._requests
    with pytest.raises(RuntimeError, match='nothing loaded'):
        estimator.estimate(RGB)


def test_threads_are_set_when_asked_for(built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []

    class Core:
        def compile_model(self, model: Any, device: str, properties: dict[str, str]) -> Any:
            asked.append(properties)
            return openvino.CompiledModel
    monkeypatch.setattr(openvino_engine, 'core', Core)
    monkeypatch.setattr(openvino, 'CompiledModel',
                        type('Compiled', (), {'create_infer_request': lambda: None}))
    openvino_engine.compiled(None, 'f32', 0)
    openvino_engine.compiled(None, 'bf16', 3)
    assert asked == [
        {'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': 'f32'},
        {'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': 'bf16',
         'INFERENCE_NUM_THREADS': '3'}]


@pytest.mark.parametrize(('params', 'text'), [
    ({'device': 'cuda'}, 'runs on the CPU, but model.device is cuda'),
    ({'precision': 'fp16'}, 'fp16 needs CUDA, and OpenVINO runs on the CPU'),
    ({'precision': 'int8'}, 'no int8 model for model.input_size 70 in the cache (there: none); '
                            'run "depth_seg models quantize '),
])
def test_what_it_cannot_do_is_refused(
        built: Builder, params: dict[str, str], text: str) -> None:
    assert text in refusal(built('depth_anything'), **params)


def test_int8_by_torch_is_refused(built: Builder) -> None:
    with pytest.raises(ModelLoadError, match='int8 needs OpenVINO'):
        load_estimator(ModelParams(
            name=str(built('depth_anything')), backend='torch', precision='int8'))


def test_a_signal_after_other_models_came_and_went_is_no_segmentation_fault(
        built: Builder) -> None:
    folder = str(built('depth_anything'))
    loaded(folder)
    code = ('import os, signal; import numpy as np; from depth_seg_ros.depth import '
            'load_estimator\nfrom depth_seg_ros.params import ModelParams\n'
            'def ready():\n'
            f'    return load_estimator(ModelParams(name={folder!r}, input_size=70))\n'
            'signal.signal(signal.SIGINT, lambda *_: print("told"))\n'
            'first = ready(); second = ready(); first.close(); del first\n'
            'second.close(); del second\n'
            'os.kill(os.getpid(), signal.SIGINT)\n')
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, 'told\n')


def test_without_openvino_it_says_what_to_install(
        built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'openvino', None)
    text = refusal(built('depth_anything'))
    assert 'needs OpenVINO (' in text
    assert 'run "pip install openvino"' in text


def test_a_second_start_does_not_import_torch_nor_call_home(built: Builder) -> None:
    folder = built('depth_anything')
    expected = loaded(folder).estimate(RGB).values
    code = ('import sys; import numpy as np; from depth_seg_ros.depth import load_estimator\n'
            'from depth_seg_ros.params import ModelParams\n'
            f'estimator = load_estimator(ModelParams(name={str(folder)!r}, input_size=70))\n'
            'rgb = np.random.default_rng(5).integers(0, 256, (120, 160, 3), dtype=np.uint8)\n'
            'values = estimator.estimate(rgb).values\n'
            'for name in ("torch", "transformers", "nncf", "openvino_telemetry"):\n'
            '    assert sys.modules.get(name) is None, name\n'
            'print(estimator.info.backend, float(values.sum()))\n')
    result = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    backend, total = result.stdout.split()
    assert result.stderr == ''
    assert backend == 'openvino'
    assert float(total) == pytest.approx(float(expected.sum()), rel=1e-5)


def test_damaged_models_are_converted_again(
        built: Builder, own_cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = built('glpn')
    expected = loaded(folder).estimate(RGB).values
    weights, = (each.folder / 'model.bin' for each in model_cache.entries())
    os.truncate(weights, 1000)
    again = loaded(folder)
    assert 'damaged (model.bin is not as it was written)' in caplog.text
    np.testing.assert_array_equal(again.estimate(RGB).values, expected)


@pytest.mark.parametrize('what', ['openvino', 'torch', 'transformers'])
def test_other_versions_are_other_models(
        built: Builder, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    found = find_model(str(built('depth_anything')))
    before = openvino_models.facts_of(found, (70, 98), 'float')
    real = openvino_models.version
    monkeypatch.setattr(openvino_models, 'version',
                        lambda name: '0' if name == what else real(name))
    after = openvino_models.facts_of(found, (70, 98), 'float')
    assert {name for name in before if before[name] != after[name]} == {what}


def test_a_package_without_a_version_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert openvino_models._version('no-such-package') == 'none'


def test_other_weights_configs_and_sizes_are_other_models(built: Builder, tmp_path: Path) -> None:
    folder = shutil.copytree(built('depth_anything'), tmp_path / 'model')
    before = openvino_models.facts_of(find_model(str(folder)), (70, 98), 'float')
    tiny_models.edit_json(folder / 'config.json', max_depth=7)
    after = openvino_models.facts_of(find_model(str(folder)), (70, 70), 'int8')
    assert {name for name in before if before[name] != after[name]} == {
        'config', 'input', 'precision'}


def test_a_cache_that_cannot_be_written_is_done_without(
        built: Builder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture) -> None:
    expected = loaded(built('depth_anything')).estimate(RGB).values
    place = model_cache.find(openvino_models.facts_of(
        find_model(str(built('depth_anything'))), (70, 98), 'float'))
    assert place is not None
    monkeypatch.setattr(openvino_models, 'convert_apart',
                        lambda found, grid, folder: openvino_models._copy(place, folder))
    (tmp_path / 'file').write_text('')
    monkeypatch.setenv('DEPTH_SEG_CACHE', str(tmp_path / 'file'))
    estimator = loaded(built('depth_anything'))
    np.testing.assert_array_equal(estimator.estimate(RGB).values, expected)
    warned = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warned) == 1


def test_auto_takes_openvino_on_a_cpu(
        built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(built('depth_anything'))
    monkeypatch.setattr(choice, '_has_cuda', lambda: False)
    estimator = load_estimator(ModelParams(name=folder, input_size=70))
    assert isinstance(estimator, OpenVinoEstimator)


@pytest.mark.parametrize(('cuda', 'params', 'expected'), [
    (True, {}, False), (True, {'device': 'cpu'}, True), (False, {'device': 'cuda'}, False),
    (False, {'precision': 'fp16'}, False), (False, {}, True)])
def test_auto_leaves_cuda_to_torch(monkeypatch: pytest.MonkeyPatch, cuda: bool,
                                   params: dict[str, str], expected: bool) -> None:
    monkeypatch.setattr(choice, '_has_cuda', lambda: cuda)
    assert choice._takes_openvino(ModelParams(**params)) is expected


def test_auto_without_openvino_takes_torch_and_says_what_is_faster(
        monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(choice, '_has_cuda', lambda: False)
    monkeypatch.setattr(choice, 'find_spec', lambda name: None)
    with caplog.at_level(logging.INFO, logger='depth_seg_ros'):
        assert choice._takes_openvino(ModelParams()) is False
    assert 'pip install openvino' in caplog.text


def test_auto_takes_torch_with_a_warning_where_openvino_cannot_take_the_network(
        built: Builder, own_cache: Path, monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: object) -> None:
        raise UnfitError('model: no such operation.')
    monkeypatch.setattr(choice, '_has_cuda', lambda: False)
    monkeypatch.setattr(openvino_models, 'convert_apart', fail)
    params = {'name': str(built('depth_anything')), 'input_size': 70}
    assert isinstance(load_estimator(ModelParams(**params)), TorchEstimator)
    warned = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert [each.getMessage() for each in warned] == [
        'model: no such operation. This time PyTorch runs it, more slowly.']
    with pytest.raises(UnfitError):
        load_estimator(ModelParams(**params, backend='openvino'))


def test_auto_does_not_replace_int8(built: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'openvino', None)
    with pytest.raises(UnfitError, match='needs OpenVINO'):
        load_estimator(ModelParams(name=str(built('depth_anything')), precision='int8'))


def test_without_a_driver_torch_is_not_asked_for_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(choice.ctypes, 'CDLL', missing)
    assert choice._has_cuda() is False
    monkeypatch.setattr(choice.ctypes, 'CDLL', lambda name: None)
    assert choice._has_cuda() is True


@pytest.mark.parametrize(('code', 'said', 'error', 'text'), [
    (4, 'noise\nm: cannot load', ModelLoadError, 'm: cannot load'),
    (3, 'm: not this one', UnfitError, 'm: not this one'),
    (1, 'Traceback\nKeyError: 5', UnfitError, 'OpenVINO cannot take this network (KeyError: 5)'),
    (2, '', UnfitError, '(it said nothing)'),
    (-signal.SIGSEGV, '', UnfitError, '(the conversion was ended by SIGSEGV)'),
])
def test_what_ends_the_conversion_is_told(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int, said: str,
        error: type[ModelLoadError], text: str) -> None:
    monkeypatch.setattr(openvino_convert, 'run_child', lambda *_: subprocess.CompletedProcess(
        [], code, stderr=said.encode()))
    with pytest.raises(error) as raised:
        convert_apart(find_model('embedded'), (192, 192), tmp_path)
    assert type(raised.value) is error
    assert text in str(raised.value)


def test_a_conversion_that_does_not_end_is_ended(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(openvino_convert, '_LONGEST', 0.01)
    with pytest.raises(UnfitError) as error:
        convert_apart(find_model('embedded'), (192, 192), tmp_path)
    assert 'the conversion did not end within 0 minutes); set model.backend' in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(('error', 'code'), [(UnfitError, 3), (ModelLoadError, 4)])
def test_the_process_that_converts_says_what_is_wrong_in_one_line(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path,
        error: type[ModelLoadError], code: int) -> None:
    def fail(*_: object) -> None:
        raise error('two\nlines')
    monkeypatch.setattr(openvino_convert, 'convert', fail)
    assert openvino_convert.main(['embedded', '', '192', '192', str(tmp_path)]) == code
    assert capsys.readouterr().err == 'two lines\n'


def test_a_converted_model_that_computes_something_else_is_refused(
        monkeypatch: pytest.MonkeyPatch, built: Builder, tmp_path: Path) -> None:
    def wrong(openvino: Any, network: Any, planes: Any) -> Any:
        from openvino import opset13
        entry = opset13.parameter(planes.shape, np.float32)
        return planes, openvino.Model([opset13.multiply(entry, np.float32(1.01))], [entry])
    monkeypatch.setattr(openvino_convert, '_exported', wrong)
    with pytest.raises(UnfitError, match='the result is off by 0.005 of its range'):
        convert(find_model(str(built('depth_anything'))), (70, 70), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_cannot_be_exported_is_refused(
        monkeypatch: pytest.MonkeyPatch, built: Builder, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise KeyError('aten::strange')
    monkeypatch.setattr(openvino_convert, '_exported', fail)
    with pytest.raises(UnfitError, match='cannot take this network .*strange.*model.backend to'):
        convert(find_model(str(built('depth_anything'))), (70, 70), tmp_path)


def test_group_normalization_is_written_otherwise_and_put_back() -> None:
    functional = torch.nn.functional
    before = functional.group_norm
    values = torch.randn(2, 6, 3, 4)
    weight, bias = torch.randn(6), torch.randn(6)
    expected = before(values, 3, weight, bias), before(values, 3)
    with openvino_convert._simple_group_norm():
        assert functional.group_norm is not before
        got = functional.group_norm(values, 3, weight, bias), functional.group_norm(values, 3)
    assert functional.group_norm is before
    for one, other in zip(got, expected):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)
