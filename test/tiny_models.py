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
"""Small random networks of the real classes, saved as their checkpoints are."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any

__all__ = ['BUILDERS', 'build', 'depth_anything', 'depth_pro', 'dpt', 'edit_json', 'files',
           'glpn', 'zoedepth']

_IMAGENET = {'image_mean': [0.485, 0.456, 0.406], 'image_std': [0.229, 0.224, 0.225]}
_HALF = {'image_mean': [0.5, 0.5, 0.5], 'image_std': [0.5, 0.5, 0.5]}


def depth_anything(folder: Path, **config: Any) -> Path:
    """Write a Depth Anything V2; `depth_estimation_type='metric', max_depth=20` for metric."""
    from transformers import (
        DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config)
    backbone = Dinov2Config(
        hidden_size=24, num_hidden_layers=4, num_attention_heads=2, image_size=70, patch_size=14,
        out_indices=[1, 2, 3, 4], apply_layernorm=True, reshape_hidden_states=False)
    sizes = {'reassemble_hidden_size': 24, 'neck_hidden_sizes': [8, 8, 16, 16],
             'fusion_hidden_size': 8, 'head_hidden_size': 8, 'patch_size': 14}
    model = DepthAnythingForDepthEstimation(
        DepthAnythingConfig(backbone_config=backbone, **sizes, **config))
    return _save(model, folder, {
        'image_processor_type': 'DPTImageProcessor', 'ensure_multiple_of': 14,
        'keep_aspect_ratio': True, 'resample': 3, 'size': {'height': 56, 'width': 56},
        'size_divisor': None, **_IMAGENET})


def dpt(folder: Path, **config: Any) -> Path:
    """Write a DPT of the MiDaS family."""
    from transformers import DPTConfig, DPTForDepthEstimation
    model = DPTForDepthEstimation(DPTConfig(
        hidden_size=24, num_hidden_layers=4, num_attention_heads=2, intermediate_size=48,
        image_size=64, patch_size=16, backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 16, 16], fusion_hidden_size=8, **config))
    return _save(model, folder, {
        'image_processor_type': 'DPTImageProcessor', 'ensure_multiple_of': 1,
        'keep_aspect_ratio': False, 'resample': 3, 'size': {'height': 64, 'width': 64}, **_HALF})


def glpn(folder: Path, **config: Any) -> Path:
    """Write a GLPN; `depth_estimation_type='relative'` makes it say so."""
    from transformers import GLPNConfig, GLPNForDepthEstimation
    model = GLPNForDepthEstimation(GLPNConfig(
        hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1], num_attention_heads=[1, 1, 2, 2],
        decoder_hidden_size=8, **config))
    return _save(model, folder, {
        'image_processor_type': 'GLPNImageProcessor', 'do_rescale': True, 'resample': 2,
        'size_divisor': 32})


def zoedepth(folder: Path, **config: Any) -> Path:
    """Write a ZoeDepth of one domain, to 10 m."""
    from transformers import BeitConfig, ZoeDepthConfig, ZoeDepthForDepthEstimation
    backbone = BeitConfig(
        hidden_size=24, num_hidden_layers=4, num_attention_heads=2, intermediate_size=48,
        image_size=64, patch_size=16, use_relative_position_bias=True,
        out_features=['stage1', 'stage2', 'stage3', 'stage4'], reshape_hidden_states=False)
    model = ZoeDepthForDepthEstimation(ZoeDepthConfig(
        backbone_config=backbone, backbone_hidden_size=24, neck_hidden_sizes=[8, 8, 16, 16],
        fusion_hidden_size=8, bottleneck_features=8, num_relative_features=8,
        bin_embedding_dim=8, num_attractors=[4, 2, 2, 1], **config))
    return _save(model, folder, {
        'image_processor_type': 'ZoeDepthImageProcessor', 'ensure_multiple_of': 32,
        'keep_aspect_ratio': True, 'resample': 2, 'size': {'height': 64, 'width': 96}, **_HALF})


def depth_pro(folder: Path, **config: Any) -> Path:
    """Write a Depth Pro that sees 128 x 128 pixels."""
    from transformers import DepthProConfig, DepthProForDepthEstimation
    encoder = {'model_type': 'dinov2', 'hidden_size': 24, 'num_hidden_layers': 4,
               'num_attention_heads': 2, 'mlp_ratio': 2, 'patch_size': 8, 'image_size': 32,
               'use_mask_token': False}
    model = DepthProForDepthEstimation(DepthProConfig(
        fusion_hidden_size=8, patch_size=32, intermediate_hook_ids=[3, 1],
        intermediate_feature_dims=[8, 8], scaled_images_ratios=[0.25, 0.5, 1],
        scaled_images_overlap_ratios=[0.0, 0.5, 0.25], scaled_images_feature_dims=[8, 8, 8],
        image_model_config=encoder, patch_model_config=encoder, fov_model_config=encoder,
        use_fov_model=True, num_fov_head_layers=1, **config))
    return _save(model, folder, {
        'image_processor_type': 'DepthProImageProcessor', 'size': {'height': 128, 'width': 128},
        **_HALF})


BUILDERS: dict[str, Callable[..., Path]] = {
    'depth_anything': depth_anything, 'dpt': dpt, 'glpn': glpn, 'zoedepth': zoedepth,
    'depth_pro': depth_pro}


def build(kind: str, folder: Path, **config: Any) -> Path:
    """Write a small network of one model type with seeded weights; return the folder."""
    import torch
    from transformers.utils import logging
    logging.disable_progress_bar()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return BUILDERS[kind](folder, **config)


def files(folder: Path, **config: Any) -> Path:
    """Write the files of a model that pass every check short of loading; needs no torch."""
    import numpy as np
    from safetensors.numpy import save_file
    folder.mkdir(parents=True, exist_ok=True)
    (folder / 'config.json').write_text(json.dumps({'model_type': 'glpn', **config}))
    (folder / 'preprocessor_config.json').write_text(json.dumps({'size_divisor': 32}))
    save_file({'weight': np.arange(100, dtype=np.float32)}, folder / 'model.safetensors')
    return folder


def edit_json(path: Path, **changes: Any) -> None:
    """Change keys of a JSON file; None removes one."""
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in content.items()
                                if value is not None}))


def _save(model: Any, folder: Path, preprocessor: dict[str, Any]) -> Path:
    import torch
    with torch.no_grad():
        for weights in model.parameters():
            # As they are made, they are so small that the output hardly depends on the image.
            if weights.ndim > 1:
                weights.normal_(std=weights[0].numel() ** -0.5)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    (folder / 'preprocessor_config.json').write_text(json.dumps(preprocessor))
    return folder
