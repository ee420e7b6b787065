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
"""Results into a rosbag2 (mcap)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from depth_seg_ros.bag.opening import BagError
from depth_seg_ros.bag.reader import BagMessage
from depth_seg_ros.calibration import resized_matrices
from depth_seg_ros.detections import Detection, LABELS
from depth_seg_ros.navigation import Box3D, FIELDS, PointCloud, Scan
import numpy as np
from numpy.typing import NDArray
from rosbags.interfaces import (
    Connection, Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime)
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores, TypesysError

__all__ = ['BagWriter', 'check_new', 'results_typestore']

_FOREVER = QosTime(9223372036, 854775807)
_LATCHED = Qos(QosHistory.KEEP_LAST, 1, QosReliability.RELIABLE, QosDurability.TRANSIENT_LOCAL,
               _FOREVER, _FOREVER, QosLiveliness.AUTOMATIC, _FOREVER, False)


def results_typestore() -> Any:
    """Return a rosbags type store with every type that this package publishes."""
    store = get_typestore(Stores.ROS2_JAZZY)
    types: dict[str, Any] = {}
    folder = Path(__file__).resolve().parents[1] / 'interfaces/vision_msgs/msg'
    for definition in sorted(folder.iterdir()):
        name = f'vision_msgs/msg/{definition.name.removesuffix(".msg")}'
        types.update(get_types_from_msg(definition.read_text(), name))
    store.register(types)
    return store


def check_new(path: Path) -> None:
    """Raise BagError where there is something already."""
    if path.exists():
        raise BagError(f'{path}: exists; remove it or choose another name')


class BagWriter:
    """
    A new rosbag2 in mcap, its chunks compressed with zstd; the same messages give the same bytes.

    The bag is complete after an error inside `with`, too. Only a full disk or Ctrl-C leave it cut
    off; `mcap recover` finds what was written up to there.

    Parameters
    ----------
    path : Path
        The folder to make.

    Raises
    ------
    BagError
        On entering, when it exists or cannot be made.

    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._store = results_typestore()
        self._connections: dict[str, Connection | None] = {}

    def __enter__(self) -> BagWriter:
        """Make the folder."""
        check_new(self.path)
        self._writer = Writer(self.path, version=9, storage_plugin=StoragePlugin.MCAP)
        self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        with self._disk_errors():
            self._writer.open()
        return self

    def __exit__(self, *exc: Any) -> None:
        """Write the index and close the bag."""
        error = exc[1]
        if isinstance(error, Exception) and not isinstance(error, BagError):
            exc = (None, None, None)  # rosbags would leave out the index.
        with self._disk_errors():
            self._writer.__exit__(*exc)

    def copy(self, message: BagMessage, typestore: Any) -> bool:
        """
        Write a message as it is.

        Parameters
        ----------
        message : BagMessage
            As read from a bag.
        typestore : rosbags type store
            That knows its type: the one of the reader.

        Returns
        -------
        bool
            False when the type is not known, and nothing was written.

        """
        try:
            connection = self._connection(message.topic, message.kind, typestore)
        except (KeyError, TypesysError):
            # A bag from before Iron does not tell what its own message types look like.
            self._connections[message.topic] = connection = None
        if connection is None:
            return False
        with self._disk_errors():
            self._writer.write(connection, message.log_ns, message.data)
        return True

    def write(self, topic: str, message_type: str, log_ns: int, data: bytes) -> None:
        """Write a serialized (CDR) message of a type that this package publishes."""
        self.copy(BagMessage(topic, message_type, log_ns, data), self._store)

    def image(self, topic: str, array: NDArray[np.generic], encoding: str, header: Any,
              log_ns: int) -> None:
        """Write a sensor_msgs/Image of an array in the dtype and channel order of `encoding`."""
        pixels = np.ascontiguousarray(array, array.dtype.newbyteorder('<'))
        self._put(topic, 'sensor_msgs/msg/Image', log_ns, header=header, height=array.shape[0],
                  width=array.shape[1], encoding=encoding, is_bigendian=0,
                  step=pixels.strides[0], data=pixels.reshape(-1).view(np.uint8))

    def camera_info(self, topic: str, info: Any, size: tuple[int, int], header: Any,
                    log_ns: int) -> None:
        """Write a sensor_msgs/CameraInfo of the view of another one at a (height, width)."""
        height, width = size
        k, p = resized_matrices(info, width, height)
        whole = self._new('sensor_msgs/msg/RegionOfInterest', x_offset=0, y_offset=0, height=0,
                          width=0, do_rectify=False)
        self._put(topic, 'sensor_msgs/msg/CameraInfo', log_ns, header=header, height=height,
                  width=width, distortion_model=info.distortion_model, d=info.d, k=k, r=info.r,
                  p=p, binning_x=0, binning_y=0, roi=whole)

    def detections(self, topic: str, found: tuple[Detection, ...], header: Any,
                   log_ns: int) -> None:
        """Write a vision_msgs/Detection2DArray."""
        items = [self._detection(item, header) for item in found]
        self._put(topic, 'vision_msgs/msg/Detection2DArray', log_ns, header=header,
                  detections=items)

    def navigation(self, topic: str, made: PointCloud | Scan | tuple[Box3D, ...], header: Any,
                   log_ns: int) -> None:
        """Write a PointCloud2, LaserScan or Detection3DArray."""
        if isinstance(made, PointCloud):
            self._cloud(topic, made, header, log_ns)
        elif isinstance(made, Scan):
            self._put(topic, 'sensor_msgs/msg/LaserScan', log_ns, header=header,
                      angle_min=made.angle_min, angle_max=made.angle_max,
                      angle_increment=made.angle_step, time_increment=0.0, scan_time=0.0,
                      range_min=made.range_min, range_max=made.range_max, ranges=made.ranges,
                      intensities=np.empty(0, np.float32))
        else:
            items = [self._detection_3d(box, header) for box in made]
            self._put(topic, 'vision_msgs/msg/Detection3DArray', log_ns, header=header,
                      detections=items)

    def label_info(self, topic: str, header: Any, log_ns: int) -> None:
        """Write the vision_msgs/LabelInfo of the classes, latched when played."""
        names = [self._new('vision_msgs/msg/VisionClass', class_id=number, class_name=name)
                 for number, name in LABELS]
        self._connection(topic, 'vision_msgs/msg/LabelInfo', self._store, (_LATCHED,))
        self._put(topic, 'vision_msgs/msg/LabelInfo', log_ns, header=header, class_map=names,
                  threshold=0.0)

    def header(self, stamp_ns: int, frame_id: str) -> Any:
        """Return a std_msgs/Header."""
        seconds, nanoseconds = divmod(stamp_ns, 10**9)
        stamp = self._new('builtin_interfaces/msg/Time', sec=seconds, nanosec=nanoseconds)
        return self._new('std_msgs/msg/Header', stamp=stamp, frame_id=frame_id)

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BagError(f'{self.path}: cannot be written: {error.strerror}') from error

    def _detection(self, item: Detection, header: Any) -> Any:
        new = self._new
        point = new('geometry_msgs/msg/Point', x=0.0, y=0.0, z=0.0)
        turn = new('geometry_msgs/msg/Quaternion', x=0.0, y=0.0, z=0.0, w=1.0)
        pose = new('geometry_msgs/msg/PoseWithCovariance', covariance=np.zeros(36),
                   pose=new('geometry_msgs/msg/Pose', position=point, orientation=turn))
        guess = new('vision_msgs/msg/ObjectHypothesis', class_id=item.class_id, score=item.score)
        center = new('vision_msgs/msg/Pose2D', theta=0.0, position=new(
            'vision_msgs/msg/Point2D', x=item.center_x, y=item.center_y))
        return new(
            'vision_msgs/msg/Detection2D', header=header, id=item.id,
            results=[new('vision_msgs/msg/ObjectHypothesisWithPose', hypothesis=guess, pose=pose)],
            bbox=new('vision_msgs/msg/BoundingBox2D', center=center, size_x=item.size_x,
                     size_y=item.size_y))

    def _detection_3d(self, box: Box3D, header: Any) -> Any:
        new = self._new
        x, y, z = box.center
        turn = new('geometry_msgs/msg/Quaternion', x=0.0, y=0.0, z=0.0, w=1.0)
        center = new('geometry_msgs/msg/Pose', orientation=turn,
                     position=new('geometry_msgs/msg/Point', x=x, y=y, z=z))
        pose = new('geometry_msgs/msg/PoseWithCovariance', covariance=np.zeros(36), pose=center)
        guess = new('vision_msgs/msg/ObjectHypothesis', class_id=box.class_id, score=box.score)
        x, y, z = box.size
        return new(
            'vision_msgs/msg/Detection3D', header=header, id=box.id,
            results=[new('vision_msgs/msg/ObjectHypothesisWithPose', hypothesis=guess, pose=pose)],
            bbox=new('vision_msgs/msg/BoundingBox3D', center=center,
                     size=new('geometry_msgs/msg/Vector3', x=x, y=y, z=z)))

    def _cloud(self, topic: str, cloud: PointCloud, header: Any, log_ns: int) -> None:
        points = cloud.packed()
        kinds = {'<f4': 7, '<u4': 6}  # FLOAT32 and UINT32 of sensor_msgs/PointField
        fields = [self._new('sensor_msgs/msg/PointField', name=name, datatype=kinds[kind], count=1,
                            offset=4 * place) for place, (name, kind) in enumerate(FIELDS)]
        self._put(topic, 'sensor_msgs/msg/PointCloud2', log_ns, header=header, height=1,
                  width=len(points), fields=fields, is_bigendian=False, is_dense=True,
                  point_step=points.itemsize, row_step=points.nbytes,
                  data=points.view(np.uint8))

    def _new(self, message_type: str, **fields: Any) -> Any:
        return self._store.types[message_type](**fields)

    def _put(self, topic: str, message_type: str, log_ns: int, **fields: Any) -> None:
        data = self._store.serialize_cdr(self._new(message_type, **fields), message_type)
        self.write(topic, message_type, log_ns, bytes(data))

    def _connection(self, topic: str, message_type: str, typestore: Any,
                    qos: tuple[Qos, ...] = ()) -> Connection | None:
        if topic not in self._connections:
            self._connections[topic] = self._writer.add_connection(
                topic, message_type, typestore=typestore, offered_qos_profiles=qos)
        return self._connections[topic]
