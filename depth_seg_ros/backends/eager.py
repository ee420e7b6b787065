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
"""
Depth the way nodes around such networks usually get it; what `bench dds --against eager` runs.

Eager fp32 with the defaults of PyTorch, the image prepared in floating point at its full size, and
the result enlarged to the size of the image before anything else.
"""

from __future__ import annotations

import cv2
from depth_seg_ros.backends.preprocessing import preprocessing_of
from depth_seg_ros.backends.weights import find_model
from depth_seg_ros.depth import ModelLoadError
import numpy as np
from numpy.typing import NDArray

__all__ = ['EagerNetwork']

_MEAN = np.array([0.485, 0.456, 0.406])
_STD = np.array([0.229, 0.224, 0.225])


class EagerNetwork:
    """
    A depth network as its example code runs it.

    Parameters
    ----------
    name : str
        As parameter `model.name`.
    input_size : int
        As parameter `model.input_size`, so that the network sees an image of the same size.

    Raises
    ------
    ModelLoadError
        When the model or a dependency is not there.

    """

    def __init__(self, name: str, input_size: int) -> None:
        found = find_model(name, '')
        self._grid = preprocessing_of(
            found.preprocessor, found.config, name, input_size).grid
        try:
            import torch
            from transformers import AutoModelForDepthEstimation
        except ImportError as error:
            raise ModelLoadError(f'{name}: needs PyTorch and transformers ({error})') from error
        self._device = 'cuda' if torch.cuda.is_available() else 'cpu'
        self._network = AutoModelForDepthEstimation.from_pretrained(
            found.folder, local_files_only=True).float().to(self._device).eval()

    def __call__(self, bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        """
        Return depth as the network means it, at the size of the image.

        Parameters
        ----------
        bgr : uint8 ndarray of shape (H, W, 3)
            Blue, green, red.

        Returns
        -------
        float32 ndarray of shape (H, W)

        """
        import torch
        height, width = bgr.shape[:2]
        rows, columns = self._grid(height, width)
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB) / 255.0
        rgb = cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_CUBIC)
        planes = np.ascontiguousarray(((rgb - _MEAN) / _STD).transpose(2, 0, 1), np.float32)
        with torch.no_grad():
            pixels = torch.from_numpy(planes)[None].to(self._device)
            predicted = self._network(pixel_values=pixels).predicted_depth
            full = torch.nn.functional.interpolate(
                predicted.reshape(1, 1, *predicted.shape[-2:]), (height, width),
                mode='bilinear', align_corners=True)
        depth: NDArray[np.float32] = full[0, 0].cpu().numpy()
        return depth
