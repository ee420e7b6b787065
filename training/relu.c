// Copyright 2026 The depth_seg_ros Authors
//
// Licensed under the Apache License, Version 2.0 (the "License");
// you may not use this file except in compliance with the License.
// You may obtain a copy of the License at
//
//     http://www.apache.org/licenses/LICENSE-2.0
//
// Unless required by applicable law or agreed to in writing, software
// distributed under the License is distributed on an "AS IS" BASIS,
// WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
// See the License for the specific language governing permissions and
// limitations under the License.

// ReLU of bfloat16. Its sign bit is that of int16, so what is above zero is told by integers.
// What is not a number stays, so that a training that diverges shows.

#include <stdint.h>

static inline int passes(int16_t x)
{
    return x > 0 || (x & 0x7fff) > 0x7f80;
}

void forward(const int16_t *x, int16_t *y, int64_t count)
{
    for (int64_t k = 0; k < count; k++)
        y[k] = passes(x[k]) ? x[k] : 0;
}

// y is what forward gave.
void backward(const int16_t *y, const int16_t *dy, int16_t *dx, int64_t count)
{
    for (int64_t k = 0; k < count; k++)
        dx[k] = passes(y[k]) ? dy[k] : 0;
}
