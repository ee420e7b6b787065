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
Build a ROS 2 message package for rclpy out of .msg files, without CMake.

The wheels on PyPI hold rclpy, the common messages and the rosidl generators, but not every message
package. This runs those generators and gcc, and installs the result into the Python environment
it runs in, laid out as a ROS 2 installation has it::

    .venv/bin/python tools/build_interfaces.py depth_seg_ros/interfaces/vision_msgs
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
import contextlib
from dataclasses import dataclass
import io
import json
import logging
import os
from pathlib import Path
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import numpy
from rosidl_cli.command.translate.api import translate
from rosidl_generator_c.cli import GenerateC
from rosidl_generator_py.cli import GeneratePython
from rosidl_typesupport_c.cli import GenerateCTypesupport
from rosidl_typesupport_fastrtps_c.cli import GenerateFastRTPSCTypesupport
from rosidl_typesupport_introspection_c.cli import GenerateIntrospectionCTypesupport

TYPESUPPORTS = ('rosidl_typesupport_fastrtps_c', 'rosidl_typesupport_introspection_c')
# The shared libraries of a message package, ``lib<package>__<kind>.so``, in the order in which
# they can be linked. The folders of the generated sources have the same names.
KINDS = ('rosidl_generator_c', *TYPESUPPORTS, 'rosidl_typesupport_c', 'rosidl_generator_py')
# Generated folders with C headers that the others include.
HEADER_FOLDERS = ('rosidl_generator_c', *TYPESUPPORTS)
# Libraries of ROS itself that generated code may call.
RUNTIME = (
    'fastcdr', 'rcutils', 'rmw', 'rosidl_runtime_c', 'rosidl_typesupport_c',
    'rosidl_typesupport_fastrtps_c', 'rosidl_typesupport_fastrtps_cpp',
    'rosidl_typesupport_introspection_c',
)


class BuildError(Exception):
    """A compiler or linker call failed; the text holds the call and what it printed."""


@dataclass(frozen=True)
class Build:
    """
    What is built, and where.

    Attributes
    ----------
    package : str
        Name of the message package.
    source : Path
        Folder with ``msg/*.msg``.
    prefix : Path
        Installation prefix of the wheels and of the result.
    work : Path
        Scratch folder of the generated files.

    """

    package: str
    source: Path
    prefix: Path
    work: Path

    @property
    def messages(self) -> list[Path]:
        """Message files relative to the source folder, sorted."""
        return sorted(path.relative_to(self.source) for path in self.source.glob('msg/*.msg'))

    def generated(self, kind: str) -> Path:
        """Return the folder of the files that the generator `kind` writes."""
        return self.work / kind / self.package


def generate(build: Build) -> None:
    """Write the .idl files and the C, C++ and Python sources of every message."""
    include_paths = [str(build.prefix / 'share')]
    idl_folder = build.generated('idl')
    interfaces = [f'{idl_folder}:{path.with_suffix(".idl")}' for path in build.messages]
    generators = {
        'rosidl_generator_c': GenerateC('c'),
        'rosidl_typesupport_fastrtps_c': GenerateFastRTPSCTypesupport('fastrtps_c'),
        'rosidl_typesupport_introspection_c': GenerateIntrospectionCTypesupport('introspection_c'),
        'rosidl_typesupport_c': GenerateCTypesupport(
            'c', typesupport_implementations=list(TYPESUPPORTS)),
        'rosidl_generator_py': GeneratePython(
            'py', typesupport_implementations=['rosidl_typesupport_c']),
    }
    # Where the generators look for their templates; the wheels do not set it.
    os.environ['AMENT_PREFIX_PATH'] = str(build.prefix)
    # The wheels register each generator twice; the warnings about it and the list of every
    # written file are of no use to anybody.
    logging.disable(logging.WARNING)
    with contextlib.redirect_stdout(io.StringIO()):
        translate(
            package_name=build.package,
            interface_files=[f'{build.source}:{path}' for path in build.messages],
            include_paths=include_paths, output_format='idl', output_path=idl_folder)
        for kind, generator in generators.items():
            generator.generate(build.package, interfaces, include_paths, build.generated(kind))


def used_packages(build: Build) -> list[str]:
    """Return the other packages whose messages are used, directly or through others."""
    names = set()
    for path in build.generated('rosidl_generator_c').glob('msg/*.json'):
        description = json.loads(path.read_text())['type_description_msg']
        for referenced in description['referenced_type_descriptions']:
            names.add(referenced['type_name'].split('/')[0])
    return sorted(names - {build.package})


def run(command: list[str]) -> None:
    """Run a compiler; a failure raises `BuildError` with the call and the compiler's output."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise BuildError(f'{" ".join(command)}\n{result.stdout}{result.stderr}')


def include_options(build: Build) -> list[str]:
    """Return the -I options for the generated headers, the wheels, Python and numpy."""
    installed = build.prefix / 'include'
    folders = [build.work / kind for kind in HEADER_FOLDERS]
    folders += [installed, *sorted(path for path in installed.iterdir() if path.is_dir())]
    folders += [Path(sysconfig.get_path('include')), Path(numpy.get_include())]
    return [f'-I{folder}' for folder in folders]


def compile_sources(build: Build, sources: list[Path]) -> None:
    """Compile each file to an object file beside it, on all cores."""
    options = ['-O1', '-fPIC', '-DROSIDL_GENERATOR_C_BUILDING_DLL', *include_options(build)]

    def compile_one(source: Path) -> None:
        compiler = ['g++', '-std=c++17'] if source.suffix == '.cpp' else ['gcc']
        run([*compiler, *options, '-c', str(source), '-o', f'{source}.o'])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(compile_one, sources):
            pass


def link(
        build: Build, target: Path, sources: list[Path], siblings: list[str],
        others: list[str]) -> None:
    """
    Link compiled sources into the shared library `target`.

    Parameters
    ----------
    build : Build
        What is built.
    target : Path
        The library. The way from it to the other libraries is stored in it, relative to it.
    sources : list of Path
        Files that are compiled.
    siblings : list of str
        Libraries of the same package. The runtime opens them by name: linked, they are found with
        no search path set.
    others : list of str
        Libraries whose functions may be called; those that are not, or do not exist, are left out.

    """
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = build.prefix / 'lib'
    present = [name for name in others if (folder / f'lib{name}.so').exists()]
    run([
        'g++', '-shared', '-s', f'-Wl,-soname,{target.name}', '-o', str(target),
        *(f'{source}.o' for source in sources),
        f'-L{folder}', f'-Wl,-rpath,$ORIGIN/{os.path.relpath(folder, target.parent)}',
        '-Wl,--no-as-needed', *(f'-l{name}' for name in siblings),
        '-Wl,--as-needed', *(f'-l{name}' for name in present),
    ])


def build_libraries(build: Build, module_folder: Path) -> None:
    """Compile and link the libraries, and the Python extension module into `module_folder`."""
    sources = {
        kind: sorted(
            path for path in build.generated(kind).rglob('*') if path.suffix in ('.c', '.cpp'))
        for kind in KINDS}
    # C++ first: those files take longest, and no core idles at the end.
    everything = [path for paths in sources.values() for path in paths]
    compile_sources(build, sorted(everything, key=lambda path: path.suffix, reverse=True))

    others = [f'{package}__{kind}' for package in used_packages(build) for kind in KINDS]
    others += RUNTIME
    extension = [path for path in sources['rosidl_generator_py'] if '.ep.' in path.name]
    built: list[str] = []
    for kind in KINDS:
        name = f'{build.package}__{kind}'
        members = [path for path in sources[kind] if path not in extension]
        link(build, build.prefix / 'lib' / f'lib{name}.so', members, built, others)
        built.append(name)
    module = module_folder / f'{build.package}_s__rosidl_typesupport_c.so'
    link(build, module, extension, built, others)


def install_python(build: Build, module_folder: Path) -> None:
    """Copy the Python files of the package to `module_folder`."""
    generated = build.generated('rosidl_generator_py')
    for path in generated.rglob('*.py'):
        target = module_folder / path.relative_to(generated)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (module_folder / '__init__.py').touch()


def install_share(build: Build) -> None:
    """Install definitions and type hashes, and register the package in the resource index."""
    share = build.prefix / 'share' / build.package / 'msg'
    share.mkdir(parents=True, exist_ok=True)
    for path in build.messages:
        shutil.copy(build.source / path, share)
        shutil.copy(build.generated('idl') / path.with_suffix('.idl'), share)
        shutil.copy(
            build.generated('rosidl_generator_c') / path.with_suffix('.json'), share)

    listing = ''.join(f'{path.with_suffix(".idl")}\n{path}\n' for path in build.messages)
    index = build.prefix / 'share' / 'ament_index' / 'resource_index'
    for resource, text in (('packages', ''), ('rosidl_interfaces', listing)):
        (index / resource).mkdir(parents=True, exist_ok=True)
        (index / resource / build.package).write_text(text)


def build_interfaces(source: Path) -> None:
    """
    Generate, compile and install one message package into the running Python's environment.

    Parameters
    ----------
    source : Path
        Folder named like the package, with ``msg/*.msg``. The environment must hold the wheels
        of the packages whose messages are used.

    Raises
    ------
    ValueError
        If the folder has no message files.
    BuildError
        If the compiler or the linker fails.

    """
    source = source.resolve()
    if not list(source.glob('msg/*.msg')):
        raise ValueError(f'expected message files in {source / "msg"}, found none')
    with tempfile.TemporaryDirectory(prefix='build_interfaces_') as work:
        build = Build(source.name, source, Path(sys.prefix), Path(work))
        module_folder = Path(sysconfig.get_path('platlib')) / build.package
        generate(build)
        build_libraries(build, module_folder)
        install_share(build)
        # Last, so that a package that can be imported is complete.
        install_python(build, module_folder)


def main(arguments: list[str] | None = None) -> int:
    """Build the package named on the command line; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('source', type=Path, help='folder named like the package, with msg/ in it')
    source = parser.parse_args(arguments).source
    try:
        build_interfaces(source)
    except (BuildError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
