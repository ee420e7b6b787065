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
"""The linters that ROS reviewers run, over every Python file; setup.cfg holds their settings."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [
    name for name in ('depth_seg_ros', 'launch', 'test', 'tools', 'training')
    if (ROOT / name).is_dir()]
PATHS = [*FOLDERS, 'setup.py']
# This file's own: every other one begins the same way.
HEADER = Path(__file__).read_text(encoding='utf-8').partition('"""')[0]


def check(*command: str) -> None:
    """Run a linter as a module; its findings are the message of the failure."""
    result = subprocess.run(
        [sys.executable, '-m', *command], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, f'\n{result.stdout}{result.stderr}'


def test_flake8_finds_nothing() -> None:
    pytest.importorskip('flake8')
    check('flake8', *PATHS)


def test_pydocstyle_finds_nothing() -> None:
    pytest.importorskip('pydocstyle')
    check('pydocstyle', *PATHS)


def test_mypy_finds_nothing() -> None:
    pytest.importorskip('mypy')
    check('mypy')


def test_every_file_begins_with_the_license_header() -> None:
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob('*.py'))]
    without = [
        str(path.relative_to(ROOT)) for path in [*files, ROOT / 'setup.py']
        if not path.read_text(encoding='utf-8').startswith(HEADER)]
    assert 'Apache License, Version 2.0' in HEADER
    assert without == []
