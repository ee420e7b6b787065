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

"""Compile a C file of this folder once, and load it."""

from __future__ import annotations

import ctypes
from functools import cache
import hashlib
from pathlib import Path
import shutil
import subprocess
import sysconfig
import tempfile
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

# Not -ffast-math: a library linked with it makes zero of subnormal numbers in the whole process.
FLAGS = ('-std=c11', '-O3', '-march=native', '-fassociative-math', '-freciprocal-math',
         '-fno-signed-zeros', '-fno-trapping-math', '-fno-math-errno', '-shared', '-fPIC')


class CompilerNotFoundError(RuntimeError):
    """There is no C compiler."""


def at(values: np.ndarray | Tensor) -> ctypes.c_void_p:
    """Return where the values of an array, or of a tensor on a CPU, begin."""
    array = isinstance(values, np.ndarray)
    return ctypes.c_void_p(values.ctypes.data if array else values.data_ptr())


@cache
def library(name: str) -> ctypes.CDLL:
    """
    Compile a file into the temporary folder unless that is done, and load it, once.

    Parameters
    ----------
    name : str
        Of the C file, without its ending.

    Returns
    -------
    ctypes.CDLL
        The library with the functions of that file.

    Raises
    ------
    CompilerNotFoundError
        When neither cc nor gcc is on the path.

    """
    source = Path(__file__).with_name(f'{name}.c')
    key = hashlib.sha256(source.read_bytes() + ' '.join(FLAGS).encode()).hexdigest()[:16]
    target = Path(tempfile.gettempdir()) / f'depth_seg_{name}_{key}_{sysconfig.get_platform()}.so'
    if not target.exists():
        compiler = shutil.which('cc') or shutil.which('gcc')
        if compiler is None:
            raise CompilerNotFoundError(
                'no C compiler found; install one: sudo apt install gcc libc6-dev')
        with tempfile.NamedTemporaryFile(suffix='.so', delete=False) as build:
            subprocess.run([compiler, *FLAGS, '-o', build.name, str(source), '-lm'], check=True)
        Path(build.name).replace(target)
    return ctypes.CDLL(str(target))
