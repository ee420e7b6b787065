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
"""Everything the node publishes per frame; nothing is computed that nobody listens to."""

from __future__ import annotations

from contextlib import ExitStack

from depth_seg_ros.navigation import level_frame, View, view_of
from depth_seg_ros.outputs import IMAGES, LABEL_INFO, REGIONS
from depth_seg_ros.params import NavigationParams, PipelineParams
from depth_seg_ros.pipeline import FrameResult
from depth_seg_ros.ros.cameras import local_name
from depth_seg_ros.ros.conversions import (
    camera_info_message, detections_message, image_message, label_info_message)
from depth_seg_ros.ros.navigation_messages import (
    AVAILABLE, is_level, MESSAGE_TYPES, navigation_message, TFMessage, transforms_message)
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from vision_msgs.msg import Detection2DArray, LabelInfo

__all__ = ['ResultPublishers']

DEPTH_CAMERA_INFO = 'depth/camera_info'


def _qos(durability: DurabilityPolicy = DurabilityPolicy.VOLATILE) -> QoSProfile:
    # Reliable reaches best effort subscribers too, and large messages survive (README, Fast DDS).
    return QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=1, durability=durability,
                      reliability=ReliabilityPolicy.RELIABLE)


class ResultPublishers:
    """
    The publishers of one configured node.

    Parameters
    ----------
    node : rclpy.node.Node
    metric : bool
        Whether depth is, or can be put, in meters; without that `~/depth/image`, its calibration
        and what navigation takes do not exist.

    """

    def __init__(self, node: Node, metric: bool) -> None:
        self._node = node
        self._logger = node.get_logger()
        types = {output.topic: Image for output in IMAGES if metric or not output.metric}
        types[REGIONS] = Detection2DArray
        if metric:
            types[DEPTH_CAMERA_INFO] = CameraInfo
            types |= {output.topic: MESSAGE_TYPES[output.message] for output in AVAILABLE}
        anyhow = {REGIONS, *(output.topic for output in IMAGES if not output.metric)}
        self._metric = [topic for topic in types if topic not in anyhow]
        with ExitStack() as undo:
            self._publishers: dict[str, Publisher] = {}
            for topic, kind in types.items():
                self._publishers[topic] = node.create_publisher(
                    kind, f'~/{topic}', _qos(),
                    qos_overriding_options=QoSOverridingOptions.with_default_policies())
                undo.callback(node.destroy_publisher, self._publishers[topic])
            label_info = node.create_publisher(
                LabelInfo, f'~/{LABEL_INFO}', _qos(DurabilityPolicy.TRANSIENT_LOCAL))
            undo.callback(node.destroy_publisher, label_info)
            label_info.publish(label_info_message(Header(stamp=node.get_clock().now().to_msg())))
            self._transforms: Publisher | None = None
            if metric and TFMessage is None:
                node.get_logger().warning('tf2_msgs is not installed: nothing on /tf will tell '
                                          'where the frame of ~/scan is')
            elif metric:
                self._transforms = node.create_publisher(TFMessage, '/tf', 100)
                undo.callback(node.destroy_publisher, self._transforms)
            self._undo = undo.pop_all()

    @property
    def topics(self) -> tuple[str, ...]:
        """Return the full name of every topic with a message per frame."""
        return tuple(publisher.topic_name for publisher in self._publishers.values())

    def wanted(self) -> frozenset[str]:
        """Return the topics, below the node's name, that somebody subscribes to."""
        return frozenset(topic for topic, publisher in self._publishers.items()
                         if publisher.get_subscription_count() > 0)

    def publish(self, result: FrameResult, header: Header, wanted: frozenset[str],
                params: PipelineParams, camera_info: CameraInfo | None) -> str:
        """
        Make and send the messages of one frame.

        Parameters
        ----------
        result : FrameResult
            What is known about it.
        header : std_msgs/Header
            Of the image that came in; every message carries its stamp, and all but scans its
            frame.
        wanted : frozenset of str
            From `wanted`.
        params : PipelineParams
            What pictures look like, what navigation takes.
        camera_info : sensor_msgs/CameraInfo or None
            Calibration of the image that came in.

        Returns
        -------
        str
            Which of the wanted topics in meters got nothing, why and what to do; empty when all
            got something. It is logged, too.

        """
        no_meters = result.why_no_meters
        for output in IMAGES:
            if output.topic in wanted:
                array = output.render(result, params.drawing)
                if array is not None:
                    self._publishers[output.topic].publish(
                        image_message(array, output.encoding, header))
        if REGIONS in wanted:
            self._publishers[REGIONS].publish(detections_message(result, header))
        view = view_of(result, params.navigation)
        if no_meters:
            missing = self._nothing_on(
                [topic for topic in self._metric if topic in wanted], no_meters)
        elif camera_info is None or view is None:
            calibrated = (DEPTH_CAMERA_INFO, *(output.topic for output in AVAILABLE))
            missing = self._nothing_on(
                [topic for topic in calibrated if topic in wanted],
                'no camera_info that fits the image and is calibrated came in; publish it, or '
                f'remap `{local_name(self._node, "camera_info")}` to its topic')
        else:
            if DEPTH_CAMERA_INFO in wanted:
                height, width = result.image_shape
                self._publishers[DEPTH_CAMERA_INFO].publish(
                    camera_info_message(camera_info, header, width, height))
            missing = self._publish_navigation(view, header, wanted)
        if missing:
            self._logger.warning(missing, throttle_duration_sec=60.0)
        return missing

    def _publish_navigation(self, view: View, header: Header, wanted: frozenset[str]) -> str:
        params = view.params
        outputs = [output for output in AVAILABLE if output.topic in wanted]
        problem = _why_not_level(header.frame_id, params)
        missing = ''
        if problem:
            missing = self._nothing_on(
                [output.topic for output in outputs if is_level(output)], problem)
            outputs = [output for output in outputs if not is_level(output)]
        if self._transforms is not None and params.publish_tf and any(map(is_level, outputs)):
            # First, as who takes the scan needs it at once.
            self._transforms.publish(transforms_message(view, header))
        for output in outputs:
            self._publishers[output.topic].publish(
                navigation_message(output.make(view), header, params.level_frame))
        return missing

    def _nothing_on(self, topics: list[str], reason: str) -> str:
        names = ', '.join(local_name(self._node, f'~/{topic}') for topic in topics)
        return f'nothing on {names}: {reason}' if topics else ''

    def destroy(self) -> None:
        """Take all topics back."""
        self._undo.close()


def _why_not_level(image_frame: str, params: NavigationParams) -> str:
    """Say why nobody could know where the level frame is, and what to do; empty if they can."""
    if not image_frame and (params.publish_tf or not params.level_frame):
        return ('the image has no frame_id, so nothing on /tf can tell where they are; set it in '
                'the driver of the camera, or set navigation.level_frame to a frame of yours and '
                'navigation.publish_tf to false')
    try:
        level_frame(image_frame, params.level_frame)
    except ValueError as error:
        return str(error)
    return ''
