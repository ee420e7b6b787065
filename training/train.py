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

"""Train the small depth network on rendered scenes; stop and start again at will."""

from __future__ import annotations

import argparse
import csv
import ctypes
import math
import multiprocessing as mp
import os
from pathlib import Path
import queue
import signal
import threading
import time
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from training import fast_relu, group_norm, network, pictures
from training.loss import affine_invariant_loss

PARTS = [(96, 0.3, 0.1), (128, 0.6, 0.1), (160, 1.0, 0.1)]
RENDERED = 194   # rows; enough for 160 of a window of them
HELD_OUT = 9 * 10 ** 13   # first seed of the pictures of the validation
LONGEST = 10.0   # seconds of one step; more is a machine that slept


def arguments(line: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--minutes', type=float, default=110,
                   help='length of the training; the learning rate falls to zero at its end')
    p.add_argument('--until', type=float, help='stop earlier, after so many minutes in all')
    p.add_argument('--folder', type=Path, default=Path('/tmp/depth_seg_training'),
                   help='checkpoint and learning curve')
    p.add_argument('--device', default='cpu', help='cpu or cuda')
    p.add_argument('--threads', type=int, default=1, help='threads of torch')
    p.add_argument('--renderers', type=int, default=1, help='processes that render')
    p.add_argument('--feeders', type=int, default=1, help='threads that cut and photograph')
    p.add_argument('--reuse', type=float, default=5, help='how often a picture is used')
    p.add_argument('--ring', type=int, default=6000, help='pictures kept')
    p.add_argument('--init', type=Path, metavar='FOLDER',
                   help='start from the weights of this folder, as shipped, not from random ones')
    p.add_argument('--part', type=float, nargs=3, action='append',
                   metavar=('SIDE', 'END', 'EDGES'),
                   help='pixels a side, share of the time at which it ends, weight of the '
                   f'gradient term; repeat for every part (default: {PARTS})')
    p.add_argument('--larger', type=float, default=0.0, metavar='SHARE',
                   help='of the batches that are 32 pixels larger a side, so that the network '
                   'serves at both sizes; raise --rendered, too (default: %(default)s)')
    p.add_argument('--rendered', type=int, default=RENDERED, help='rows of the rendered pictures')
    p.add_argument('--memory', type=float, default=200, help='steps that the mean weights span')
    p.add_argument('--batch', type=int, default=16)
    p.add_argument('--rate', type=float, default=1.2e-3, help='highest learning rate')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--nice', type=int, default=0, help='lower the priority of all processes')
    p.add_argument('--held-out', type=int, default=160, help='pictures of the validation')
    o = p.parse_args(line)
    o.part = [(int(side), end, edges) for side, end, edges in o.part or PARTS]
    for side, _, _ in o.part:
        if side % 32:
            p.error(f'--part: expected a multiple of 32 pixels a side, got {side}')
    if not 0 <= o.larger <= 1:
        p.error(f'--larger: expected a share from 0 to 1, got {o.larger}')
    if o.part[-1][1] != 1:
        p.error(f'--part: expected the last one to end at 1, got {o.part[-1][1]}')
    return o


def part_at(parts: list[tuple[int, float, float]], progress: float) -> tuple[int, float]:
    """Return side and weight of the gradient term at a share of the time."""
    side, _, edges = next((part for part in parts if progress < part[1]), parts[-1])
    return side, edges


def learning_rate(highest: float, progress: float, step: int) -> float:
    """Warm up over 200 steps, hold, then fall along a cosine from 35 % of the time on."""
    fall = max(0.0, (progress - 0.35) / 0.65)
    return highest * min(1, step / 200) * (0.5 + 0.5 * math.cos(math.pi * min(fall, 1)))


class Trainer:
    """
    Network, optimizer, mean weights and their checkpoint.

    Parameters
    ----------
    options : argparse.Namespace
        The command line.

    """

    def __init__(self, options: argparse.Namespace) -> None:
        torch.manual_seed(options.seed)
        self.options, self.step, self.images, self.elapsed = options, 0, 0, 0.0
        self.stopped = False
        self.net = network.build().to(options.device, memory_format=torch.channels_last)
        self.net.set_attn_implementation('eager')   # its backward is four times as fast on a CPU
        self.net.head.head[-1] = torch.nn.Identity()   # a ReLU; its zeros would learn nothing
        if options.device == 'cpu':
            group_norm.speed_up(self.net)
            fast_relu.speed_up(self.net)
        if options.init:
            network.start_from(self.net, options.init)
        decay = [p for p in self.net.parameters() if p.ndim > 1]
        rest = [p for p in self.net.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{'params': decay, 'weight_decay': 0.03}, {'params': rest, 'weight_decay': 0.0}],
            lr=options.rate, betas=(0.9, 0.98), fused=True)
        self.mean = {k: v.detach().clone() for k, v in self.net.state_dict().items()}
        self.path = options.folder / 'last.ckpt'
        if self.path.exists():
            state = torch.load(self.path, map_location=options.device, weights_only=True)
            self.net.load_state_dict(state['net'])
            self.optimizer.load_state_dict(state['optimizer'])
            self.mean, self.step, self.elapsed = state['mean'], state['step'], state['elapsed']
            self.images = state['images']

    def save(self) -> None:
        """Write the checkpoint, never leaving half of one."""
        part = self.path.with_suffix('.part')
        torch.save({'net': self.net.state_dict(), 'optimizer': self.optimizer.state_dict(),
                    'mean': self.mean, 'step': self.step, 'images': self.images,
                    'elapsed': self.elapsed}, part)
        part.replace(self.path)

    def stop(self) -> None:
        """End the training behind the step that is being made."""
        self.stopped = True

    @property
    def progress(self) -> float:
        """Share of the training that is done."""
        return self.elapsed / (60 * self.options.minutes)

    def loss(self, rgb: np.ndarray, inverse_depth: np.ndarray, edges: float,
             weights: dict[str, torch.Tensor] | None = None) -> torch.Tensor:
        """Run the network, with other weights if they are given, and compare with the truth."""
        device = self.options.device
        x = torch.from_numpy(rgb).to(device).permute(0, 3, 1, 2).float().div_(255)
        mean, std = (torch.tensor(v, device=device)[:, None, None]
                     for v in (network.MEAN, network.STD))
        x = ((x - mean) / std).contiguous(memory_format=torch.channels_last)
        network.resize_input(self.net, *rgb.shape[1:3])
        with torch.autocast(torch.device(device).type, torch.bfloat16):
            guess = (torch.func.functional_call(self.net, weights, x) if weights else self.net(x))
        return affine_invariant_loss(guess.predicted_depth.float(),
                                     torch.from_numpy(inverse_depth).to(device), edges)

    def train_on(self, rgb: np.ndarray, inverse_depth: np.ndarray) -> float:
        """Make one step and return the loss."""
        o = self.options
        for group in self.optimizer.param_groups:
            group['lr'] = learning_rate(o.rate, self.progress, self.step)
        loss = self.loss(rgb, inverse_depth, part_at(o.part, self.progress)[1])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.images += len(rgb)
        keep = min(1 - 1 / o.memory, self.step / (self.step + 20))
        now = {k: v for k, v in self.net.state_dict().items() if v.is_floating_point()}
        torch._foreach_lerp_([self.mean[k] for k in now], list(now.values()), 1 - keep)
        return float(loss.detach())

    @torch.no_grad()
    def validate(self, held_out: pictures.Ring) -> float:
        """Return the loss of the mean network on pictures that it never trains on."""
        side = part_at(self.options.part, self.progress)[0]
        rng, count = np.random.default_rng(0), max(held_out.capacity // 16, 1)
        self.net.eval()
        losses = [self.loss(*pictures.batch(held_out, 16, (side, side), rng), 0.1, self.mean)
                  for _ in range(count)]
        self.net.train()
        return float(torch.stack(losses).mean())


def _feed(ring: pictures.Ring, trainer: Trainer, out: queue.Queue, number: int) -> None:
    o = trainer.options
    rng = np.random.default_rng([o.seed, trainer.step, number])
    while True:
        side = part_at(o.part, trainer.progress)[0] + 32 * (rng.random() < o.larger)
        out.put(pictures.batch(ring, o.batch, (side, side), rng))


def draw_curve(path: Path) -> None:
    """Draw the learning curve beside its table."""
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot

    rows = np.genfromtxt(path, delimiter=',', names=True, ndmin=1)
    figure, axis = pyplot.subplots(figsize=(7, 4))
    for column in ('loss', 'validation'):
        axis.plot(rows['images'], rows[column], label=column)
    axis.set(xlabel='images', ylabel='loss', yscale='log')
    axis.legend()
    axis.grid(True, which='both', alpha=0.3)
    figure.savefig(path.with_suffix('.png'), dpi=100, bbox_inches='tight')
    pyplot.close(figure)


def loop(trainer: Trainer, held_out: pictures.Ring, batches: queue.Queue, made: Any) -> None:
    """Train until the time is over or a signal came; save and validate every two minutes."""
    o, losses, saved = trainer.options, [], time.monotonic()
    end = 60 * min(o.minutes, o.until or o.minutes)
    bar = tqdm(total=round(end), initial=round(trainer.elapsed), unit='s', mininterval=10)
    while trainer.elapsed < end and not trainer.stopped:
        start = time.monotonic()
        losses.append(trainer.train_on(*batches.get()))
        trainer.elapsed += min(time.monotonic() - start, LONGEST)
        bar.update(round(trainer.elapsed) - bar.n)
        if time.monotonic() - saved > 120 or trainer.elapsed >= end or trainer.stopped:
            trainer.save()
            row = {'images': trainer.images, 'minutes': round(trainer.elapsed / 60, 2),
                   'side': part_at(o.part, trainer.progress)[0],
                   'loss': round(float(np.mean(losses)), 4),
                   'validation': round(trainer.validate(held_out), 4),
                   'rate': f"{trainer.optimizer.param_groups[0]['lr']:.2e}",
                   'pictures': made.value}
            append_row(o.folder / 'curve.csv', row)
            bar.set_postfix(images=row['images'], loss=row['loss'], validation=row['validation'])
            losses.clear()
            saved = time.monotonic()
    if (o.folder / 'curve.csv').exists():
        draw_curve(o.folder / 'curve.csv')


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Append a row to a table, with a head if it is the first."""
    new = not path.exists()
    with path.open('a', newline='') as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


def keep_memory() -> None:
    """Let glibc, where there is it, keep freed memory: new one costs a seventh of a step."""
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt:   # options of malloc.h
        mallopt(-1, 2 ** 31 - 1)   # M_TRIM_THRESHOLD
        mallopt(-2, 2 ** 28)       # M_TOP_PAD
        mallopt(-3, 2 ** 25)       # M_MMAP_THRESHOLD, of which this is the most


def main(line: list[str] | None = None) -> None:
    """Run the renderers, the feeder and the training."""
    o = arguments(line)
    keep_memory()
    os.nice(o.nice)
    o.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(o.threads)
    context = mp.get_context('fork')
    ring = pictures.open_ring(o.ring, o.rendered, context)
    held_out = pictures.open_ring(o.held_out, o.rendered, context)
    first = int(time.time()) % 10 ** 6 if (o.folder / 'last.ckpt').exists() else 0
    seeds = [(o.seed * 1000 + k) * 10 ** 7 + first for k in range(o.renderers)]
    workers = [context.Process(target=pictures.render_forever, args=(ring, s, o.reuse),
                               daemon=True) for s in seeds]
    for worker in workers:
        worker.start()   # before torch makes threads, which a fork does not copy
    trainer = Trainer(o)
    pictures.fill(held_out, HELD_OUT)
    while ring.filled < min(1000, o.ring // 10):   # fewer would be learned by heart
        time.sleep(1)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: trainer.stop())
    batches: queue.Queue = queue.Queue(3 + o.feeders)
    for k in range(o.feeders):
        threading.Thread(target=_feed, args=(ring, trainer, batches, k), daemon=True).start()
    loop(trainer, held_out, batches, ring.made)
    if trainer.stopped:
        raise SystemExit(f'stopped after {trainer.step} steps; run the same command to go on')


if __name__ == '__main__':
    main()
