/* Converts between colour models and depths, except YCC (ycc.c). */
#include <assert.h>
#include <limits.h>
#include <string.h>

#include "image/convert.h"
#include "image/rows.h"

SIMD_TABLE(struct color_rows, color_rows)

struct job {
    const struct color_rows *rows;
    unsigned channels, depth;
};

static void cmyk_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    job->rows->cmyk_to_rgb(in, out, width);
}

int image_cmyk_to_rgb(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                      struct context *context)
{
    (void)goal;
    assert(in->format.color == PM_COLOR_CMYK && in->format.depth == 8);
    const struct pm_plane plane = in->plane[0];
    struct job job = {.rows = color_rows(context->simd)};
    if (image_alloc_like(out, in, (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), context) !=
        0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], cmyk_row, &job, context);
}

static unsigned ink_distance(const uint8_t cmyk[4], const uint8_t rgb[3])
{
    uint8_t got[3];
    unsigned sum = 0;
    color_rows(SIMD_BASE)->cmyk_to_rgb(cmyk, got, 1);
    for (int i = 0; i < 3; i++)
        sum += (unsigned)((got[i] - rgb[i]) * (got[i] - rgb[i]));
    return sum;
}

/* Changes one ink by `step` if the resulting colour is nearer. */
static bool ink_improve(uint8_t cmyk[4], int ink, int step, const uint8_t rgb[3], unsigned *distance)
{
    const int before = cmyk[ink], after = before + step;
    if (after < 0 || after > UINT8_MAX)
        return false;
    cmyk[ink] = (uint8_t)after;
    const unsigned now = ink_distance(cmyk, rgb);
    if (now < *distance) {
        *distance = now;
        return true;
    }
    cmyk[ink] = (uint8_t)before;
    return false;
}

/* Finds the nearest colour of a coarse grid of inks; returns its distance. */
static unsigned ink_start(const uint8_t rgb[3], uint8_t cmyk[4])
{
    enum { STEPS = 5, PLACES = STEPS * STEPS * STEPS * STEPS };
    static const uint8_t inks[STEPS] = {0, 64, 128, 192, 255};
    unsigned nearest = UINT_MAX;
    for (int place = 0; place < PLACES; place++) {
        const uint8_t tried[4] = {inks[place % STEPS], inks[place / STEPS % STEPS],
                                  inks[place / (STEPS * STEPS) % STEPS],
                                  inks[place / (STEPS * STEPS * STEPS)]};
        const unsigned distance = ink_distance(tried, rgb);
        if (distance < nearest) {
            nearest = distance;
            memcpy(cmyk, tried, sizeof tried);
        }
    }
    return nearest;
}

/* Searches from there in smaller and smaller steps. */
void image_rgb_to_inks(const uint8_t rgb[3], uint8_t cmyk[4])
{
    unsigned distance = ink_start(rgb, cmyk);
    for (int step = 32; step > 0; step /= 2) {
        bool improved = true;
        while (improved && distance > 0) {
            improved = false;
            for (int ink = 0; ink < 4; ink++)
                improved = ink_improve(cmyk, ink, step, rgb, &distance) ||
                           ink_improve(cmyk, ink, -step, rgb, &distance) || improved;
        }
    }
}

static void to_8bit_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    job->rows->to_8bit(in, out, (size_t)width * job->channels);
}

int image_to_8bit(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                  struct context *context)
{
    (void)goal;
    assert(in->format.depth == 16 && in->format.bits == 16 && in->nplanes == 1);
    const struct pm_plane plane = in->plane[0];
    struct job job = {.rows = color_rows(context->simd), .channels = plane.channels};
    if (image_alloc_like(out, in, pixels_with_depth(in->format, 8), context) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], to_8bit_row, &job, context);
}

static void gray_8_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    job->rows->gray_8(in, out, width, job->channels);
}

static void gray_16_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    job->rows->gray_16(in, out, width, job->channels);
}

static void spread_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    if (job->depth == 8)
        job->rows->spread_8(in, out, width, job->channels);
    else
        job->rows->spread_16(in, out, width, job->channels);
}

int image_gray_to_rgb(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                      struct context *context)
{
    (void)goal;
    assert(in->format.color == PM_COLOR_GRAY);
    const struct pm_plane plane = in->plane[0];
    struct job job = {
        .rows = color_rows(context->simd), .channels = plane.channels, .depth = in->format.depth};
    struct pm_pixel_format format = in->format;
    format.color = PM_COLOR_RGB;
    if (image_alloc_like(out, in, format, context) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], spread_row, &job, context);
}

int image_to_gray(const struct pm_image *in, const struct convert_goal *goal, struct pm_image *out,
                  struct context *context)
{
    (void)goal;
    assert(in->format.color == PM_COLOR_RGB);
    const struct pm_plane plane = in->plane[0];
    struct job job = {.rows = color_rows(context->simd), .channels = plane.channels};
    struct pm_pixel_format format = in->format;
    format.color = PM_COLOR_GRAY;
    if (image_alloc_like(out, in, format, context) != 0)
        return -1;
    return plane_map_rows(&plane, &out->plane[0], out->format.depth == 8 ? gray_8_row : gray_16_row, &job,
                          context);
}
