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

"""The network: a small hybrid DPT, convolutions with two layers of attention at their end."""

from __future__ import annotations

import math
from pathlib import Path

from safetensors.torch import load_file
import torch
from torch import nn, Tensor
from torch.nn import functional as F
from training import fast_relu, group_norm
from transformers import BitConfig, DPTConfig, DPTForDepthEstimation

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIDE = 160   # pixels of the square input of the shipped network
CELL = 16    # pixels a side of what is one token of the attention
POSITIONS = 'dpt.embeddings.position_embeddings'


def build(side: int = SIDE) -> DPTForDepthEstimation:
    """
    Build the network with random weights.

    Its output is relative inverse depth, not negative, larger is nearer. Of the classes behind
    AutoModelForDepthEstimation this is the one with a convolutional body; trained from nothing on
    tens of thousands of pictures that counts for more than anything else (see README).

    Parameters
    ----------
    side : int
        Pixels of the square input: transformers refuses others for this class.

    Returns
    -------
    transformers.DPTForDepthEstimation
        In training mode.

    """
    widths, hidden, cells = [64, 160, 256], 192, side // CELL
    body = BitConfig(
        embedding_size=32, hidden_sizes=widths, depths=[2, 3, 4], layer_type='bottleneck',
        global_padding='same', embedding_dynamic_padding=True, num_groups=8,
        out_features=['stage1', 'stage2', 'stage3'])
    config = DPTConfig(
        backbone_config=body, is_hybrid=True, image_size=[side, side], hidden_size=hidden,
        num_hidden_layers=2, num_attention_heads=6, intermediate_size=2 * hidden,
        backbone_out_indices=[0, 1, 0, 1], backbone_featmap_shape=[1, widths[-1], cells, cells],
        neck_hidden_sizes=[widths[0], widths[1], hidden, hidden], neck_ignore_stages=[0, 1],
        reassemble_factors=[1, 1, 1, 0.5], fusion_hidden_size=24, use_auxiliary_head=False,
        use_batch_norm_in_fusion_residual=True, use_bias_in_fusion_residual=False)
    config.depth_estimation_type = 'relative'
    net = DPTForDepthEstimation(config)
    for module in net.modules():
        # The usual deviation of 0.02 is made for wide layers and much training; these are narrow.
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            gain = 2.0 if isinstance(module, nn.Conv2d) else 1.0
            nn.init.trunc_normal_(module.weight, std=math.sqrt(gain / module.weight[0].numel()))
    nn.init.constant_(net.head.head[-2].bias, 3.0)   # far from where the last ReLU is dead
    net.head.head[-2].weight.data.mul_(0.3)
    return net.train()


def fast(net: DPTForDepthEstimation, device: str) -> DPTForDepthEstimation:
    """Return the network on a device, without its last ReLU and with what makes it faster."""
    net = net.to(device, memory_format=torch.channels_last)
    net.set_attn_implementation('eager')   # its backward is four times as fast on a CPU
    net.head.head[-1] = nn.Identity()   # a ReLU; its zeros would learn nothing
    if device == 'cpu':
        group_norm.speed_up(net)
        fast_relu.speed_up(net)
    return net


def resize_input(net: DPTForDepthEstimation, rows: int, columns: int) -> None:
    """Let the network take another size; it resamples its position embeddings by itself."""
    net.dpt.embeddings.image_size = (rows, columns)


def normalized(rgb: Tensor) -> Tensor:
    """Return pictures of shape (B, 3, H, W), from 0 to 1, as the network takes them."""
    mean, std = (torch.tensor(v, device=rgb.device)[:, None, None] for v in (MEAN, STD))
    return ((rgb - mean) / std).contiguous(memory_format=torch.channels_last)


def resample(positions: Tensor, tokens: int) -> Tensor:
    """Resample the position embeddings of a square grid to tokens x tokens; the first is kept."""
    grid = positions[:, 1:].unflatten(1, (math.isqrt(positions.shape[1] - 1),) * 2)
    grid = F.interpolate(grid.permute(0, 3, 1, 2), (tokens, tokens), mode='bilinear')
    return torch.cat([positions[:, :1], grid.flatten(2).permute(0, 2, 1)], 1)


def start_from(net: DPTForDepthEstimation, folder: Path) -> None:
    """
    Copy the weights of a shipped folder of the same architecture.

    Parameters
    ----------
    net : transformers.DPTForDepthEstimation
        Gets the weights; its position embeddings may be for another size and are resampled.
    folder : pathlib.Path
        Holds model.safetensors.

    """
    state = {name: values.float() if values.is_floating_point() else values
             for name, values in load_file(folder / 'model.safetensors').items()}
    tokens = net.config.image_size[0] // CELL
    net.load_state_dict({**state, POSITIONS: resample(state[POSITIONS], tokens)})
