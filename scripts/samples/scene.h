// What the sample pictures are made of: a vector type, noise, and one function a scene.
//
// A scene is a function from a point of the picture to a colour in linear light: x runs from -aspect to
// aspect, y from -1 (bottom) to 1 (top). main.c calls it several times a pixel, each time with another seed,
// and averages.
#ifndef SAMPLES_SCENE_H
#define SAMPLES_SCENE_H

#include <math.h>
#include <stdint.h>

// Three coordinates or colours, and a fourth lane: alpha where a scene has it, else unused.
typedef float vec __attribute__((vector_size(16)));

typedef vec scene_fn(float x, float y, uint32_t *seed);

scene_fn scene_lake, scene_tarn, scene_dunes, scene_spheres, scene_nebula, scene_moon, scene_marble,
    scene_julia, scene_mandelbrot, scene_wheel, scene_heights;

static inline vec v3(float x, float y, float z)
{
    return (vec){x, y, z, 0};
}

static inline vec grey(float v)
{
    return (vec){v, v, v, 0};
}

static inline float dot(vec a, vec b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline vec cross(vec a, vec b)
{
    return v3(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]);
}

static inline vec normalize(vec a)
{
    return a / sqrtf(dot(a, a));
}

static inline vec reflect(vec d, vec n)
{
    return d - n * (2 * dot(d, n));
}

static inline float clamp(float v, float low, float high)
{
    return v < low ? low : v > high ? high : v;
}

static inline float smoothstep(float from, float to, float v)
{
    float t = clamp((v - from) / (to - from), 0, 1);
    return t * t * (3 - 2 * t);
}

static inline float lerp(float a, float b, float t)
{
    return a + (b - a) * t;
}

static inline vec mix(vec a, vec b, float t)
{
    return a + (b - a) * t;
}

static inline vec ray_through(float x, float y, vec forward, float zoom)
{
    vec right = normalize(cross(forward, v3(0, 1, 0)));
    vec up = cross(right, forward);
    return normalize(right * x + up * y + forward * zoom);
}

// A well-mixed hash of 32 bits (the finaliser of MurmurHash3), and a number from it in 0..1.
static inline uint32_t hash(uint32_t v)
{
    v = (v ^ (v >> 16)) * 0x85ebca6bu;
    v = (v ^ (v >> 13)) * 0xc2b2ae35u;
    return v ^ (v >> 16);
}

static inline float unit(uint32_t v)
{
    return (float)(v >> 8) * 0x1p-24f;
}

static inline float random_unit(uint32_t *seed)
{
    return unit(hash(*seed += 0x9e3779b9u));
}

static inline float lattice(int x, int y, int z)
{
    return unit(hash((uint32_t)x * 0x8da6b343u ^ (uint32_t)y * 0xd8163841u ^ (uint32_t)z * 0xcb1ab31fu));
}

// Value noise in space, 0..1: random values on the integer lattice, joined by quintic curves.
static inline float noise(vec p)
{
    float fx = floorf(p[0]), fy = floorf(p[1]), fz = floorf(p[2]);
    int ix = (int)fx, iy = (int)fy, iz = (int)fz;
    float x = p[0] - fx, y = p[1] - fy, z = p[2] - fz;
    x = x * x * x * (x * (x * 6 - 15) + 10);
    y = y * y * y * (y * (y * 6 - 15) + 10);
    z = z * z * z * (z * (z * 6 - 15) + 10);
    float near = lerp(lerp(lattice(ix, iy, iz), lattice(ix + 1, iy, iz), x),
                      lerp(lattice(ix, iy + 1, iz), lattice(ix + 1, iy + 1, iz), x), y);
    float far = lerp(lerp(lattice(ix, iy, iz + 1), lattice(ix + 1, iy, iz + 1), x),
                     lerp(lattice(ix, iy + 1, iz + 1), lattice(ix + 1, iy + 1, iz + 1), x), y);
    return lerp(near, far, z);
}

// Octaves of noise, each twice as fine and half as strong, 0..1; the turn between them hides the lattice.
static inline float fractal(vec p, int octaves)
{
    float sum = 0, weight = 0.5f;
    for (int i = 0; i < octaves; i++, weight *= 0.5f) {
        sum += weight * noise(p);
        p = v3(1.6f * p[0] + 1.2f * p[2] + 7.1f, 2.02f * p[1] + 3.7f, -1.2f * p[0] + 1.6f * p[2] + 1.9f);
    }
    return sum;
}

#endif
