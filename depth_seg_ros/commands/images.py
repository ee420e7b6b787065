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
"""`depth_seg image`: files and folders of images to files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from depth_seg_ros.commands.errors import UsageError
from depth_seg_ros.commands.reports import complain, plural, progress_bar, Stopwatch
from depth_seg_ros.commands.settings import check_images_suffice, pipeline_params
from depth_seg_ros.depth import EstimationError
from depth_seg_ros.export import FrameFiles, Summary
from depth_seg_ros.params import PipelineParams
from depth_seg_ros.pipeline import build_pipeline
from depth_seg_ros.sources import ImageFiles, open_images, SourceError

__all__ = ['process_images', 'run']


def run(args: Namespace) -> int:
    """Do what the arguments of `depth_seg image` say, and return the exit code."""
    params = pipeline_params(args)
    check_images_suffice(params)
    usable = [path for path in args.inputs if _is_usable(path)]
    if not usable:
        return 1
    images = open_images(usable, max_megapixels=params.input.max_megapixels)
    save = {*args.save, 'explain'} if args.explain else args.save
    status = process_images(images, args.out, params, save, args.quiet)
    return status if len(usable) == len(args.inputs) else 1


def _is_usable(path: Path) -> bool:
    """Tell whether a path names images; name it on stderr if not, and let the rest go on."""
    try:
        open_images(path)
    except SourceError as error:
        complain(str(error))
        return False
    return True


def process_images(images: ImageFiles, out: Path, params: PipelineParams, save: Collection[str],
                   quiet: bool = False) -> int:
    """
    Process every image; one that cannot be used is named, and the rest goes on.

    Parameters
    ----------
    images : ImageFiles
        All of them are read.
    out : Path
        Folder, made where it is missing.
    params : PipelineParams
        For model, segmentation and drawing. Nothing is tracked from one image to the next.
    save : collection of str
        Some of `depth_seg_ros.export.SAVES`.
    quiet : bool
        Print failed images only.

    Returns
    -------
    int
        0, or 1 when an image failed.

    Raises
    ------
    UsageError
        When `out` is a folder that is read.
    ModelLoadError
        When there is no model.
    OSError
        When `out` cannot be written.

    """
    if out.resolve() in {path.resolve().parent for path in images.paths}:
        raise UsageError(f'--out {out}: expected another folder than that of the images, as '
                         'results would be taken for images the next time')
    # Files side by side are no stream: each has its own ids from 1 on.
    params = replace(params, tracking=replace(params.tracking, enable=False))
    files = FrameFiles(out, params.drawing, save, params.segmentation)
    watch = Stopwatch()
    with build_pipeline(params) as pipeline, \
            Summary(out, pipeline.estimator.info, params) as summary, \
            progress_bar(len(images), 'image', quiet) as bar:
        for index, path in enumerate(images.paths):
            try:
                pipeline.reset()  # files side by side are no stream
                frame = images[index]
                result = pipeline.process(frame.rgb, frame.stamp_ns / 1e9, frame.camera)
            except (EstimationError, ValueError) as error:
                summary.fail(str(path), str(error))
                complain(f'{path}: {str(error).removeprefix(f"{path}: ")}')
            else:
                problem = result.quality.problem
                summary.add(str(path), files.write(frame.name, result), 1, len(result.regions),
                            problem)
                if problem:
                    complain(f'{path}: all of it is unknown: {problem}')
                watch.add(result.timings)
            bar.update()
    if not quiet:
        failed = f' ({summary.failed} failed)' if summary.failed else ''
        print(f'{plural(summary.frames, "image")}{failed}, {plural(summary.regions, "region")}, '
              f'{watch}; see {summary.path}')
    return 1 if summary.failed else 0
