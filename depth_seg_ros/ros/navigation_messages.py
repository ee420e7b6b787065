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
"""What navigation takes, as messages; no node, no publishing."""

from __future__ import annotations

from typing import Any

from depth_seg_ros.navigation import (
    Box3D, FIELDS, level_frame, PointCloud, Scan, Sectors, View)
from depth_seg_ros.outputs import NAVIGATION, NavigationOutput, PX4
from geometry_msgs.msg import Quaternion, Transform, TransformStamped, Vector3
import numpy as np
from sensor_msgs.msg import LaserScan, PointCloud2, PointField
from std_msgs.msg import Header
from vision_msgs.msg import Detection3D, Detection3DArray, ObjectHypothesisWithPose
try:
    from px4_msgs.msg import ObstacleDistance
except ImportError:  # without it that output does not exist
    ObstacleDistance = None
try:
    from tf2_msgs.msg import TFMessage
except ImportError:  # without it there is no /tf, and the node says so
    TFMessage = None

__all__ = ['AVAILABLE', 'boxes_message', 'cloud_message', 'is_level', 'MESSAGE_TYPES',
           'navigation_message', 'ObstacleDistance', 'scan_message', 'sectors_message',
           'TFMessage', 'transforms_message']

AVAILABLE = NAVIGATION if ObstacleDistance is None else (*NAVIGATION, PX4)
"""Every output for navigation whose message is installed."""

MESSAGE_TYPES = {'sensor_msgs/PointCloud2': PointCloud2, 'sensor_msgs/LaserScan': LaserScan,
                 'vision_msgs/Detection3DArray': Detection3DArray,
                 'px4_msgs/ObstacleDistance': ObstacleDistance}
"""Class of every type that an output for navigation has; None where it is not installed."""

_KINDS = {'<f4': PointField.FLOAT32, '<u4': PointField.UINT32}


def is_level(output: NavigationOutput) -> bool:
    """Say whether an output is in a frame of its own, which /tf has to tell of."""
    return output.message == 'sensor_msgs/LaserScan'


def navigation_message(made: PointCloud | Scan | Sectors | tuple[Box3D, ...], header: Header,
                       frame: str) -> Any:
    """
    Return the message of what an output made.

    Parameters
    ----------
    made : PointCloud, Scan, Sectors or tuple of Box3D
        What it is a message of.
    header : std_msgs/Header
        Of the image.
    frame : str
        Name of the level frame, or empty.

    """
    if isinstance(made, PointCloud):
        return cloud_message(made, header)
    if isinstance(made, Scan):
        return scan_message(made, Header(
            stamp=header.stamp, frame_id=level_frame(header.frame_id, frame, made.clockwise)))
    if isinstance(made, Sectors):
        return sectors_message(made, header)
    return boxes_message(made, header)


def cloud_message(cloud: PointCloud, header: Header) -> PointCloud2:
    """Return a PointCloud2: fields x, y, z, rgb, region; one row, dense, no padding."""
    points = cloud.packed()
    fields = [PointField(name=name, offset=points.dtype.fields[name][1], datatype=_KINDS[kind],
                         count=1) for name, kind in FIELDS]
    message = PointCloud2(
        header=header, height=1, width=len(points), fields=fields, is_dense=True,
        is_bigendian=False, point_step=points.itemsize, row_step=points.nbytes)
    message.data.frombytes(points.view(np.uint8))
    return message


def scan_message(scan: Scan, header: Header) -> LaserScan:
    """Return a LaserScan."""
    message = LaserScan(
        header=header, angle_min=scan.angle_min, angle_increment=scan.angle_step,
        angle_max=scan.angle_max, range_min=scan.range_min, range_max=scan.range_max)
    message.ranges.frombytes(np.ascontiguousarray(scan.ranges, np.float32).view(np.uint8))
    return message


def sectors_message(sectors: Sectors, header: Header) -> Any:
    """
    Return a px4_msgs/ObstacleDistance in the frame of the body.

    Its time is that of the image in microseconds; PX4 takes the offset between its clock and the
    agent's off it. Its kind of sensor is laser, as MAVROS says, too: there is none for a camera.
    """
    message = ObstacleDistance(
        timestamp=header.stamp.sec * 10**6 + header.stamp.nanosec // 1000,
        frame=ObstacleDistance.MAV_FRAME_BODY_FRD,
        sensor_type=ObstacleDistance.MAV_DISTANCE_SENSOR_LASER,
        increment=360.0 / len(sectors.distances), angle_offset=0.0,
        min_distance=sectors.nearest, max_distance=sectors.farthest)
    message.distances = sectors.distances
    return message


def boxes_message(boxes: tuple[Box3D, ...], header: Header) -> Detection3DArray:
    """Return one Detection3D per box, in their order; empty when there is none."""
    message = Detection3DArray(header=header)
    for box in boxes:
        entry = Detection3D(header=header, id=box.id)
        hypothesis = ObjectHypothesisWithPose()
        hypothesis.hypothesis.class_id = box.class_id
        hypothesis.hypothesis.score = box.score
        for center in (entry.bbox.center.position, hypothesis.pose.pose.position):
            center.x, center.y, center.z = box.center
        size = entry.bbox.size
        size.x, size.y, size.z = box.size
        entry.results.append(hypothesis)
        message.detections.append(entry)
    return message


def transforms_message(view: View, header: Header) -> Any:
    """
    Return where the frames of the scans are, as a tf2_msgs/TFMessage.

    Parameters
    ----------
    view : View
        Its attitude turns the level frame.
    header : std_msgs/Header
        Of the image.

    """
    name = view.params.level_frame
    level = level_frame(header.frame_id, name)
    x, y, z, w = view.attitude.quaternion
    turned = Header(stamp=header.stamp, frame_id=level)
    return TFMessage(transforms=[
        _turn(header, level, Quaternion(x=x, y=y, z=z, w=w)),
        _turn(turned, level_frame(header.frame_id, name, clockwise=True),
              Quaternion(x=1.0, y=0.0, z=0.0, w=0.0))])


def _turn(parent: Header, child: str, rotation: Quaternion) -> TransformStamped:
    return TransformStamped(header=parent, child_frame_id=child, transform=Transform(
        translation=Vector3(), rotation=rotation))
