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
"""All that belongs to one camera of a node: inputs, state of the stream, outputs, statistics."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from depth_seg_ros.depth import DEPTH_IN, DepthEstimator, DepthKind
from depth_seg_ros.matching import Waiting
from depth_seg_ros.params import NodeParams
from depth_seg_ros.pipeline import Pipeline
from depth_seg_ros.ros.cameras import camera_node, camera_params, local_name
from depth_seg_ros.ros.conversions import AnyImage
from depth_seg_ros.ros.diagnostics import InputSource
from depth_seg_ros.ros.frame_processor import Begun, Camera, FrameProcessor
from depth_seg_ros.ros.frame_statistics import DropCause, FrameStatistics
from depth_seg_ros.ros.input_subscriptions import InputSubscriptions
from depth_seg_ros.ros.publishers import ResultPublishers
from depth_seg_ros.sensing import Sensing, stamp_ns
from rclpy.node import Node

__all__ = ['CameraStream']

# At 30 Hz a third of a second, for depth that takes long to be made.
WAITING_IMAGES = 10


class CameraStream:
    """
    One camera from its topics to its results. The network may be shared with others.

    Its outputs exist from the start to `destroy`, its inputs from `open` to `close`.

    Parameters
    ----------
    node : rclpy.node.Node
    name : str
        Of the camera: its topics are below it. Empty for the only one.
    estimator : DepthEstimator
        Loaded; the caller closes it.
    params : callable
        Returns the parameters as of now.
    enabled : callable
        Returns whether images are to be processed.

    Attributes
    ----------
    name : str
        As given.
    statistics : FrameStatistics
        Since it was opened last.

    """

    def __init__(self, node: Node, name: str, estimator: DepthEstimator,
                 params: Callable[[], NodeParams], enabled: Callable[[], bool]) -> None:
        self.name = name
        self._node = node = camera_node(node, name)
        self._params = lambda: camera_params(params(), name)
        self._enabled = enabled
        self._pipeline = Pipeline(estimator, params())
        is_metric = estimator.info.kind is DepthKind.METRIC
        self._results = ResultPublishers(node, is_metric or params().scale.source != 'none')
        self._begin()
        self._offer: Callable[[AnyImage], AnyImage | None] | None = None
        self._inputs: InputSubscriptions | None = None
        self._opened = ExitStack()

    @property
    def image_topic(self) -> str:
        """Return the full name of the topic that images come from; empty while closed."""
        return self._inputs.image_topic if self._inputs else ''

    @property
    def result_topics(self) -> tuple[str, ...]:
        """Return the full name of every topic with a message per frame."""
        return self._results.topics

    def source(self) -> InputSource | None:
        """Return who publishes images; None while closed."""
        return self._inputs.source() if self._inputs else None

    def camera(self) -> Camera | None:
        """Return the latest calibration; None before the first."""
        inputs = self._inputs  # read once: the worker asks while deactivation takes it away
        return inputs.camera if inputs else None

    def open(self, offer: Callable[[AnyImage], AnyImage | None]) -> None:
        """
        Begin a new stream of images.

        Parameters
        ----------
        offer : callable
            Gets every image to process and returns at once what will never be; `process` is to
            be called for the others, or `begin` and then `finish`.

        """
        self._pipeline.update(self._params())
        self._pipeline.reset()
        self._begin()
        with ExitStack() as undo:
            self._offer = offer
            undo.callback(self._forget)
            self._inputs = InputSubscriptions(
                self._node, self._params().input.transport, self._sensing.sensors,
                self._on_image, self.statistics.images_lost, self._on_sensor)
            undo.callback(self._inputs.destroy)
            self._opened = undo.pop_all()

    def process(self, message: AnyImage) -> None:
        """Take one image all the way, in the thread of the worker; raises as FrameProcessor."""
        self.finish(self.begin(message))

    def begin(self, message: AnyImage) -> Begun:
        """Take one image as far as the network; raises as FrameProcessor."""
        return self._processor.begin(message)

    def finish(self, begun: Begun) -> None:
        """Take one image from the network to its messages."""
        self._processor.finish(begun)

    def on_error(self, error: Exception) -> None:
        """Count and log what `begin` or `finish` raised."""
        self._processor.on_error(error)

    def close(self) -> None:
        """Take the inputs back; images that wait for their depth will never be."""
        self._opened.close()
        for _ in self._waiting.all():
            self.statistics.image_dropped(DropCause.DEACTIVATED)

    def destroy(self) -> None:
        """Take the outputs back."""
        self._results.destroy()

    def sensors(self) -> dict[str, str]:
        """Return, by topic, what is wrong with the other sensors; empty where nothing is."""
        inputs = self._inputs
        if inputs is None:
            return {}
        problems = self._sensing.problems()
        return {sensor.topic: self._silence(inputs.sensor_source(sensor.topic), sensor.topic)
                or problems.get(sensor.topic, '')
                for sensor in self._sensing.sensors}

    def _silence(self, source: InputSource, topic: str) -> str:
        if self._sensing.newest_ns(topic) is not None:
            return ''
        if source.mismatch:
            return f'no message yet: {source.mismatch}'
        if source.publishers:
            return f'no message yet on {source.topic}, though somebody publishes it'
        return (f'no message yet: nobody publishes {source.topic}; start the sensor, or remap '
                f'`{local_name(self._node, topic)}` to its topic')

    def _begin(self) -> None:
        """Begin anew with what depends on the stream of images."""
        self.statistics = FrameStatistics()
        self._sensing = Sensing(self._params())
        self._waiting: Waiting[AnyImage] = Waiting(WAITING_IMAGES)
        self._depth_in = next(
            (sensor for sensor in self._sensing.sensors if sensor.topic == DEPTH_IN), None)
        self._processor = FrameProcessor(
            self._node, self._pipeline, self._results, self.statistics, self._sensing,
            params=self._params, camera=self.camera)

    def _forget(self) -> None:
        self._offer = self._inputs = None

    def _on_image(self, message: AnyImage) -> None:
        self.statistics.image_received()
        if self._depth_in is None:
            self._pass_on(message)
        else:
            self._waiting.add(stamp_ns(message.header), message)
            self._pair()

    def _on_sensor(self, topic: str, message: Any) -> None:
        self._sensing.add(topic, message)
        if topic == DEPTH_IN:
            self._pair()

    def _pair(self) -> None:
        """Pass on the images of which it is known by now which depth belongs to them."""
        assert self._depth_in is not None
        for stamp, image in self._waiting.due(self._sensing.newest_ns(DEPTH_IN)):
            if self._sensing.match(self._depth_in, stamp, self._params().input) is None:
                self.statistics.image_dropped(DropCause.NO_DEPTH)
                problem = self._sensing.problems().get(DEPTH_IN)
                if problem:
                    self._node.get_logger().warning(f'images are dropped, {DEPTH_IN}: {problem}',
                                                    throttle_duration_sec=60.0)
            else:
                self._pass_on(image)

    def _pass_on(self, message: AnyImage) -> None:
        offer = self._offer
        if offer is None:
            self.statistics.image_dropped(DropCause.DEACTIVATED)
        elif not self._enabled():
            self.statistics.image_dropped(DropCause.DISABLED)
        elif offer(message) is not None:
            self.statistics.image_dropped(DropCause.OVERWRITTEN)
