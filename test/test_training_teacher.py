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

"""The teacher of the embedded network."""

from __future__ import annotations

from pathlib import Path
import shutil
from types import SimpleNamespace

from depth_seg_ros.depth import load_estimator
from depth_seg_ros.params import ModelParams
import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('transformers')

from training import loop, teacher  # noqa: E402  behind what skips

SHIPPED = Path(teacher.__file__).parents[1] / 'depth_seg_ros/models/embedded'


class Gray:
    """Takes bright for near, and what is at the left for nearer the more it leans."""

    def __init__(self, leans: float = 0.0) -> None:
        self.config, self.leans = SimpleNamespace(image_size=[32, 32]), leans

    def __call__(self, x: torch.Tensor) -> SimpleNamespace:
        """Return it as a network does."""
        return SimpleNamespace(
            predicted_depth=x[:, 0] + self.leans * torch.linspace(1, -1, x.shape[-1]))


def taught_by(monkeypatch: pytest.MonkeyPatch, *networks: Gray) -> teacher.Teacher:
    given = iter(networks)
    monkeypatch.setattr(teacher, '_load', lambda folder: next(given))
    return teacher.Teacher([Path()] * len(networks))


def slope(rows: int, columns: int) -> np.ndarray:
    """Return a picture that is brighter toward lower right."""
    values = np.mgrid[0:100:rows * 1j, 0:100:columns * 1j].sum(0)
    return np.repeat(values[None, :, :, None], 3, 3).astype(np.uint8)


def test_networks_that_agree_teach_what_each_of_them_says(
        monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows, too, have scale and shift of the whole."""
    rgb = slope(48, 64)
    taught = taught_by(monkeypatch, Gray(), Gray())(rgb)
    assert taught.shape == (1, 48, 64) and taught.dtype == np.float32
    assert np.corrcoef(taught.ravel(), rgb[..., 0].ravel())[0, 1] > 0.999


def test_mirror_images_make_up_for_what_leans_to_one_side() -> None:
    picture = torch.from_numpy(slope(32, 32)).permute(0, 3, 1, 2) / 255
    there = picture[0, 0].numpy().ravel()
    alone, both = (np.corrcoef(teacher._look(Gray(1.0), picture, (32, 32), mirror).ravel(),
                               there)[0, 1] for mirror in (False, True))
    assert alone < 0.7 and both > 0.9


def test_windows_of_the_first_network_sharpen_outlines(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = np.full((1, 96, 128, 3), 60, np.uint8)
    rgb[:, 20:40, 20:40] = 200
    taught = taught_by(monkeypatch, Gray())(rgb)[0]
    layout = teacher._look(Gray(), torch.from_numpy(rgb).permute(0, 3, 1, 2) / 255, (96, 128),
                           mirror=True)[0].numpy()
    assert np.abs(np.diff(taught[30])).max() > 1.1 * np.abs(np.diff(layout[30])).max()


def test_the_border_of_a_picture_is_taught_like_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    rgb = slope(48, 64)
    taught = taught_by(monkeypatch, Gray())(rgb)[0]
    rise = np.diff(taught, axis=1)
    assert 0.2 < rise[:, :2].mean() / rise.mean() < 2 and 0.2 < rise[:, -2:].mean() / rise.mean()


def test_a_window_never_turns_the_layout_upside_down() -> None:
    layout = torch.linspace(1, 3, 40).view(1, 5, 8)
    torch.testing.assert_close(teacher._fitted(5 * layout - 2, layout), layout)
    torch.testing.assert_close(teacher._fitted(-layout, layout), torch.full((1, 5, 8), 2.0))


@pytest.mark.skipif(not (shutil.which('cc') or shutil.which('gcc')),
                    reason='needs a C compiler; install build-essential')
def test_the_shipped_network_teaches_what_it_sees_itself() -> None:
    rgb = next(loop.frames(1, 0, (120, 160), ('floor',)))[0]
    taught = teacher.Teacher([SHIPPED])(rgb[None])[0]
    own = load_estimator(ModelParams(name='embedded', device='cpu')).estimate(rgb).inverse()
    assert np.corrcoef(taught.ravel(), own.ravel())[0, 1] > 0.95
