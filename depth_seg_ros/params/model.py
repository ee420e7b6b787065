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
"""Parameters of the network."""

from __future__ import annotations

from dataclasses import dataclass

from depth_seg_ros.declarations import option, Validated

__all__ = ['ModelParams']


@dataclass(frozen=True)
class ModelParams(Validated):
    """Which network turns the image into depth, and how it runs."""

    name: str = option(
        'depth-anything/Depth-Anything-V2-Small-hf',
        'A model id on the hub, a local folder, embedded (the small model inside the package), '
        'recorded:FOLDER (depth maps from files), or depth_in (no network: depth comes from '
        'another camera, on the topic depth_in).', live=False)
    revision: str = option(
        '', 'Commit, tag or branch of a hub model. Empty takes the revision pinned by this '
        'package, and main for a model it does not know.', live=False)
    kind: str = option(
        'auto', 'What the model puts out. auto reads it from the model; set it only for a model '
        'that does not say.', choices=('auto', 'relative_inverse', 'metric'), live=False)
    backend: str = option(
        'auto', 'Inference engine. auto takes the fastest that is installed: torch on CUDA, '
        'openvino on a CPU, else torch. openvino runs on the CPU only.',
        choices=('auto', 'torch', 'openvino'), live=False)
    device: str = option('auto', 'Where it runs. auto takes CUDA when there is one.',
                         unit='auto, cpu, cuda or cuda:N', pattern=r'auto|cpu|cuda(:\d+)?',
                         live=False)
    precision: str = option(
        'auto', 'Arithmetic of the network. auto takes fp16 on CUDA; on a CPU, bf16 with openvino '
        'where the CPU has it and the network bears it, else fp32. int8 needs openvino and a '
        'model that "depth_seg models quantize" made.',
        choices=('auto', 'fp32', 'bf16', 'fp16', 'int8'), live=False)
    compile: bool = option(
        False, 'Have PyTorch compile the network: 1.1 to 1.3 times as fast on a CPU; on CUDA with '
        'CUDA graphs. Takes minutes while loading, and at the first image of another aspect; '
        'needs a C++ compiler, on CUDA Triton, too. Only for torch, which backend auto then '
        'takes.', live=False)
    input_size: int = option(
        252, 'Short side of the image that the network sees, rounded to what the model takes. '
        'Larger is finer and slower. Networks of one fixed size, such as embedded, ignore it.',
        unit='px', low=32, high=1036, live=False)
    threads: int = option(0, 'CPU threads of the network; 0 leaves the choice to the engine.',
                          low=0, high=256, live=False)
