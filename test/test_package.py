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
"""What is installed is complete, is where ROS looks for it, and every import is declared."""

from __future__ import annotations

import ast
from pathlib import Path
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest

pytest.importorskip('setuptools')

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / 'depth_seg_ros'
# Import name to rosdep key, where the key is not that name.
ROSDEP_KEYS = {
    'PIL': 'python3-pil',
    'cv2': 'python3-opencv',
    'huggingface_hub': 'python3-transformers-pip',
    'matplotlib': 'python3-matplotlib',
    'numpy': 'python3-numpy',
    'rosbags': 'python3-rosbags-pip',
    'safetensors': 'python3-transformers-pip',
    'scipy': 'python3-scipy',
    'torch': 'python3-torch',
    'tqdm': 'python3-tqdm',
    'transformers': 'python3-transformers-pip',
    'yaml': 'python3-yaml',
}
# Import name to the name on PyPI, where they differ.
PYPI_NAMES = {
    'PIL': 'pillow', 'cv2': 'opencv-python-headless', 'huggingface_hub': 'huggingface-hub',
    'yaml': 'pyyaml',
}
# Imported where it is installed, needed by nothing.
OPTIONAL = {'nncf', 'openvino', 'px4_msgs'}


@pytest.fixture(scope='module')
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the package as colcon does, into an empty prefix."""
    prefix = tmp_path_factory.mktemp('prefix')
    scratch = tmp_path_factory.mktemp('scratch')
    subprocess.run(
        [sys.executable, 'setup.py', '--quiet',
         'egg_info', '--egg-base', scratch, 'build', '--build-base', scratch / 'build',
         'install', '--prefix', prefix, '--single-version-externally-managed',
         '--record', scratch / 'record.txt'],
        cwd=ROOT, check=True, capture_output=True)
    return prefix


@pytest.fixture(scope='module')
def manifest() -> ElementTree.Element:
    """Return package.xml."""
    return ElementTree.parse(ROOT / 'package.xml').getroot()


def declared(manifest: ElementTree.Element, *tags: str) -> list[str]:
    """Return the texts of the elements with one of the tags."""
    return [element.text or '' for tag in tags for element in manifest.iter(tag)]


def imported_libraries() -> set[str]:
    """Return the top-level names that the package and the launch files import."""
    names = set()
    for path in [*PACKAGE.rglob('*.py'), *(ROOT / 'launch').glob('*.py')]:
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Import):
                names.update(alias.name.split('.')[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                names.add((node.module or '').split('.')[0])
    return names - set(sys.stdlib_module_names) - {'depth_seg_ros'} - OPTIONAL


def test_both_version_numbers_are_the_same(manifest: ElementTree.Element) -> None:
    found = re.search(r"version='([^']+)'", (ROOT / 'setup.py').read_text(encoding='utf-8'))
    assert found is not None
    assert declared(manifest, 'version') == [found[1]]


def test_the_manifest_says_what_colcon_and_the_license_checker_ask(
        manifest: ElementTree.Element) -> None:
    assert manifest.get('format') == '3'
    assert declared(manifest, 'name') == ['depth_seg_ros']
    assert declared(manifest, 'build_type') == ['ament_python']
    license_element = manifest.find('license')
    assert license_element is not None
    assert license_element.text == 'Apache-2.0'
    assert 'Apache License' in (ROOT / license_element.attrib['file']).read_text(encoding='utf-8')


def test_dependencies_are_in_order_and_declared_once(manifest: ElementTree.Element) -> None:
    runtime = declared(manifest, 'exec_depend')
    ros = [name for name in runtime if not name.startswith('python3-')]
    others = [name for name in runtime if name.startswith('python3-')]
    assert ros == sorted(set(ros))
    assert others == sorted(set(others))
    assert runtime == ros + others


def test_rosdep_installs_what_is_imported_and_no_more(manifest: ElementTree.Element) -> None:
    keys = {ROSDEP_KEYS.get(name, name) for name in imported_libraries()}
    found = set(declared(manifest, 'exec_depend'))
    assert sorted(keys - found) == [], 'imported, not declared'
    assert sorted(found - keys) == [], 'declared, not imported'


def test_pip_installs_what_is_imported_and_no_more(manifest: ElementTree.Element) -> None:
    lines = (ROOT / 'requirements' / 'core.txt').read_text(encoding='utf-8').splitlines()
    required = {re.split('[<>=]', line)[0] for line in lines if not line.startswith('#')}
    needed = {PYPI_NAMES.get(name, name) for name in imported_libraries() if name in ROSDEP_KEYS}
    assert sorted(needed - required) == [], 'imported, not required'
    assert sorted(required - needed) == [], 'required, not imported'


def test_ros_finds_the_package_in_the_resource_index(installed: Path) -> None:
    marker = installed / 'share/ament_index/resource_index/packages/depth_seg_ros'
    assert marker.read_text() == ''
    assert (installed / 'share/depth_seg_ros/package.xml').exists()


@pytest.mark.parametrize('name', ['depth_seg', 'depth_seg_node', 'player'])
def test_ros2_run_finds_every_executable(name: str, installed: Path) -> None:
    assert (installed / 'lib/depth_seg_ros' / name).stat().st_mode & 0o111


@pytest.mark.parametrize('folder', ['launch', 'config', 'demo/drive'])
def test_launch_files_configuration_and_demo_bag_are_installed(
        folder: str, installed: Path) -> None:
    sources = {path.name for path in (ROOT / folder).iterdir() if path.is_file()}
    copies = {path.name for path in (installed / 'share/depth_seg_ros' / folder).iterdir()}
    assert copies == sources
    assert copies != set()


def test_every_file_of_the_package_is_installed(installed: Path) -> None:
    sources = {
        path.relative_to(PACKAGE) for path in PACKAGE.rglob('*')
        if path.is_file() and '__pycache__' not in path.parts}
    target, = installed.glob('l*/python3*/*-packages/depth_seg_ros')
    assert sorted(str(path) for path in sources if not (target / path).exists()) == []


def test_every_executable_has_a_main_function(installed: Path) -> None:
    listing, = installed.glob('l*/python3*/*-packages/depth_seg_ros*/entry_points.txt')
    targets = re.findall(r'= ([\w.]+):(\w+)', listing.read_text())
    assert len(targets) == 3
    for module, function in targets:
        path = ROOT / (module.replace('.', '/') + '.py')
        body = ast.parse(path.read_text(encoding='utf-8')).body
        names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
        assert function in names, f'{path} has no {function}()'
