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
"""Find the scale of every frame of a stream, from the source that the parameters name."""

from __future__ import annotations

from depth_seg_ros.depth import DepthMap
from depth_seg_ros.geometry import CameraModel, Mount
from depth_seg_ros.params import ScaleParams
from depth_seg_ros.readings import Readings
from depth_seg_ros.scale.scaling import Scaling
from depth_seg_ros.segmentation import GroundPlane

__all__ = ['Scaler']


class Scaler:
    """
    Find the scale of every frame, hold it for a while, say why there is none.

    Parameters
    ----------
    params : ScaleParams
        May be replaced between two frames.

    """

    def __init__(self, params: ScaleParams) -> None:
        self.params = params

    def reset(self) -> None:
        """Hold nothing: the next frame belongs to another stream."""

    def process(self, depth: DepthMap, stamp: float, readings: Readings, mount: Mount,
                camera: CameraModel | None, plane: GroundPlane | None) -> Scaling | None:
        """
        Return what turns the depth of this frame into meters.

        Parameters
        ----------
        depth : DepthMap
            On the network's grid; not changed.
        stamp : float
            Seconds.
        readings : Readings
            What other sensors say about this frame.
        mount : Mount
            How the camera is held, as far as it is told.
        camera : CameraModel or None
            On the grid of `depth`.
        plane : GroundPlane or None
            Of inverse depth, on the grid of `depth`.

        Returns
        -------
        Scaling or None
            None where depth stays as the network gave it: no source is asked for.

        """
        if self.params.source == 'none':
            return None
        return Scaling(self.params.source, reason='not built yet')
