/* pad, trim and watermark, as whole filters, each compared with a simple loop in double precision. */
#include <math.h>
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

#define EDITS(bits)                                                                                          \
    {.name = "pad to 800 x 800", .depth = (bits), .fast = pad_fast, .plain = pad_plain},                     \
        {.name = "trim half of it", .depth = (bits), .fast = trim_fast, .plain = trim_plain},                \
    {                                                                                                        \
        .name = "watermark, tiled", .depth = (bits), .fast = watermark_fast, .plain = watermark_plain        \
    }

const struct kernel_row edit_rows[] = {EDITS(8), EDITS(16), {.name = NULL}};
