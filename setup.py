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
"""Packaging for colcon (`colcon build`) and for pip (`pip install .`)."""

from glob import glob
from pathlib import Path

from setuptools import find_packages, setup

package_name = 'depth_seg_ros'
share = f'share/{package_name}'
# Resolved, because `colcon build --symlink-install` runs a link to this file elsewhere.
root = Path(__file__).resolve().parent


def requirements(name):
    """Return the requirements in ``requirements/<name>.txt``, without comments."""
    lines = (root / 'requirements' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, f'{package_name}.*']),
    package_data={
        package_name: [
            'py.typed',
            'interfaces/*/msg/*.msg',
            'models/embedded/*',
        ],
    },
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{package_name}']),
        (share, ['package.xml', 'LICENSE']),
        (f'{share}/config', sorted(glob('config/*'))),
        (f'{share}/demo/drive', sorted(glob('demo/drive/*'))),
        (f'{share}/launch', sorted(glob('launch/*.launch.py'))),
    ],
    python_requires='>=3.10',
    install_requires=requirements('core'),
    extras_require={
        'openvino': requirements('openvino'),
        'quantize': [*requirements('openvino'), *requirements('quantize')],
        'test': requirements('test'),
    },
    zip_safe=False,
    maintainer='depth_seg_ros maintainers',
    maintainer_email='maintainers@depth-seg-ros.example',
    description='Depth, obstacle masks and labeled regions from one RGB camera, for ROS 2.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'depth_seg = depth_seg_ros.cli:main',
            'depth_seg_node = depth_seg_ros.ros.node:main',
            'player = depth_seg_ros.ros.player:main',
        ],
    },
)
