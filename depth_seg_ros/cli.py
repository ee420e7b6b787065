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
"""The command line `depth_seg`: arguments and exit codes. The work is done in `commands`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
import os
from pathlib import Path
import sys
from typing import Any

__all__ = ['main']

BENCHES = {
    'speed': ('depth_seg_ros.bench.speed', 'time and memory of every stage'),
    'backends': ('depth_seg_ros.bench.backends', 'every engine and precision, side by side'),
    'depth': ('depth_seg_ros.bench.depth', 'depth against ground truth'),
    'scale': ('depth_seg_ros.bench.scale', 'meters against ground truth'),
    'regions': ('depth_seg_ros.bench.regions', 'regions against ground truth'),
    'robustness': ('depth_seg_ros.bench.robustness', 'what corrupted pictures cost'),
    'dds': ('depth_seg_ros.ros.bench', 'the node through the ROS 2 middleware'),
}
"""What can be measured: the module that does it (`add_arguments`, `main`), and one line on it."""

_BENCH_USAGE = """\
usage: depth_seg bench [NAME] [...]

Measure; `depth_seg bench NAME --help` says with what. Without a name: speed.
"""

# Written out, as the modules that define them import too much for --help.
_IMAGE_DEFAULT = ('depth', 'gray', 'color', 'mask', 'labels', 'classes', 'overlay', 'panel',
                  'regions')
_IMAGE_SAVES = (*_IMAGE_DEFAULT, 'explain')
_VIDEO_SAVES = ('overlay', 'color', 'regions', 'depth', 'gray', 'mask', 'labels', 'classes')

_BAG_SAVES = ('inverse_depth', 'depth/image', 'depth_gray', 'depth_color', 'mask', 'labels',
              'classes', 'overlay', 'regions', 'points', 'obstacles', 'scan', 'obstacle_distance',
              'regions_3d')

_BAG_SENSORS = (
    ('--depth-in', 'depth instead of a network, Image; with --model depth_in'),
    ('--sparse-depth', 'measured depth that gives meters, Image; with -p scale.source=sparse'),
    ('--imu', 'pitch and roll of the camera, Imu; with -p mount.attitude=imu'),
    ('--range', 'height over the ground, Range; with -p mount.height_from=range'))

_MODEL_VERBS = {
    'list': 'list the known models, as without a verb',
    'fetch': 'fetch a model, where it is not here yet, and check its files',
    'check': 'check the files of a model, and run it',
    'quantize': 'make the int8 model that model.precision=int8 runs',
    'cache': 'list converted and quantized models',
    'clear': 'remove converted and quantized models',
}

_EXIT_CODES = ('Exit codes: 0 all done, 1 something failed (it is named on stderr, the rest is '
               'done), 2 wrong usage, 130 stopped by Ctrl-C (files are whole).')


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments after the program's name; those of the process by default.

    Returns
    -------
    int
        0 all done, 1 something failed, 130 stopped by Ctrl-C. Wrong usage exits with 2.

    """
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        if given[:1] == ['bench']:
            return _bench(given[1:])
        args = _parser().parse_args(given)
        command = import_module(f'depth_seg_ros.commands.{args.module}')
        return int(command.run(args))
    except KeyboardInterrupt:
        print('depth_seg: stopped', file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Who read the output (head, less) has seen enough; nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # Only here, as the classes cost an import: what a user can mend is one line, the rest is
        # a defect and keeps its traceback.
        from depth_seg_ros.commands.errors import explained
        known = explained(error)
        if known is None:
            raise
        print(f'depth_seg: error: {known[1]}', file=sys.stderr)
        return known[0]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='depth_seg', epilog=_EXIT_CODES,
        description='Depth, obstacle masks and labeled regions from one RGB camera.')
    parser.add_argument('--version', action=_Version, nargs=0, help='print the version and exit')
    commands = parser.add_subparsers(title='commands', metavar='COMMAND', required=True)
    _add_image(commands)
    _add_video(commands)
    _add_bag(commands)
    _add_models(commands)
    commands.add_parser('bench', help='measure: ' + ', '.join(BENCHES))
    return parser


class _Version(argparse.Action):
    """Look the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import PackageNotFoundError, version
        try:
            print(f'depth_seg {version("depth_seg_ros")}')
        except PackageNotFoundError:
            parser.error('the version is unknown, as depth_seg_ros is not installed (pip or '
                         'colcon)')
        parser.exit()


def _add_image(commands: Any) -> None:
    parser = _command(commands, 'image', 'images', 'process images and folders of images')
    parser.add_argument('inputs', metavar='IN', nargs='+', type=Path,
                        help='image file, or folder of images')
    _add_output(parser, _IMAGE_SAVES, _IMAGE_DEFAULT)
    parser.add_argument('--explain', action='store_true',
                        help='write NAME_explain.png, too: plane, residual, thresholds, splits '
                             'and ownership, and the numbers that decided')
    _add_settings(parser)
    _add_quiet(parser)


def _add_video(commands: Any) -> None:
    parser = _command(commands, 'video', 'videos', 'process a video or a camera')
    parser.add_argument('input', metavar='IN', help='video file, or number of a camera')
    parser.add_argument('--fps', type=float, metavar='HZ',
                        help='frames per second of the written videos (default: as the input)')
    _add_output(parser, _VIDEO_SAVES, ('overlay', 'regions'))
    _add_settings(parser)
    _add_quiet(parser)


def _add_bag(commands: Any) -> None:
    parser = _command(commands, 'bag', 'bags', 'process a bag; needs no ROS')
    parser.add_argument('input', metavar='IN', type=Path,
                        help='folder of a rosbag2, .mcap or .db3 file')
    parser.add_argument('--out', metavar='BAG', type=Path, required=True,
                        help='folder of the bag to write; it must not exist')
    _add_save(parser, 'TOPIC', _BAG_SAVES, _BAG_SAVES,
              '; all take about 1.5 MB a frame at 640x480')
    parser.add_argument('--topic', help='image topic, where the bag has several that no option '
                        'below names')
    sensors = parser.add_argument_group('other sensors', 'topics of the bag, matched by stamp')
    for name, what in _BAG_SENSORS:
        sensors.add_argument(name, metavar='TOPIC', help=what)
    _add_settings(parser)
    _add_quiet(parser)


def _add_models(commands: Any) -> None:
    parser = _command(commands, 'models', 'models', 'list, fetch, check and quantize models')
    parser.set_defaults(action='list')
    verbs = parser.add_subparsers(title='what to do', metavar='VERB')
    for name, about in _MODEL_VERBS.items():
        verb = _command(verbs, name, 'models', about)
        verb.set_defaults(action=name)
        if name not in ('fetch', 'check', 'quantize'):
            continue
        verb.add_argument('model', metavar='NAME', help='id on the hub, folder, or embedded')
        if name == 'quantize':
            verb.add_argument('--images', metavar='FOLDER', type=Path, required=True,
                              help='images of your camera, some hundred')
        _add_settings(verb, with_model=False)


def _command(commands: Any, name: str, module: str, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=f'{about[0].upper()}{about[1:]}.', epilog=_EXIT_CODES)
    parser.set_defaults(module=module)
    return parser


def _add_output(parser: argparse.ArgumentParser, choices: Sequence[str],
                default: Sequence[str]) -> None:
    parser.add_argument('--out', metavar='DIR', type=Path, required=True,
                        help='folder to write to, made where it is missing')
    _add_save(parser, 'KIND', choices, default)


def _add_save(parser: argparse.ArgumentParser, what: str, choices: Sequence[str],
              default: Sequence[str], note: str = '') -> None:
    parser.add_argument('--save', metavar=f'{what},...', type=_kinds(choices),
                        default=list(default),
                        help=f'what to write, of {",".join(choices)} (default: '
                             f'{_default_text(choices, default)}{note})')


def _default_text(choices: Sequence[str], default: Sequence[str]) -> str:
    """Return what is written by default, in as few words as say it."""
    rest = [kind for kind in choices if kind not in default]
    if len(rest) < 2:
        return ' but '.join(['all', *rest])
    return ','.join(default)


def _kinds(choices: Sequence[str]) -> Callable[[str], list[str]]:
    """Return what turns `a,b` into ['a', 'b'] for argparse, each one of the choices."""
    def parse(text: str) -> list[str]:
        kinds = text.split(',')
        unknown = [kind for kind in kinds if kind not in choices]
        if unknown:
            raise argparse.ArgumentTypeError(
                f'expected some of {",".join(choices)}; got {",".join(unknown)}')
        return kinds
    return parse


def _add_settings(parser: argparse.ArgumentParser, with_model: bool = True) -> None:
    group = parser.add_argument_group('parameters', 'later ones win, in this order')
    group.add_argument('--params-file', metavar='FILE', type=Path,
                       help='YAML file of ROS parameters, as config/depth_seg.yaml')
    if with_model:
        group.add_argument('--model', metavar='NAME', help='short for -p model.name=NAME')
    group.add_argument('--device', metavar='NAME', help='short for -p model.device=NAME')
    group.add_argument('-p', '--param', metavar='NAME=VALUE', action='append', default=[],
                       help='one parameter, such as segmentation.method=local; repeatable')


def _add_quiet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('-q', '--quiet', action='store_true',
                        help='print errors only, no progress')


def _bench(argv: Sequence[str]) -> int:
    """Run a benchmark; only its own module is imported, and it declares its own arguments."""
    if argv and argv[0] in ('-h', '--help'):
        print(_BENCH_USAGE, *(f'  {name:<12}{about}' for name, (_, about) in BENCHES.items()),
              '', _EXIT_CODES, sep='\n')
        return 0
    named = bool(argv) and not argv[0].startswith('-')
    what = argv[0] if named else 'speed'
    parser = argparse.ArgumentParser(prog=f'depth_seg bench {what}')
    if what not in BENCHES:
        parser.prog = 'depth_seg bench'
        parser.error(f'expected one of {", ".join(BENCHES)}; got {what!r}')
    module, about = BENCHES[what]
    parser.description = f'{about[0].upper()}{about[1:]}.'
    bench = import_module(module)
    bench.add_arguments(parser)
    return int(bench.main(parser.parse_args(argv[1:] if named else argv)))
