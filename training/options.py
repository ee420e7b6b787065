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

"""Options of the training, and what of it changes with time."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

PARTS = [(96, 0.3, 0.1), (128, 0.6, 0.1), (160, 1.0, 0.1)]
RENDERED = 194   # rows; enough for 160 of a window of them


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(description='Train the small depth network on rendered scenes; '
                                'stop and start again at will.')
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
    p.add_argument('--teacher', type=Path, nargs='+', default=[], metavar='FOLDER',
                   help='shipped folders; what they make of a picture together (teacher.py) is '
                   'trained on beside the truth')
    p.add_argument('--share', type=float, default=0.7,
                   help='of the teacher in the loss, the truth has the rest (default: '
                   '%(default)s)')
    p.add_argument('--bends', type=float, default=0.0,
                   help='weight of the error of bends (default: %(default)s)')
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
    return p


def arguments(line: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    p = _parser()
    o = p.parse_args(line)
    o.part = [(int(side), end, edges) for side, end, edges in o.part or PARTS]
    for side, _, _ in o.part:
        if side % 32:
            p.error(f'--part: expected a multiple of 32 pixels a side, got {side}')
    if not 0 <= o.larger <= 1:
        p.error(f'--larger: expected a share from 0 to 1, got {o.larger}')
    if not 0 <= o.share <= 1:
        p.error(f'--share: expected a share from 0 to 1, got {o.share}')
    if not 0 <= o.bends < math.inf:
        p.error(f'--bends: expected a number from 0 on, got {o.bends}')
    for folder in o.teacher:   # found out in a renderer it would leave the training waiting
        if not (folder / 'model.safetensors').is_file():
            p.error(f'--teacher: expected a folder with model.safetensors, got {folder}')
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
