/* Resize, blur and sharpen, each compared with the reference in double precision. */
#include <stdio.h>
#include <stdlib.h>

#include "color/light.h"
#include "color/target.h"
#include "filter/gaussian.h"
#include "filter/reference.h"
#include "image/resample.h"
#include "kernels/kernels.h"

static void insist(int status, const struct stage *stage)
{
    if (status == 0)
        return;
    fprintf(stderr, "kernels: %s\n", stage->lent.error.message);
    exit(1);
}

static size_t samples_of(const struct pm_plane *plane)
{
    return (size_t)plane->width * plane->height * plane->channels;
}

static size_t resize_fast(struct stage *stage, const struct kernel_row *row)
{
    insist(
        resize_plane(&stage->in, NULL, row->depth, &stage->resized, &kernel_lanczos3, &stage->lent.context),
        stage);
    return samples_of(&stage->in);
}

/* In linear light, by sRGB's transfer function. */
static size_t linear_fast(struct stage *stage, const struct kernel_row *row)
{
    static const struct light *lights[2];
    const struct light **light = &lights[row->depth / 16];
    struct alpha_reading reading;
    if (*light == NULL) {
        struct color_space space;
        color_target_space(COLOR_SRGB, false, &space);
        *light = light_make(&space, row->depth, &stage->lent.job_arena);
    }
    alpha_reading_suppose(&reading, CHANNELS, row->depth, false, &stage->lent.context);
    reading.light = *light;
    insist(resize_plane(&stage->in, &reading, row->depth, &stage->resized, &kernel_lanczos3,
                        &stage->lent.context),
           stage);
    return samples_of(&stage->in);
}

static size_t resize_plain(struct stage *stage, const struct kernel_row *row)
{
    struct pm_plane to = stage->small; /* its samples are not changed: the reference allocates its own */
    to.frame.extent_x = to.width = SMALL_WIDTH * 10 / 64;
    to.frame.extent_y = to.height = SMALL_HEIGHT * 10 / 64;
    free(reference_resize(&stage->small, row->depth, &to, "lanczos3"));
    return samples_of(&stage->small);
}

static size_t gaussian_fast(struct stage *stage, const struct kernel_row *row)
{
    const struct gaussian gaussian = {
        .sigma_x = row->sigma, .sigma_y = row->sigma, .use = (enum gaussian_use)row->choice, .amount = 1};
    insist(gaussian_plane(&gaussian, &stage->in, row->depth, &stage->out, &stage->lent.context), stage);
    return samples_of(&stage->in);
}

static size_t gaussian_plain(struct stage *stage, const struct kernel_row *row)
{
    free(row->choice == GAUSSIAN_SHARPEN ? reference_sharpen(&stage->small, row->depth, row->sigma, 1)
                                         : reference_blur(&stage->small, row->depth, row->sigma, row->sigma));
    return samples_of(&stage->small);
}

#define BLUR(bits, value)                                                                                    \
    {                                                                                                        \
        .name = "blur, sigma " #value, .depth = (bits), .sigma = (value), .choice = GAUSSIAN_BLUR,           \
        .fast = gaussian_fast, .plain = gaussian_plain                                                       \
    }
#define SHARPEN(bits, value)                                                                                 \
    {                                                                                                        \
        .name = "sharpen, sigma " #value, .depth = (bits), .sigma = (value), .choice = GAUSSIAN_SHARPEN,     \
        .fast = gaussian_fast, .plain = gaussian_plain                                                       \
    }
#define RESIZE(bits)                                                                                         \
    {                                                                                                        \
        .name = "resize to 800 x 450", .depth = (bits), .fast = resize_fast, .plain = resize_plain           \
    }

#define LINEAR(bits)                                                                                         \
    {                                                                                                        \
        .name = "resize to 800 x 450, linear light", .depth = (bits), .fast = linear_fast,                   \
        .plain = resize_plain                                                                                \
    }

const struct kernel_row filter_rows[] = {
    LINEAR(8),   LINEAR(16),  RESIZE(8),     BLUR(8, 1),     BLUR(8, 2),
    BLUR(8, 5),  BLUR(8, 20), SHARPEN(8, 1), RESIZE(16),     BLUR(16, 1),
    BLUR(16, 2), BLUR(16, 5), BLUR(16, 20),  SHARPEN(16, 1), {.name = NULL},
};
