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
Make ``.venv`` in the project's root and install what the demo and the tests need.

Standard library only; any Python starts it. A step that is done is not done again: beside the
virtual environment lies, for every step, a digest of what the step depends on::

    python3 tools/bootstrap.py           # what `make demo` needs
    python3 tools/bootstrap.py --test    # and what `make test` needs
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
import fcntl
import hashlib
import importlib.util
import json
import os
from pathlib import Path
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / '.venv'
STAMPS = VENV / 'bootstrap'
LOG = STAMPS / 'log.txt'
PYTHON = VENV / 'bin' / 'python'
INTERFACES = tuple(ROOT / 'depth_seg_ros' / 'interfaces' / name
                   for name in ('vision_msgs', 'tf2_msgs', 'px4_msgs'))
SUPPORTED = ('3.10', '3.11', '3.12')
TORCH_CPU_INDEX = 'https://download.pytorch.org/whl/cpu'
FREE_GIB = 5
# Set by a sourced ROS installation or by another environment; they would reach into this one.
FOREIGN_VARIABLES = (
    'PYTHONPATH', 'PYTHONHOME', 'PIP_USER', 'PIP_TARGET', 'LD_LIBRARY_PATH', 'AMENT_PREFIX_PATH',
    '_ROS_WHEELS_BOOTSTRAP_COMPLETE',
)


class SetupError(Exception):
    """The setup cannot go on; the text says what to do."""


@dataclass(frozen=True)
class Step:
    """
    One step of the setup.

    Attributes
    ----------
    name : str
        Name of the file that records that the step is done.
    title : str
        What the user reads while it runs.
    inputs : tuple of Path
        Files on which the result depends: the step runs again when one changes.
    action : callable
        Does the work.

    """

    name: str
    title: str
    inputs: tuple[Path, ...]
    action: Callable[[], None]

    def digest(self) -> str:
        """Return a digest of the inputs, the Python version and the place of the project."""
        result = hashlib.sha256(f'{python_version()} {ROOT}'.encode())
        for path in self.inputs:
            result.update(path.read_bytes())
        return result.hexdigest()

    def is_done(self) -> bool:
        """Tell whether the step was finished with the same inputs."""
        stamp = STAMPS / self.name
        return stamp.exists() and stamp.read_text() == self.digest()

    def record(self) -> None:
        """Write down that the step is finished."""
        STAMPS.mkdir(exist_ok=True)
        (STAMPS / self.name).write_text(self.digest())


def python_version() -> str:
    """Return the running Python's version as ``major.minor``."""
    return f'{sys.version_info[0]}.{sys.version_info[1]}'


def use_supported_python() -> None:
    """
    Start again under a supported Python if this one is not.

    Raises
    ------
    SetupError
        If none is on the search path.

    """
    if python_version() in SUPPORTED:
        return
    for version in reversed(SUPPORTED):
        found = shutil.which(f'python{version}')
        if found and subprocess.run([found, '-c', ''], capture_output=True).returncode == 0:
            os.execv(found, [found, *sys.argv])
    raise SetupError(
        f'Expected Python {SUPPORTED[0]} to {SUPPORTED[-1]}, got {python_version()} '
        f'({sys.executable}), and found no other on the PATH.\n'
        'Install one (sudo apt-get install python3.12 python3.12-venv python3.12-dev), or say '
        'where one is: make PYTHON=/path/to/python3.12 ...')


def missing_packages() -> list[str]:
    """Return the Debian packages that have to be installed first."""
    missing = []
    if any(shutil.which(compiler) is None for compiler in ('gcc', 'g++')):
        missing.append('build-essential')
    if not (Path(sysconfig.get_path('include')) / 'Python.h').exists():
        missing.append(f'python{python_version()}-dev')
    # Debian ships it apart from Python.
    if importlib.util.find_spec('ensurepip') is None:
        missing.append(f'python{python_version()}-venv')
    return missing


def check_machine() -> None:
    """Raise `SetupError` naming everything that this machine lacks."""
    problems = []
    if (platform.system(), platform.machine()) != ('Linux', 'x86_64'):
        problems.append(
            f'The ROS 2 wheels exist for Linux on x86_64, this is {platform.system()} on '
            f'{platform.machine()}. Use a ROS 2 installation and colcon here: see "On a robot" '
            'in README.md.')
    packages = missing_packages()
    if packages:
        problems.append(f'Install what is missing: sudo apt-get install {" ".join(packages)}')
    free = shutil.disk_usage(ROOT).free / 2**30
    # Once the large packages are in, little is needed.
    if free < FREE_GIB and not (STAMPS / 'core').exists():
        problems.append(f'Expected {FREE_GIB} GiB of free disk in {ROOT}, got {free:.1f} GiB.')
    if problems:
        raise SetupError('\n'.join(problems))


def run(command: list[str | Path]) -> None:
    """Run a command quietly; on failure raise `SetupError` with the end of its output."""
    environment = {k: v for k, v in os.environ.items() if k not in FOREIGN_VARIABLES}
    result = subprocess.run(
        command, cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    STAMPS.mkdir(parents=True, exist_ok=True)
    with LOG.open('a') as log:
        log.write(f'$ {" ".join(map(str, command))}\n{result.stdout}\n')
    if result.returncode != 0:
        tail = '\n'.join(result.stdout.splitlines()[-15:])
        raise SetupError(f'{tail}\nThe whole output is in {LOG}. The next run goes on from here.')


def pip_install(*arguments: str | Path) -> None:
    """Install with the pip of the virtual environment."""
    run([PYTHON, '-m', 'pip', 'install', '--disable-pip-version-check', *arguments])


def make_venv() -> None:
    """Make the virtual environment, anew if there is one of another Python or place."""
    command: list[str | Path] = [sys.executable, '-m', 'venv', VENV]
    config = VENV / 'pyvenv.cfg'
    is_stale = (STAMPS / 'venv').exists() or (
        config.exists() and f'version = {python_version()}.' not in config.read_text())
    if is_stale:
        shutil.rmtree(VENV)
    run(command)
    # From 23.3 on pip looks at a wheel's dependencies without fetching the wheel.
    pip_install('pip>=23.3')


def torch_is_cpu_build(requirement: str) -> bool:
    """Tell whether the configured package index gives a PyTorch that needs no CUDA packages."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, 'report.json')
        pip_install(
            '--dry-run', '--no-deps', '--ignore-installed', '--report', report, requirement)
        metadata = json.loads(report.read_text())['install'][0]['metadata']
    return not any(
        needed.startswith(('nvidia', 'cuda')) for needed in metadata.get('requires_dist', []))


def install_torch() -> None:
    """Install PyTorch for the CPU: the default build on Linux brings gigabytes of CUDA."""
    lines = (ROOT / 'requirements' / 'torch.txt').read_text().splitlines()
    requirement = next(line for line in lines if line and not line.startswith('#'))
    if torch_is_cpu_build(requirement):
        pip_install(requirement)
        return
    print(f'from {TORCH_CPU_INDEX} ... ', end='', flush=True)
    try:
        # Its dependencies come with the next step, from the usual index.
        pip_install('--index-url', TORCH_CPU_INDEX, '--no-deps', requirement)
    except SetupError as error:
        raise SetupError(
            f'{error}\nWhere that address is blocked, take the CUDA build (several GB): '
            f'{PYTHON} -m pip install {requirement}, then run this again.') from error


def build_interfaces() -> None:
    """Compile the message packages that no wheel brings."""
    for folder in INTERFACES:
        run([PYTHON, ROOT / 'tools' / 'build_interfaces.py', folder])


def requirement_step(name: str, title: str) -> Step:
    """Return the step that installs ``requirements/<name>.txt``."""
    path = ROOT / 'requirements' / f'{name}.txt'
    return Step(name, title, (path,), lambda: pip_install('-r', path))


def all_steps(with_tests: bool) -> list[Step]:
    """Return the steps of the setup in their order."""
    builder = ROOT / 'tools' / 'build_interfaces.py'
    packaging = tuple(ROOT / name for name in ('setup.py', 'setup.cfg', 'pyproject.toml'))
    steps = [
        Step('venv', 'virtual environment .venv', (), make_venv),
        Step('torch', 'PyTorch, CPU build', (ROOT / 'requirements' / 'torch.txt',), install_torch),
        requirement_step('core', 'transformers, OpenCV and the other libraries'),
        requirement_step('openvino', 'OpenVINO'),
        requirement_step('ros', 'ROS 2 Jazzy'),
        Step('interfaces', 'vision_msgs, tf2_msgs and px4_msgs, compiled here',
             (builder, *(path for each in INTERFACES for path in sorted(each.glob('msg/*.msg')))),
             build_interfaces),
        Step('project', 'depth_seg_ros itself', packaging,
             lambda: pip_install('--no-deps', '--editable', ROOT)),
    ]
    if with_tests:
        steps.append(requirement_step('quantize', 'NNCF'))
        steps.append(requirement_step('test', 'test tools'))
    return steps


def set_up(with_tests: bool) -> None:
    """Do the steps that are not done; each prints one line."""
    steps = all_steps(with_tests)
    if all(step.is_done() for step in steps):
        return
    check_machine()
    print(f'Setting up {VENV} (once; about 2 GB)')
    for number, step in enumerate(steps, start=1):
        if step.is_done():
            continue
        print(f'  [{number}/{len(steps)}] {step.title} ... ', end='', flush=True)
        start = time.monotonic()
        step.action()
        step.record()
        print(f'{time.monotonic() - start:.0f} s')


def main() -> int:
    """Set up the environment named on the command line; return an exit code."""
    parser = argparse.ArgumentParser(description='Set up .venv in the project root.')
    parser.add_argument('--test', action='store_true', help='also what the tests need')
    with_tests = parser.parse_args().test
    lock = os.open(ROOT, os.O_RDONLY)
    try:
        use_supported_python()
        # Two at once, say `make demo` and `make test`, would overwrite each other's files.
        fcntl.flock(lock, fcntl.LOCK_EX)
        set_up(with_tests)
    except SetupError as error:
        print(f'\n{error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nStopped. The next run goes on from here.', file=sys.stderr)
        return 130
    finally:
        os.close(lock)
    return 0


if __name__ == '__main__':
    sys.exit(main())
