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
"""The threads that take the images of all cameras from their topics to their results."""

from __future__ import annotations

from collections.abc import Callable

from depth_seg_ros.ros.camera_stream import CameraStream
from depth_seg_ros.ros.conversions import AnyImage
from depth_seg_ros.ros.finisher import Finisher
from depth_seg_ros.ros.frame_statistics import DropCause
from depth_seg_ros.ros.worker import Worker

__all__ = ['StreamWorker']


class StreamWorker:
    """
    One thread in which the cameras take turns; on a GPU, a second one behind the network.

    With it the network looks at the next image while the last is understood and published. That
    pays where the network takes no CPU: 45 results a second instead of 19 with one that sleeps
    8 ms, on two cores that others keep busy. One that runs on the CPU lost by it there (embedded:
    6 and 10 a second instead of 15 and 13, at 3.7 and 2.5 times the age), as its threads wait for
    the one that has to share a core.

    Parameters
    ----------
    device : str
        Where the network runs, as `EstimatorInfo` says it.

    """

    def __init__(self, device: str) -> None:
        self._finisher = None
        process: Callable[[CameraStream, AnyImage], None] = CameraStream.process
        if device.startswith('cuda'):
            self._finisher = Finisher(
                CameraStream.begin, CameraStream.finish, CameraStream.on_error)
            process = self._finisher.process
        self._worker = Worker(process, CameraStream.on_error)

    def offer(self, stream: CameraStream, message: AnyImage) -> AnyImage | None:
        """Take an image of a camera, and return at once what will never be; as `Worker.offer`."""
        return self._worker.offer(stream, message)

    def stop(self) -> None:
        """Finish what is in work, count what waits as dropped, and end the threads."""
        for stream in self._worker.stop():
            stream.statistics.image_dropped(DropCause.DEACTIVATED)
        if self._finisher is not None:
            self._finisher.stop()
