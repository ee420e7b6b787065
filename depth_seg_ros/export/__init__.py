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
"""Results as files that others can read."""

from depth_seg_ros.export.frames import DEFAULT_SAVES, FrameFiles, SAVES
from depth_seg_ros.export.records import frame_record, UNITS
from depth_seg_ros.export.summary import Summary
from depth_seg_ros.export.videos import VIDEO_SAVES, VideoFiles
from depth_seg_ros.export.whole_files import json_bytes, write_whole

__all__ = ['DEFAULT_SAVES', 'frame_record', 'FrameFiles', 'json_bytes', 'SAVES', 'Summary',
           'UNITS', 'VIDEO_SAVES', 'VideoFiles', 'write_whole']
