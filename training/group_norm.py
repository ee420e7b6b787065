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

"""Group normalization that trains faster on a CPU than PyTorch's own."""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any

import torch

from training.native import at, library

MOST = 1024   # channels, as in the C code


class GroupNorm(torch.autograd.Function):
    """Group normalization of bfloat16 with or without a ReLU behind it, in one thread."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, groups: int,
                eps: float, relu: bool) -> torch.Tensor:
        """
        Normalize.

        Parameters
        ----------
        ctx : object
            Keeps what `backward` needs.
        x : tensor of shape (B, C, H, W), bfloat16
            Pictures.
        weight, bias : tensor of shape (C,), float32
            Of the channels.
        groups : int
            Divides C.
        eps : float
            Added to the variance.
        relu : bool
            Cut off below zero.

        Returns
        -------
        tensor of shape (B, C, H, W), bfloat16
            In channels-last order.

        Raises
        ------
        ValueError
            When there are more channels than the C code has room for.

        """
        if x.shape[1] > MOST:
            raise ValueError(f'x: expected at most {MOST} channels, got {x.shape[1]}')
        x = x.contiguous(memory_format=torch.channels_last)
        pictures, channels, rows, columns = x.shape
        y, moments = torch.empty_like(x), x.new_empty((pictures, groups, 2), dtype=torch.float32)
        library('group_norm').forward(
            at(x), at(weight), at(bias), at(y), at(moments), pictures, rows * columns, channels,
            groups, ctypes.c_float(eps), int(relu))
        ctx.save_for_backward(x, weight, bias, moments)
        ctx.groups, ctx.relu = groups, relu
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of the inputs of `forward`."""
        x, weight, bias, moments = ctx.saved_tensors
        dy = gradients[0].to(x.dtype).contiguous(memory_format=torch.channels_last)
        pictures, channels, rows, columns = x.shape
        dx, dweight, dbias = torch.empty_like(x), torch.empty_like(weight), torch.empty_like(bias)
        library('group_norm').backward(
            at(x), at(dy), at(weight), at(bias), at(moments), at(dx), at(dweight), at(dbias),
            pictures, rows * columns, channels, ctx.groups, int(ctx.relu))
        return dx, dweight, dbias, None, None, None


def _forward(module: torch.nn.GroupNorm, x: torch.Tensor) -> torch.Tensor:
    if x.dtype is not torch.bfloat16:
        return type(module).forward(module, x)
    relu = isinstance(module.activation, torch.nn.ReLU)
    y: torch.Tensor = GroupNorm.apply(x, module.weight, module.bias, module.num_groups,
                                      module.eps, relu)
    return y


def speed_up(net: torch.nn.Module) -> None:
    """
    Let the group normalizations of a network on a CPU run here where they get bfloat16.

    Parameters
    ----------
    net : torch.nn.Module
        Changed in place; its weights and their names stay.

    """
    from transformers.models.bit.modeling_bit import BitGroupNormActivation

    for module in net.modules():
        if isinstance(module, BitGroupNormActivation):
            module.forward = partial(_forward, module)
