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
"""Settings of every test: nothing is fetched or kept, nothing opens a window."""

from __future__ import annotations

import os
from pathlib import Path
import sys
import tempfile

# The folder training is not installed. Behind all else, so that what is installed is tested.
sys.path.append(str(Path(__file__).resolve().parents[1]))

# Read when huggingface_hub and matplotlib are imported, so before any test module.
os.environ['HF_HUB_OFFLINE'] = '1'
os.environ['MPLBACKEND'] = 'Agg'
# Converted models last as long as the tests: one made by another state of the code proves nothing.
_converted = tempfile.TemporaryDirectory(prefix='depth_seg_cache_')
os.environ['DEPTH_SEG_CACHE'] = _converted.name
