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
"""What the demo shows at the end: a table, pictures, and one sheet of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from depth_seg_ros.bag import BagReader
from depth_seg_ros.images import decode_image
from depth_seg_ros.outputs import IMAGES, REGIONS
from depth_seg_ros.ros.recorder import RecordedFrame
import numpy as np
from numpy.typing import NDArray

__all__ = ['chosen_stamps', 'OUTPUTS', 'summary_lines', 'Traffic', 'write_pictures']

OUTPUTS = (*(output.topic for output in IMAGES if not output.metric), REGIONS)
"""What the node puts out for every image, without meters, too."""

PICTURES = ('overlay', 'depth_color', 'depth_gray', 'mask')
MOST_PICTURES = 12
SHEET_ROWS = 6
CELL_WIDTH = 320
CAPTION = 26
LEAST_FOR_STATISTICS = 5


@dataclass(frozen=True)
class Traffic:
    """
    What went in and out.

    Parameters
    ----------
    frames : dict of int to RecordedFrame
        By stamp, as the recorder has it.
    counts : dict of str to str
        The node's last diagnostics.
    settled : bool
        Whether the diagnostics tell of all of them; those before Ctrl-C may be a second old.

    """

    frames: dict[int, RecordedFrame]
    counts: dict[str, str]
    settled: bool = True

    @property
    def published(self) -> int:
        """Return how many images were sent, as the recorder or the node tells."""
        return max(self._recorded, int(self.counts.get('images received', 0)))

    @property
    def _recorded(self) -> int:
        return sum(1 for frame in self.frames.values() if frame.sent_ns)

    @property
    def done(self) -> list[RecordedFrame]:
        """Return the images with a result."""
        return [frame for frame in self.frames.values() if frame.sent_ns and frame.results]

    @property
    def processed(self) -> int:
        """Return how many images the node has processed, as it or a result tells."""
        return max(int(self.counts.get('frames processed', 0)), len(self.done))

    @property
    def drops(self) -> dict[str, int]:
        """Return how many images were dropped, by cause, where any were."""
        named = {name.removeprefix('dropped: '): int(value)
                 for name, value in self.counts.items() if name.startswith('dropped: ')}
        if self.settled:
            # Best effort, keep last 1: what comes in a burst may never reach the node.
            named['not received by the node'] = self._rest(named)
        return {cause: count for cause, count in named.items() if count}

    @property
    def unknown(self) -> int:
        """Return of how many images nothing is known."""
        return self._rest(self.drops)

    def _rest(self, dropped: dict[str, int]) -> int:
        return max(0, self.published - self.processed - sum(dropped.values()))

    @property
    def missing(self) -> dict[str, int]:
        """Return how many messages of each topic were sent and not recorded, where any were."""
        sent = dict.fromkeys(OUTPUTS, int(self.counts.get('frames processed', 0)))
        recorded = Counter(name for frame in self.frames.values() for name in frame.results)
        sent['image'], recorded['image'] = self.published, self._recorded
        return {name: count - recorded[name] for name, count in sent.items()
                if recorded[name] < count}

    def latencies_ms(self) -> list[float]:
        """Return the time from publishing an image to the arrival of its last result."""
        return [(max(frame.results.values()) - frame.sent_ns) / 1e6 for frame in self.done]


def summary_lines(traffic: Traffic, regions: list[int], places: dict[str, Path]) -> list[str]:
    """
    Return the table.

    Parameters
    ----------
    traffic : Traffic
        As recorded.
    regions : list of int
        Number of regions of each result.
    places : dict of str to Path
        Where to look, by what is there.

    """
    done = traffic.done
    rows = [
        ('frames in', str(traffic.published), ''),
        ('processed', str(traffic.processed), ''),
        ('dropped', str(sum(traffic.drops.values())), _listed(traffic.drops)),
        *_gaps(traffic),
        *_rates(traffic, done),
        *_latencies(traffic.latencies_ms()),
        ('regions', *_regions(regions)),
    ]
    lines = [f'{name:<12}{value:>9}  {note}'.rstrip() for name, value, note in rows]
    named = {'model': _model(traffic.counts), **places}
    return [*lines, '', *(f'{name:<12}{text}' for name, text in named.items())]


def _listed(counts: dict[str, int]) -> str:
    return ', '.join(f'{count} {what}' for what, count in counts.items())


def _gaps(traffic: Traffic) -> list[tuple[str, str, str]]:
    """Return the rows of what is not known and what is not in the bag, where there is any."""
    rows = [('unknown', traffic.unknown, 'since the last diagnostics of the node'),
            ('unrecorded', sum(traffic.missing.values()),
             f'messages: {_listed(traffic.missing)}')]
    return [(name, str(count), note) for name, count, note in rows if count]


def _model(counts: dict[str, str]) -> str:
    known = [counts[name] for name in ('model', 'backend', 'device', 'precision')
             if name in counts]
    return ', '.join(known) or 'unknown'


def _rates(traffic: Traffic, done: list[RecordedFrame]) -> list[tuple[str, str, str]]:
    rate_in = _rate([frame.sent_ns for frame in traffic.frames.values() if frame.sent_ns])
    rate_out = _rate([max(frame.results.values()) for frame in done])
    if not rate_out:
        return []
    return [('rate', rate_out, f'results per second, of {rate_in} images per second')]


def _rate(times_ns: list[int]) -> str:
    """Return how many there are per second; nothing where they are too few to tell."""
    span = max(times_ns) - min(times_ns) if len(times_ns) >= LEAST_FOR_STATISTICS else 0
    return f'{(len(times_ns) - 1) * 1e9 / span:.1f}' if span else ''


def _latencies(latencies_ms: list[float]) -> list[tuple[str, str, str]]:
    count = len(latencies_ms)
    if not count:
        return []
    percentiles = {'latency' if count == 1 else 'latency p50': 50}
    if count >= LEAST_FOR_STATISTICS:
        percentiles['latency p95'] = 95
    return [(name, f'{np.percentile(latencies_ms, percent):.0f} ms',
             'from publishing an image to receiving the last of its results')
            for name, percent in percentiles.items()]


def _regions(counts: list[int]) -> tuple[str, str]:
    if len(counts) < 2:
        return (str(counts[0]) if counts else '-'), ''
    if min(counts) == max(counts):
        return str(counts[0]), 'in every frame'
    return f'{np.mean(counts):.1f}', f'per frame, {min(counts)} to {max(counts)}'


def chosen_stamps(frames: dict[int, RecordedFrame]) -> list[int]:
    """Return the stamps of some frames with all pictures, spread over the whole run."""
    complete = [stamp for stamp, frame in frames.items()
                if frame.sent_ns and set(PICTURES) <= set(frame.results)]
    if len(complete) <= MOST_PICTURES:
        return complete
    places = np.linspace(0, len(complete) - 1, MOST_PICTURES).round().astype(int)
    return [complete[place] for place in places]


def write_pictures(bag: Path, observed: str, stamps: list[int], folder: Path,
                   sheet: Path) -> list[int]:
    """
    Write the pictures of some frames, and a sheet of a few of them.

    Parameters
    ----------
    bag : Path
        As the recorder wrote it.
    observed : str
        Full name of the node.
    stamps : list of int
        Of the frames.
    folder : Path
        Gets `NNN_image.png` and one file per result, numbered as `stamps`.
    sheet : Path
        Gets the contact sheet.

    Returns
    -------
    list of int
        Number of regions of every frame in the bag.

    """
    wanted = {stamp: index for index, stamp in enumerate(stamps)}
    rows = np.unique(np.linspace(0, max(len(stamps) - 1, 0), SHEET_ROWS).round().astype(int))
    cells: dict[int, dict[str, NDArray[np.uint8]]] = {int(row): {} for row in rows}
    regions = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, message in _results(bag, observed):
        stamp = message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
        index = wanted.get(stamp)
        if name == REGIONS:
            regions.append(len(message.detections))
        elif index is not None:
            picture = cv2.cvtColor(_rgb(message), cv2.COLOR_RGB2BGR)
            cv2.imwrite(str(folder / f'{index:03d}_{name}.png'), picture)
            if index in cells:
                cells[index][name] = _cell(picture)
    if stamps:
        cv2.imwrite(str(sheet), _sheet([cells[int(row)] for row in rows]))
    return regions


def _results(bag: Path, observed: str) -> Iterator[tuple[str, Any]]:
    topics = {f'{observed}/{name}': name for name in (*PICTURES, REGIONS)} | {'/image': 'image'}
    with BagReader(bag, '/image') as reader:
        for stored in reader.messages(tuple(topics)):
            yield topics[stored.topic], reader.decode(stored)


def _rgb(image: Any) -> NDArray[np.uint8]:
    return decode_image(image.data, image.height, image.width, image.encoding, image.step,
                        bool(image.is_bigendian))


def _cell(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height = max(1, round(picture.shape[0] * CELL_WIDTH / picture.shape[1]))
    smaller = picture.shape[1] > CELL_WIDTH
    how = cv2.INTER_AREA if smaller else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(picture, (CELL_WIDTH, height), interpolation=how), np.uint8)


def _sheet(rows: list[dict[str, NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    """Lay cells out as a table: a row per frame, a captioned column per kind of picture."""
    names = ('image', *PICTURES)
    height = max(cell.shape[0] for row in rows for cell in row.values())
    sheet = np.full((CAPTION + len(rows) * (height + 2), len(names) * (CELL_WIDTH + 2), 3), 32,
                    np.uint8)
    for column, name in enumerate(names):
        left = column * (CELL_WIDTH + 2)
        cv2.putText(sheet, name, (left + 6, CAPTION - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.55,
                    (255, 255, 255), 1, cv2.LINE_AA)
        for index, row in enumerate(rows):
            top = CAPTION + index * (height + 2)
            if name in row:
                sheet[top:top + row[name].shape[0], left:left + CELL_WIDTH] = row[name]
    return sheet
