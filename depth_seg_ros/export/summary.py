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
"""The one file that says what all the others are, and from which input they came."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from depth_seg_ros.depth import EstimatorInfo
from depth_seg_ros.export.records import UNITS
from depth_seg_ros.export.whole_files import json_bytes, write_whole, writing
from depth_seg_ros.params import flatten, PipelineParams

__all__ = ['Summary']


class Summary:
    """
    Keep account of inputs, and write it to `summary.json` at the start and at the end.

    It holds the model, every parameter, the units of all records, and per input its files or the
    reason why there are none. `complete` is false until the end is reached.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    model : EstimatorInfo
    params : PipelineParams

    """

    def __init__(self, folder: Path, model: EstimatorInfo, params: PipelineParams) -> None:
        self._folder = folder
        self._model = {**asdict(model), 'kind': model.kind.value}
        self._params = flatten(params)
        self._inputs: list[dict[str, Any]] = []
        self.failed = 0
        """Inputs without a result."""
        self.frames = 0
        """Frames with a result."""
        self.regions = 0
        """Regions in all of them."""

    @property
    def path(self) -> Path:
        """Return where it is written."""
        return self._folder / 'summary.json'

    def __enter__(self) -> Summary:
        """
        Make the folder and write the first account, so that a bad folder shows at once.

        Raises
        ------
        OSError
            When it cannot be written.

        """
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        self._write(complete=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Write the last account."""
        self._write(complete=kind is None)

    def add(self, source: str, files: Iterable[Path], frames: int, regions: int,
            problem: str = '') -> None:
        """
        Note an input that gave results.

        Parameters
        ----------
        source : str
            As it was named.
        files : iterable of Path
            Within the folder.
        frames, regions : int
            How many it gave.
        problem : str
            Why nothing is known of it; empty where that is not so.

        """
        self.frames += frames
        self.regions += regions
        names = [path.relative_to(self._folder).as_posix() for path in files]
        entry = {'input': source, 'frames': frames, 'regions': regions, 'files': names}
        self._inputs.append({**entry, 'problem': problem} if problem else entry)

    def fail(self, source: str, reason: str) -> None:
        """Note an input that gave none."""
        self.failed += 1
        self._inputs.append({'input': source, 'error': reason})

    def _write(self, complete: bool) -> None:
        write_whole(self.path, json_bytes({
            'complete': complete, 'model': self._model, 'parameters': self._params,
            'units': UNITS, 'inputs': self._inputs}))
