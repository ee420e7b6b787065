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

"""What makes the training faster computes what PyTorch does, and says what it lacks."""

from __future__ import annotations

from pathlib import Path
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('transformers')
if not (shutil.which('cc') or shutil.which('gcc')):
    pytest.skip('it is written in C', allow_module_level=True)

from training import fast_relu, native, train  # noqa: E402  behind what skips
from training.group_norm import GroupNorm, speed_up  # noqa: E402


def relative(values: torch.Tensor, reference: torch.Tensor) -> float:
    """Return the greatest difference as a share of the greatest value."""
    gap = (values.float() - reference.float()).abs().max() / reference.abs().max()
    return float(gap.detach())


@pytest.mark.parametrize('relu', [True, False])
@pytest.mark.parametrize(('channels', 'side'), [(16, 9), (64, 6), (160, 5)])
def test_group_norm_and_its_gradients_are_those_of_pytorch(channels: int, side: int, relu: bool
                                                           ) -> None:
    """Within what bfloat16 can hold, 1 in 256."""
    random = torch.Generator().manual_seed(channels)
    x = (2 * torch.randn(3, channels, side, side, generator=random) + 0.5).bfloat16()
    weight, bias = torch.randn(2, channels, generator=random)
    dy = torch.randn(3, channels, side, side, generator=random).bfloat16()
    ours = [v.clone().requires_grad_() for v in (x, weight, bias)]
    theirs = [v.float().requires_grad_() for v in (x, weight, bias)]

    y = GroupNorm.apply(*ours, 8, 1e-5, relu)
    reference = torch.nn.functional.group_norm(theirs[0], 8, *theirs[1:], 1e-5)
    reference = torch.relu(reference) if relu else reference
    y.backward(dy)
    reference.backward(dy.float())

    assert relative(y, reference) < 1 / 256
    for mine, yours in zip(ours, theirs):
        assert relative(mine.grad, yours.grad) < 1 / 256


def test_more_channels_than_there_is_room_for_are_refused() -> None:
    x, weight = torch.zeros(1, 1032, 1, 1).bfloat16(), torch.ones(1032)
    with pytest.raises(ValueError, match='at most 1024 channels, got 1032'):
        GroupNorm.apply(x, weight, weight, 8, 1e-5, True)


def test_a_body_that_is_sped_up_computes_the_same_and_keeps_its_weights() -> None:
    """In bfloat16 by the C code, in float32 by PyTorch."""
    from transformers import BitConfig
    from transformers.models.bit.modeling_bit import BitEncoder

    torch.manual_seed(0)
    body = BitEncoder(BitConfig(embedding_size=16, hidden_sizes=[32, 64], depths=[1, 1],
                                layer_type='bottleneck', num_groups=8))
    x = torch.randn(2, 16, 12, 12)
    names = list(body.state_dict())
    before = body(x).last_hidden_state
    speed_up(body)
    torch.testing.assert_close(body(x).last_hidden_state, before)
    with torch.autocast('cpu', torch.bfloat16):
        assert relative(body(x).last_hidden_state, before) < 0.05
    assert list(body.state_dict()) == names


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float32])
def test_relu_and_its_gradient_are_those_of_pytorch(dtype: torch.dtype) -> None:
    """At zero, infinity and what is not a number, too, and in pictures of any order in memory."""
    random, nan, inf = torch.Generator().manual_seed(0), float('nan'), float('inf')
    x = torch.randn(2, 3, 5, 7, generator=random).to(dtype)
    x[0, 0, 0] = torch.tensor([0.0, -0.0, 1e-30, -1e-30, nan, inf, -inf])
    x[0, 0, 1, 0] = -torch.tensor(nan)
    dy = torch.randn(2, 3, 5, 7, generator=random).to(dtype)
    mine, yours = x.clone().requires_grad_(), x.clone().requires_grad_()
    ours, theirs = fast_relu.ReLU()(mine), torch.relu(yours)
    ours.backward(dy)
    theirs.backward(dy)
    exactly = {'rtol': 0, 'atol': 0, 'equal_nan': True}
    torch.testing.assert_close(ours, theirs, **exactly)
    torch.testing.assert_close(mine.grad, yours.grad, **exactly)


def test_every_relu_is_sped_up_and_nothing_else() -> None:
    """A leaky one stays, and so do the names of the weights."""
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.ReLU(), torch.nn.LeakyReLU(),
                              torch.nn.Sequential(torch.nn.ReLU()))
    names = list(net.state_dict())
    fast_relu.speed_up(net)
    assert [type(m) for m in (net[1], net[2], net[3][0])] == [
        fast_relu.ReLU, torch.nn.LeakyReLU, fast_relu.ReLU]
    assert list(net.state_dict()) == names


def test_memory_is_kept_where_the_c_library_can_and_elsewhere_nothing_happens(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """All three options are set; a C library without mallopt is left alone."""
    calls: list[tuple[int, int]] = []
    monkeypatch.setattr(train.ctypes, 'CDLL', lambda name: SimpleNamespace(
        mallopt=lambda option, value: calls.append((option, value))))
    train.keep_memory()
    assert dict(calls) == {-1: 2 ** 31 - 1, -2: 2 ** 28, -3: 2 ** 25}
    monkeypatch.setattr(train.ctypes, 'CDLL', lambda name: SimpleNamespace())
    train.keep_memory()
    assert len(calls) == 3


def test_without_a_compiler_it_says_what_to_install(
        monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is compiled yet in an empty temporary folder."""
    monkeypatch.setattr(native.shutil, 'which', lambda name: None)
    monkeypatch.setattr(native.tempfile, 'gettempdir', lambda: str(tmp_path))
    with pytest.raises(native.CompilerNotFoundError, match='apt install gcc'):
        native.library.__wrapped__('group_norm')   # itself it would answer from its cache


@pytest.mark.parametrize('name', ['raycast', 'group_norm', 'relu'])
def test_what_is_compiled_leaves_the_smallest_numbers_alone(name: str) -> None:
    """Linked with -ffast-math it would make zero of them, in the whole process."""
    native.library(name)
    assert np.float32(1e-40) * np.float32(0.5) > 0
