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
"""`depth_seg bag`: a bag to a bag with the results beside its own topics."""

from __future__ import annotations

from argparse import Namespace

from depth_seg_ros.bag import check_bag, process_bag
from depth_seg_ros.commands.reports import complain, plural, progress_bar
from depth_seg_ros.commands.settings import pipeline_params
from depth_seg_ros.pipeline import build_pipeline

__all__ = ['run']


def run(args: Namespace) -> int:
    """Do what the arguments of `depth_seg bag` say, and return the exit code."""
    params = pipeline_params(args)
    check_bag(args.input, args.out, args.topic)
    with build_pipeline(params) as pipeline, progress_bar(None, 'frame', args.quiet) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        summary = process_bag(args.input, args.out, pipeline, params, topic=args.topic,
                              progress=show, save=args.save)
    for reason, count in summary.failed.items():
        complain(f'{args.input}: {plural(count, "frame")} without a result: {reason}')
    for problem in summary.problems:
        complain(f'{args.input}: {problem}')
    for topic in summary.not_copied:
        complain(f'{args.input}: {topic} was not copied, as the bag does not define its type')
    if not args.quiet:
        print(f'{summary.processed} of {plural(summary.total, "frame")} of {summary.topic}, '
              f'{plural(summary.regions, "region")}; see {summary.out}')
    if summary.interrupted:
        raise KeyboardInterrupt
    return 1 if summary.failed or not summary.processed else 0
