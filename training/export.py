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
from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import load_file
import torch
from training import network
from transformers import DPTImageProcessorPil


def weights_of(path: Path) -> dict[str, torch.Tensor]:
    """Read the mean weights of a checkpoint, or the weights of a shipped folder."""
    if path.is_dir():
        return load_file(path / 'model.safetensors')
    state: dict[str, torch.Tensor] = torch.load(
        path, map_location='cpu', weights_only=True)['mean']
    return state


def mixed(parts: list[tuple[dict[str, torch.Tensor], float]], side: int
          ) -> dict[str, torch.Tensor]:
    """Return the sum of weights times shares, for another input; counts are those of the first."""
    name, tokens = network.POSITIONS, side // network.CELL
    first = parts[0][0]
    sums = {key: sum(share * (network.resample(part[key].float(), tokens) if key == name
                              else part[key].float()) for part, share in parts)
            for key, values in first.items() if values.is_floating_point()}
    return {**first, **sums}


def export(checkpoint: Path, folder: Path, side: int,
           others: Sequence[tuple[Path, float]] = ()) -> None:
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
    others : sequence of (Path, float)
        Checkpoints and shipped folders whose weights are mixed in, and the share of each.

    Raises
    ------
    ValueError
        When those shares leave nothing for the checkpoint.

    """
    rest = 1 - sum(share for _, share in others)
    if rest <= 0:
        raise ValueError(f'others: expected shares with a sum below 1, got {1 - rest:g}; the rest '
                         f'is that of {checkpoint}')
    net = network.build(side).eval()
    net.load_state_dict(mixed([(weights_of(checkpoint), rest)]
                              + [(weights_of(path), share) for path, share in others], side))
    net.half().save_pretrained(folder)
    # The only size there is, also for readers of this file that round to multiples.
    DPTImageProcessorPil(
        do_resize=True, size={'height': side, 'width': side}, keep_aspect_ratio=False,
        ensure_multiple_of=side, resample=3, do_rescale=True, rescale_factor=1 / 255,
        do_normalize=True, image_mean=list(network.MEAN), image_std=list(network.STD),
        do_pad=False).save_pretrained(folder)
    for path in folder.iterdir():
        path.chmod(0o644)
    print(f'{folder}: {rest:.0%} of {checkpoint}'
          + ''.join(f', {share:.0%} of {path}' for path, share in others))


def main() -> None:
    """Parse the command line and export."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('checkpoint', type=Path)
    p.add_argument('folder', type=Path)
    p.add_argument('--side', type=int, default=network.SIDE, help='pixels of the square input')
    p.add_argument('--with', dest='others', nargs=2, action='append', default=[],
                   metavar=('PATH', 'SHARE'),
                   help='checkpoint or shipped folder whose weights are mixed in; repeatable')
    o = p.parse_args()
    try:
        others = [(Path(path), float(share)) for path, share in o.others]
    except ValueError as error:
        p.error(f'--with: expected a path and a share: {error}')
    export(o.checkpoint, o.folder, o.side, others)


if __name__ == '__main__':
    main()
