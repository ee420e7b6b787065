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
"""
PyTorch's ways to run a network, each held to transformers in fp32 on the same weights and image.

What CUDA runs is run here on the CPU: no line of it asks for the device, but for its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import logging
from pathlib import Path
import shutil
import threading
from typing import Any

import cv2
from depth_seg_ros.backends import choice, torch_backend
from depth_seg_ros.backends.preprocessing import Preprocessing, preprocessing_of
from depth_seg_ros.backends.torch_backend import TorchEstimator
from depth_seg_ros.backends.torch_compile import CompiledNetwork
from depth_seg_ros.backends.torch_network import TorchNetwork
from depth_seg_ros.backends.transformers_network import load_network
from depth_seg_ros.backends.weights import find_model
from depth_seg_ros.depth import load_estimator, ModelLoadError
from depth_seg_ros.params import ModelParams
import numpy as np
from numpy.typing import NDArray
import pytest
from scipy.stats import spearmanr
import tiny_models

torch = pytest.importorskip('torch')
transformers = pytest.importorskip('transformers')

RGB = np.random.default_rng(5).integers(0, 256, (70, 98, 3), dtype=np.uint8)
SCALE, OFFSET = np.array([0.01, 0.02, 0.03], np.float32), np.array([-1, -2, -3], np.float32)
CPU = torch.device('cpu')

Builder = Callable[[str], Path]


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Return what builds a network of a type once; not to be changed."""
    made: dict[str, Path] = {}

    def build(kind: str) -> Path:
        if kind not in made:
            made[kind] = tiny_models.build(kind, tmp_path_factory.mktemp(kind))
        return made[kind]
    return build


class Convolution(torch.nn.Module):  # type: ignore[misc]
    """The smallest network with the output of a depth network."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.layer = torch.nn.Conv2d(3, 1, 3, padding=1)
        self.seen: list[torch.Tensor] = []

    def forward(self, pixel_values: torch.Tensor) -> Any:
        self.seen.append(pixel_values)
        return transformers.modeling_outputs.DepthEstimatorOutput(
            predicted_depth=self.layer(pixel_values)[:, 0])


def small(precision: str = 'fp32', network: Any = None) -> TorchNetwork:
    """Return the smallest network, ready."""
    return TorchNetwork(network or Convolution(), Preprocessing(70, 14, SCALE, OFFSET), CPU,
                        precision)


def pixels_of(folder: Path | str, rgb: NDArray[np.uint8]) -> tuple[Preprocessing, Any]:
    """Return how a model wants its images, and such an image at that size."""
    found = find_model(str(folder))
    preprocessing = preprocessing_of(found.preprocessor, found.config, 'name', 70)
    return preprocessing, preprocessing.resized(rgb)


def reference(folder: Path | str, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return what transformers makes of an image in fp32, its planes one after the other."""
    found = find_model(str(folder))
    network = transformers.AutoModelForDepthEstimation.from_pretrained(
        found.folder, dtype=torch.float32).eval()
    preprocessing, pixels = pixels_of(folder, rgb)
    with torch.inference_mode():
        values = network(torch.from_numpy(preprocessing.normalized(pixels))).predicted_depth
    return np.asarray(values).squeeze()


def off(got: NDArray[np.float32], expected: NDArray[np.float32]) -> tuple[float, float]:
    """Return the mean difference in ranges of what is expected, and Spearman's correlation."""
    error = np.abs(got - expected).mean() / np.ptp(expected)
    return float(error), float(spearmanr(got.ravel(), expected.ravel()).statistic)


def same(got: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    """Compare what ran in threads that may divide the work differently, and round so."""
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-5)


# The tiny GLPN does not bear bf16: 0.07 of its range, 0.0007 in fp16.
@pytest.mark.parametrize(('kind', 'precision', 'most', 'rank'), [
    ('depth_anything', 'fp32', 1e-5, 0.999999), ('dpt', 'fp32', 1e-5, 0.999999),
    ('glpn', 'fp32', 1e-5, 0.999999), ('depth_anything', 'fp16', 0.002, 0.9998),
    ('dpt', 'fp16', 0.002, 0.9998), ('glpn', 'fp16', 0.002, 0.9998),
    ('depth_anything', 'bf16', 0.01, 0.998), ('dpt', 'bf16', 0.01, 0.95)])
def test_every_precision_agrees_with_transformers(
        built: Builder, kind: str, precision: str, most: float, rank: float) -> None:
    preprocessing, pixels = pixels_of(built(kind), RGB)
    network = TorchNetwork(load_network(find_model(str(built(kind)))), preprocessing, CPU,
                           precision)
    got = network(pixels)
    error, agreement = off(got.squeeze(), reference(built(kind), RGB))
    assert got.dtype == np.float32
    assert error < most
    assert agreement > rank
    assert error > 0 or precision == 'fp32'


@pytest.mark.parametrize(('precision', 'most', 'rank'), [
    ('fp32', 1e-5, 0.999999), ('bf16', 0.01, 0.998), ('fp16', 0.002, 0.9999)])
def test_every_precision_of_the_embedded_network_agrees_with_transformers(
        precision: str, most: float, rank: float) -> None:
    # On photographs: bf16 0.0037 and 0.9998, fp16 0.0006 and 0.999996.
    sheet = cv2.imread(str(Path(__file__).parents[1] / 'doc' / 'demo.png'))
    rgb = cv2.cvtColor(sheet[:sheet.shape[0] // 2, :sheet.shape[1] // 3], cv2.COLOR_BGR2RGB)
    preprocessing, pixels = pixels_of('embedded', rgb)
    network = TorchNetwork(load_network(find_model('embedded')), preprocessing, CPU, precision)
    error, agreement = off(network(pixels).squeeze(), reference('embedded', rgb))
    assert error < most
    assert agreement > rank


def test_the_network_sees_what_the_preprocessing_says_with_channels_last() -> None:
    network = Convolution()
    small(network=network)(RGB)
    seen, = network.seen
    expected = Preprocessing(70, 14, SCALE, OFFSET).normalized(RGB)
    np.testing.assert_array_equal(seen.numpy(), expected)
    assert seen.is_contiguous(memory_format=torch.channels_last)
    assert network.layer.weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(('precision', 'kept'), [
    ('fp32', 'float32'), ('bf16', 'float32'), ('fp16', 'float16')])
def test_weights_lie_in_memory_once(precision: str, kept: str) -> None:
    network = Convolution()
    assert small(precision, network)(RGB).dtype == np.float32
    assert {weights.dtype for weights in network.parameters()} == {getattr(torch, kept)}
    assert network.seen[0].dtype == getattr(torch, kept)


def test_the_image_is_normalized_in_fp32_before_it_is_rounded() -> None:
    network = Convolution()
    small('fp16', network)(RGB)
    expected = Preprocessing(70, 14, SCALE, OFFSET).normalized(RGB).astype(np.float16)
    np.testing.assert_array_equal(network.seen[0].numpy(), expected)


@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('way', ['read-only', 'in reverse'])
def test_images_are_taken_as_they_lie_and_left_as_they_are(way: str) -> None:
    given = RGB.copy() if way == 'read-only' else RGB[::-1, :, ::-1]
    given.setflags(write=False)
    np.testing.assert_array_equal(small()(given), small()(given.copy()))


@pytest.fixture
def compiling(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Let PyTorch trace, but not call a compiler; return what `torch.compile` is asked for."""
    asked: list[dict[str, Any]] = []
    real = torch.compile

    def compile_eagerly(function: Any, **options: Any) -> Any:
        asked.append(options)
        return real(function, backend='eager', dynamic=options['dynamic'])
    monkeypatch.setattr(torch, 'compile', compile_eagerly)
    return asked


class Runs:
    """Stands for what `torch.compile` returns: counts its runs, and fails where it is told to."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []
        self.threads: set[str] = set()
        self.fails_at: tuple[int, ...] = ()

    def __call__(self, depth: Any, dynamic: bool, mode: str) -> Any:
        def run(pixels: torch.Tensor) -> torch.Tensor:
            self.sizes.append(tuple(pixels.shape[1:3]))
            self.threads.add(threading.current_thread().name)
            if self.sizes[-1] in self.fails_at:
                raise FileNotFoundError('no g++\nand a long tail')
            return depth(pixels)
        return run


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Return what counts the runs of networks that are compiled from now on."""
    counted = Runs()
    monkeypatch.setattr(torch, 'compile', counted)
    yield counted


@pytest.mark.parametrize('kind', ['depth_anything', 'dpt'])
def test_traced_for_compiling_it_agrees_with_transformers(
        built: Builder, compiling: list[dict[str, Any]], kind: str) -> None:
    estimator = load_estimator(ModelParams(
        name=str(built(kind)), compile=True, input_size=70, device='cpu'))
    assert isinstance(estimator, TorchEstimator)
    assert compiling == [{'dynamic': False, 'mode': 'default'}]
    got = estimator.estimate(RGB).values
    estimator.close()
    expected = reference(built(kind), RGB)
    if kind == 'dpt':   # its square comes at the aspect of the image
        assert got.shape == (round(64 * RGB.shape[0] / RGB.shape[1]), 64)
        expected = cv2.resize(expected, got.shape[::-1])
    assert off(got, expected)[0] < 1e-5


@pytest.mark.skipif(shutil.which('g++') is None, reason='PyTorch compiles with g++')
def test_compiled_it_computes_the_same() -> None:
    expected = small()(RGB)
    got = CompiledNetwork('model', small('bf16'), 'default', 1)(RGB)
    assert off(got, expected)[0] < 0.005


@pytest.mark.parametrize(('device', 'mode'), [('cpu', 'default'), ('cuda:0', 'reduce-overhead')])
def test_cuda_is_compiled_with_graphs(
        monkeypatch: pytest.MonkeyPatch, device: str, mode: str) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(torch_backend, 'CompiledNetwork', lambda *given: asked.append(given))
    estimator = TorchEstimator(ModelParams(name='model', compile=True, threads=3))
    estimator._device = torch.device(device)
    network = small()
    estimator._compiled(network)
    assert asked == [('model', network, mode, 3)]


def test_compiled_networks_run_in_one_thread_whoever_asks(runs: Runs) -> None:
    network = CompiledNetwork('model', small(), 'default', 0)
    network(RGB)
    asking = threading.Thread(target=network, args=(RGB,))
    asking.start()
    asking.join()
    CompiledNetwork('other', small(), 'default', 0)(RGB)
    assert len(runs.sizes) == 3 + 1 + 1 + 3 + 1
    assert runs.threads == {'depth_seg_compiled'}


def test_compiling_does_not_hold_up_the_end_of_the_process(runs: Runs) -> None:
    CompiledNetwork('model', small(), 'default', 0)(RGB)
    one, = (each for each in threading.enumerate() if each.name == 'depth_seg_compiled')
    assert one.daemon


def test_a_cuda_graph_is_recorded_before_the_first_frame(runs: Runs) -> None:
    network = CompiledNetwork('model', small(), 'default', 0)
    network(RGB)
    assert runs.sizes == [(70, 98)] * 4
    network(RGB)
    assert len(runs.sizes) == 5


def test_threads_are_set_where_it_runs(monkeypatch: pytest.MonkeyPatch, runs: Runs) -> None:
    asked: list[tuple[int, str]] = []
    monkeypatch.setattr(torch, 'set_num_threads', lambda count: asked.append(
        (count, threading.current_thread().name)))
    CompiledNetwork('model', small(), 'default', 0)
    assert asked == []
    CompiledNetwork('model', small(), 'default', 3)
    assert asked == [(3, 'depth_seg_compiled')]


def test_what_cannot_be_compiled_fails_at_load_and_says_what_to_do(
        built: Builder, runs: Runs) -> None:
    runs.fails_at = (70, 98),
    folder = built('depth_anything')
    estimator = TorchEstimator(ModelParams(name=str(folder), compile=True, input_size=70))
    with pytest.raises(ModelLoadError) as error:
        estimator.load()
    assert str(error.value) == (
        f'{folder}: PyTorch cannot compile it for 70 x 98 (no g++). Install what is missing (a '
        f'C++ compiler such as g++; on CUDA Triton, too), or set model.compile to false.')
    with pytest.raises(RuntimeError, match='nothing loaded'):
        estimator.estimate(RGB)


def test_what_fails_without_being_compiled_is_not_laid_on_the_compiler(
        monkeypatch: pytest.MonkeyPatch, runs: Runs) -> None:
    def fail(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError('CUDA out of memory')
    monkeypatch.setattr(Convolution, 'forward', fail)
    with pytest.raises(torch.OutOfMemoryError):
        CompiledNetwork('model', small(), 'default', 0)(RGB)
    assert runs.sizes == []


def test_images_of_another_aspect_are_compiled_for_with_a_warning(
        runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    network = CompiledNetwork('model', small(), 'default', 0)
    network(RGB)
    assert caplog.messages == []
    for _ in range(2):
        network(RGB[:, :70])
    assert runs.sizes.count((70, 70)) == 3 + 2
    assert caplog.messages == ['model: images of another aspect; the network is compiled for '
                               '70 x 70, which can take minutes']
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_later_aspect_that_cannot_be_compiled_for_runs_as_it_is_and_is_tried_once(
        runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    runs.fails_at = (70, 70),
    network = CompiledNetwork('model', small(), 'default', 0)
    network(RGB)
    for _ in range(2):
        same(network(RGB[:, :70]), small()(RGB[:, :70]))
    assert runs.sizes.count((70, 70)) == 1
    assert caplog.messages[1:] == ['model: PyTorch cannot compile it for 70 x 70 (no g++); such '
                                   'images run uncompiled, more slowly']


def test_beyond_four_aspects_nothing_is_compiled(
        runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    network = CompiledNetwork('model', small(), 'default', 0)
    for width in (14, 28, 42, 56, 70, 70, 84):
        same(network(RGB[:, :width]), small()(RGB[:, :width]))
    assert {size[1] for size in runs.sizes} == {14, 28, 42, 56}
    assert caplog.messages[3:] == [
        f'model: images of a fifth aspect or more (70 x {width}) run uncompiled, more slowly'
        for width in (70, 84)]


def test_closing_lets_the_compiled_network_go(built: Builder, runs: Runs) -> None:
    import gc
    import weakref
    estimator = TorchEstimator(ModelParams(name=str(built('glpn')), compile=True, input_size=64))
    estimator.load()
    network: Any = estimator._network
    weights = weakref.ref(network._network._network)
    del network
    estimator.close()
    gc.collect()
    assert weights() is None


def test_auto_with_compile_takes_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, '_has_cuda', lambda: False)
    monkeypatch.setattr(choice, 'find_spec', lambda name: True)
    assert choice._takes_openvino(ModelParams(compile=True)) is False
    assert choice._takes_openvino(ModelParams()) is True


@pytest.mark.parametrize('precision', ['auto', 'int8'])
def test_compile_with_openvino_is_refused(precision: str) -> None:
    pytest.importorskip('openvino')
    with pytest.raises(ModelLoadError) as error:
        load_estimator(ModelParams(name='embedded', precision=precision, compile=True,
                                   backend='auto' if precision == 'int8' else 'openvino'))
    assert str(error.value) == (
        'model.compile is for PyTorch, and OpenVINO always compiles; set it to false, or '
        'model.backend to torch.')
