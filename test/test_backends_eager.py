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
"""The network the usual way agrees with ours; the random model has the shape it names."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
from depth_seg_ros.backends import random_model
from depth_seg_ros.backends.random_model import model_or_random, RANDOM_SMALL, write_random_small
from depth_seg_ros.depth import load_estimator
from depth_seg_ros.params import ModelParams
import numpy as np
import pytest
import tiny_models


def test_the_usual_way_sees_what_ours_sees(tmp_path: Path) -> None:
    pytest.importorskip('torch')
    eager = pytest.importorskip('depth_seg_ros.backends.eager')
    folder = tiny_models.build('depth_anything', tmp_path)
    y, x = np.mgrid[:96, :128]
    bgr = np.stack([x, y, 128 + 80 * np.sin(x / 9)], axis=2).astype(np.uint8)
    found = eager.EagerNetwork(str(folder), 56)(bgr)
    assert found.shape == (96, 128) and found.dtype == np.float32
    estimator = load_estimator(ModelParams(name=str(folder), input_size=56, device='cpu'))
    ours = cv2.resize(estimator.estimate(bgr[:, :, ::-1].copy()).values, (128, 96))
    assert np.corrcoef(found.ravel(), ours.ravel())[0, 1] > 0.9


def test_a_name_is_handed_through_and_the_random_one_becomes_a_folder(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_model, 'write_random_small',
                        lambda folder: (folder / 'config.json').write_text('{}'))
    with model_or_random('embedded') as name:
        assert name == 'embedded'
    with model_or_random(RANDOM_SMALL) as name:
        assert (Path(name) / 'config.json').exists()
    assert not Path(name).exists()


def test_the_random_model_has_the_size_of_depth_anything_v2_small(tmp_path: Path) -> None:
    pytest.importorskip('torch')
    pytest.importorskip('transformers')
    write_random_small(tmp_path / 'model')
    config = json.loads((tmp_path / 'model' / 'config.json').read_text())
    assert config['model_type'] == 'depth_anything'
    # The published one: 99,173,660 bytes.
    size = (tmp_path / 'model' / 'model.safetensors').stat().st_size
    assert size == pytest.approx(99_173_660, rel=0.001)
