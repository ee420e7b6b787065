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
import math
import multiprocessing as mp
import os
from pathlib import Path
import queue
import signal
import threading
import time

import numpy as np
import torch
from tqdm import tqdm

from training import network, pictures
from training.loss import affine_invariant_loss


def arguments() -> argparse.Namespace:
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
    p.add_argument('--reuse', type=float, default=5, help='how often a picture is used')
    p.add_argument('--ring', type=int, default=6000, help='pictures kept')
    p.add_argument('--size', type=int, nargs=2, default=(96, 96), help='rows and columns')
    p.add_argument('--detail', type=float, default=1, help='rendered over trained resolution')
    p.add_argument('--memory', type=float, default=500, help='steps that the mean weights span')
    p.add_argument('--batch', type=int, default=16)
    p.add_argument('--rate', type=float, default=2e-3, help='highest learning rate')
    p.add_argument('--edges', type=float, default=0.1, help='weight of the gradient term')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--nice', type=int, default=0, help='lower the priority of all processes')
    return p.parse_args()


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
        self.net = network.build().to(options.device, memory_format=torch.channels_last)
        network.resize_input(self.net, *options.size)
        self.net.head.head[-1] = torch.nn.Identity()   # a ReLU; its zeros would learn nothing
        decay = [p for p in self.net.parameters() if p.ndim > 1]
        rest = [p for p in self.net.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{'params': decay, 'weight_decay': 0.03}, {'params': rest, 'weight_decay': 0.0}],
            lr=options.rate, betas=(0.9, 0.98))
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

    def train_on(self, rgb: np.ndarray, inverse_depth: np.ndarray) -> float:
        """Make one step and return the loss."""
        o = self.options
        x = torch.from_numpy(rgb).to(o.device).permute(0, 3, 1, 2).float().div_(255)
        mean, std = (torch.tensor(v, device=o.device)[:, None, None]
                     for v in (network.MEAN, network.STD))
        x = ((x - mean) / std).contiguous(memory_format=torch.channels_last)
        progress = self.elapsed / (60 * o.minutes)
        for group in self.optimizer.param_groups:
            group['lr'] = learning_rate(o.rate, progress, self.step)
        with torch.autocast(torch.device(o.device).type, torch.bfloat16):
            predicted = self.net(x).predicted_depth
        loss = affine_invariant_loss(predicted.float(),
                                     torch.from_numpy(inverse_depth).to(o.device), o.edges)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self.images += len(rgb)
        keep = min(1 - 1 / o.memory, self.step / (self.step + 20))
        for k, v in self.net.state_dict().items():
            if v.is_floating_point():
                self.mean[k].lerp_(v, 1 - keep)
        return float(loss.detach())


def _feed(ring: pictures.Ring, o: argparse.Namespace, seed: int, out: queue.Queue) -> None:
    rng = np.random.default_rng(seed)
    while True:
        out.put(pictures.batch(ring, o.batch, o.size, rng))


def draw_curve(path: Path) -> None:
    """Draw the learning curve beside its table."""
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot

    rows = np.genfromtxt(path, delimiter=',', names=True, ndmin=1)
    figure, axis = pyplot.subplots(figsize=(7, 4))
    axis.plot(rows['images'], rows['loss'])
    axis.set(xlabel='images', ylabel='loss', yscale='log')
    axis.grid(True, which='both', alpha=0.3)
    figure.savefig(path.with_suffix('.png'), dpi=100, bbox_inches='tight')
    pyplot.close(figure)


def loop(trainer: Trainer, ring: pictures.Ring, batches: queue.Queue) -> None:
    """Train until the time is over; save every two minutes."""
    o, losses, saved = trainer.options, [], time.monotonic()
    table = o.folder / 'curve.csv'
    if not table.exists():
        table.write_text('images,minutes,loss,rate,pictures\n')
    end = 60 * min(o.minutes, o.until or o.minutes)
    bar = tqdm(total=round(end), initial=round(trainer.elapsed), unit='s',
               mininterval=10)
    while trainer.elapsed < end:
        start = time.monotonic()
        losses.append(trainer.train_on(*batches.get()))
        trainer.elapsed += time.monotonic() - start
        bar.update(round(trainer.elapsed) - bar.n)
        if trainer.step % 50 == 0:
            rate = trainer.optimizer.param_groups[0]['lr']
            row = [trainer.images, f'{trainer.elapsed / 60:.2f}',
                   f'{np.mean(losses):.4f}', f'{rate:.2e}', ring.made.value]
            with table.open('a', newline='') as file:
                csv.writer(file).writerow(row)
            bar.set_postfix(images=row[0], loss=row[2])
            losses.clear()
        if time.monotonic() - saved > 120:
            trainer.save()
            saved = time.monotonic()
    trainer.save()
    draw_curve(table)


def main() -> None:
    """Run the renderers, the feeder and the training."""
    o = arguments()
    os.nice(o.nice)
    o.folder.mkdir(parents=True, exist_ok=True)
    o.size = tuple(o.size)
    torch.set_num_threads(o.threads)
    context = mp.get_context('fork')
    ring = pictures.open_ring(o.ring, o.size, o.detail, context)
    first = int(time.time()) % 10 ** 6 if (o.folder / 'last.ckpt').exists() else 0
    seeds = [(o.seed * 1000 + k) * 10 ** 7 + first for k in range(o.renderers)]
    workers = [context.Process(target=pictures.render_forever, args=(ring, s, o.reuse),
                               daemon=True) for s in seeds]
    for worker in workers:
        worker.start()
    trainer = Trainer(o)
    while ring.filled < min(200, o.ring):
        time.sleep(1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    batches: queue.Queue = queue.Queue(4)
    threading.Thread(target=_feed, args=(ring, o, o.seed + trainer.step, batches),
                     daemon=True).start()
    try:
        loop(trainer, ring, batches)
    except KeyboardInterrupt:
        trainer.save()
        draw_curve(o.folder / 'curve.csv')
        print(f'stopped after {trainer.step} steps; run the same command to go on')


if __name__ == '__main__':
    main()
