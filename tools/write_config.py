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
Write what repeats the code: config/depth_seg.yaml, and two tables of the README.

    python tools/write_config.py

In the README the tables stand between marker lines; the rest is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
import json
from pathlib import Path
import sys
import textwrap

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# The imports below need the line above where the package is not installed.
from depth_seg_ros.outputs import IMAGES, LABEL_INFO, NAVIGATION, PX4, REGIONS  # noqa: E402
from depth_seg_ros.params import NodeParams, ParamSpec, specs  # noqa: E402

YAML = ROOT / 'config' / 'depth_seg.yaml'
README = ROOT / 'README.md'
WIDTH = 99


def yaml_text() -> str:
    """Return the parameter file: every parameter at its default, each with its comment."""
    lines = ['# Every parameter of the node at its default, written by tools/write_config.py.',
             '# "live" ones may change while the node runs, the others while it is unconfigured.',
             '/**:', '  ros__parameters:']
    for stage, doc, members in _stages():
        if stage:
            lines += [f'    # {doc}', f'    {stage}:']
        indent = ' ' * (6 if stage else 4)
        for spec in members:
            lines += textwrap.wrap(
                f'{spec.help} ({_facts(spec)})', WIDTH, initial_indent=f'{indent}# ',
                subsequent_indent=f'{indent}# ', break_on_hyphens=False)
            lines.append(f'{indent}{spec.name.split(".")[-1]}: {json.dumps(spec.default)}')
    return '\n'.join(lines) + '\n'


def parameter_table() -> str:
    """Return the README's table of parameters in Markdown."""
    rows = ['| parameter | default | allowed | meaning |', '|---|---|---|---|']
    for _, _, members in _stages():
        rows += [f'| `{spec.name}` | `{json.dumps(spec.default)}` | {_facts(spec)} | {spec.help} |'
                 for spec in members]
    return '\n'.join(rows)


def topic_table() -> str:
    """Return the README's table of published topics in Markdown."""
    rows = ['| topic | type | content |', '|---|---|---|']
    rows += [f'| `~/{output.topic}` | sensor_msgs/Image, {output.encoding} | {output.help} |'
             for output in IMAGES]
    rows += [
        '| `~/depth/camera_info` | sensor_msgs/CameraInfo | Calibration that goes with '
        '`~/depth/image`. Needs meters, and `camera_info`. |',
        f'| `~/{REGIONS}` | vision_msgs/Detection2DArray | One entry per region, `id` as in '
        '`~/labels`, nearest first; empty when nothing is there. |',
        *(f'| `~/{output.topic}` | {output.message} | {output.help} |'
          for output in (*NAVIGATION, PX4)),
        f'| `~/{LABEL_INFO}` | vision_msgs/LabelInfo | Names of the numbers in `~/classes`; '
        'latched (transient local). |',
        '| `/tf` | tf2_msgs/TFMessage | Where the frames of `~/scan` and `~/obstacle_distance` '
        'are; sent with them. |',
        '| `/diagnostics` | diagnostic_msgs/DiagnosticArray | Rates, latency p50 and p95, drops '
        'by cause, model, device, thresholds; a level, and what to do. |']
    return '\n'.join(rows)


def filled_in(readme: str) -> str:
    """Return the README with both tables between their markers."""
    for name, table in (('topics', topic_table()), ('parameters', parameter_table())):
        begin = f'<!-- {name}: written by tools/write_config.py -->'
        end = f'<!-- end of {name} -->'
        head, found_begin, rest = readme.partition(begin)
        _, found_end, tail = rest.partition(end)
        if not (found_begin and found_end):
            raise ValueError(f'README.md: expected the lines {begin} and {end}')
        readme = f'{head}{begin}\n{table}\n{end}{tail}'
    return readme


def _stages() -> Iterator[tuple[str, str, list[ParamSpec]]]:
    """Yield (name, first line of its docstring, parameters) of each stage, then the others."""
    declared = list(specs(NodeParams))
    for item in fields(NodeParams):
        members = [spec for spec in declared if spec.name.startswith(f'{item.name}.')]
        if members:
            doc = (item.default_factory.__doc__ or '').strip().splitlines()[0]
            yield item.name, doc, members
    yield '', '', [spec for spec in declared if '.' not in spec.name]


def _facts(spec: ParamSpec) -> str:
    """Return what may be set, in which unit, and when."""
    if spec.choices:
        allowed = ', '.join(spec.choices)
    elif spec.low is None or spec.high is None:
        allowed = spec.unit
    else:
        allowed = f'{spec.low:g} to {spec.high:g} {spec.unit}'.rstrip()
    return '; '.join(filter(None, (allowed, 'live' if spec.live else 'not live')))


def main() -> int:
    """Write both files."""
    YAML.write_text(yaml_text(), encoding='utf-8')
    README.write_text(filled_in(README.read_text(encoding='utf-8')), encoding='utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
