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
"""Imports point down the layers, heavy libraries load late, files and functions stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / 'depth_seg_ros'
MODULES = sorted(PACKAGE.rglob('*.py'))
FILES = MODULES + sorted((ROOT / 'tools').glob('*.py')) + sorted((ROOT / 'training').glob('*.py'))

# Lowest first: a module imports from its own row and from those above it in this table.
LAYERS = (
    ('declarations', 'params', 'quantiles'),
    ('images', 'image_encodings', 'compressed_images'),
    ('depth', 'geometry', 'calibration', 'readings', 'matching', 'sensing'),
    ('quality', 'stabilize'),
    ('sources',),
    ('backends',),
    ('segmentation',),
    ('tracking',),
    ('scale',),
    ('frame_result',),
    ('pipeline',),
    ('drawing', 'outputs', 'detections', 'navigation'),
    ('export', 'bag'),
    ('bench', 'synthetic'),
    ('commands',),
    ('cli', '__main__'),
    ('ros',),
)
ROS_LIBRARIES = ('rclpy', 'cv_bridge', 'ament_index_python', 'launch', 'launch_ros', 'std_srvs')
NETWORK_LIBRARIES = ('torch', 'transformers', 'openvino', 'nncf')
LATE_LIBRARIES = (
    *NETWORK_LIBRARIES, 'huggingface_hub', 'matplotlib', 'rosbags', 'scipy', 'tqdm', 'rclpy')
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40

FunctionNode = (ast.FunctionDef, ast.AsyncFunctionDef)
Documentable = (*FunctionNode, ast.ClassDef)


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding='utf-8'))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and absolute name of every import of a file, those in functions too."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield node.lineno, f'depth_seg_ros.relative_import_of_{node.module}'
            elif node.module == 'depth_seg_ros':
                for alias in node.names:
                    yield node.lineno, f'depth_seg_ros.{alias.name}'
            else:
                yield node.lineno, node.module or ''


def place(path: Path) -> str:
    """Return the name under which the layers know a file."""
    return path.relative_to(PACKAGE).parts[0].removesuffix('.py')


def rank(name: str) -> int | None:
    """Return the index of the row that holds a name, None if none does."""
    return next((index for index, row in enumerate(LAYERS) if name in row), None)


def describe(path: Path, line: int, text: str) -> str:
    """Return one line of a report."""
    return f'{path.relative_to(ROOT)}:{line}: {text}'


def is_ros(library: str) -> bool:
    """Tell whether a top-level package belongs to ROS."""
    return library in ROS_LIBRARIES or library.endswith(('_msgs', '_interfaces'))


def report(violations: list[str]) -> None:
    """Fail with one line per violation."""
    assert not violations, '\n' + '\n'.join(violations)


def test_every_module_has_a_place_in_the_layers() -> None:
    report([
        describe(path, 1, f'{place(path)!r} is in no row of LAYERS')
        for path in MODULES if rank(place(path)) is None and path.name != '__init__.py'])


def test_imports_point_down_the_layers() -> None:
    violations = []
    for path in MODULES:
        own = rank(place(path))
        for line, name in imports(path):
            parts = name.split('.')
            if own is None or parts[0] != 'depth_seg_ros' or len(parts) == 1:
                continue
            other = rank(parts[1])
            if other is None or other > own:
                violations.append(describe(path, line, f'imports {name}, which is not below it'))
    report(violations)


def test_only_the_ros_folder_imports_ros() -> None:
    report([
        describe(path, line, f'imports {name}')
        for path in MODULES if place(path) != 'ros'
        for line, name in imports(path) if is_ros(name.split('.')[0])])


def test_only_the_backends_import_network_libraries() -> None:
    report([
        describe(path, line, f'imports {name}')
        for path in MODULES if place(path) != 'backends'
        for line, name in imports(path) if name.split('.')[0] in NETWORK_LIBRARIES])


def test_importing_the_package_imports_nothing() -> None:
    report([
        describe(PACKAGE / '__init__.py', line, f'imports {name}')
        for line, name in imports(PACKAGE / '__init__.py')])


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = 'import sys, depth_seg_ros.cli; print(*sys.modules)'
    result = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert sorted(set(LATE_LIBRARIES) & set(result.stdout.split())) == []


def test_files_are_short() -> None:
    report([
        describe(path, lines, f'{lines} lines, at most {MAX_FILE_LINES}')
        for path in FILES
        if (lines := len(path.read_text(encoding='utf-8').splitlines())) > MAX_FILE_LINES])


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function without decorators and docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return lines


def test_functions_are_short() -> None:
    report([
        describe(path, node.lineno, f'{node.name}() has {lines} lines, at most '
                 f'{MAX_FUNCTION_LINES}')
        for path in FILES for node in ast.walk(parse(path))
        if isinstance(node, FunctionNode) and (lines := code_lines(node)) > MAX_FUNCTION_LINES])


def public_definitions(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield public functions, classes and the methods of those classes."""
    for node in body:
        if isinstance(node, Documentable) and not node.name.startswith('_'):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body)


def is_setter(node: ast.stmt) -> bool:
    """Tell whether a definition is the setter of a property, which the property documents."""
    decorators = getattr(node, 'decorator_list', [])
    return any(isinstance(each, ast.Attribute) and each.attr == 'setter' for each in decorators)


def test_public_names_are_documented() -> None:
    violations = [
        describe(path, 1, 'the module has no docstring')
        for path in FILES if ast.get_docstring(parse(path)) is None]
    violations += [
        describe(path, node.lineno, f'{node.name} has no docstring')
        for path in FILES for node in public_definitions(parse(path).body)
        if isinstance(node, Documentable) and not is_setter(node)
        and ast.get_docstring(node) is None]
    report(violations)


def unannotated(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the arguments without annotation, and 'return' if that has none."""
    arguments = function.args
    every = [
        *arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs,
        *filter(None, (arguments.vararg, arguments.kwarg))]
    names = [each.arg for each in every if each.annotation is None]
    missing = [name for name in names if name not in ('self', 'cls')]
    return missing + ([] if function.returns is not None else ['return'])


def test_every_function_is_annotated() -> None:
    report([
        describe(path, node.lineno, f'{node.name}() lacks annotations: {", ".join(missing)}')
        for path in FILES for node in ast.walk(parse(path))
        if isinstance(node, FunctionNode) and (missing := unannotated(node))])


@pytest.mark.parametrize('source, expected', [
    ('import torch.nn', ['torch.nn']),
    ('def f():\n    import torch', ['torch']),
    ('from torch import nn', ['torch']),
    ('from depth_seg_ros import cli', ['depth_seg_ros.cli']),
    ('from depth_seg_ros.depth import DepthMap', ['depth_seg_ros.depth']),
    ('from . import depth', ['depth_seg_ros.relative_import_of_None']),
])
def test_every_form_of_import_is_seen(source: str, expected: list[str], tmp_path: Path) -> None:
    path = tmp_path / 'module.py'
    path.write_text(source)
    assert [name for _, name in imports(path)] == expected


def test_a_docstring_does_not_count_as_code() -> None:
    function = ast.parse('def f():\n    """\n    One.\n\n    """\n    return 1\n').body[0]
    assert isinstance(function, ast.FunctionDef)
    assert code_lines(function) == 2
