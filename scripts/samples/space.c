// A nebula with stars, and a cratered moon.
#include "scene.h"

// Stars on a grid of cells: one each, most of them faint, tinted from blue to orange.
static vec stars(float x, float y, float cells, float bright)
{
    vec sum = grey(0);
    int cx = (int)floorf(x * cells), cy = (int)floorf(y * cells);
    for (int j = cy - 1; j <= cy + 1; j++)
        for (int i = cx - 1; i <= cx + 1; i++) {
            float size = lattice(i, j, 90), dx = x * cells - ((float)i + lattice(i, j, 91)),
                  dy = y * cells - ((float)j + lattice(i, j, 92));
            float power = bright * powf(size, 14), r2 = dx * dx + dy * dy;
            float glow = expf(-r2 * 420) + 0.008f * expf(-r2 * 24);
            sum += mix(v3(1, 0.62f, 0.36f), v3(0.55f, 0.72f, 1), lattice(i, j, 93)) * (power * glow);
        }
    return sum;
}

// Gas: fractal noise whose point is first moved by other noise, which draws it out into filaments.
static float gas(vec p)
{
    vec q = v3(fractal(p, 4), fractal(p + v3(5.2f, 1.3f, 2.8f), 4), fractal(p + v3(1.7f, 9.2f, 4.1f), 4)) -
            grey(0.5f);
    float folded = fractal(p + q * 2.6f, 6);
    float ridge = 1 - fabsf(2 * fractal(p * 1.7f + q * 3.4f, 6) - 0.95f) * 2.2f;
    return folded * 0.72f + 0.34f * ridge;
}

vec scene_nebula(float x, float y, uint32_t *seed)
{
    vec c = grey(0);
    float through = 1;
    const int slices = 20;
    for (int i = 0; i < slices && through > 0.02f; i++) {
        float z = ((float)i + random_unit(seed)) / (float)slices;
        vec p = v3(x * (0.9f + 0.5f * z) + 0.25f, y * (0.9f + 0.5f * z), z * 1.1f);
        float heart = expf(-1.5f * ((x - 0.1f) * (x - 0.1f) * 0.55f + (y + 0.05f) * (y + 0.05f) * 1.2f));
        float density = smoothstep(0.44f, 1.12f, gas(p * 1.35f) + 0.16f * heart);
        float dust = smoothstep(0.52f, 0.78f, fractal(p * 2.3f + v3(9, 3, 1), 6) + 0.10f * z);
        vec glow = mix(v3(0.95f, 0.13f, 0.20f), v3(0.10f, 0.46f, 0.72f),
                       smoothstep(0.36f, 0.60f, fractal(p * 0.9f + v3(2, 7, 3), 3)));
        glow = mix(glow, v3(1.5f, 1.05f, 0.72f), smoothstep(0.30f, 0.85f, heart * density));
        c += glow * (through * density * density * (0.35f + 0.65f * heart) * 7.5f / (float)slices);
        through *= expf(-(4.5f * dust * density + 0.6f * density) * 7 / (float)slices);
    }
    c += stars(x, y, 30, 2.0f) * (0.35f + 0.65f * through) + stars(x + 3, y + 7, 9, 7) +
         v3(0.004f, 0.005f, 0.010f);
    c[3] = 1;
    return c;
}

// Bowls with raised rims, at most one in each cell of space.
static float craters(vec p)
{
    float height = 0;
    int cx = (int)floorf(p[0]), cy = (int)floorf(p[1]), cz = (int)floorf(p[2]);
    for (int k = cz - 1; k <= cz + 1; k++)
        for (int j = cy - 1; j <= cy + 1; j++)
            for (int i = cx - 1; i <= cx + 1; i++) {
                float radius = 0.12f + 0.5f * powf(lattice(i, j, k + 50), 3);
                vec to = p - v3((float)i + lattice(i, j, k), (float)j + lattice(i, j, k + 20),
                                (float)k + lattice(i, j, k + 40));
                float r = sqrtf(dot(to, to)) / radius;
                if (r < 2)
                    height += radius * (r < 1 ? 0.55f * (r * r - 1) + 0.16f : 0.16f * (2 - r) * (2 - r));
            }
    return height;
}

static float surface(vec p)
{
    float height = 0.05f * fractal(p * 3, 7);
    for (float scale = 2.2f; scale < 40; scale *= 2.1f)
        height += 0.19f * craters(p * scale + grey(scale)) / scale;
    return height;
}

vec scene_moon(float x, float y, uint32_t *seed)
{
    (void)seed;
    x /= 0.86f;
    y /= 0.86f;
    float r2 = x * x + y * y;
    vec c = stars(x + 11, y + 5, 22, 0.8f);
    if (r2 < 1) {
        vec p = v3(x, y, -sqrtf(1 - r2)), right = normalize(cross(p, v3(0.1f, 1, 0))), up = cross(right, p);
        const float e = 0.0025f;
        float here = surface(p);
        vec n = normalize(p - right * ((surface(p + right * e) - here) / e) -
                          up * ((surface(p + up * e) - here) / e));
        float seas = smoothstep(0.42f, 0.60f, fractal(p * 1.5f + v3(4, 2, 8), 5));
        float light = fmaxf(dot(n, normalize(v3(0.80f, 0.30f, -0.50f))), 0) *
                      smoothstep(-0.12f, 0.25f, dot(p, normalize(v3(0.80f, 0.30f, -0.50f))));
        c = grey((0.25f - 0.15f * seas + 0.20f * (fractal(p * 9, 5) - 0.5f)) * (2.1f * light + 0.012f));
    }
    c[3] = 1;
    return c;
}
