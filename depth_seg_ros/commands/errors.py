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
"""Which errors a user can mend, and the exit code that they give."""

from __future__ import annotations

from depth_seg_ros.depth import EstimationError, ModelLoadError

__all__ = ['explained', 'UsageError']

_PACKAGE = __name__.partition('.')[0]


class UsageError(ValueError):
    """Arguments that make no sense; the text says what would."""


def explained(error: Exception) -> tuple[int, str] | None:
    """
    Return the exit code for an error and what to tell the user.

    Returns
    -------
    tuple of int and str, or None
        Code 2 for wrong usage; 1 for a model, file or value that cannot be used (bad inputs are
        all ValueError here) and for a library that is missing; None for a defect of the program.

    """
    if isinstance(error, UsageError):
        return 2, str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return 1, f'{error.filename}: {error.strerror}'  # without [Errno 2]
    if isinstance(error, (EstimationError, ModelLoadError, OSError, ValueError)):
        return 1, str(error)
    if isinstance(error, ModuleNotFoundError) and not (error.name or '').startswith(_PACKAGE):
        return 1, f'the Python package {error.name} is not installed, which this command needs'
    return None
