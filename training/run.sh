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

# Train from nothing on a CPU, in pictures of growing size, and export. Goes on where it was stopped.
set -eu
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}" minutes="${MINUTES:-120}" folder="${FOLDER:-/tmp/depth_seg_training}"
part() {   # percent of the time at which it ends, size of the pictures, more options
    until=$((minutes * $1 / 100)) size="$2"
    shift 2
    "$python" -m training.train --nice 10 --minutes "$minutes" --until "$until" \
        --folder "$folder" --size "$size" "$size" "$@"
}
part 25 64
part 55 96
part 100 192 --detail 0.7 --memory 80
"$python" -m training.export "$folder/last.ckpt" depth_seg_ros/models/embedded
