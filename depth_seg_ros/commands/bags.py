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

from depth_seg_ros.bag import check_bag, process_bag, SAVES
from depth_seg_ros.commands.errors import UsageError
from depth_seg_ros.commands.reports import complain, complain_once, plural, progress_bar
from depth_seg_ros.commands.settings import pipeline_params
from depth_seg_ros.params import PipelineParams
from depth_seg_ros.pipeline import build_pipeline
from depth_seg_ros.sensing import SENSORS

__all__ = ['run']


def run(args: Namespace) -> int:
    """Do what the arguments of `depth_seg bag` say, and return the exit code."""
    params = pipeline_params(args)
    sensors = _sensors(args, params)
    check_bag(args.input, args.out, params, args.topic, sensors)
    with build_pipeline(params) as pipeline, progress_bar(None, 'frame', args.quiet) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        summary = process_bag(args.input, args.out, pipeline, params, topic=args.topic,
                              progress=show, save=_chosen(args.save), sensors=sensors)
    for reason, count in summary.failed.items():
        complain(f'{args.input}: {plural(count, "frame")} without a result: {reason}')
    complain_once(args.input, 'of which all is unknown', summary.unfit)
    complain_once(args.input, 'without depth in meters', summary.no_meters)
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


def _sensors(args: Namespace, params: PipelineParams) -> dict[str, str]:
    """Return the topic of every sensor that an option names; each must be asked for."""
    named = {sensor: getattr(args, sensor.topic) for sensor in SENSORS}
    for sensor, topic in named.items():
        if topic is not None and not sensor.is_wanted(params):
            raise UsageError(f'--{sensor.topic.replace("_", "-")}: is not used without '
                             f'-p {sensor.wanted_by}')
    return {sensor.topic: topic for sensor, topic in named.items() if topic is not None}


def _chosen(save: list[str]) -> list[str] | None:
    """Return what to save; None for all that there is."""
    return None if set(save) == set(SAVES) else save
