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

// Ray-caster of the training scenes. One call renders one view; render.py compiles and calls it.
//
// Every solid is a unit shape (cube, ball, frustum of a cone) under an affine map, so a ray is
// intersected in the local space of the solid and its parameter t keeps its meaning: with camera
// rays whose z component is one, t is the depth along the optical axis, exactly.
// Irradiance is kept apart from albedo and smoothed over 4 x 4 pixels: each pixel of such a block
// follows another ambient and light direction, so soft shadows cost one ray a pixel.

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SOLID 16      // floats of a solid: kind, center 3, half axes 9, taper, instance, material
#define MATERIAL 28   // floats of a material, see enum below
#define LIGHT 9       // floats of a light: kind, position or direction 3, color 3, shadow, size
#define TILE 8
#define FAR 1e30f

enum { BOX, BALL, FRUSTUM };
enum { PLAIN, NOISE, STRIPES, TILES, BRICKS, PLANKS, PRINT, TEXT, DOTS, PLAID, GRAVEL, MARBLE,
       BOOKS, FACADE, CELLS };
enum { PATTERN, COLOR_A, COLOR_B = 4, COLOR_C = 7, PERIOD_U = 10, PERIOD_V, ANGLE, CONTRAST,
       MOTTLE, MOTTLE_SCALE, SPECULAR, GLOSS, MIRROR, BUMP, BUMP_SCALE, CUT, CUT_SCALE, CUT_SHARE,
       SEED, EMISSION };
enum { SKY_TOP, SKY_LOW = 3, AMBIENT_UP = 6, AMBIENT_DOWN = 9, FOG_COLOR = 12, FOG = 15, CLOUDS,
       AO_RANGE, SKY_SEED };

typedef struct { float x, y, z; } vec;
typedef struct {
  int kind, instance, material, cut;
  vec c, a[3], m[3];   // center, local to world axes, world to local rows
  float taper, zmin;
  int x0, x1, y0, y1;  // tiles it may cover
} solid;
typedef struct { float t; int id; vec local; int face; } hit;
typedef struct { vec lo, hi; int first, count; } node;  // count 0: children first, first + 1
typedef struct {
  int n, lights;
  const solid *s;
  const node *tree;
  const int *order;
  const float *mat, *light, *env;
} scene;

static inline vec v3(float x, float y, float z) { vec r = {x, y, z}; return r; }
static inline vec add(vec a, vec b) { return v3(a.x + b.x, a.y + b.y, a.z + b.z); }
static inline vec sub(vec a, vec b) { return v3(a.x - b.x, a.y - b.y, a.z - b.z); }
static inline vec mul(vec a, float k) { return v3(a.x * k, a.y * k, a.z * k); }
static inline float dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static inline vec unit(vec a) { return mul(a, 1.f / sqrtf(dot(a, a) + 1e-20f)); }
static inline float minf(float a, float b) { return a < b ? a : b; }
static inline float maxf(float a, float b) { return a > b ? a : b; }
static inline float clamp01(float x) { return x < 0 ? 0 : x > 1 ? 1 : x; }
static inline float mixf(float a, float b, float k) { return a + (b - a) * k; }

static inline float hash(int x, int y, int z, uint32_t seed) {
  uint32_t h = (uint32_t)x * 0x8da6b343u ^ (uint32_t)y * 0xd8163841u ^ (uint32_t)z * 0xcb1ab31fu
               ^ seed * 0x9e3779b9u;
  h ^= h >> 15; h *= 0x2c1b3c6du; h ^= h >> 12; h *= 0x297a2d39u; h ^= h >> 15;
  return (float)(h >> 8) * (1.f / 16777216.f);
}

static float value_noise(vec p, uint32_t seed) {
  float fx = floorf(p.x), fy = floorf(p.y), fz = floorf(p.z);
  int x = (int)fx, y = (int)fy, z = (int)fz;
  float u = p.x - fx, v = p.y - fy, w = p.z - fz, c[2][2];
  u = u * u * (3 - 2 * u); v = v * v * (3 - 2 * v); w = w * w * (3 - 2 * w);
  for (int j = 0; j < 2; ++j)
    for (int k = 0; k < 2; ++k)
      c[j][k] = mixf(hash(x, y + j, z + k, seed), hash(x + 1, y + j, z + k, seed), u);
  return mixf(mixf(c[0][0], c[1][0], v), mixf(c[0][1], c[1][1], v), w);
}

// Sum of octaves from `wave` metres down, each faded out when it is finer than the footprint fw.
static float fractal(vec p, float wave, float fw, int octaves, uint32_t seed) {
  float sum = 0, amp = 0.5f, total = 0;
  for (int o = 0; o < octaves; ++o) {
    float keep = clamp01(wave / (fw + 1e-6f) * 0.5f - 0.5f);
    total += amp;
    if (keep <= 0) { amp *= 0.5f; continue; }
    sum += keep * amp * (value_noise(mul(p, 1.f / wave), seed + o) - 0.5f);
    amp *= 0.5f; wave *= 0.5f;
  }
  return 0.5f + 1.2f * sum / total;
}

static inline float edge(float x, float half, float fw) {  // 1 inside |x| < half
  return clamp01((half - fabsf(x)) / fw + 0.5f);
}

// Blend weights of colors B and C at (u, v) metres on the surface, p metres in the solid.
static void pattern(const float *m, vec p, float u, float v, float fw, float *wb, float *wc,
                    float *jitter) {
  int kind = (int)m[PATTERN];
  uint32_t seed = (uint32_t)m[SEED];
  float c = cosf(m[ANGLE]), s = sinf(m[ANGLE]), pu = m[PERIOD_U], pv = m[PERIOD_V];
  float x = c * u + s * v, y = c * v - s * u;
  float fu = fw / pu, fv = fw / pv;
  float keep = clamp01(1.5f - 1.5f * (fu > fv ? fu : fv));
  x /= pu; y /= pv;
  fu += 0.02f; fv += 0.02f;
  *wb = *wc = *jitter = 0;
  float ix = floorf(x), iy = floorf(y);
  switch (kind) {
    case NOISE: {
      float f = fractal(p, pu, fw, 5, seed);
      *wb = clamp01((f - 0.5f) * 3.f + 0.5f);
      return;
    }
    case STRIPES: {
      float d = x - ix - 0.5f;
      *wb = mixf(0.5f, edge(d, 0.15f + 0.2f * hash(0, 0, 1, seed), fu), keep);
      return;
    }
    case BRICKS:
      x += 0.5f * fmodf(fabsf(iy), 2.f);
      ix = floorf(x);  // fall through
    case TILES: {
      float g = 0.01f + 0.05f * hash(1, 2, 3, seed);
      float joint = 1 - edge(x - ix - 0.5f, 0.5f - g, fu) * edge(y - iy - 0.5f, 0.5f - g * pu / pv, fv);
      *wc = joint * keep;
      float odd = hash((int)ix, (int)iy, 0, seed);
      int board = hash(3, 3, 3, seed) < 0.3f;
      *wb = board && kind == TILES ? mixf(0.5f, fmodf(fabsf(ix + iy), 2.f), keep)
                                   : keep * odd * hash(5, 5, 5, seed);
      *jitter = 0.3f * keep * (hash((int)ix, (int)iy, 9, seed) - 0.5f);
      return;
    }
    case PLANKS: {
      float shift = hash((int)iy, 7, 7, seed);
      float jx = floorf(x + shift);
      float gap = 1 - edge(y - iy - 0.5f, 0.49f, fv) * edge(x + shift - jx - 0.5f, 0.497f, fu);
      vec q = v3(u * c + v * s, (v * c - u * s) * 9.f, hash((int)jx, (int)iy, 3, seed) * 40.f);
      *wb = fractal(q, 0.5f * pu, fw * 4, 4, seed);
      *wc = gap * keep;
      *jitter = 0.5f * keep * (hash((int)jx, (int)iy, 5, seed) - 0.5f);
      return;
    }
    case PRINT:  // discs and rectangles of three colors, as on posters, boxes and screens
      for (int k = 0; k < 7; ++k) {
        float ox = hash(k, 1, 0, seed) - 0.5f, oy = hash(k, 2, 0, seed) - 0.5f;
        float rx = 0.05f + 0.3f * hash(k, 3, 0, seed), ry = 0.05f + 0.3f * hash(k, 4, 0, seed);
        float dx = x - ix - 0.5f - ox, dy = y - iy - 0.5f - oy;
        float in = k & 1 ? edge(sqrtf(dx * dx + dy * dy), rx, fu) : edge(dx, rx, fu) * edge(dy, ry, fv);
        float tone = hash(k, 5, 0, seed);
        *wb = mixf(*wb, tone < 0.4f, in); *wc = mixf(*wc, tone > 0.7f, in);
        *jitter = mixf(*jitter, hash(k, 6, 0, seed) - 0.5f, in);
      }
      return;
    case TEXT: {
      float line = edge(y - iy - 0.5f, 0.25f, fv);
      float word = hash((int)floorf(x * 6.f + 13.f * hash((int)iy, 0, 1, seed)), (int)iy, 2, seed) < 0.7f;
      float letter = hash((int)floorf(x * 40.f), (int)iy, 3, seed) < 0.6f;
      *wb = line * word * mixf(0.6f, letter, clamp01(1 - 40.f * fu)) * keep;
      return;
    }
    case DOTS: {
      float dx = x - ix - 0.5f, dy = y - iy - 0.5f;
      *wb = mixf(0.3f, edge(sqrtf(dx * dx + dy * dy), 0.15f + 0.25f * hash(0, 0, 0, seed), fu), keep);
      return;
    }
    case PLAID: {
      float a = edge(x - ix - 0.5f, 0.22f, fu), b = edge(y - iy - 0.5f, 0.22f, fv);
      float d = edge(x - ix - 0.2f, 0.04f, fu) + edge(y - iy - 0.8f, 0.04f, fv);
      *wb = mixf(0.5f, 0.5f * (a + b), keep); *wc = keep * clamp01(d);
      return;
    }
    case GRAVEL: {
      float f = fractal(p, pu, fw, 3, seed), g = fractal(p, 0.15f * pu, fw, 2, seed + 50);
      *wb = clamp01(2.f * (f - 0.5f) + 4.f * (g - 0.5f) + 0.5f);
      return;
    }
    case MARBLE: {
      float f = fractal(p, pu, fw, 4, seed);
      *wb = 0.5f + 0.5f * sinf(6.f * x + 14.f * f);
      return;
    }
    case BOOKS: {
      float row = hash((int)iy, 4, 4, seed);
      float b = floorf(7.f * x + 3.f * row), w = 0.35f + 0.15f * hash((int)b, (int)iy, 1, seed);
      float high = 0.55f + 0.35f * hash((int)b, (int)iy, 2, seed);
      float in = edge(7.f * x + 3.f * row - b - 0.5f, w, 7.f * fu) * (y - iy < high);
      float tone = hash((int)b, (int)iy, 3, seed);
      *wc = (1 - in) * keep;
      *wb = keep * in * (tone < 0.5f) * (0.5f + tone);
      *jitter = keep * in * 1.2f * (hash((int)b, (int)iy, 6, seed) - 0.5f);
      return;
    }
    case FACADE: {
      float w = 0.2f + 0.2f * hash(2, 0, 0, seed), h = 0.2f + 0.2f * hash(3, 0, 0, seed);
      float in = edge(x - ix - 0.5f, w, fu) * edge(y - iy - 0.5f, h, fv);
      float frame = edge(x - ix - 0.5f, w + 0.05f, fu) * edge(y - iy - 0.5f, h + 0.05f, fv) - in;
      *wb = in * keep; *wc = clamp01(frame) * keep;
      *jitter = in * keep * 0.8f * (hash((int)ix, (int)iy, 1, seed) - 0.5f);
      return;
    }
    case CELLS: {
      float best = 9, tone = 0;
      for (int j = -1; j < 2; ++j)
        for (int i = -1; i < 2; ++i) {
          int cx = (int)ix + i, cy = (int)iy + j;
          float dx = cx + hash(cx, cy, 1, seed) - x, dy = cy + hash(cx, cy, 2, seed) - y;
          float d = dx * dx + dy * dy;
          if (d < best) { best = d; tone = hash(cx, cy, 3, seed); }
        }
      *wb = mixf(0.5f, tone, keep); *wc = keep * clamp01(best - 0.3f);
      *jitter = 0.5f * keep * (tone - 0.5f);
      return;
    }
    default:
      return;
  }
}

static void surface_uv(const solid *s, const hit *h, vec *p, float *u, float *v) {
  vec ax = s->a[0], ay = s->a[1], az = s->a[2];
  float hx = sqrtf(dot(ax, ax)), hy = sqrtf(dot(ay, ay)), hz = sqrtf(dot(az, az));
  *p = v3(h->local.x * hx, h->local.y * hy, h->local.z * hz);
  if (s->kind == BOX) {
    *u = h->face == 0 ? p->y : p->x;
    *v = h->face == 2 ? p->y : p->z;
  } else if (s->kind == FRUSTUM && h->face == 2) {
    *u = p->x; *v = p->y;
  } else {
    *u = atan2f(h->local.y, h->local.x) * 0.5f * (hx + hy); *v = p->z;
  }
}

static void albedo(const scene *sc, const hit *h, float fw, float out[3]) {
  const solid *s = sc->s + h->id;
  const float *m = sc->mat + MATERIAL * s->material;
  vec p; float u, v, wb, wc, jitter;
  surface_uv(s, h, &p, &u, &v);
  pattern(m, p, u, v, fw, &wb, &wc, &jitter);
  float gain = 1 + jitter;
  if (m[MOTTLE] > 0) gain += m[MOTTLE] * 2 * (fractal(p, m[MOTTLE_SCALE], fw, 4, (uint32_t)m[SEED] + 77) - 0.5f);
  wb *= m[CONTRAST];
  for (int k = 0; k < 3; ++k) {
    float a = mixf(mixf(m[COLOR_A + k], m[COLOR_B + k], wb), m[COLOR_C + k], wc * m[CONTRAST]);
    out[k] = clamp01(a * gain);
  }
}

// True where a perforated material (leaves, nets, fences) lets the ray pass.
static int is_hole(const scene *sc, const hit *h) {
  const solid *s = sc->s + h->id;
  const float *m = sc->mat + MATERIAL * s->material;
  vec p; float u, v;
  surface_uv(s, h, &p, &u, &v);
  float k = m[CUT_SCALE];
  if (s->cut == 1) return value_noise(mul(p, 1.f / k), (uint32_t)m[SEED] + 5) < m[CUT_SHARE];
  float x = u / k - floorf(u / k), y = v / k - floorf(v / k), w = 1 - m[CUT_SHARE];
  if (s->cut == 2) return x > w && y > w;        // net
  return x > w;                                  // bars
}

static int meet(const solid *s, vec o, vec d, float tmax, hit *h) {  // o, d in local space
  float t; int face = 0;
  if (s->kind == BOX) {
    float ix = 1.f / d.x, iy = 1.f / d.y, iz = 1.f / d.z;
    float ax = fabsf(ix), ay = fabsf(iy), az = fabsf(iz);
    float nx = -o.x * ix, ny = -o.y * iy, nz = -o.z * iz;
    float near = nx - ax, far = nx + ax;
    if (ny - ay > near) { near = ny - ay; face = 1; }
    if (nz - az > near) { near = nz - az; face = 2; }
    if (ny + ay < far) far = ny + ay;
    if (nz + az < far) far = nz + az;
    if (!(near < far) || near < 1e-4f || near >= tmax) return 0;
    t = near;
  } else if (s->kind == BALL) {
    float a = dot(d, d), b = dot(o, d), c = dot(o, o) - 1, q = b * b - a * c;
    if (q < 0) return 0;
    t = (-b - sqrtf(q)) / a;
    if (t < 1e-4f || t >= tmax) return 0;
  } else {
    float k = 0.5f * s->taper, r0 = 1 - k;             // radius at local z is r0 - k z
    float a = d.x * d.x + d.y * d.y - k * k * d.z * d.z;
    float b = o.x * d.x + o.y * d.y + k * d.z * (r0 - k * o.z);
    float e = r0 - k * o.z, c = o.x * o.x + o.y * o.y - e * e, q = b * b - a * c;
    t = FAR;
    if (q >= 0 && fabsf(a) > 1e-12f) {
      float root = (-b - sqrtf(q)) / a, z = o.z + root * d.z;
      if (root > 1e-4f && z > -1 && z < 1 && r0 - k * z > 0) t = root;
    }
    if (fabsf(d.z) > 1e-9f) {
      float zc = d.z > 0 ? -1.f : 1.f, root = (zc - o.z) / d.z;
      float x = o.x + root * d.x, y = o.y + root * d.y, r = r0 - k * zc;
      if (root > 1e-4f && root < t && x * x + y * y < r * r) { t = root; face = 2; }
    }
    if (t >= tmax) return 0;
  }
  h->t = t; h->face = face; h->local = add(o, mul(d, t));
  return 1;
}

static inline vec to_local(const solid *s, vec p) {
  return v3(dot(s->m[0], p), dot(s->m[1], p), dot(s->m[2], p));
}

static inline float enter(const node *b, vec o, vec inv, float tmax) {  // FAR where it misses
  float x0 = (b->lo.x - o.x) * inv.x, x1 = (b->hi.x - o.x) * inv.x;
  float y0 = (b->lo.y - o.y) * inv.y, y1 = (b->hi.y - o.y) * inv.y;
  float z0 = (b->lo.z - o.z) * inv.z, z1 = (b->hi.z - o.z) * inv.z;
  float in = maxf(maxf(minf(x0, x1), minf(y0, y1)), maxf(minf(z0, z1), 0));
  float out = minf(minf(maxf(x0, x1), maxf(y0, y1)), minf(maxf(z0, z1), tmax));
  return in <= out ? in : FAR;
}

// The nearest solid along a secondary ray (|d| = 1), or with `any` just one that is in the way.
static int trace(const scene *sc, vec o, vec d, float tmax, int any, hit *best) {
  int found = 0, stack[64], top = 0;
  vec inv = v3(1.f / (fabsf(d.x) < 1e-9f ? 1e-9f : d.x), 1.f / (fabsf(d.y) < 1e-9f ? 1e-9f : d.y),
               1.f / (fabsf(d.z) < 1e-9f ? 1e-9f : d.z));
  best->t = tmax;
  stack[top++] = 0;
  while (top) {
    const node *b = sc->tree + stack[--top];
    if (enter(b, o, inv, best->t) >= best->t) continue;
    if (b->count == 0) {
      int near = b->first, far = b->first + 1;
      if (enter(sc->tree + near, o, inv, best->t) > enter(sc->tree + far, o, inv, best->t)) {
        near = far; far = b->first;
      }
      stack[top++] = far; stack[top++] = near;
      continue;
    }
    for (int k = b->first; k < b->first + b->count; ++k) {
      int i = sc->order[k];
      const solid *s = sc->s + i;
      hit h;
      if (!meet(s, to_local(s, sub(o, s->c)), to_local(s, d), best->t, &h)) continue;
      h.id = i;
      if (s->cut && is_hole(sc, &h)) continue;
      *best = h; found = 1;
      if (any) return 1;
    }
  }
  return found;
}

static vec normal_of(const scene *sc, const hit *h, vec d) {
  const solid *s = sc->s + h->id;
  vec l = h->local, n;
  if (s->kind == BOX) n = s->m[h->face];
  else if (s->kind == FRUSTUM && h->face == 2) n = s->m[2];
  else if (s->kind == FRUSTUM) {
    float k = 0.5f * s->taper, e = 1 - k - k * l.z;
    n = add(add(mul(s->m[0], l.x), mul(s->m[1], l.y)), mul(s->m[2], k * e));
  } else n = add(add(mul(s->m[0], l.x), mul(s->m[1], l.y)), mul(s->m[2], l.z));
  n = unit(n);
  if (dot(n, d) > 0) n = mul(n, -1);
  const float *m = sc->mat + MATERIAL * s->material;
  if (m[BUMP] > 0) {
    vec p; float u, v;
    surface_uv(s, h, &p, &u, &v);
    p = mul(p, 1.f / m[BUMP_SCALE]);
    uint32_t seed = (uint32_t)m[SEED];
    vec q = v3(value_noise(p, seed + 11) - 0.5f, value_noise(p, seed + 12) - 0.5f,
               value_noise(p, seed + 13) - 0.5f);
    n = unit(add(n, mul(q, m[BUMP])));
  }
  return n;
}

static void sky(const float *e, vec d, float out[3]) {
  float k = clamp01(d.z * 1.6f), w = 0;
  if (e[CLOUDS] > 0 && d.z > 0.02f) {
    vec p = v3(d.x / (d.z + 0.1f), d.y / (d.z + 0.1f), 0);
    w = e[CLOUDS] * clamp01(fractal(p, 0.8f, 0.01f, 5, (uint32_t)e[SKY_SEED]) * 4.f - 1.8f) * clamp01(d.z * 8.f);
  }
  float white = 0.4f * (e[SKY_TOP] + e[SKY_LOW + 1] + e[SKY_LOW + 2]);
  for (int c = 0; c < 3; ++c) out[c] = mixf(mixf(e[SKY_LOW + c], e[SKY_TOP + c], sqrtf(k)), white, w);
}

// A direction around n with cosine density; u, v in [0, 1).
static vec around(vec n, float u, float v) {
  float phi = 6.2831853f * u, z = 1 - 2 * v, r = sqrtf(1 - z * z);
  return unit(add(n, mul(v3(r * cosf(phi), r * sinf(phi), z), 0.999f)));
}

typedef struct { float irradiance[3], shine[3]; } shade;

static void lit(const scene *sc, vec p, vec n, vec d, const float *m, float u, float v, int rays,
                shade *out) {
  const float *e = sc->env;
  vec from = add(p, mul(n, 2e-3f));
  float open = 1;
  hit h;
  if (rays) {
    vec a = around(n, u, v);
    if (trace(sc, from, a, e[AO_RANGE], 0, &h)) open = 0.25f + 0.5f * h.t / e[AO_RANGE];
  }
  for (int c = 0; c < 3; ++c) {
    out->irradiance[c] = open * mixf(e[AMBIENT_DOWN + c], e[AMBIENT_UP + c], 0.5f + 0.5f * n.z);
    out->shine[c] = 0;
  }
  for (int i = 0; i < sc->lights; ++i) {
    const float *l = sc->light + LIGHT * i;
    vec to; float reach = FAR, power = 1;
    float a = 6.2831853f * u, z = 2 * v - 1, r = l[8] * sqrtf(1 - z * z);
    vec wobble = v3(r * cosf(a), r * sinf(a), l[8] * z);
    if (l[0] == 0) to = unit(add(v3(l[1], l[2], l[3]), wobble));
    else {
      vec q = sub(add(v3(l[1], l[2], l[3]), wobble), p);
      reach = sqrtf(dot(q, q)) + 1e-6f;
      to = mul(q, 1.f / reach);
      power = 1.f / (0.3f + reach * reach);
    }
    float cosine = dot(n, to);
    if (cosine <= 0) continue;
    if (l[7] > 0 && rays && trace(sc, from, to, reach - 0.05f, 1, &h)) continue;
    vec half = unit(sub(to, d));
    float gloss = m[SPECULAR] > 0 ? m[SPECULAR] * powf(clamp01(dot(n, half)), m[GLOSS]) : 0;
    for (int c = 0; c < 3; ++c) {
      out->irradiance[c] += power * cosine * l[4 + c];
      out->shine[c] += power * cosine * gloss * l[4 + c];
    }
  }
}

// Color seen along a secondary ray, without further rays.
static void glance(const scene *sc, vec o, vec d, float out[3]) {
  hit h; shade sh; float a[3];
  if (!trace(sc, o, d, FAR, 0, &h)) { sky(sc->env, d, out); return; }
  const float *m = sc->mat + MATERIAL * sc->s[h.id].material;
  vec p = add(o, mul(d, h.t));
  albedo(sc, &h, 0.01f + 0.005f * h.t, a);
  lit(sc, p, normal_of(sc, &h, d), d, m, 0.5f, 0.5f, 0, &sh);
  for (int c = 0; c < 3; ++c) out[c] = a[c] * (sh.irradiance[c] + m[EMISSION]);
}

typedef struct {
  int w, h, tiles_x, tiles_y, *start, *list;
  float fx, fy, cx, cy;
  vec eye, right, down, forward;
  vec *local;  // eye in the space of every solid
} camera;

static int primary(const scene *sc, const camera *cam, int tile, vec d, hit *best) {
  int found = 0;
  best->t = FAR;
  for (int k = cam->start[tile]; k < cam->start[tile + 1]; ++k) {
    int i = cam->list[k];
    const solid *s = sc->s + i;
    if (s->zmin > best->t) break;
    hit h;
    if (!meet(s, cam->local[i], to_local(s, d), best->t, &h)) continue;
    h.id = i;
    if (s->cut && is_hole(sc, &h)) continue;
    *best = h; found = 1;
  }
  return found;
}

static void place_solids(const float *in, int n, solid *s) {
  for (int i = 0; i < n; ++i, in += SOLID) {
    solid *q = s + i;
    q->kind = (int)in[0];
    q->c = v3(in[1], in[2], in[3]);
    for (int k = 0; k < 3; ++k) {
      q->a[k] = v3(in[4 + 3 * k], in[5 + 3 * k], in[6 + 3 * k]);
      float l2 = dot(q->a[k], q->a[k]);
      q->m[k] = mul(q->a[k], 1.f / l2);
    }
      q->taper = in[13]; q->instance = (int)in[14]; q->material = (int)in[15];
  }
}

static void bound(const camera *cam, solid *s) {  // the tiles a solid can be seen in
  float x0 = FAR, x1 = -FAR, y0 = FAR, y1 = -FAR, near = FAR;
  int behind = 0;
  for (int k = 0; k < 8; ++k) {
    vec p = sub(s->c, cam->eye);
    p = add(p, mul(s->a[0], k & 1 ? 1.f : -1.f));
    p = add(p, mul(s->a[1], k & 2 ? 1.f : -1.f));
    p = add(p, mul(s->a[2], k & 4 ? 1.f : -1.f));
    float z = dot(p, cam->forward);
    if (z < near) near = z;
    if (z < 0.02f) { ++behind; continue; }
    float x = cam->cx + cam->fx * dot(p, cam->right) / z, y = cam->cy + cam->fy * dot(p, cam->down) / z;
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  s->zmin = near > 0 ? near : 0;
  s->x0 = s->y0 = 0; s->x1 = cam->tiles_x - 1; s->y1 = cam->tiles_y - 1;
  if (behind == 8) { s->x1 = -1; return; }
  if (behind) return;
  if (x1 < 0 || y1 < 0 || x0 > cam->w || y0 > cam->h) { s->x1 = -1; return; }
  int a = (int)floorf(maxf(x0 - 1, 0) / TILE), b = (int)floorf(minf(x1 + 1, cam->w) / TILE);
  int c = (int)floorf(maxf(y0 - 1, 0) / TILE), e = (int)floorf(minf(y1 + 1, cam->h) / TILE);
  s->x0 = a; s->y0 = c;
  if (b < s->x1) s->x1 = b;
  if (e < s->y1) s->y1 = e;
}

static int nearer(const void *a, const void *b) {
  float p = ((const float *)a)[0], q = ((const float *)b)[0];
  return p < q ? -1 : p > q;
}

static void bin_solids(camera *cam, solid *s, int n) {
  int tiles = cam->tiles_x * cam->tiles_y;
  float *order = malloc(sizeof(float) * 2 * (n + 1));
  cam->start = calloc(tiles + 2, sizeof(int));
  for (int i = 0; i < n; ++i) {
    bound(cam, s + i);
    order[2 * i] = s[i].zmin; order[2 * i + 1] = (float)i;
    for (int y = s[i].y0; y <= s[i].y1; ++y)
      for (int x = s[i].x0; x <= s[i].x1; ++x) ++cam->start[y * cam->tiles_x + x + 2];
  }
  for (int k = 0; k < tiles; ++k) cam->start[k + 2] += cam->start[k + 1];
  cam->list = malloc(sizeof(int) * (cam->start[tiles + 1] + 1));
  qsort(order, n, 2 * sizeof(float), nearer);
  for (int k = 0; k < n; ++k) {
    int i = (int)order[2 * k + 1];
    for (int y = s[i].y0; y <= s[i].y1; ++y)
      for (int x = s[i].x0; x <= s[i].x1; ++x)
        cam->list[cam->start[y * cam->tiles_x + x + 1]++] = i;
  }
  free(order);
}

static vec half_extent(const solid *s) {
  vec r = v3(0, 0, 0);
  for (int k = 0; k < 3; ++k)
    r = add(r, v3(fabsf(s->a[k].x), fabsf(s->a[k].y), fabsf(s->a[k].z)));
  return r;
}

static inline float component(vec a, int axis) { return axis == 0 ? a.x : axis == 1 ? a.y : a.z; }

// Bounding volume hierarchy over order[first .. first + count), split at the middle solid.
static void grow(node *tree, int *used, int at, const solid *s, int *order, int first, int count) {
  node *b = tree + at;
  vec low = v3(FAR, FAR, FAR), high = v3(-FAR, -FAR, -FAR);
  b->lo = low; b->hi = high;
  for (int k = first; k < first + count; ++k) {
    const solid *q = s + order[k];
    vec r = half_extent(q), l = sub(q->c, r), u = add(q->c, r);
    b->lo = v3(minf(b->lo.x, l.x), minf(b->lo.y, l.y), minf(b->lo.z, l.z));
    b->hi = v3(maxf(b->hi.x, u.x), maxf(b->hi.y, u.y), maxf(b->hi.z, u.z));
    low = v3(minf(low.x, q->c.x), minf(low.y, q->c.y), minf(low.z, q->c.z));
    high = v3(maxf(high.x, q->c.x), maxf(high.y, q->c.y), maxf(high.z, q->c.z));
  }
  b->first = first; b->count = count;
  if (count <= 2) return;
  vec span = sub(high, low);
  int axis = span.x > span.y ? (span.x > span.z ? 0 : 2) : (span.y > span.z ? 1 : 2);
  for (int k = first + 1; k < first + count; ++k) {   // few solids: insertion sort will do
    int v = order[k], j = k;
    float key = component(s[v].c, axis);
    for (; j > first && component(s[order[j - 1]].c, axis) > key; --j) order[j] = order[j - 1];
    order[j] = v;
  }
  int left = *used;
  *used += 2;
  b->first = left; b->count = 0;
  grow(tree, used, left, s, order, first, count / 2);
  grow(tree, used, left + 1, s, order, first + count / 2, count - count / 2);
}

typedef struct { float albedo[3], emit[3]; vec n; shade sh; float fog; } texel;

// Everything about one camera ray except the smoothing of its irradiance.
static int sample(const scene *sc, const camera *cam, float px, float py, float u, float v, hit *h,
                  texel *t) {
  vec d = add(cam->forward, add(mul(cam->right, (px - cam->cx) / cam->fx),
                                mul(cam->down, (py - cam->cy) / cam->fy)));
  int x = (int)px / TILE, y = (int)py / TILE;
  int found = primary(sc, cam, y * cam->tiles_x + x, d, h);
  memset(t, 0, sizeof(*t));
  vec ray = unit(d);
  if (!found) {
    h->id = -1;
    sky(sc->env, ray, t->emit);
    return 0;
  }
  const float *m = sc->mat + MATERIAL * sc->s[h->id].material;
  vec p = add(cam->eye, mul(d, h->t)), n = normal_of(sc, h, d);
  float slant = fabsf(dot(n, ray)) + 0.15f;
  albedo(sc, h, h->t / cam->fx / sqrtf(slant), t->albedo);
  t->n = n;
  lit(sc, p, n, ray, m, u, v, 1, &t->sh);
  for (int c = 0; c < 3; ++c) t->emit[c] = t->albedo[c] * m[EMISSION] + t->sh.shine[c];
  if (m[MIRROR] > 0) {   // a share of what polished stone or lacquer reflects (Schlick, 1994)
    float seen[3], grazing = 1 - clamp01(-dot(n, ray)), squared = grazing * grazing;
    float k = m[MIRROR] * (0.04f + 0.96f * squared * squared * grazing);
    glance(sc, add(p, mul(n, 2e-3f)), sub(ray, mul(n, 2 * dot(n, ray))), seen);
    for (int c = 0; c < 3; ++c) { t->emit[c] = t->emit[c] * (1 - k) + k * seen[c]; t->albedo[c] *= 1 - k; }
  }
  t->fog = 1 - expf(-sc->env[FOG] * h->t);
  return 1;
}

static void finish(const scene *sc, const texel *t, const float light[3], float out[3]) {
  for (int c = 0; c < 3; ++c) {
    float x = t->albedo[c] * light[c] + t->emit[c];
    out[c] = mixf(x, sc->env[FOG_COLOR + c], t->fog);
  }
}

// Mean irradiance of the like-minded pixels in the 4 x 4 block around (x, y).
static void smooth(const texel *t, const int *ids, int w, int h, int x, int y, float out[3]) {
  const texel *me = t + y * w + x;
  float total = 0;
  out[0] = out[1] = out[2] = 0;
  for (int j = y - 2; j < y + 2; ++j)
    for (int i = x - 2; i < x + 2; ++i) {
      if (i < 0 || j < 0 || i >= w || j >= h) continue;
      const texel *q = t + j * w + i;
      if (ids[j * w + i] != ids[y * w + x] || dot(q->n, me->n) < 0.9f) continue;
      for (int c = 0; c < 3; ++c) out[c] += q->sh.irradiance[c];
      total += 1;
    }
  for (int c = 0; c < 3; ++c) out[c] = total > 0 ? out[c] / total : me->sh.irradiance[c];
}

// view: eye 3, right 3, down 3, forward 3, fx, fy, cx, cy. rgb is linear light, depth 0 in the sky,
// ids the instance of the solid (-1 in the sky). Pixels at outlines get `extra` samples more.
int render(const float *solids, int n, const float *materials, const float *lights, int n_lights,
           const float *environment, const float *view, int w, int h, int extra, float *rgb,
           float *depth, int32_t *ids) {
  static const unsigned char dither[16] = {0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5};
  solid *s = malloc(sizeof(solid) * (n + 1));
  texel *t = malloc(sizeof(texel) * w * h);
  int *index = malloc(sizeof(int) * w * h);
  camera cam = {.w = w, .h = h, .tiles_x = (w + TILE - 1) / TILE, .tiles_y = (h + TILE - 1) / TILE,
                .fx = view[12], .fy = view[13], .cx = view[14], .cy = view[15],
                .eye = {view[0], view[1], view[2]}, .right = {view[3], view[4], view[5]},
                .down = {view[6], view[7], view[8]}, .forward = {view[9], view[10], view[11]}};
  cam.local = malloc(sizeof(vec) * (n + 1));
  node *tree = malloc(sizeof(node) * (2 * n + 2));
  int *order = malloc(sizeof(int) * (n + 1)), used = 1;
  if (!s || !t || !index || !cam.local || !tree || !order) return -1;
  scene sc = {n, n_lights, s, tree, order, materials, lights, environment};
  place_solids(solids, n, s);
  for (int i = 0; i < n; ++i) order[i] = i;
  grow(tree, &used, 0, s, order, 0, n);
  for (int i = 0; i < n; ++i) {
    s[i].cut = (int)materials[MATERIAL * s[i].material + CUT];
    cam.local[i] = to_local(s + i, sub(cam.eye, s[i].c));
  }
  bin_solids(&cam, s, n);
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      hit k;
      int p = y * w + x, o = dither[(y & 3) * 4 + (x & 3)];
      float u = (o % 4 + 0.5f) / 4, v = (o / 4 + 0.5f) / 4;
      int found = sample(&sc, &cam, x + 0.5f, y + 0.5f, u, v, &k, t + p);
      index[p] = k.id;
      depth[p] = found ? k.t : 0;
      ids[p] = found ? s[k.id].instance : -1;
    }
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      int p = y * w + x;
      float light[3], *out = rgb + 3 * p;
      smooth(t, index, w, h, x, y, light);
      finish(&sc, t + p, light, out);
      int rim = (x && index[p - 1] != index[p]) || (y && index[p - w] != index[p])
                || (x + 1 < w && index[p + 1] != index[p]) || (y + 1 < h && index[p + w] != index[p]);
      if (!rim || !extra) continue;
      for (int e = 0; e < extra; ++e) {
        hit k; texel q; float c[3];
        float a = hash(x, y, e, 1), b = hash(x, y, e, 2);
        sample(&sc, &cam, x + (e + a) / extra, y + hash(x, y, e, 3), a, b, &k, &q);
        finish(&sc, &q, k.id == index[p] ? light : q.sh.irradiance, c);
        for (int i = 0; i < 3; ++i) out[i] += c[i];
      }
      for (int i = 0; i < 3; ++i) out[i] /= extra + 1;
    }
  free(s); free(t); free(index); free(cam.local); free(cam.start); free(cam.list);
  free(tree); free(order);
  return 0;
}
