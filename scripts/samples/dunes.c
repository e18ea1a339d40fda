// Sand dunes in late light, on a height field.
#include "scene.h"

static const float far_away = 40;

// One train of dunes: a long windward slope and a short steep lee, with crests that wander.
static float train(float x, float z, float wander)
{
    float phase = x + wander * fractal(v3(x * 0.35f, 2, z * 0.35f), 2) * 2;
    float t = phase - floorf(phase), crest = 0.72f;
    float up = t / crest, down = (1 - t) / (1 - crest);
    float v = fminf(up, down);
    return v * v * (3 - 2 * v);
}

static float ground(float x, float z)
{
    float strength = 0.35f + fractal(v3(x * 0.16f + 5, 1, z * 0.16f), 3) * 1.4f;
    return strength * (0.62f * train(0.30f * x + 0.21f * z, z - x, 1.5f) +
                       0.16f * train(0.8f * x + 0.15f * z + 0.3f, z, 0.9f));
}

static float march(vec from, vec d)
{
    float t = 0.05f, step = 0;
    for (int i = 0; i < 260 && t < far_away; i++) {
        float above = from[1] + d[1] * t - ground(from[0] + d[0] * t, from[2] + d[2] * t);
        if (above < 0.0004f * t) {
            for (float back = step; back > 1e-4f; back *= 0.5f)
                t += from[1] + d[1] * t < ground(from[0] + d[0] * t, from[2] + d[2] * t) ? -0.5f * back
                                                                                         : 0.5f * back;
            return t;
        }
        if (d[1] > 0 && from[1] + d[1] * t > 2)
            return far_away;
        step = 0.3f * above + 0.001f * t;
        t += step;
    }
    return far_away;
}

static float sunlight(vec from, vec sun)
{
    float light = 1;
    for (float t = 0.02f; t < 8; t *= 1.1f)
        light = fminf(
            light,
            0.5f + 22 * (from[1] + sun[1] * t - ground(from[0] + sun[0] * t, from[2] + sun[2] * t)) / t);
    return smoothstep(0, 1, light);
}

static vec sand(vec p, float t, vec sun)
{
    float e = 0.002f + 0.0008f * t;
    float gx = (ground(p[0] + e, p[2]) - ground(p[0] - e, p[2])) / (2 * e),
          gz = (ground(p[0], p[2] + e) - ground(p[0], p[2] - e)) / (2 * e);
    // Wind ripples, too small for the height field, tilt the surface; they vanish with distance.
    float wave = 42 * p[0] + 16 * p[2] + 7 * fractal(v3(p[0] * 1.3f, 0, p[2] * 1.3f), 4);
    float ripple = 0.16f * cosf(wave) * expf(-0.22f * t) * smoothstep(0.9f, 0.2f, fabsf(gx) + fabsf(gz));
    vec n = normalize(v3(-gx - ripple, 1, -gz - 0.35f * ripple));
    float grain = fractal(p * 3.0f, 3);
    vec c = mix(v3(0.46f, 0.22f, 0.09f), v3(0.60f, 0.33f, 0.15f), grain);
    float direct = fmaxf(dot(n, sun), 0);
    if (direct > 0)
        direct *= sunlight(p + n * 0.01f, sun);
    return c * (v3(3.3f, 2.1f, 1.15f) * direct + v3(0.16f, 0.20f, 0.34f) * (0.6f + 0.4f * n[1]) +
                v3(0.10f, 0.05f, 0.02f));
}

vec scene_dunes(float x, float y, uint32_t *seed)
{
    (void)seed;
    vec sun = normalize(v3(-1, 0.30f, 0.35f)), eye = v3(2.3f, 1.25f, -3);
    vec d = ray_through(x, y, normalize(v3(-0.05f, -0.16f, 1)), 1.7f);
    float t = march(eye, d);
    vec air = mix(v3(0.95f, 0.70f, 0.50f), v3(0.07f, 0.20f, 0.52f), 1 - expf(-4.2f * fmaxf(d[1], 0)));
    vec c = t < far_away ? mix(sand(eye + d * t, t, sun), v3(0.85f, 0.60f, 0.42f), 1 - expf(-0.0022f * t * t))
                         : air;
    c[3] = 1;
    return c;
}
