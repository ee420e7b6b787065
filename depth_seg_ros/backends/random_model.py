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
"""A checkpoint of the shape of Depth Anything V2 Small with random weights: to measure time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import json
from pathlib import Path
import tempfile

__all__ = ['model_or_random', 'RANDOM_SMALL', 'write_random_small']

RANDOM_SMALL = 'random-small'
"""Name for it, where a benchmark asks for a model."""

_PREPROCESSOR = {
    'image_processor_type': 'DPTImageProcessor', 'do_rescale': True, 'do_normalize': True,
    'ensure_multiple_of': 14, 'keep_aspect_ratio': True, 'resample': 3,
    'size': {'height': 518, 'width': 518}, 'size_divisor': None,
    'image_mean': [0.485, 0.456, 0.406], 'image_std': [0.229, 0.224, 0.225]}


def write_random_small(folder: Path) -> None:
    """
    Write the files of a model; what it says of an image means nothing, how long it takes does.

    Parameters
    ----------
    folder : Path
        Made where it is missing; takes 99 MB.

    """
    import torch
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config
    from transformers.utils import logging
    logging.disable_progress_bar()
    backbone = Dinov2Config(
        hidden_size=384, num_hidden_layers=12, num_attention_heads=6, image_size=518,
        patch_size=14, out_indices=[3, 6, 9, 12], apply_layernorm=True,
        reshape_hidden_states=False)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = DepthAnythingForDepthEstimation(DepthAnythingConfig(
            backbone_config=backbone, reassemble_hidden_size=384,
            reassemble_factors=[4, 2, 1, 0.5], neck_hidden_sizes=[48, 96, 192, 384],
            fusion_hidden_size=64, head_hidden_size=32, head_in_index=-1, patch_size=14))
    folder.mkdir(parents=True, exist_ok=True)
    network.save_pretrained(folder)
    (folder / 'preprocessor_config.json').write_text(json.dumps(_PREPROCESSOR), encoding='utf-8')


@contextmanager
def model_or_random(name: str) -> Iterator[str]:
    """Give a value of model.name: the name, or a folder that is gone afterwards for the random."""
    if name != RANDOM_SMALL:
        yield name
        return
    with tempfile.TemporaryDirectory() as folder:
        write_random_small(Path(folder))
        yield folder
