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

"""Turn a checkpoint of the training into the folder that ships with the package."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import torch
from torch.nn import functional as F
from training import network
from transformers import DPTImageProcessorPil


def resample(positions: torch.Tensor, tokens: int) -> torch.Tensor:
    """Resample the position embeddings of a square grid to tokens x tokens; the first is kept."""
    grid = positions[:, 1:].unflatten(1, (math.isqrt(positions.shape[1] - 1),) * 2)
    grid = F.interpolate(grid.permute(0, 3, 1, 2), (tokens, tokens), mode='bilinear')
    return torch.cat([positions[:, :1], grid.flatten(2).permute(0, 2, 1)], 1)


def export(checkpoint: Path, folder: Path, side: int) -> None:
    """
    Write config, preprocessor and half-precision weights of the mean network.

    Parameters
    ----------
    checkpoint : Path
        last.ckpt of train.py.
    folder : Path
        Where the files go.
    side : int
        Pixels of the square input, a multiple of 32.

    """
    state = torch.load(checkpoint, map_location='cpu', weights_only=True)
    net = network.build(side).eval()
    name, tokens = 'dpt.embeddings.position_embeddings', side // 16
    state['mean'][name] = resample(state['mean'][name], tokens)
    net.load_state_dict(state['mean'])
    net.half().save_pretrained(folder)
    # The only size there is, also for readers of this file that round to multiples.
    DPTImageProcessorPil(
        do_resize=True, size={'height': side, 'width': side}, keep_aspect_ratio=False,
        ensure_multiple_of=side, resample=3, do_rescale=True, rescale_factor=1 / 255,
        do_normalize=True, image_mean=list(network.MEAN), image_std=list(network.STD),
        do_pad=False).save_pretrained(folder)
    for path in folder.iterdir():
        path.chmod(0o644)
    print(f'{folder}: step {state["step"]}, {state["elapsed"] / 60:.0f} minutes of training')


def main() -> None:
    """Parse the command line and export."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('checkpoint', type=Path)
    p.add_argument('folder', type=Path)
    p.add_argument('--side', type=int, default=network.SIDE, help='pixels of the square input')
    o = p.parse_args()
    export(o.checkpoint, o.folder, o.side)


if __name__ == '__main__':
    main()
