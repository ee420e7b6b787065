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

from training import network, pictures
from training.loss import affine_invariant_loss, bend_loss
from training.options import arguments, learning_rate, part_at

HELD_OUT = 9 * 10 ** 13   # first seed of the pictures of the validation
LONGEST = 10.0   # seconds of one step; more is a machine that slept


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
        self.net = network.fast(network.build(), options.device)
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

    def loss(self, batch: pictures.Batch, edges: float,
             weights: dict[str, torch.Tensor] | None = None) -> torch.Tensor:
        """Run the network, with other weights if they are given, and compare with the truth."""
        device = self.options.device
        rgb, truth, taught = (None if each is None else torch.from_numpy(each).to(device)
                              for each in batch)
        x = network.normalized(rgb.permute(0, 3, 1, 2).float().div_(255))
        network.resize_input(self.net, *x.shape[2:])
        with torch.autocast(torch.device(device).type, torch.bfloat16):
            guess = (torch.func.functional_call(self.net, weights, x) if weights else self.net(x))
        depth = guess.predicted_depth.float()
        loss = affine_invariant_loss(depth, truth, edges, taught, self.options.share)
        return loss + self.options.bends * bend_loss(depth, truth) if self.options.bends else loss

    def train_on(self, batch: pictures.Batch) -> float:
        """Make one step and return the loss."""
        o = self.options
        for group in self.optimizer.param_groups:
            group['lr'] = learning_rate(o.rate, self.progress, self.step)
        loss = self.loss(batch, part_at(o.part, self.progress)[1])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.images += len(batch.rgb)
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
        losses = [self.loss(pictures.batch(held_out, 16, (side, side), rng), 0.1, self.mean)
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
        losses.append(trainer.train_on(batches.get()))
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
    ring = pictures.open_ring(o.ring, o.rendered, context, taught=bool(o.teacher))
    held_out = pictures.open_ring(o.held_out, o.rendered, context)
    first = int(time.time()) % 10 ** 6 if (o.folder / 'last.ckpt').exists() else 0
    seeds = [(o.seed * 1000 + k) * 10 ** 7 + first for k in range(o.renderers)]
    workers = [context.Process(target=pictures.render_forever, args=(ring, s, o.reuse, o.teacher),
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
