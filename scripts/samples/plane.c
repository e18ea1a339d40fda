// Flat pictures: two fractals, marbled paper, and the mill wheel that is pixmill's mark.
#include "scene.h"

static const float pi = 3.14159265f;

// A smooth loop of colours through a, offset and swung by each channel's own phase.
static vec loop(float t, vec phase)
{
    return v3(0.5f + 0.5f * cosf(2 * pi * (t + phase[0])), 0.5f + 0.5f * cosf(2 * pi * (t + phase[1])),
              0.5f + 0.5f * cosf(2 * pi * (t + phase[2])));
}

// Steps of z² + c until z escapes, made continuous by how far it got; -1 if it never does.
static float escape(double zx, double zy, double cx, double cy, int limit)
{
    for (int i = 0; i < limit; i++) {
        double x2 = zx * zx, y2 = zy * zy;
        if (x2 + y2 > 1e4)
            return (float)i + 1 - log2f(0.5f * logf((float)(x2 + y2)));
        zy = 2 * zx * zy + cy;
        zx = x2 - y2 + cx;
    }
    return -1;
}

vec scene_julia(float x, float y, uint32_t *seed)
{
    (void)seed;
    float n = escape(0.95 * x, 0.95 * y, -0.79, 0.15, 600);
    vec c = n < 0 ? v3(0.02f, 0.02f, 0.05f) : loop(0.30f + 0.11f * sqrtf(fmaxf(n, 0)), v3(0, 0.10f, 0.22f));
    c = c * c;
    c[3] = 1;
    return c;
}

vec scene_mandelbrot(float x, float y, uint32_t *seed)
{
    (void)seed;
    float n = escape(0, 0, -0.7478 + 0.0062 * x, 0.11300 + 0.0062 * y, 1500);
    vec c = n < 0 ? grey(0.005f) : loop(0.55f + 0.055f * sqrtf(fmaxf(n, 0)) * 2, v3(0, 0.13f, 0.30f));
    c = c * c;
    c[3] = 1;
    return c;
}

// Marbled paper: bands of ink, drawn with a comb and a stylus, then disturbed a little.
vec scene_marble(float x, float y, uint32_t *seed)
{
    (void)seed;
    for (int i = 0; i < 5; i++) {
        float nx = fractal(v3(x * 0.9f, y * 0.9f, (float)i * 7.3f), 3) - 0.45f,
              ny = fractal(v3(x * 0.9f, y * 0.9f, (float)i * 7.3f + 40), 3) - 0.45f;
        x += 0.55f * nx;
        y += 0.55f * ny;
    }
    y += 0.16f * fabsf(sinf(5.5f * x));
    float band = 3.6f * y + 0.5f * fractal(v3(x * 2, y * 2, 3), 4), t = band - floorf(band);
    static const vec inks[] = {{0.02f, 0.05f, 0.16f, 1},
                               {0.05f, 0.24f, 0.36f, 1},
                               {0.62f, 0.05f, 0.06f, 1},
                               {0.86f, 0.76f, 0.55f, 1},
                               {0.83f, 0.40f, 0.06f, 1}};
    int ink = (int)(hash((uint32_t)(int)floorf(band) + 77u) % 5),
        next = (int)(hash((uint32_t)(int)floorf(band) + 78u) % 5);
    vec c = mix(inks[ink], inks[next], smoothstep(0.93f, 0.97f, t));
    float vein = smoothstep(0.06f, 0.02f, fabsf(t - 0.5f - 0.2f * sinf(3 * x)));
    c = mix(c, v3(0.90f, 0.82f, 0.66f), 0.8f * vein);
    c *= 0.92f + 0.16f * fractal(v3(x * 30, y * 30, 1), 3);
    c[3] = 1;
    return c;
}

// A mill wheel that leaves squares of colour, on nothing: only its shadow is half transparent.
vec scene_wheel(float x, float y, uint32_t *seed)
{
    (void)seed;
    x *= 1.12f;
    y *= 1.12f;
    float r = sqrtf(x * x + y * y), angle = atan2f(y, x) + 0.13f;
    const int paddles = 12;
    float turn = angle / (2 * pi) * (float)paddles, slot = floorf(turn),
          across = (turn - slot - 0.5f) * 2 * pi * r / (float)paddles;
    int on = r < 0.13f || (r > 0.60f && r < 0.68f) || (r > 0.30f && r < 0.345f) ||
             (fabsf(across) < 0.028f && r < 0.66f) || (fabsf(across) < 0.085f && r > 0.66f && r < 0.90f);
    if (r < 0.055f)
        on = 0;
    if (on) {
        vec c = r > 0.66f && fabsf(across) < 0.085f
                    ? loop(slot / (float)paddles + 0.02f, v3(0, 0.33f, 0.67f)) * 0.8f + grey(0.08f)
                    : v3(0.055f, 0.085f, 0.14f);
        c *= 0.90f + 0.10f * y;
        c[3] = 1;
        return c;
    }
    float shadow = smoothstep(1.0f, 0.45f, sqrtf((x - 0.03f) * (x - 0.03f) + (y + 0.06f) * (y + 0.06f)));
    return (vec){0.02f, 0.03f, 0.06f, 0.30f * shadow};
}
