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
"""What the other sensors of a bag say about its images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from depth_seg_ros.bag.opening import BagError
from depth_seg_ros.bag.reader import BagMessage, BagReader, full_name
from depth_seg_ros.images import ImageError
from depth_seg_ros.params import PipelineParams
from depth_seg_ros.readings import NOTHING, Readings
from depth_seg_ros.sensing import Sensing, Sensor

__all__ = ['BagSensors', 'check_sensors']


def check_sensors(bag: BagReader, topics: Mapping[str, str], params: PipelineParams) -> None:
    """
    Refuse topics that the parameters do not ask for, that are missing, or of another type.

    Parameters
    ----------
    bag : BagReader
        Open.
    topics : mapping of str to str
        {`Sensor.topic`: topic of the bag}.
    params : PipelineParams
        What they ask for.

    Raises
    ------
    BagError
        The message names the option of `depth_seg bag`.

    """
    for sensor in Sensing(params).sensors:
        if sensor.topic not in topics:
            raise BagError(f'{bag.path}: {sensor.wanted_by} needs a topic of {sensor.kind}; name '
                           f'it with {_option(sensor.topic)}: {_of_type(bag, sensor)}')
        kind = bag.topics.get(full_name(topics[sensor.topic]), ('', 0))[0]
        if kind != sensor.kind:
            raise BagError(f'{bag.path}: {_option(sensor.topic)}: no {sensor.kind} on '
                           f'{topics[sensor.topic]}; topics with it: {_of_type(bag, sensor)}')


def _of_type(bag: BagReader, sensor: Sensor) -> str:
    return ', '.join(name for name, (kind, _) in bag.topics.items()
                     if kind == sensor.kind and name != bag.topic) or 'none'


def _option(topic: str) -> str:
    return f'--{topic.replace("_", "-")}'


class BagSensors:
    """
    The sensors that the parameters ask for, each read as far as the image in work needs it.

    Whatever the order of recording, an image gets the message nearest to its stamp. Open while
    inside `with`.

    Parameters
    ----------
    bag : BagReader
        Open; it is only asked what is in it.
    topics : mapping of str to str
        {`Sensor.topic`: topic of the bag}.
    params : PipelineParams

    Raises
    ------
    BagError
        On entering, as `check_sensors`.

    """

    def __init__(self, bag: BagReader, topics: Mapping[str, str], params: PipelineParams) -> None:
        self._bag, self._params = bag, params
        self._topics = {name: full_name(topic) for name, topic in topics.items()}
        self._sensing = Sensing(params)
        self._frames = 0
        self._silent: Counter[str] = Counter()
        self._why: dict[str, str] = {}

    def __enter__(self) -> BagSensors:
        """Open the bag once more for every sensor, as each is at another place in it."""
        check_sensors(self._bag, self._topics, self._params)
        self._readers: dict[str, tuple[BagReader, Iterator[BagMessage]]] = {}
        with ExitStack() as opened:
            for sensor in self._sensing.sensors:
                reader = opened.enter_context(BagReader(self._bag.path, self._bag.topic))
                messages = reader.messages((self._topics[sensor.topic],))
                self._readers[sensor.topic] = reader, messages
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        """Close them."""
        self._opened.close()

    def readings(self, image_ns: int) -> Readings:
        """
        Return what the sensors say about an image; images come in the order of the bag.

        Raises
        ------
        ImageError
            When the depth that stands for the network's cannot be read.

        """
        for sensor in self._sensing.sensors:
            self._read_up_to(image_ns, sensor.topic)
        readings = self._sensing.readings(image_ns, self._params.input)
        self._frames += 1
        for sensor in self._sensing.sensors:
            if getattr(readings, sensor.reading) is getattr(NOTHING, sensor.reading):
                self._silent[sensor.topic] += 1
        self._why.update(self._sensing.problems())
        return readings

    def problems(self) -> tuple[str, ...]:
        """Return one sentence per sensor that did not tell something about every image."""
        return tuple(
            f'{self._topics[topic]}: tells nothing about {count} of {self._frames} frames'
            + (f'; {self._why[topic]}' if topic in self._why else '')
            for topic, count in self._silent.items())

    def _read_up_to(self, image_ns: int, topic: str) -> None:
        reader, messages = self._readers[topic]
        while (newest := self._sensing.newest_ns(topic)) is None or newest < image_ns:
            message = next(messages, None)
            if message is None:
                return
            try:
                self._sensing.add(topic, reader.decode(message))
            except ImageError as error:  # damaged bytes: as if it had not been there
                self._why[topic] = str(error)
