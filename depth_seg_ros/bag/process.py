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
"""A bag in, a bag out: every image through the pipeline, with its original stamps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from depth_seg_ros.bag.interrupt import deferred_interrupt
from depth_seg_ros.bag.opening import BagError
from depth_seg_ros.bag.reader import BagFrame, BagMessage, BagReader
from depth_seg_ros.bag.sensors import BagSensors, check_sensors
from depth_seg_ros.bag.writer import BagWriter, check_new
from depth_seg_ros.depth import DepthKind, EstimationError
from depth_seg_ros.detections import detections
from depth_seg_ros.navigation import level_frame, Scan, view_of
from depth_seg_ros.outputs import IMAGES, LABEL_INFO, NAVIGATION, REGIONS
from depth_seg_ros.params import PipelineParams
from depth_seg_ros.pipeline import FrameResult, Pipeline

__all__ = ['BagSummary', 'check_bag', 'process_bag', 'SAVES']

PREFIX = '/depth_seg/'
"""What the topics of the results begin with: those of a node of that name."""

SAVES = (*(output.topic for output in IMAGES), REGIONS,
         *(output.topic for output in NAVIGATION))
"""What can be saved of a frame, by topic."""

METRIC = (*(output.topic for output in IMAGES if output.metric),
          *(output.topic for output in NAVIGATION))
"""What of it needs meters."""


@dataclass
class BagSummary:
    """
    What became of the frames of a bag.

    Parameters
    ----------
    out : Path
        The bag that was written.
    topic : str
        The image topic.
    total : int
        Images in the bag.
    frames : int
        Those that were read.
    processed : int
        Those with a result.
    regions : int
        Regions in all results together.
    failed : Counter of str
        Images without a result, by the reason.
    unfit : Counter of str
        Results in which all is unknown, as the image is not fit, by what is wrong with it.
    no_meters : Counter of str
        Results without depth in meters where `scale.source` asks for it, by the reason.
    not_copied : tuple of str
        Input topics that are missing in the output, because the bag does not define their types.
    problems : tuple of str
        Damage of the bag, useless camera_info, sensors with gaps; each a sentence.
    interrupted : bool
        Whether Ctrl-C or SIGTERM ended it early. The output is valid up to there.

    """

    out: Path
    topic: str
    total: int = 0
    frames: int = 0
    processed: int = 0
    regions: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    unfit: Counter[str] = field(default_factory=Counter)
    no_meters: Counter[str] = field(default_factory=Counter)
    not_copied: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    interrupted: bool = False


def check_bag(source: Path, out: Path, params: PipelineParams, topic: str | None = None,
              sensors: Mapping[str, str] | None = None) -> None:
    """
    Refuse at once what `process_bag` would, before a model is loaded for it.

    Raises
    ------
    BagError
        When the bag cannot be read, `out` exists, or a topic is not clear.

    """
    check_new(out)
    named = sensors or {}
    with BagReader(source, topic, named.values()) as bag:
        check_sensors(bag, named, params)


def process_bag(source: Path, out: Path, pipeline: Pipeline, params: PipelineParams,
                topic: str | None = None,
                progress: Callable[[int, int], None] | None = None,
                save: Collection[str] | None = None,
                sensors: Mapping[str, str] | None = None) -> BagSummary:
    """
    Run every image of a bag through the pipeline and write a bag with input and results.

    Nothing depends on time or chance: the same bag and parameters give the same bytes. A frame
    that cannot be used is counted, and the rest goes on. Ctrl-C and SIGTERM end after the frame
    in work.
    Results are on the topics of a node `/depth_seg`; what the input has there is replaced.

    Parameters
    ----------
    source : Path
        Folder of a rosbag2 (sqlite3 or mcap), or one .mcap or .db3 file.
    out : Path
        Folder of the bag to write (mcap).
    pipeline : Pipeline
        The caller closes it.
    params : PipelineParams
        Of the pipeline; the size limit of images and the drawing are taken from here.
    topic : str, optional
        Image topic, when the bag has several that `sensors` does not name.
    progress : callable, optional
        Called as (images read, images in the bag) after each image.
    save : collection of str, optional
        Some of `SAVES`; all that there is by default. What is left out is not rendered either.
    sensors : mapping of str to str, optional
        {`depth_in`, `sparse_depth`, `imu` or `range`: topic of the bag}, for those that the
        parameters ask for.

    Raises
    ------
    ValueError
        When `save` names something else, or `navigation.level_frame` is the image's frame.
    BagError
        When the bag cannot be read, `out` exists or cannot be written, a topic is not clear, or
        `save` names what needs meters and there will be none.

    """
    chosen = SAVES if save is None else save
    unknown = sorted(set(chosen) - set(SAVES))
    if unknown:
        raise ValueError(f'save: expected some of {", ".join(SAVES)}; got {", ".join(unknown)}')
    if save is not None:
        _check_meters(save, pipeline, params)
    pipeline.reset()
    named = sensors or {}
    with BagReader(source, topic, named.values()) as bag, \
            BagSensors(bag, named, params) as sensing, deferred_interrupt() as interrupted:
        summary = BagSummary(out, bag.topic or '', bag.frame_count)
        with BagWriter(out) as writer:
            run = _Run(bag, sensing, writer, pipeline, params, chosen)
            for message in bag.messages():
                run.take(message, summary)
                if message.topic == bag.topic and progress is not None:
                    progress(summary.frames, bag.frame_count)
                if interrupted.is_set():
                    summary.interrupted = True
                    break
        summary.not_copied = tuple(run.not_copied)
        summary.problems = tuple(filter(None, (
            bag.damage, bag.camera_problem, run.camera_missing, *sensing.problems())))
    return summary


def _check_meters(save: Collection[str], pipeline: Pipeline, params: PipelineParams) -> None:
    """Refuse to save what will never come."""
    info = pipeline.estimator.info
    asked = [topic for topic in METRIC if topic in save]
    if asked and info.kind is not DepthKind.METRIC and params.scale.source == 'none':
        raise BagError(
            f'{", ".join(asked)}: expected depth in meters, got a relative model ({info.name}); '
            'set -p scale.source=sparse or ground, name a metric model with --model, or leave '
            'them out of --save')


class _Run:
    """The way of one message through the pipeline."""

    def __init__(self, bag: BagReader, sensing: BagSensors, writer: BagWriter, pipeline: Pipeline,
                 params: PipelineParams, save: Collection[str]) -> None:
        self._sensing, self.camera_missing = sensing, ''
        self._bag, self._writer, self._pipeline, self._params = bag, writer, pipeline, params
        self._images = [output for output in IMAGES if output.topic in save]
        self._with_regions = REGIONS in save
        self._navigation = [output for output in NAVIGATION if output.topic in save]
        self._labeled = False
        self.not_copied: dict[str, None] = {}

    def take(self, message: BagMessage, summary: BagSummary) -> None:
        """Copy a message; when it is an image, process it and write the results."""
        if not message.topic.startswith(PREFIX):
            if not self._writer.copy(message, self._bag.typestore):
                self.not_copied[message.topic] = None
        if message.topic != self._bag.topic:
            return
        summary.frames += 1
        try:
            frame = self._bag.frame(message, self._params.input.max_megapixels)
            readings = self._sensing.readings(frame.stamp_ns)
            result = self._pipeline.process(
                frame.rgb, frame.stamp_ns / 1e9, frame.camera, readings)
        except (EstimationError, ValueError) as error:
            summary.failed[str(error)] += 1
            return
        self._write(frame, result)
        summary.processed += 1
        if not result.quality.is_fit:
            summary.unfit[result.quality.problem] += 1
        if result.why_no_meters:
            summary.no_meters[result.why_no_meters] += 1
        summary.regions += len(result.regions)

    def _write(self, frame: BagFrame, result: FrameResult) -> None:
        writer, log_ns = self._writer, frame.log_ns
        header = writer.header(frame.stamp_ns, frame.frame_id)
        for output in self._images:
            array = output.render(result, self._params.drawing)
            if array is not None:
                writer.image(PREFIX + output.topic, array, output.encoding, header, log_ns)
                if output.metric and frame.camera is not None and self._bag.calibration:
                    writer.camera_info(f'{PREFIX}depth/camera_info', self._bag.calibration[0],
                                       result.image_shape, header, log_ns)
        if self._with_regions:
            writer.detections(PREFIX + REGIONS, detections(result), header, log_ns)
        self._write_navigation(frame, result)
        if not self._labeled:
            writer.label_info(PREFIX + LABEL_INFO, header, log_ns)
            self._labeled = True

    def _write_navigation(self, frame: BagFrame, result: FrameResult) -> None:
        writer, params = self._writer, self._params.navigation
        view = view_of(result, params)
        if view is None:
            if self._navigation and result.metric is not None and not self._bag.camera_problem:
                self.camera_missing = (
                    f'{self._bag.info_topic}: no camera_info, which '
                    f'{", ".join(output.topic for output in self._navigation)} need')
            return
        for output in self._navigation:
            made, name = output.make(view), frame.frame_id
            if isinstance(made, Scan):
                name = level_frame(name, params.level_frame, made.clockwise)
            writer.navigation(PREFIX + output.topic, made, writer.header(frame.stamp_ns, name),
                              frame.log_ns)
