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

"""Score depth maps on folders of real images, beside two trivial baselines."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

Estimate = Callable[[np.ndarray], np.ndarray]
Sample = tuple[np.ndarray, np.ndarray]


def _image(path: Path) -> np.ndarray:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f'{path}: expected an image, got something else')
    return bgr[..., ::-1].copy()


def _map(path: Path, scale: float) -> np.ndarray:
    values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise ValueError(f'{path}: expected a depth image, got something else')
    return values.astype(np.float64) * scale


def nyu(folder: Path) -> Iterator[Sample]:
    """Read NYU Depth v2 test images with relative 8-bit depth, cropped as usual."""
    for depth in sorted((folder / 'depth').glob('*.png')):
        image = next(p for p in sorted(folder.rglob(f'{depth.stem}.*'))
                     if p.parent.name not in ('depth', 'class40'))
        crop = np.s_[45:471, 41:601]
        yield _image(image), np.where(_inside(crop), _map(depth, 1 / 255), 0)


def _inside(crop: tuple[slice, slice]) -> np.ndarray:
    mask = np.zeros((480, 640), bool)
    mask[crop] = True
    return mask


def replica(folder: Path) -> Iterator[Sample]:
    """Read rendered views of a scanned room with exact depth in millimeters."""
    for depth in sorted((folder / 'depth_mm').glob('*.png')):
        image = next(p for p in sorted(folder.rglob(f'{depth.stem}.*'))
                     if p.parent.name not in ('depth_mm', 'instance'))
        yield _image(image), _map(depth, 1e-3)


def seven_scenes(folder: Path) -> Iterator[Sample]:
    """Read every fifth frame of a hand-held depth camera."""
    for image in sorted(folder.glob('*.color.jpg'))[::5]:
        depth = _map(Path(str(image).replace('.color.jpg', '.depth.png')), 1e-3)
        yield _image(image), np.where(depth < 60, depth, 0)


def middlebury(folder: Path) -> Iterator[Sample]:
    """Read stereo scenes with disparity, which is proportional to inverse depth."""
    for path in sorted(folder.rglob('*_disparity_x64.png')):
        stem = path.name.replace('_disparity_x64.png', '')
        image = next(p for p in sorted(path.parent.glob(f'{stem}*')) if 'disparity' not in p.name)
        disparity = _map(path, 1 / 64)
        depth = np.where(disparity > 0, 100 / np.maximum(disparity, 1e-3), 0)
        yield _image(image), depth


FOLDERS = {'nyu_v2': nyu, 'replica_office0': replica, '7scenes_redkitchen': seven_scenes,
           'middlebury': middlebury}


def aligned_errors(prediction: np.ndarray, depth: np.ndarray) -> tuple[float, float]:
    """
    Compute AbsRel and delta1 after the best scale and shift of inverse depth.

    Parameters
    ----------
    prediction : ndarray of shape (H, W)
        Relative inverse depth.
    depth : ndarray of shape (H, W)
        True depth in any unit, 0 where unknown.

    Returns
    -------
    absrel, delta1 : float
        Mean relative error, and share of pixels within a factor of 1.25.

    """
    valid = depth > 0
    truth, p = depth[valid], prediction[valid]
    columns = np.stack([p, np.ones_like(p)], 1)
    scale, shift = np.linalg.lstsq(columns, 1 / truth, rcond=None)[0]
    guess = 1 / np.maximum(scale * p + shift, 1 / truth.max())
    ratio = np.maximum(guess / truth, truth / guess)
    return float(np.mean(np.abs(guess - truth) / truth)), float(np.mean(ratio < 1.25))


def score(samples: Iterator[Sample], estimate: Estimate) -> tuple[float, float, int]:
    """Average the errors over a folder; returns AbsRel, delta1 and the number of images."""
    rows = [aligned_errors(cv2.resize(estimate(rgb), depth.shape[::-1]).astype(np.float64), depth)
            for rgb, depth in samples]
    return float(np.mean([r[0] for r in rows])), float(np.mean([r[1] for r in rows])), len(rows)


def constant(rgb: np.ndarray) -> np.ndarray:
    """Estimate the same depth everywhere."""
    return np.ones(rgb.shape[:2], np.float32)


def image_row(rgb: np.ndarray) -> np.ndarray:
    """Estimate inverse depth as the image row."""
    rows = np.linspace(0, 1, rgb.shape[0], dtype=np.float32)
    return np.repeat(rows[:, None], rgb.shape[1], 1)


def network(folder: Path, side: int) -> Estimate:
    """Load the network of this project for square inputs of the given side."""
    import torch
    from training.network import MEAN, resize_input, STD
    from transformers import AutoModelForDepthEstimation

    net = AutoModelForDepthEstimation.from_pretrained(folder, dtype=torch.float32).eval()
    resize_input(net, side, side)

    def estimate(rgb: np.ndarray) -> np.ndarray:
        small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA)
        x = (small.astype(np.float32) / 255 - MEAN) / STD
        with torch.inference_mode():
            y = net(torch.from_numpy(x.astype(np.float32)).permute(2, 0, 1)[None])
        return y.predicted_depth[0].numpy()

    return estimate


def main() -> None:
    """Print a table for every folder that is there."""
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--data', type=Path, required=True, help='holds nyu_v2, replica_office0, ...')
    p.add_argument('--model', type=Path, help='folder of the network')
    p.add_argument('--side', type=int, nargs='+', default=[192], help='pixels of the input')
    p.add_argument('--only', nargs='+', choices=FOLDERS, default=list(FOLDERS))
    o = p.parse_args()
    methods: dict[str, Estimate] = {'constant': constant, 'image row': image_row}
    for side in o.side if o.model else []:
        methods[f'network, {side}'] = network(o.model, side)
    print(f'{"folder":20} {"method":14} {"images":>6} {"AbsRel":>7} {"delta1":>7}')
    for name in o.only:
        if not (o.data / name).is_dir():
            print(f'{name:20} not there')
            continue
        for method, estimate in methods.items():
            absrel, delta1, count = score(FOLDERS[name](o.data / name), estimate)
            print(f'{name:20} {method:14} {count:6} {absrel:7.3f} {delta1:7.3f}')


if __name__ == '__main__':
    main()
