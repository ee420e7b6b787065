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
"""temporary."""
from __future__ import annotations
import cv2, numpy as np
from depth_seg_ros.segmentation.result import *
from depth_seg_ros.segmentation.result import Segmentation
def describe(frame, depth, labels, classes, kinds, own, ground, thresholds):
    if frame.shape != depth.shape:
        size = depth.shape[::-1]
        labels = cv2.resize(labels.astype(np.int32), size, interpolation=cv2.INTER_NEAREST)
        classes = cv2.resize(classes, size, interpolation=cv2.INTER_NEAREST)
    classes[~depth.valid] = 0
    labels = np.where(depth.valid, labels, 0)
    inv = depth.inverse()
    regions = []
    for i in range(1, len(kinds)):
        m = labels == i
        if not m.any(): continue
        r, c = np.nonzero(m)
        regions.append(Region(i, RegionClass(int(kinds[i])), int(m.sum()), (float(r.min()), float(c.min()), float(np.ptp(r)+1.), float(np.ptp(c)+1.)), (r.mean()+.5, c.mean()+.5), float(np.quantile(inv[m], .95)), float(np.median(inv[m])), confidence=float(own[i])))
    p = None
    if ground:
        a, b, c = ground.plane
        h, w = depth.shape
        p = GroundPlane(a*frame.spread/w, b*frame.spread/h, frame.low+frame.spread*(c+.5*a/w+.5*b/h), ground.inlier_share)
    return Segmentation(labels, classes, tuple(sorted(regions, key=lambda r: -r.nearest)), p, thresholds)
