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

__all__ = ['exit_code', 'UsageError']


class UsageError(ValueError):
    """Arguments that make no sense; the text says what would."""


def exit_code(error: Exception) -> int | None:
    """
    Return the exit code for an error.

    Returns
    -------
    int or None
        2 for wrong usage; 1 for a model, file or value that cannot be used (bad inputs are all
        ValueError here); None for a defect of the program.

    """
    if isinstance(error, UsageError):
        return 2
    known = (EstimationError, ModelLoadError, OSError, ValueError)
    return 1 if isinstance(error, known) else None
