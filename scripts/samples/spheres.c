// Glass, metal and clay balls on a table under a soft box, by path tracing.
//
// A path starts at the eye and bounces until it leaves the scene for the room's light, is absorbed, or has
// bounced often enough. Averaging many paths a pixel gives soft shadows, reflections and the bright spots
// under the glass.
#include "scene.h"

enum material { CLAY, METAL, GLASS };

struct sphere {
    float x, y, z, radius;
    enum material material;
    float r, g, b;
    float rough; // of metal: 0 is a mirror
};

static const struct sphere spheres[] = {
    {0.00f, 1.00f, 0.00f, 1.00f, GLASS, 1.00f, 1.00f, 1.00f, 0},
    {-1.95f, 0.80f, 1.10f, 0.80f, CLAY, 0.72f, 0.13f, 0.07f, 0},
    {1.95f, 0.85f, 0.80f, 0.85f, METAL, 0.94f, 0.68f, 0.36f, 0.06f},
    {-0.85f, 0.32f, -1.25f, 0.32f, METAL, 0.80f, 0.83f, 0.88f, 0.01f},
    {0.95f, 0.28f, -1.35f, 0.28f, CLAY, 0.06f, 0.32f, 0.42f, 0},
    {0.25f, 0.70f, 2.60f, 0.70f, CLAY, 0.85f, 0.58f, 0.12f, 0},
    {-1.75f, 0.22f, -0.75f, 0.22f, GLASS, 0.62f, 0.95f, 0.80f, 0},
    {1.62f, 0.20f, -0.62f, 0.20f, CLAY, 0.80f, 0.76f, 0.70f, 0},
    {-3.10f, 0.45f, 0.30f, 0.45f, METAL, 0.90f, 0.50f, 0.38f, 0.16f},
    {3.10f, 0.40f, -0.10f, 0.40f, GLASS, 0.95f, 0.80f, 0.55f, 0},
    {0.10f, 0.16f, -1.85f, 0.16f, CLAY, 0.55f, 0.10f, 0.28f, 0},
};

// The lamp is a square soft box far overhead: the directions (u, 1, v) with u and v this near to its centre.
static const float lamp_u = -0.95f, lamp_v = -0.30f, lamp_half = 0.70f;
static const vec lamp_color = {8.6f, 7.7f, 6.4f, 0};

// What comes in from outside: a dim room, darker towards the floor, a cool strip of light behind, and the
// lamp.
static vec room(vec d, int with_lamp)
{
    vec c = mix(v3(0.004f, 0.004f, 0.005f), v3(0.14f, 0.17f, 0.24f), smoothstep(0.02f, 0.8f, d[1]));
    if (with_lamp && d[1] > 0.05f && fabsf(d[0] / d[1] - lamp_u) < lamp_half &&
        fabsf(d[2] / d[1] - lamp_v) < lamp_half)
        c += lamp_color;
    if (d[2] > 0.05f)
        c += v3(1.0f, 1.5f, 2.4f) * (smoothstep(0.10f, 0.05f, fabsf(d[0] / d[2] - 1.1f)) *
                                     smoothstep(1.3f, 1.1f, fabsf(d[1] / d[2] - 0.9f)));
    return c;
}

static vec table(vec p)
{
    float grain = fractal(v3(p[0] * 1.1f, 0, p[2] * 9), 4), ring = fractal(v3(p[0] * 3, 5, p[2] * 40), 3);
    vec wood = mix(v3(0.14f, 0.085f, 0.055f), v3(0.42f, 0.27f, 0.17f),
                   smoothstep(0.2f, 0.8f, 0.7f * grain + 0.3f * ring));
    float plank = p[2] * 0.9f - floorf(p[2] * 0.9f);
    float edge = smoothstep(11, 3.5f, sqrtf(p[0] * p[0] + p[2] * p[2])); // into the dark of the room
    return wood * (edge * (0.35f + 0.65f * smoothstep(0, 0.02f, fminf(plank, 1 - plank))));
}

static vec random_direction(uint32_t *seed)
{
    float z = 2 * random_unit(seed) - 1, angle = 6.2831853f * random_unit(seed),
          r = sqrtf(fmaxf(0, 1 - z * z));
    return v3(r * cosf(angle), r * sinf(angle), z);
}

// The nearest surface along the ray: its distance, or 0; *hit is its sphere, or -1 for the table.
static float nearest(vec from, vec d, int *hit)
{
    float best = d[1] < -1e-5f ? -from[1] / d[1] : 0;
    *hit = -1;
    best = best > 1e-3f ? best : 0;
    for (int i = 0; i < (int)(sizeof spheres / sizeof *spheres); i++) {
        const struct sphere *s = &spheres[i];
        vec to = from - v3(s->x, s->y, s->z);
        float b = dot(to, d), root = b * b - dot(to, to) + s->radius * s->radius;
        if (root < 0)
            continue;
        root = sqrtf(root);
        float t = -b - root > 1e-3f ? -b - root : -b + root;
        if (t > 1e-3f && (best == 0 || t < best)) {
            best = t;
            *hit = i;
        }
    }
    return best;
}

// The lamp's light on a matte surface at p, by one random direction to it.
static vec lamplight(vec p, vec n, uint32_t *seed)
{
    vec d = v3(lamp_u + lamp_half * (2 * random_unit(seed) - 1), 1,
               lamp_v + lamp_half * (2 * random_unit(seed) - 1));
    d = normalize(d);
    int hit;
    float facing = dot(n, d);
    if (facing <= 0 || nearest(p, d, &hit) > 0)
        return grey(0);
    // du dv spans d[1]³ of solid angle; a matte surface sends a 1/pi of it each way.
    return lamp_color * (facing * d[1] * d[1] * d[1] * 4 * lamp_half * lamp_half / 3.14159265f);
}

// Through or off a glass surface, by Schlick's approximation of Fresnel's law.
static vec glass_bounce(vec d, vec n, uint32_t *seed)
{
    float cosine = -dot(d, n), eta = cosine > 0 ? 1 / 1.5f : 1.5f;
    vec facing = cosine > 0 ? n : -n;
    cosine = fabsf(cosine);
    float k = 1 - eta * eta * (1 - cosine * cosine);
    float grazing = 1 - (eta < 1 ? cosine : sqrtf(fmaxf(k, 0)));
    if (k < 0 || random_unit(seed) < 0.04f + 0.96f * powf(grazing, 5))
        return reflect(d, facing);
    return d * eta + facing * (eta * cosine - sqrtf(k));
}

static vec trace(vec from, vec d, uint32_t *seed)
{
    vec weight = grey(1), sum = grey(0);
    int with_lamp = 1; // not right after a matte surface, where lamplight() counted it
    for (int bounce = 0; bounce < 9; bounce++) {
        int hit;
        float t = nearest(from, d, &hit);
        if (t == 0 || t > 60)
            return sum + weight * room(d, with_lamp);
        from += d * t;
        with_lamp = 1;
        if (hit < 0) {
            float shine = 0.02f + 0.5f * powf(1 - clamp(-d[1], 0, 1), 5); // the table's varnish
            vec up = v3(0, 1, 0);
            if (random_unit(seed) < shine) {
                d = normalize(reflect(d, up) + random_direction(seed) * 0.05f);
                d[1] = fabsf(d[1]);
            } else {
                weight *= table(from);
                sum += weight * lamplight(from, up, seed);
                with_lamp = 0;
                d = normalize(up * 1.0001f + random_direction(seed));
            }
            continue;
        }
        const struct sphere *s = &spheres[hit];
        vec n = (from - v3(s->x, s->y, s->z)) / s->radius, tint = v3(s->r, s->g, s->b);
        if (s->material == GLASS) {
            d = normalize(glass_bounce(d, n, seed));
            weight *= mix(grey(1), tint, 0.5f);
        } else if (s->material == METAL) {
            d = normalize(reflect(d, n) + random_direction(seed) * s->rough);
            weight *= tint;
        } else if (random_unit(seed) < 0.03f + 0.6f * powf(1 - clamp(-dot(d, n), 0, 1), 5)) {
            d = normalize(reflect(d, n) + random_direction(seed) * 0.12f); // the glaze
        } else {
            weight *= tint;
            sum += weight * lamplight(from, n, seed);
            with_lamp = 0;
            d = normalize(n * 1.0001f + random_direction(seed));
        }
        if (dot(weight, weight) < 1e-4f)
            break;
    }
    return sum;
}

vec scene_spheres(float x, float y, uint32_t *seed)
{
    vec eye = v3(0.5f, 2.6f, -7.6f), forward = normalize(v3(0.03f, 0.62f, 0) - eye);
    vec d = ray_through(x, y, forward, 3.3f);
    // A thin lens, focused on the glass ball.
    float angle = 6.2831853f * random_unit(seed), r = 0.07f * sqrtf(random_unit(seed)),
          focus = 7.4f / dot(d, forward);
    vec lens = normalize(cross(forward, v3(0, 1, 0))) * (r * cosf(angle)) + v3(0, r * sinf(angle), 0);
    vec c = trace(eye + lens, normalize(d * focus - lens), seed);
    for (int i = 0; i < 3; i++)
        c[i] = fminf(c[i], 12); // a rare path straight into the lamp must not leave a white speck
    c[3] = 1;
    return c;
}
