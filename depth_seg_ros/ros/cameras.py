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
"""Several cameras in one node: their names, and names of topics and frames below those."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from depth_seg_ros.params import NodeParams
from rclpy.node import Node

__all__ = ['camera_names', 'camera_node', 'camera_params', 'camera_problems', 'local_name']

SHARED = ('imu', 'range')
"""Topics of the body, not of a camera."""


def camera_names(params: NodeParams) -> tuple[str, ...]:
    """Return the names in the parameter `cameras`; one empty name where it is empty."""
    return tuple(name.strip() for name in params.cameras.split(','))


def camera_problems(params: NodeParams) -> tuple[str, ...]:
    """Return which parameters cannot hold for several cameras, and what to do."""
    if len(camera_names(params)) > 1 and params.mount.attitude == 'imu':
        return ('mount.attitude: imu knows one camera, that which looks ahead along the body; '
                'with several cameras set ground, or fixed where all are held alike',)
    return ()


@lru_cache(maxsize=64)  # asked for with every frame
def camera_params(params: NodeParams, name: str) -> NodeParams:
    """
    Return the parameters as they are for one camera; the same object for the same ones.

    A level frame belongs to one camera, so that its name begins with that of the camera.
    """
    frame = params.navigation.level_frame
    if not (name and frame):
        return params
    return replace(params, navigation=replace(params.navigation, level_frame=f'{name}_{frame}'))


def camera_node(node: Node, name: str) -> Node:
    """
    Return the node as one of its cameras sees it.

    Parameters
    ----------
    node : rclpy.node.Node
        The one node.
    name : str
        Of the camera. Its relative and private topics are below it: `NAME/image`, `~/NAME/mask`,
        and it logs in its own name. Empty returns the node itself.

    """
    return cast(Node, _CameraNode(node, name)) if name else node


def local_name(node: Node, topic: str) -> str:
    """Return what to remap: the name of a topic before it is resolved."""
    return node.local_name(topic) if isinstance(node, _CameraNode) else topic


class _CameraNode:
    """As the sub-nodes of rclcpp, which rclpy does not have."""

    def __init__(self, node: Node, name: str) -> None:
        self._node = node
        self._name = name
        # Of its own, so that one camera does not use up the throttled messages of another.
        self._logger = node.get_logger().get_child(name)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._node, attribute)

    def get_logger(self) -> Any:
        return self._logger

    def create_publisher(self, kind: type, topic: str, *args: Any, **options: Any) -> Any:
        return self._node.create_publisher(kind, self.local_name(topic), *args, **options)

    def create_subscription(self, kind: type, topic: str, *args: Any, **options: Any) -> Any:
        return self._node.create_subscription(kind, self.local_name(topic), *args, **options)

    def resolve_topic_name(self, topic: str) -> str:
        return str(self._node.resolve_topic_name(self.local_name(topic)))

    def local_name(self, topic: str) -> str:
        if topic.startswith('/') or topic in SHARED:
            return topic
        if topic.startswith('~/'):
            return f'~/{self._name}/{topic[2:]}'
        return f'{self._name}/{topic}'
