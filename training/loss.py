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

"""What the network is punished for: relative inverse depth, whatever its scale and shift."""

from __future__ import annotations

from depth_seg_ros.params import SegmentationParams
import torch
from torch.nn import functional as F

Tensor = torch.Tensor


WIDEST = 2.0   # mean deviation of the output that costs nothing
SKY = 1.0      # weight of its pixels
FAIR, GROSS = 0.4, 0.9   # weighted error of a teacher up to which it is right, and wholly wrong
STEP = 0.8     # step of depth, in mean deviations, at which a pixel beside it counts three times
REACH = 2      # pixels over which the segmentation looks for steps, too
BEND = SegmentationParams().edge_step   # share of the nearness that is a step there
NEAREST = 0.04   # share of the near end of a picture that any nearness is taken for, at least


def _normalize(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    center = values.mean((1, 2), keepdim=True)
    spread = (values - center).abs().mean((1, 2), keepdim=True)
    return (values - center) / (spread + 1e-6), center, spread


def _capped(inverse_depth: Tensor) -> tuple[Tensor, Tensor]:
    """Return inverse depth with its few nearest pixels cut down to a bound, and the bound."""
    top = torch.quantile(inverse_depth[:, ::3, ::3].flatten(1), 0.97, dim=1)[:, None, None] * 1.3
    return torch.minimum(inverse_depth, top), top


def _edges(error: Tensor, scales: int = 4) -> Tensor:
    total = error.new_zeros(())
    for k in range(scales):
        e = error[:, ::2 ** k, ::2 ** k]
        total = total + (e[:, :, 1:] - e[:, :, :-1]).abs().mean()
        total = total + (e[:, 1:] - e[:, :-1]).abs().mean()
    return total


def _outlines(truth: Tensor) -> Tensor:
    """Return 1 beside full steps of normalized inverse depth, less at lower ones, 0 on planes."""
    values = truth[:, None]
    # The mean around a pixel of a plane is its own value, however steep the plane; the borders
    # have no such mean. Beside a straight step 4 of 9 columns are on the other side.
    bend = (values[..., 4:-4, 4:-4] - F.avg_pool2d(values, 9, 1)).abs()
    return (F.max_pool2d(F.pad(bend, (4,) * 4), 7, 1, 3)[:, 0] / (STEP * 4 / 9)).clamp(max=1)


def _trust(taught: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    """Return 1 for pictures of which the teacher is right, 0 where it is far off."""
    wrong = ((taught - truth).abs() * weight).mean((1, 2), keepdim=True)
    return ((GROSS - wrong) / (GROSS - FAIR)).clamp(0, 1)


def affine_invariant_loss(predicted: Tensor, inverse_depth: Tensor, edges: float = 0.1,
                          taught: Tensor | None = None, share: float = 0.0) -> Tensor:
    """
    Compare two maps of inverse depth after each is centered on its mean and scaled to unit spread.

    As MiDaS (Ranftl et al., TPAMI 2022): mean absolute error and matching of the gradients of the
    error at four scales. Far pixels weigh more than near ones, as they do in AbsRel, where an
    error of inverse depth is divided by the inverse depth itself. Pixels near outlines weigh up to
    three times as much: what stands free fills little of a picture.

    A teacher leaves out what cannot be seen in the picture, so it is learned from with less noise
    than the truth; where it is wrong the truth alone counts, in the sky for all but the gradients.

    Parameters
    ----------
    predicted, inverse_depth : tensor of shape (B, H, W)
        Network output and truth; truth is 1 / m, 0 in the sky.
    edges : float
        Weight of the gradient term.
    taught : tensor of shape (B, H, W), optional
        What the teacher says, scale and shift unknown.
    share : float
        Of the teacher in the loss, where it is right, from 0 to 1; the truth has the rest.

    Returns
    -------
    tensor of shape ()
        The loss.

    """
    middle = inverse_depth[:, ::4, ::4].flatten(1).median(1).values.clamp_min(1e-3)[:, None, None]
    truth = _normalize(_capped(inverse_depth)[0])[0]
    guess, center, spread = _normalize(predicted)
    weight = (middle / inverse_depth.clamp_min(1e-6)).clamp(0.5, 2.5)
    weight = torch.where(inverse_depth > 0, weight, SKY)
    care = 1 + 2 * _outlines(truth)
    error = guess - truth
    if taught is None:
        plain, rough = error.abs(), _edges(error)
    else:
        lesson = _normalize(taught)[0]
        other = guess - lesson
        trust = share * _trust(lesson, truth, weight)
        here = torch.where(inverse_depth > 0, trust, 0.0)
        plain = error.abs() * (1 - here) + other.abs() * here
        rough = _edges(error * (1 - trust)) + _edges(other * trust)
    plain = (plain * weight * care / care.mean((1, 2), keepdim=True)).mean()
    # Scale and shift are free; this keeps them where the network's last ReLU cuts nothing off.
    drift = (torch.relu(spread - WIDEST) + torch.relu(2 * spread + 0.3 - center)).mean()
    return plain + edges * rough + 0.1 * drift


def _bends(values: Tensor, step: Tensor) -> tuple[Tensor, Tensor]:
    """Return second differences down and across: 0 on planes, 1/2 at `step`, within -1 and 1."""
    smooth = F.avg_pool2d(values[:, None], 3, 1)[:, 0]
    step, ends = step[:, 1:-1, 1:-1], 2 * REACH
    down = smooth[:, :-ends] + smooth[:, ends:] - 2 * smooth[:, REACH:-REACH]
    across = smooth[..., :-ends] + smooth[..., ends:] - 2 * smooth[..., REACH:-REACH]
    down, across = down / step[:, REACH:-REACH], across / step[..., REACH:-REACH]
    return down / (1 + down.abs()), across / (1 + across.abs())


def bend_loss(predicted: Tensor, inverse_depth: Tensor) -> Tensor:
    """
    Compare what the segmentation looks for: where depth bends, as a share of the nearness.

    Inverse depth does not bend on planes, and does at steps (`segmentation/edges.py`). A step
    far away is small, and so are waves there, so neither the plain loss nor the gradients tell
    much of them. The higher a bend the less it matters how high, and a step is a step.

    Parameters
    ----------
    predicted, inverse_depth : tensor of shape (B, H, W)
        As for `affine_invariant_loss`.

    Returns
    -------
    tensor of shape ()
        The loss, whatever scale and shift of `predicted`; what bends in truth weighs up to five
        times as much as what is flat there.

    """
    capped, top = _capped(inverse_depth)
    truth, _, spread = _normalize(capped)
    guess = _normalize(predicted)[0]
    nearness = torch.maximum(capped, NEAREST * top).clamp_min(1e-3)   # all sky has no near end
    step = BEND * nearness / (spread + 1e-6)
    total = predicted.new_zeros(())
    for bend, true in zip(_bends(guess, step), _bends(truth, step)):
        weight = 1 + 4 * true.abs()
        total = total + ((bend - true).abs() * weight).sum() / weight.sum()
    return total
