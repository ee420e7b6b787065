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
"""Parameters of pictures and reports."""

from __future__ import annotations

from dataclasses import dataclass

from depth_seg_ros.declarations import option, Validated

__all__ = ['DiagnosticsParams', 'DrawingParams']


@dataclass(frozen=True)
class DrawingParams(Validated):
    """What pictures look like. Nothing else depends on it."""

    colormap: str = option(
        'turbo', 'Colors of the heat map.',
        choices=('turbo', 'inferno', 'magma', 'plasma', 'viridis', 'cividis', 'bone'))
    overlay_alpha: float = option(0.45, 'Opacity of the region colors over the image.',
                                  low=0.0, high=1.0)
    overlay_text: bool = option(True, 'Write id and class beside each region.')


@dataclass(frozen=True)
class DiagnosticsParams(Validated):
    """What /diagnostics reports, and when it warns."""

    period: float = option(1.0, 'Time between two messages.', unit='s', low=0.1, high=60.0,
                           live=False)
    input_timeout: float = option(2.0, 'Warn when no image came for this long.', unit='s',
                                  low=0.1, high=3600.0)
