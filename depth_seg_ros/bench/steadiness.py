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
How steady a stream comes out: flicker, jumps of scale, ghosts behind what moves, scene cuts.

Synthetic streams go through the whole pipeline, with a network that plays them. Each frame has
its own noise, and a scale and shift of its own. `steadiness` with `steady.enable` off says how
much of it the stages do without any memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace
import math
from typing import TypeAlias

import cv2
from depth_seg_ros.depth import DepthKind, DepthMap, EstimatorInfo
from depth_seg_ros.params import PipelineParams
from depth_seg_ros.pipeline import FrameResult, Pipeline
from depth_seg_ros.segmentation import LayerBounds, RegionClass
from depth_seg_ros.synthetic import random_scene, random_world, render, Scene, to_inverse
import numpy as np
from numpy.typing import NDArray

__all__ = ['Steadiness', 'steadiness']

_Stream: TypeAlias = list[tuple[Scene, DepthMap]]

_KINDS = ('indoor', 'outdoor', 'uav')
_FRAMES = 12
_RATE = 15.0
_EDGE = 7
"""Pixels around true outlines that count neither as obstacle nor as free: network edges smear."""


@dataclass(frozen=True)
class Steadiness:
    """
    Measured over some scenes; all but the last two are the less the better.

    Parameters
    ----------
    flicker : float
        Percent of the pixels whose obstacle mask toggles from frame to frame of a still scene.
    threshold : float
        Standard deviation over time of the noise of the ground there, in percent of it.
    layers : float
        Percent of the frames there with another number of layers than the one before.
    depth : float
        Mean change from frame to frame of what the map says of one and the same true depth, in
        percent of the spread, while the camera moves.
    ghosts : float
        Percent of the pixels that a thing has just left and that are still called obstacle.
    precision, recall : float
        Percent of the obstacle pixels right and found, while things and camera move.
    cuts, false_cuts : float
        Percent of the changes to another scene that are seen, and of other frames taken for one.

    """

    flicker: float
    threshold: float
    layers: float
    depth: float
    ghosts: float
    precision: float
    recall: float
    cuts: float
    false_cuts: float


def steadiness(scenes: int, seed: int, params: PipelineParams | None = None) -> Steadiness:
    """
    Measure how steady streams come out.

    Parameters
    ----------
    scenes : int
        How many, at least 2: rooms, open ground and views of a UAV in turn.
    seed : int
        Other seeds give other scenes.
    params : PipelineParams, optional
        Those of segmentation and steadiness count.

    Raises
    ------
    ValueError
        With fewer than two scenes there is no cut.

    """
    if scenes < 2:
        raise ValueError(f'scenes: expected at least 2, got {scenes}')
    params = params or PipelineParams()
    numbers = [(_KINDS[index % len(_KINDS)], (seed, index)) for index in range(scenes)]
    still = [_still(*number) for number in numbers]
    moving = [_moving(*number, drive=True) for number in numbers]
    passing = [_moving(*number, drive=False) for number in numbers]
    still_results, moving_results, passing_results = (
        [_run(stream, params) for stream in streams] for streams in (still, moving, passing))
    precision, recall = _found(zip(sum(moving, []), sum(moving_results, [])))
    cut = [result.alignment.cut for result in _run(sum(moving, []), params)]
    first = np.arange(len(cut)) % _FRAMES == 0
    return Steadiness(
        flicker=_percent([_flicker(each) for each in still_results]),
        threshold=_percent([_threshold(each) for each in still_results]),
        layers=_percent([_layer_flips(each) for each in still_results]),
        depth=_percent([_scale_steps(*each) for each in zip(moving, moving_results)]),
        ghosts=_percent([_ghosts(*each) for each in zip(passing, passing_results)]),
        precision=precision, recall=recall,
        cuts=_percent(np.array(cut)[first][1:]), false_cuts=_percent(np.array(cut)[~first]))


class _Player:
    """A network that plays maps."""

    def __init__(self, maps: Iterable[DepthMap]) -> None:
        self.info = EstimatorInfo('synthetic', 'none', 'cpu', 'fp32',
                                  DepthKind.RELATIVE_INVERSE, sees_image=False)
        self._maps = iter(maps)

    def load(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def estimate(self, rgb: NDArray[np.uint8]) -> DepthMap:
        """Return the next map."""
        return next(self._maps)


def _run(stream: _Stream, params: PipelineParams) -> list[FrameResult]:
    image = np.zeros((*stream[0][1].shape, 3), np.uint8)
    with Pipeline(_Player(depth for _, depth in stream), params) as pipeline:
        return [pipeline.process(image, (1 + index) / _RATE) for index in range(len(stream))]


def _seen(scenes: Iterable[Scene], seed: tuple[int, int]) -> _Stream:
    """Return each scene with what a network says of it: 5 % jitter of scale, shift likewise."""
    rng = np.random.default_rng([*seed, 1])
    return [(scene, to_inverse(scene, rng, s=3 * rng.uniform(0.95, 1.05),
                               t=rng.uniform(-0.15, 0.15))) for scene in scenes]


def _still(kind: str, seed: tuple[int, int]) -> _Stream:
    return _seen([random_scene(np.random.default_rng(seed), kind)] * _FRAMES, seed)


def _moving(kind: str, seed: tuple[int, int], drive: bool) -> _Stream:
    """Return things that cross the view at up to 2 m/s, before a camera that drives or stands."""
    rng = np.random.default_rng(seed)
    world = random_world(rng, kind)
    world = replace(world, solids=tuple(
        replace(solid, velocity=((2.0 if solid.instance % 2 else -1.0), 0.0, 0.0))
        for solid in world.solids))

    def views() -> Iterator[Scene]:
        for frame in range(_FRAMES):
            now = frame / _RATE
            ahead = world.position[2] + 0.5 * now * drive
            yield render(replace(
                world.after(now), yaw=0.1 * math.sin(2.0 * now) * drive,
                position=(*world.position[:2], ahead)))

    return _seen(views(), seed)


def _percent(shares: Iterable[float]) -> float:
    known = np.array([share for share in shares if not math.isnan(share)])
    return 100.0 * float(known.mean()) if known.size else math.nan


def _flicker(results: list[FrameResult]) -> float:
    masks = [result.segmentation.mask for result in results]
    return float(np.mean([(one != other).mean() for one, other in zip(masks, masks[1:])]))


def _threshold(results: list[FrameResult]) -> float:
    noise = np.array([result.segmentation.thresholds.ground_noise for result in results])
    noise = noise[np.isfinite(noise)]
    return float(noise.std() / noise.mean()) if noise.size > 1 else math.nan


def _layer_flips(results: list[FrameResult]) -> float:
    def number(layers: LayerBounds) -> int:
        return int(np.isfinite(astuple(layers)).sum())

    counts = [number(result.segmentation.layers) for result in results]
    return float(np.mean(np.diff(counts) != 0))


def _scale_steps(stream: _Stream, results: list[FrameResult]) -> float:
    """Return the mean change of what is said of one true depth, as a share of the spread."""
    lines = []
    for (scene, _), result in zip(stream, results):
        true = (1.0 / scene.depth[::4, ::4].astype(np.float64)).ravel()
        said = result.depth.values[::4, ::4].ravel()
        fit = np.polyfit(true, said, 1)
        lines.append((fit, true, np.subtract(*np.quantile(said, (0.98, 0.02)))))
    return float(np.mean([np.abs(np.polyval(fit - before, true)).mean() / spread
                          for (before, _, _), (fit, true, spread) in zip(lines, lines[1:])]))


def _things(scene: Scene) -> NDArray[np.uint8]:
    return np.isin(scene.classes, (RegionClass.OBJECT, RegionClass.STRUCTURE)).astype(np.uint8)


def _ghosts(stream: _Stream, results: list[FrameResult]) -> float:
    """Return the share of called obstacle of what a thing left, and nothing true is near to."""
    left, called = 0, 0
    kernel = np.ones((_EDGE, _EDGE), np.uint8)
    for ((before, _), (scene, _)), result in zip(zip(stream, stream[1:]), results[1:]):
        free = (_things(before) > 0) & (cv2.dilate(_things(scene), kernel) == 0)
        left += int(free.sum())
        called += int((free & result.segmentation.mask).sum())
    return called / left if left else math.nan


def _found(frames: Iterable[tuple[tuple[Scene, DepthMap], FrameResult]]) -> tuple[float, float]:
    """Return precision and recall of the obstacle pixels in percent, away from true outlines."""
    right = called = there = 0
    kernel = np.ones((_EDGE, _EDGE), np.uint8)
    for (scene, _), result in frames:
        true = _things(scene)
        clear = cv2.dilate(true, kernel) == cv2.erode(true, kernel)
        mask = result.segmentation.mask & clear
        right += int((mask & (true > 0)).sum())
        called += int(mask.sum())
        there += int((clear & (true > 0)).sum())
    return 100.0 * right / max(called, 1), 100.0 * right / max(there, 1)
