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

"""How good the network that ships with the package is: floors well below what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
import os
from pathlib import Path
import shutil

from depth_seg_ros.bench.depth import evaluate
from depth_seg_ros.bench.depth_sets import open_set
from depth_seg_ros.bench.metrics import mean_score, score_frame
from depth_seg_ros.bench.regions import object_labels
from depth_seg_ros.depth import DepthEstimator, load_estimator
from depth_seg_ros.params import ModelParams
from depth_seg_ros.segmentation import Segmenter
import numpy as np
import pytest
from training.loop import at_size, frames, SMALLEST

DATA = Path(os.environ.get('DEPTH_SEG_DATA', Path(__file__).parents[2] / 'shared' / 'data'))
NYU = DATA / 'nyu_v2'


@pytest.fixture(scope='module')
def embedded() -> Iterator[DepthEstimator]:
    """Load the network as users get it."""
    with closing(load_estimator(ModelParams(name='embedded', device='cpu'))) as estimator:
        yield estimator


@pytest.mark.skipif(not (shutil.which('cc') or shutil.which('gcc')),
                    reason='the ray-caster needs a C compiler')
def test_the_embedded_network_finds_what_stands_free(embedded: DepthEstimator) -> None:
    """Overlap F is 0.61, recall 0.54, and 0.5 regions a frame are false, on 300 such scenes."""
    segmenter, scores = Segmenter(), []
    for rgb, _, objects in frames(24, 2, (240, 320), ('floor', 'square')):
        found = object_labels(segmenter.process(embedded.estimate(rgb), 0.0))
        scores.append(score_frame(at_size(found, objects.shape), objects, SMALLEST))
    mean = mean_score(scores)
    assert mean.overlap_f > 0.45 and mean.recall > 0.3 and mean.false < 1.5


@pytest.mark.skipif(not NYU.is_dir(), reason='needs NYU Depth v2')
def test_the_embedded_network_knows_the_layout_of_real_rooms(embedded: DepthEstimator) -> None:
    """Measured: AbsRel 0.153, delta1 0.767; the best fit of the image row: 0.233, 0.578."""
    found = [scores['aligned'] for scores, _ in evaluate(embedded, open_set(NYU))]
    assert len(found) == 51
    assert np.mean([score.abs_rel for score in found]) < 0.18
    assert np.mean([score.delta1 for score in found]) > 0.70
