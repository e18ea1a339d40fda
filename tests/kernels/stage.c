#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/rows.h"
#include "filter/reference.h"
#include "kernels/kernels.h"

static uint8_t *zeros(size_t size)
{
    uint8_t *bytes = calloc(size, 1);
    if (bytes == NULL) {
        fprintf(stderr, "kernels: no memory for %zu bytes (free some)\n", size);
        exit(1);
    }
    return bytes;
}

/* A plane laid out like pixmill's own: every row starts at a multiple of 64 bytes. */
static struct pm_plane aligned_plane(uint32_t width, uint32_t height, unsigned channels, unsigned depth,
                                     enum pattern pattern, unsigned *seed)
{
    enum { ALIGNMENT = 64 };
    const size_t row = (size_t)width * channels * (depth / 8), padding = -row % ALIGNMENT;
    struct pm_plane plane = make_plane(width, height, channels, depth, padding, pattern, seed);
    uint8_t *data = aligned_alloc(ALIGNMENT, plane.stride * height);
    if (data == NULL) {
        fprintf(stderr, "kernels: no memory for %zu bytes (free some)\n", plane.stride * height);
        exit(1);
    }
    memcpy(data, plane.data, plane.stride * height - padding);
    free(plane.data);
    plane.data = data;
    return plane;
}

/* Noise in the middle, at half the width and height. */
static struct pm_plane framed_plane(unsigned depth, unsigned *seed)
{
    struct pm_plane plane = aligned_plane(KERNEL_WIDTH, KERNEL_HEIGHT, CHANNELS, depth, PATTERN_NOISE, seed);
    const size_t quarter = (size_t)KERNEL_WIDTH / 4 * CHANNELS * (depth / 8);
    for (uint32_t y = 0; y < KERNEL_HEIGHT; y++) {
        const bool inside = y >= KERNEL_HEIGHT / 4 && y < KERNEL_HEIGHT * 3 / 4;
        memset(plane_row(&plane, y), 200, inside ? quarter : 4 * quarter);
        memset(plane_row(&plane, y) + 3 * quarter, 200, quarter);
    }
    return plane;
}

void stage_init(struct stage *stage, unsigned depth)
{
    unsigned seed = 1;
    *stage = (struct stage){.depth = depth};
    lent_init(&stage->lent);
    stage->in = aligned_plane(KERNEL_WIDTH, KERNEL_HEIGHT, CHANNELS, depth, PATTERN_NOISE, &seed);
    stage->out = aligned_plane(KERNEL_WIDTH, KERNEL_HEIGHT, CHANNELS, depth, PATTERN_DARK, &seed);
    stage->small = make_plane(SMALL_WIDTH, SMALL_HEIGHT, CHANNELS, depth, 0, PATTERN_NOISE, &seed);
    stage->resized = aligned_plane(800, 450, CHANNELS, depth, PATTERN_DARK, &seed);
    stage->framed = framed_plane(depth, &seed);
    for (unsigned i = 0; i < 3; i++)
        stage->thirds[i] = aligned_plane(KERNEL_WIDTH, KERNEL_HEIGHT, 1, depth, PATTERN_NOISE, &seed);
    stage->above = zeros(stage->in.stride + UNFILTER_MARGIN);
    stage->rows = zeros((stage->in.stride + 1) * KERNEL_HEIGHT + UNFILTER_MARGIN);
}

void stage_free(struct stage *stage)
{
    free(stage->in.data);
    free(stage->out.data);
    free(stage->small.data);
    free(stage->resized.data);
    free(stage->framed.data);
    for (unsigned i = 0; i < 3; i++)
        free(stage->thirds[i].data);
    free(stage->above);
    free(stage->rows);
    lent_free(&stage->lent);
}
