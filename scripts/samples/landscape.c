// Landscapes from height fields: a mountain lake at dusk, the same by morning, and dunes.
//
// A ray walks in steps proportional to its height above the ground until it is below it; then the last step
// is halved a few times. Light is a low sun with a marched shadow, a blue sky from above, and fog that thins
// with height.
#include "scene.h"

static const float far_away = 60;

// Value noise with its slope: {value, d/dx, d/dz}.
static vec sloped_noise(float x, float z)
{
    float fx = floorf(x), fz = floorf(z);
    int ix = (int)fx, iz = (int)fz;
    x -= fx;
    z -= fz;
    float ux = x * x * x * (x * (x * 6 - 15) + 10), uz = z * z * z * (z * (z * 6 - 15) + 10);
    float dx = 30 * x * x * (x - 1) * (x - 1), dz = 30 * z * z * (z - 1) * (z - 1);
    float a = lattice(ix, iz, 0), b = lattice(ix + 1, iz, 0), c = lattice(ix, iz + 1, 0),
          d = lattice(ix + 1, iz + 1, 0);
    return v3(lerp(lerp(a, b, ux), lerp(c, d, ux), uz), lerp(b - a, d - c, uz) * dx,
              lerp(c - a, d - b, ux) * dz);
}

// Mountains: octaves count for less where the coarser ones are steep, which looks like erosion.
static float mountains(float x, float z, int octaves)
{
    float sum = 0, weight = 1, sx = 0, sz = 0, u = x * 0.26f, v = z * 0.26f;
    for (int i = 0; i < octaves; i++, weight *= 0.47f) {
        vec n = sloped_noise(u, v);
        sx += n[1];
        sz += n[2];
        sum += weight * n[0] / (1 + sx * sx + sz * sz);
        float turned = 1.6f * u - 1.2f * v;
        v = 1.2f * u + 1.6f * v;
        u = turned;
    }
    return sum;
}

// Height above the water: a basin in the middle, ranges around it that rise with distance.
static float ground(float x, float z, int octaves)
{
    float rise = smoothstep(2, 17, z) + 0.8f * smoothstep(2.0f, 8, fabsf(x + 0.6f)) * smoothstep(-3, 8, z);
    return (mountains(x + 31, z + 12, octaves) - 0.30f) * (0.55f + 2.5f * rise) - 0.40f + 0.28f * rise;
}

struct light {
    vec sun;       // direction to it
    vec sun_color; // its light
    vec zenith, horizon, fog;
    float fog_density;
};

static vec sky(const struct light *light, vec d)
{
    float up = fmaxf(d[1], 0), toward = fmaxf(dot(d, light->sun), 0);
    vec c = mix(light->horizon, light->zenith, 1 - expf(-4.5f * up));
    c += light->sun_color * (0.10f * powf(toward, 6) * expf(-5 * up) + 0.30f * powf(toward, 60) +
                             6 * smoothstep(0.9996f, 0.9998f, toward));
    // Thin clouds on a plane high above, drawn out sideways and lit from below where the sun stands.
    float t = 1 / (up + 0.06f);
    float cover = smoothstep(0.44f, 0.80f, fractal(v3(d[0] * t * 0.55f + 3, 4.2f, d[2] * t * 1.5f), 6));
    vec lit = mix(light->zenith * 1.5f, light->sun_color * 0.30f + light->horizon * 0.5f,
                  clamp(0.25f + powf(toward, 3), 0, 1));
    return mix(c, lit, 0.75f * cover * smoothstep(0.01f, 0.12f, up));
}

// The way to the ground along a ray, or far_away.
static float march(vec from, vec d, float start)
{
    float t = start, step = 0;
    for (int i = 0; i < 220 && t < far_away; i++) {
        float above = from[1] + d[1] * t - ground(from[0] + d[0] * t, from[2] + d[2] * t, 7);
        if (above < 0.0008f * t) {
            float low = t - step;
            for (int k = 0; k < 6; k++) {
                float middle = 0.5f * (low + t);
                if (from[1] + d[1] * middle < ground(from[0] + d[0] * middle, from[2] + d[2] * middle, 7))
                    t = middle;
                else
                    low = middle;
            }
            return t;
        }
        if (d[1] > 0 && from[1] + d[1] * t > 6)
            return far_away;
        step = 0.34f * above + 0.0008f * t;
        t += step;
    }
    return far_away;
}

static float sunlight(vec from, vec sun)
{
    float light = 1;
    for (float t = 0.02f; t < 9 && light > 0.01f; t *= 1.22f) {
        float above = from[1] + sun[1] * t - ground(from[0] + sun[0] * t, from[2] + sun[2] * t, 5);
        light = fminf(light, 0.5f + 14 * above / t);
    }
    return smoothstep(0, 1, light);
}

static vec hazed(const struct light *light, vec c, vec from, vec d, float t)
{
    // The integral along the ray of a density that falls off with height.
    float fall = 2.4f, dy = fabsf(d[1]) < 1e-4f ? 1e-4f : d[1];
    float amount =
        light->fog_density * expf(-fall * fmaxf(from[1], 0)) * (1 - expf(-fall * dy * t)) / (fall * dy) +
        0.0085f * t;
    float toward = fmaxf(dot(d, light->sun), 0);
    vec fog = light->fog + light->sun_color * (0.10f * powf(toward, 8));
    return mix(c, fog, 1 - expf(-amount));
}

static vec land(const struct light *light, vec p, float t)
{
    float e = 0.0006f * t + 0.0004f;
    vec n = normalize(v3(ground(p[0] - e, p[2], 12) - ground(p[0] + e, p[2], 12), 2 * e,
                         ground(p[0], p[2] - e, 12) - ground(p[0], p[2] + e, 12)));
    float grain = fractal(v3(p[0] * 9, p[1] * 14, p[2] * 9), 4);
    vec c = mix(v3(0.10f, 0.085f, 0.075f), v3(0.21f, 0.18f, 0.16f), grain);
    float woods = smoothstep(0.62f, 0.20f, p[1] + 0.35f * (grain - 0.5f)) * smoothstep(0.45f, 0.75f, n[1]);
    c = mix(c, v3(0.016f, 0.030f, 0.016f) * (0.5f + grain), woods);
    float snow = smoothstep(0.62f, 0.98f, p[1] + 0.6f * (grain - 0.5f)) * smoothstep(0.42f, 0.68f, n[1]);
    c = mix(c, v3(0.80f, 0.83f, 0.88f), snow);
    float direct = fmaxf(dot(n, light->sun), 0);
    if (direct > 0)
        direct *= sunlight(p + n * 0.004f, light->sun);
    vec around = light->zenith * (0.55f + 0.45f * n[1]) * 0.9f + light->horizon * 0.12f;
    return c * (light->sun_color * (1.1f * direct) + around);
}

static vec scenery(const struct light *light, vec from, vec d, float start)
{
    float t = march(from, d, start);
    vec c = t < far_away ? land(light, from + d * t, t) : sky(light, d);
    return hazed(light, c, from, d, t < far_away ? t : far_away * 0.35f);
}

static vec water(const struct light *light, vec p, vec d, float t)
{
    // Two scales of ripples, fading with distance where a pixel holds many of them.
    float size = 0.030f / (1 + 0.35f * t), e = 0.01f;
    vec at = v3(p[0] * 5, 0, p[2] * 22), fine = v3(p[0] * 30, 0, p[2] * 70);
    float calm = 0.25f + smoothstep(0.35f, 0.65f, fractal(v3(p[0] * 0.5f, 9, p[2] * 1.8f), 3));
    float nx =
        (noise(at + v3(e, 0, 0)) - noise(at)) / e + 0.4f * (noise(fine + v3(e, 0, 0)) - noise(fine)) / e;
    float nz =
        (noise(at + v3(0, 0, e)) - noise(at)) / e + 0.4f * (noise(fine + v3(0, 0, e)) - noise(fine)) / e;
    vec n = normalize(v3(-nx * size * calm, 1, -nz * size * calm));
    vec r = reflect(d, n);
    r[1] = fabsf(r[1]) + 0.002f;
    float glance = 0.03f + 0.97f * powf(1 - clamp(-dot(d, n), 0, 1), 5);
    vec deep = light->zenith * v3(0.035f, 0.07f, 0.075f);
    return mix(deep, scenery(light, p, normalize(r), 0.02f), glance);
}

static vec lakeside(const struct light *light, vec eye, vec forward, float zoom, float x, float y)
{
    vec d = ray_through(x, y, forward, zoom), c;
    float t = march(eye, d, 0.05f), level = d[1] < 0 ? -eye[1] / d[1] : far_away;
    if (level < t && level < far_away)
        c = hazed(light, water(light, eye + d * level, d, level), eye, d, level);
    else
        c = scenery(light, eye, d, fmaxf(0.05f, t - 0.05f));
    c[3] = 1;
    return c;
}

vec scene_lake(float x, float y, uint32_t *seed)
{
    (void)seed;
    struct light dusk = {
        .sun = normalize(v3(0.42f, 0.125f, 1)),
        .sun_color = v3(3.6f, 1.75f, 0.75f),
        .zenith = v3(0.050f, 0.095f, 0.24f),
        .horizon = v3(0.62f, 0.30f, 0.19f),
        .fog = v3(0.24f, 0.19f, 0.24f),
        .fog_density = 0.10f,
    };
    return lakeside(&dusk, v3(0.3f, 0.28f, -2.6f), normalize(v3(0.10f, 0.045f, 1)), 1.75f, x, y);
}

vec scene_tarn(float x, float y, uint32_t *seed)
{
    (void)seed;
    struct light morning = {
        .sun = normalize(v3(-0.9f, 0.42f, 0.1f)),
        .sun_color = v3(2.5f, 2.2f, 1.75f),
        .zenith = v3(0.13f, 0.27f, 0.58f),
        .horizon = v3(0.50f, 0.62f, 0.75f),
        .fog = v3(0.46f, 0.54f, 0.62f),
        .fog_density = 0.05f,
    };
    return lakeside(&morning, v3(-1.2f, 0.22f, -2.5f), normalize(v3(0.25f, 0.10f, 1)), 2.1f, x, y);
}

// The lake's mountains from above, as the height map that a surveyor would give: black is the lowest point,
// white the highest.
vec scene_heights(float x, float y, uint32_t *seed)
{
    (void)seed;
    float v = clamp((mountains(31 + 7 * x, 20 + 7 * y, 9) - 0.08f) / 1.35f, 0, 1);
    return (vec){v, v, v, 1};
}
