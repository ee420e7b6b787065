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

"""A teacher for the network: several networks, which look at a picture more than once."""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from training import network

Tensor = torch.Tensor

WINDOW = 0.65   # sides of the four windows, as a share of those of the picture
FADE = 0.15     # least weight of a window, at its border


class Teacher:
    """
    Estimate inverse depth better than a single network, and far too slowly for anything else.

    The mean of all networks on a picture and its mirror image gives the layout, the first network
    on four windows the outlines: as far as half of it, and at the scale and shift that fit the
    layout there best.

    Parameters
    ----------
    folders : sequence of Path
        Shipped folders of the architecture of `network.build`, for inputs of any size.

    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._networks = [_load(folder) for folder in folders]

    @torch.no_grad()
    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        """
        Estimate.

        Parameters
        ----------
        rgb : ndarray of shape (B, H, W, 3), uint8
            Pictures.

        Returns
        -------
        ndarray of shape (B, H, W), float32
            Inverse depth, larger is nearer, scale and shift unknown.

        """
        x = torch.from_numpy(rgb).permute(0, 3, 1, 2).float().div_(255)
        size = rows, columns = x.shape[2:]
        layout = sum(_look(each, x, size, mirror=True) for each in self._networks)
        layout /= len(self._networks)
        h, w = int(rows * WINDOW), int(columns * WINDOW)
        weight = torch.outer(_hill(h), _hill(w)).sqrt().clamp_min(FADE)
        fine, weights = torch.zeros_like(layout), torch.zeros(size)
        for y in (0, rows - h):
            for x0 in (0, columns - w):
                window = (..., slice(y, y + h), slice(x0, x0 + w))
                look = _look(self._networks[0], x[window], (h, w), mirror=False)
                fine[window] += weight * _fitted(look, layout[window])
                weights[window[1:]] += weight
        taught: np.ndarray = ((layout + fine / weights) / 2).numpy()
        return taught


def _load(folder: Path) -> torch.nn.Module:
    side = json.loads((folder / 'config.json').read_text())['image_size'][0]
    net = network.fast(network.build(side), 'cpu').eval()
    network.start_from(net, folder)
    return net


def _look(net: torch.nn.Module, x: Tensor, size: tuple[int, int], mirror: bool) -> Tensor:
    """Return what a network makes of pictures, centered and scaled."""
    side = net.config.image_size
    x = F.interpolate(x, side, mode='bicubic', antialias=True).clamp(0, 1)
    with torch.autocast('cpu', torch.bfloat16):
        seen = [net(network.normalized(each)).predicted_depth.float()
                for each in ([x, x.flip(3)] if mirror else [x])]
    seen = [each - each.mean((1, 2), keepdim=True) for each in seen]
    seen = [each / each.abs().mean((1, 2), keepdim=True) for each in seen]
    mean = (seen[0] + seen[1].flip(2)) / 2 if mirror else seen[0]
    return F.interpolate(mean[:, None], size, mode='bilinear')[:, 0]


def _hill(length: int) -> Tensor:
    return torch.hann_window(length + 2, periodic=False)[1:-1]


def _fitted(look: Tensor, layout: Tensor) -> Tensor:
    """Return a window at the scale, never a negative one, and shift of the layout."""
    center, there = (each.mean((1, 2), keepdim=True) for each in (look, layout))
    a = look - center
    scale = (a * (layout - there)).sum((1, 2), keepdim=True)
    scale = (scale / a.square().sum((1, 2), keepdim=True).clamp_min(1e-6)).clamp_min(0)
    return scale * a + there
