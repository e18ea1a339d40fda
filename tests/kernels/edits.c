/* Edits as whole filters, each compared with a simple loop in double precision. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "kernels/kernels.h"

static size_t samples_of(const struct pm_plane *plane)
{
    return (size_t)plane->width * plane->height * plane->channels;
}

static struct pm_image image_of(const struct pm_plane *plane, unsigned depth)
{
    return (struct pm_image){.width = plane->width,
                             .height = plane->height,
                             .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, depth),
                             .orientation = 1,
                             .nplanes = 1,
                             .plane = {*plane}};
}

static size_t run(struct stage *stage, const struct pm_plane *plane, unsigned depth, const char *filter,
                  const char *argument)
{
    const struct pm_image in = image_of(plane, depth), mark = image_of(&stage->small, depth);
    const struct filter_picture picture = {.image = &mark};
    const struct arena_mark before = arena_mark(stage->lent.context.arena);
    run_filter_with(filter, argument, &picture, &in, &stage->lent);
    arena_release(stage->lent.context.arena, before);
    return samples_of(plane);
}

static size_t pad_fast(struct stage *stage, const struct kernel_row *row)
{
    return run(stage, &stage->in, row->depth, "pad", "800x800,color=teal");
}

static size_t pad_plain(struct stage *stage, const struct kernel_row *row)
{
    struct pm_plane to = stage->small;
    to.frame.extent_x = to.width = SMALL_WIDTH * 10 / 64;
    to.frame.extent_y = to.height = SMALL_HEIGHT * 10 / 64;
    free(reference_resize(&stage->small, row->depth, &to, "lanczos3"));
    return samples_of(&stage->small);
}

static size_t trim_fast(struct stage *stage, const struct kernel_row *row)
{
    return run(stage, &stage->framed, row->depth, "trim", "10");
}

/* The max difference from the first pixel. */
static volatile double sink;

static size_t trim_plain(struct stage *stage, const struct kernel_row *row)
{
    const struct pm_plane *plane = &stage->small;
    for (uint32_t i = 0; i < plane->width * plane->height; i++) {
        double most = 0;
        for (unsigned c = 0; c < CHANNELS; c++)
            most =
                fmax(most, fabs(reference_sample(plane, row->depth, i % plane->width, i / plane->width, c) -
                                reference_sample(plane, row->depth, 0, 0, c)));
        sink = most;
    }
    return samples_of(plane);
}

static size_t watermark_fast(struct stage *stage, const struct kernel_row *row)
{
    return run(stage, &stage->in, row->depth, "watermark", "mark,tile,opacity=0.5");
}

static size_t watermark_plain(struct stage *stage, const struct kernel_row *row)
{
    const struct pm_plane *plane = &stage->small;
    for (uint32_t i = 0; i < plane->width * plane->height; i++) {
        for (unsigned c = 0; c < CHANNELS; c++) {
            const double sample = reference_sample(plane, row->depth, i % plane->width, i / plane->width, c);
            sink = floor(sample * 0.5 + reference_sample(plane, row->depth, 0, 0, c) * 0.5 + 0.5);
        }
    }
    return samples_of(plane);
}

static size_t rotate_fast(struct stage *stage, const struct kernel_row *row)
{
    return run(stage, &stage->in, row->depth, "rotate", "10,color=teal");
}

static double cubic(double x)
{
    x = fabs(x);
    return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
}

/* A bicubic sum for each sample, at a place of its own. */
static size_t rotate_plain(struct stage *stage, const struct kernel_row *row)
{
    const struct pm_plane *plane = &stage->small;
    for (uint32_t i = 0; i < plane->width * plane->height; i++) {
        const double x = 1 + (plane->width - 5) * sin(i * 0.001) * sin(i * 0.001),
                     y = 1 + (plane->height - 5) * cos(i * 0.001) * cos(i * 0.001);
        for (unsigned c = 0; c < CHANNELS; c++) {
            double sum = 0;
            for (int k = 0; k < 16; k++) {
                const double left = floor(x) - 1 + k % 4, top = floor(y) - 1 + k / 4;
                sum += cubic(x - left) * cubic(y - top) *
                       reference_sample(plane, row->depth, (uint32_t)left, (uint32_t)top, c);
            }
            sink = sum;
        }
    }
    return samples_of(plane);
}

/* As sharp's modulate, but for the colour model. */
static size_t modulate_fast(struct stage *stage, const struct kernel_row *row)
{
    static const char *const steps[][2] = {{"brightness", "1.1"}, {"saturation", "1.3"}, {"hue", "20"}};
    struct pm_image image = image_of(&stage->in, row->depth);
    const struct arena_mark before = arena_mark(stage->lent.context.arena);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        image = run_filter(steps[i][0], steps[i][1], &image, &stage->lent);
    arena_release(stage->lent.context.arena, before);
    return samples_of(&stage->in);
}

static size_t modulate_plain(struct stage *stage, const struct kernel_row *row)
{
    const struct pm_plane *plane = &stage->small;
    for (uint32_t i = 0; i < plane->width * plane->height; i++) {
        double v[CHANNELS];
        for (unsigned c = 0; c < CHANNELS; c++)
            v[c] = 1.1 * reference_sample(plane, row->depth, i % plane->width, i / plane->width, c);
        for (unsigned step = 0; step < 2; step++) {
            const double luma = 0.213 * v[0] + 0.715 * v[1] + 0.072 * v[2];
            for (unsigned c = 0; c < CHANNELS; c++)
                v[c] = luma + 1.3 * (v[c] - luma);
        }
        sink = v[0] + v[1] + v[2];
    }
    return samples_of(plane);
}

static size_t median_fast(struct stage *stage, const struct kernel_row *row)
{
    char size[8];
    snprintf(size, sizeof size, "%d", row->choice);
    return run(stage, &stage->in, row->depth, "median", size);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t median_plain(struct stage *stage, const struct kernel_row *row)
{
    enum { MOST = 9 };
    const struct pm_plane *plane = &stage->small;
    const uint32_t n = (uint32_t)row->choice, right = plane->width - n, bottom = plane->height - n;
    for (uint32_t i = 0; i < plane->width * plane->height; i++) {
        for (unsigned c = 0; c < CHANNELS; c++) {
            double samples[MOST * MOST];
            for (uint32_t k = 0; k < n * n; k++)
                samples[k] = reference_sample(plane, row->depth, i % plane->width % right + k % n,
                                              i / plane->width % bottom + k / n, c);
            qsort(samples, n * n, sizeof *samples, by_value);
            sink = samples[n * n / 2];
        }
    }
    return samples_of(plane);
}

#define EDIT(label, bits, filter)                                                                            \
    {                                                                                                        \
        .name = (label), .depth = (bits), .fast = filter##_fast, .plain = filter##_plain                     \
    }
#define MEDIAN(bits, side)                                                                                   \
    {                                                                                                        \
        .name = "median, " #side " x " #side, .depth = (bits), .choice = (side), .fast = median_fast,        \
        .plain = median_plain                                                                                \
    }
#define EDITS(bits)                                                                                          \
    EDIT("pad to 800 x 800", bits, pad), EDIT("trim half of it", bits, trim),                                \
        EDIT("watermark, tiled", bits, watermark), EDIT("rotate by 10 degrees", bits, rotate),               \
        EDIT("modulate", bits, modulate), MEDIAN(bits, 3), MEDIAN(bits, 5), MEDIAN(bits, 9)

const struct kernel_row edit_rows[] = {EDITS(8), EDITS(16), {.name = NULL}};
