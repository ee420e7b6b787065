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

"""The training itself: its schedule, stopping and going on, starting from a shipped folder."""

from __future__ import annotations

import itertools
from pathlib import Path
import queue
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('transformers')

from training import export, network, pictures, train  # noqa: E402  behind what skips
from training.options import arguments, learning_rate, part_at  # noqa: E402


def options(folder: Path, *line: str) -> object:
    """Return the options of a training of ten minutes on tiny pictures."""
    return arguments(['--folder', str(folder), '--minutes', '10', '--batch', '2', *line])


def ring(count: int = 6) -> pictures.Ring:
    """Return random pictures of 40 x 56."""
    rng = np.random.default_rng(0)
    light = rng.uniform(0, 2, (count, 40, 56, 3)).astype(np.float16)
    inverse = rng.uniform(0.1, 1, (count, 40, 56)).astype(np.float16)
    return pictures.Ring(light, inverse, SimpleNamespace(value=count), SimpleNamespace(value=0))


def batches(side: int = 32) -> queue.Queue:
    """Return twelve batches, the same ones every time."""
    rng, out = np.random.default_rng(1), queue.Queue()
    for _ in range(12):
        out.put(pictures.batch(ring(), 2, (side, side), rng))
    return out


def weights(trainer: train.Trainer) -> torch.Tensor:
    """Return all weights in one row."""
    return torch.cat([p.detach().flatten() for p in trainer.net.parameters()])


def test_rate_warms_up_holds_and_falls_to_zero() -> None:
    """It holds the highest rate until 35 % of the time and is zero at the end."""
    assert learning_rate(0.4, 0.1, 50) == pytest.approx(0.1)
    assert learning_rate(0.4, 0.35, 900) == pytest.approx(0.4)
    assert learning_rate(0.4, 0.675, 900) == pytest.approx(0.2)
    assert learning_rate(0.4, 1.0, 900) == pytest.approx(0, abs=1e-12)


def test_parts_follow_each_other(tmp_path: Path) -> None:
    """A part begins where the one before it ends, and the last one never ends."""
    o = options(tmp_path, '--part', '64', '0.25', '0.1', '--part', '96', '1', '0.5')
    found = [part_at(o.part, progress) for progress in (0, 0.24, 0.25, 0.99, 1.2)]
    assert found == [(64, 0.1), (64, 0.1), (96, 0.5), (96, 0.5), (96, 0.5)]


@pytest.mark.parametrize(('part', 'message'), [
    (('48', '1', '0.1'), 'expected a multiple of 32 pixels a side, got 48'),
    (('64', '0.9', '0.1'), 'expected the last one to end at 1, got 0.9')])
def test_impossible_parts_are_refused(part: tuple[str, ...], message: str, tmp_path: Path,
                                      capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what was expected and what was given."""
    with pytest.raises(SystemExit):
        options(tmp_path, '--part', *part)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('share', ['-0.1', '50'])
@pytest.mark.parametrize('name', ['--larger', '--share'])
def test_impossible_shares_are_refused(
        name: str, share: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(tmp_path, name, share)
    assert f'{name}: expected a share from 0 to 1, got {float(share)}' in capsys.readouterr().err


def test_a_teacher_that_is_not_there_is_refused(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(tmp_path, '--teacher', str(tmp_path / 'gone'))
    assert (f'--teacher: expected a folder with model.safetensors, got {tmp_path / "gone"}'
            in capsys.readouterr().err)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every look at the clock take ten seconds."""
    seconds = itertools.count(0, 10)
    monkeypatch.setattr(train, 'time', SimpleNamespace(monotonic=lambda: next(seconds)))
    monkeypatch.setattr(train, 'draw_curve', lambda path: None)


@pytest.mark.usefixtures('clock')
def test_stopped_training_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path) -> None:
    """Weights, mean weights, counts and rate after a stop are those without one."""
    line = ('--part', '32', '1', '0.1')
    through, source = train.Trainer(options(tmp_path / 'a', *line)), batches()
    for _ in range(4):
        through.train_on(source.get())
        through.elapsed += 10
    source = batches()
    for steps in (2, 2):
        part = train.Trainer(options(tmp_path, *line))
        for _ in range(steps):
            part.train_on(source.get())
            part.elapsed += 10
        part.save()
    assert (part.step, part.images, part.elapsed) == (4, 8, 40)
    assert torch.equal(weights(part), weights(through))
    assert all(torch.equal(part.mean[name], through.mean[name]) for name in part.mean)
    assert (part.optimizer.param_groups[0]['lr'] == through.optimizer.param_groups[0]['lr'] > 0)


@pytest.mark.usefixtures('clock')
def test_until_ends_the_training_early_and_leaves_checkpoint_and_curve(tmp_path: Path) -> None:
    """Three steps of ten seconds make half a minute; the same command then has nothing to do."""
    o = options(tmp_path, '--part', '32', '1', '0.1', '--until', '0.5')
    for _ in range(2):
        trainer = train.Trainer(o)
        train.loop(trainer, ring(), batches(), SimpleNamespace(value=7))
        assert (trainer.step, trainer.elapsed) == (3, 30)
    head, row = (tmp_path / 'curve.csv').read_text().splitlines()
    assert head == 'images,minutes,side,loss,validation,rate,pictures'
    assert row.startswith('6,0.5,32,') and row.endswith(',7')


@pytest.mark.usefixtures('clock')
def test_signal_ends_the_training_behind_its_step(tmp_path: Path) -> None:
    """What was done is saved."""
    trainer = train.Trainer(options(tmp_path, '--part', '32', '1', '0.1'))
    source = batches()
    source.get = lambda: trainer.stop() or queue.Queue.get(source)   # while it waits for pictures
    train.loop(trainer, ring(), source, SimpleNamespace(value=7))
    assert trainer.step == 1
    assert train.Trainer(trainer.options).step == 1


@pytest.mark.parametrize(('share', 'sides'), [('0', {32}), ('0.5', {32, 64}), ('1', {64})])
def test_a_share_of_the_batches_is_larger(tmp_path: Path, share: str, sides: set[int]) -> None:
    """By 32 pixels a side, so that the network serves at both sizes."""
    o = options(tmp_path, '--part', '32', '1', '0.1', '--larger', share)
    full = queue.Queue(16)
    full.put = lambda batch: queue.Queue.put(full, batch, block=False)   # fails when it is full
    with pytest.raises(queue.Full):
        train._feed(ring(), SimpleNamespace(options=o, step=0, progress=0.0), full, 0)
    seen = [full.get() for _ in range(16)]
    assert {each.rgb.shape[1] for each in seen} == sides
    assert all(each.rgb.shape[:3] == each.inverse_depth.shape for each in seen)


def test_the_share_of_the_teacher_is_that_of_the_options(tmp_path: Path) -> None:
    rgb, truth, _ = pictures.batch(ring(), 2, (32, 32), np.random.default_rng(1))
    lesson = truth + 0.2 * np.linspace(0, 1, 32, dtype=np.float32)
    losses = []
    for share in ('0', '0.5', '1'):
        trainer = train.Trainer(options(tmp_path, '--share', share))
        with torch.no_grad():
            losses += [float(trainer.loss(pictures.Batch(rgb, truth, taught), 0.1))
                       for taught in (None, lesson)]
    alone = losses[0]
    assert losses[::2] == pytest.approx([alone] * 3)
    assert losses[1] == pytest.approx(alone)
    assert abs(losses[5] - alone) > abs(losses[3] - alone) > 1e-3


def test_the_error_of_bends_has_the_weight_of_the_options(tmp_path: Path) -> None:
    seen = pictures.batch(ring(), 2, (32, 32), np.random.default_rng(1))
    losses = []
    for weight in ('0', '0.5', '1'):
        trainer = train.Trainer(options(tmp_path, '--bends', weight))
        with torch.no_grad():
            losses.append(float(trainer.loss(seen, 0.1)))
    assert losses[1] - losses[0] > 0.01
    assert losses[2] - losses[1] == pytest.approx(losses[1] - losses[0], rel=1e-3)
    assert options(tmp_path).bends == 0


@pytest.mark.parametrize('weight', ['-1.0', 'nan', 'inf'])
def test_an_impossible_weight_is_refused(
        weight: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options(tmp_path, '--bends', weight)
    assert f'--bends: expected a number from 0 on, got {weight}' in capsys.readouterr().err


def test_shipped_folder_is_a_start(tmp_path: Path) -> None:
    """What was exported comes back, rounded to half precision, and is read by its class."""
    from transformers import AutoModelForDepthEstimation

    trainer = train.Trainer(options(tmp_path))
    trainer.save()
    export.export(trainer.path, tmp_path / 'shipped', network.SIDE)
    again = train.Trainer(options(tmp_path / 'new', '--init', str(tmp_path / 'shipped')))
    torch.testing.assert_close(weights(again), weights(trainer), rtol=1e-3, atol=1e-6)
    assert not torch.equal(weights(train.Trainer(options(tmp_path / 'other', '--seed', '2'))),
                           weights(trainer))
    net = AutoModelForDepthEstimation.from_pretrained(tmp_path / 'shipped')
    assert tuple(net.config.image_size) == (network.SIDE, network.SIDE)


def test_a_folder_for_another_size_is_a_start(tmp_path: Path) -> None:
    """Its position embeddings are resampled, all else is taken as it is."""
    trainer = train.Trainer(options(tmp_path))
    side = network.SIDE // network.CELL
    ramp = torch.arange(side).repeat(side)[:, None].expand(-1, 192).float()   # along the columns
    with torch.no_grad():
        trainer.mean[network.POSITIONS][0] = torch.cat([torch.full((1, 192), 7.0), ramp])
    trainer.save()
    export.export(trainer.path, tmp_path / 'half', network.SIDE // 2)
    again = train.Trainer(options(tmp_path / 'new', '--init', str(tmp_path / 'half')))
    found = again.net.state_dict()
    positions = found.pop(network.POSITIONS)[0, :, 0]
    assert positions[0] == 7
    grid = positions[1:].view(side, side)
    assert (grid == grid[0]).all() and (grid[0].diff() >= 0).all()
    assert grid[0, 0] < 1 and grid[0, -1] > side - 2
    assert found.keys() == {*trainer.mean} - {network.POSITIONS}
    for name, values in found.items():
        torch.testing.assert_close(values, trainer.mean[name], rtol=1e-3, atol=1e-6)


def test_weights_of_checkpoints_and_folders_are_mixed_by_their_shares(tmp_path: Path) -> None:
    """Also when one of them was shipped for another size of the input."""
    first, second = (train.Trainer(options(tmp_path / seed, '--seed', seed)) for seed in '12')
    for trainer in (first, second):
        trainer.path.parent.mkdir()
        trainer.save()
    export.export(second.path, tmp_path / 'second', 96)
    export.export(first.path, tmp_path / 'mixed', 64, [(tmp_path / 'second', 0.25)])
    name = 'head.head.0.weight'
    got = export.weights_of(tmp_path / 'mixed')
    expected = 0.75 * first.net.state_dict()[name] + 0.25 * second.net.state_dict()[name]
    torch.testing.assert_close(got[name].float(), expected, rtol=1e-2, atol=1e-3)
    assert got[network.POSITIONS].shape[1] == 1 + (64 // network.CELL) ** 2
    with pytest.raises(ValueError, match='a sum below 1, got 1.5'):
        export.export(first.path, tmp_path / 'none', 64, [(tmp_path / 'second', 1.5)])


def test_a_share_that_is_no_number_is_refused(
        monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr('sys.argv', ['export', 'a.ckpt', 'folder', '--with', 'b.ckpt', 'half'])
    with pytest.raises(SystemExit):
        export.main()
    assert "--with: expected a path and a share: could not convert string to float: 'half'" in (
        capsys.readouterr().err)
