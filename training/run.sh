#!/bin/sh
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

# Train on a CPU, in pictures of growing size, and export. Goes on where it was stopped.
# Options are those of training.train: --init depth_seg_ros/models/embedded to train the shipped one on.
set -eu
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}" folder="${FOLDER:-/tmp/depth_seg_training}"
"$python" -m training.train --nice 10 --minutes "${MINUTES:-120}" --folder "$folder" "$@"
"$python" -m training.export "$folder/last.ckpt" "${EXPORT:-depth_seg_ros/models/embedded}"
