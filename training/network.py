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

"""The network: a GLPN small enough for a robot's CPU, trained to give inverse depth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import GLPNForDepthEstimation

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def build(decoder: int = 32) -> GLPNForDepthEstimation:
    """
    Build the network with random weights.

    Its output is max_depth * sigmoid(...), here relative inverse depth, larger is nearer.

    Parameters
    ----------
    decoder : int
        Channels of the decoder; its last convolutions at full size cost most of the time.

    Returns
    -------
    transformers.GLPNForDepthEstimation
        In training mode.

    """
    from torch import nn
    from transformers import GLPNConfig, GLPNForDepthEstimation

    config = GLPNConfig(
        depths=[2, 2, 2, 2], hidden_sizes=[32, 64, 160, 256], num_attention_heads=[1, 2, 5, 8],
        decoder_hidden_size=decoder, drop_path_rate=0.0, max_depth=10)
    config.depth_estimation_type = 'relative'
    net = GLPNForDepthEstimation(config)
    for module in net.modules():
        # The usual deviation of 0.02 is made for wide layers and much training; these are narrow.
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            fan_in = module.weight[0].numel()
            gain = 2.0 if isinstance(module, nn.Conv2d) else 1.0
            nn.init.trunc_normal_(module.weight, std=math.sqrt(gain / fan_in))
    return net.train()
