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
"""`depth_seg video`: a video or a camera to videos and regions."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from depth_seg_ros.commands.errors import UsageError
from depth_seg_ros.commands.reports import complain, complain_once, plural, progress_bar, Stopwatch
from depth_seg_ros.commands.settings import check_images_suffice, pipeline_params
from depth_seg_ros.depth import EstimationError
from depth_seg_ros.export import Summary, VideoFiles
from depth_seg_ros.params import PipelineParams
from depth_seg_ros.pipeline import build_pipeline, Pipeline
from depth_seg_ros.sources import Frame, open_video, SourceError, Video

__all__ = ['process_video', 'run']

BAG_SUFFIXES = ('.mcap', '.db3', '.bag')


def run(args: Namespace) -> int:
    """Do what the arguments of `depth_seg video` say, and return the exit code."""
    params = pipeline_params(args)
    check_images_suffice(params)
    source = int(args.input) if args.input.isdecimal() else args.input
    if Path(args.input).suffix in BAG_SUFFIXES or (Path(args.input) / 'metadata.yaml').exists():
        raise UsageError(f'{args.input}: a bag, not a video; use depth_seg bag')
    video = open_video(source, max_megapixels=params.input.max_megapixels)
    fps = video.fps if args.fps is None else args.fps
    if not fps or fps <= 0:
        raise UsageError(f'{args.input}: expected a frame rate above 0, got {fps}; set it with '
                         '--fps')
    return process_video(video, args.out, params, fps, args.save, args.quiet)


def process_video(video: Video, out: Path, params: PipelineParams, fps: float, save: Sequence[str],
                  quiet: bool = False) -> int:
    """
    Process every frame; when the source fails on the way, what is done stays.

    Parameters
    ----------
    video : Video
        All of it is read.
    out : Path
        Folder, made where it is missing.
    params : PipelineParams
        For model, segmentation and drawing.
    fps : float
        Frames per second of the written videos.
    save : sequence of str
        Some of `depth_seg_ros.export.VIDEO_SAVES`.
    quiet : bool
        Print errors only.

    Returns
    -------
    int
        0, or 1 when the source failed.

    Raises
    ------
    ModelLoadError
        When there is no model.
    OSError
        When `out` cannot be written.

    """
    files = VideoFiles(out, video.name, fps, params.drawing, save)
    with build_pipeline(params) as pipeline, \
            Summary(out, pipeline.estimator.info, params) as summary:
        account = _Account(pipeline, files)
        try:
            with files, progress_bar(video.frame_count, 'frame', quiet) as bar:
                for frame in video:
                    account.take(frame)
                    bar.update()
        except SourceError as error:
            account.failed[str(error)] += 1
        finally:
            account.report(video.name, summary)
    if not quiet:
        print(f'{plural(summary.frames, "frame")}, {plural(summary.regions, "region")}, '
              f'{account.watch}; see {files.paths[0] if files.paths else summary.path}')
    return 1 if summary.failed else 0


class _Account:
    """The way of every frame through the pipeline, and what became of them."""

    def __init__(self, pipeline: Pipeline, files: VideoFiles) -> None:
        self._pipeline = pipeline
        self._files = files
        self._frames = self._regions = 0
        self.failed: Counter[str] = Counter()
        self._unfit: Counter[str] = Counter()
        self.watch = Stopwatch()

    def take(self, frame: Frame) -> None:
        """Process and write one frame; one that cannot be used is counted."""
        try:
            result = self._pipeline.process(frame.rgb, frame.stamp_ns / 1e9, frame.camera)
        except (EstimationError, ValueError) as error:
            self.failed[str(error)] += 1
            return
        if not result.quality.is_fit:
            self._unfit[result.quality.problem] += 1
        self._files.write(frame.name, result)
        self.watch.add(result.timings)
        self._frames += 1
        self._regions += len(result.regions)

    def report(self, name: str, summary: Summary) -> None:
        """Write down what there is, and name what failed or is unknown."""
        if self._frames:
            summary.add(name, self._files.paths, self._frames, self._regions)
        for reason, count in self.failed.items():
            summary.fail(name, reason)
            complain(f'{name}: {plural(count, "frame")} without a result: {reason}')
        complain_once(name, 'of which all is unknown', self._unfit)
