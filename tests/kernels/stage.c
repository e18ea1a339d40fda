#include <stdio.h>
#include <stdlib.h>

#include "codec/png_rows.h"
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

void stage_init(struct stage *stage, unsigned depth)
{
    unsigned seed = 1;
    *stage = (struct stage){.depth = depth};
    lent_init(&stage->lent);
    stage->in = make_plane(KERNEL_WIDTH, KERNEL_HEIGHT, CHANNELS, depth, 0, PATTERN_NOISE, &seed);
    stage->out = make_plane(KERNEL_WIDTH, KERNEL_HEIGHT, CHANNELS, depth, 0, PATTERN_DARK, &seed);
    stage->small = make_plane(SMALL_WIDTH, SMALL_HEIGHT, CHANNELS, depth, 0, PATTERN_NOISE, &seed);
    stage->resized = make_plane(800, 450, CHANNELS, depth, 0, PATTERN_DARK, &seed);
    for (unsigned i = 0; depth == 8 && i < 3; i++)
        stage->thirds[i] = make_plane(KERNEL_WIDTH, KERNEL_HEIGHT, 1, depth, 0, PATTERN_NOISE, &seed);
    stage->above = zeros(stage->in.stride + UNFILTER_MARGIN);
    stage->rows = zeros((stage->in.stride + 1) * KERNEL_HEIGHT + UNFILTER_MARGIN);
}

void stage_free(struct stage *stage)
{
    free(stage->in.data);
    free(stage->out.data);
    free(stage->small.data);
    free(stage->resized.data);
    for (unsigned i = 0; i < 3; i++)
        free(stage->thirds[i].data);
    free(stage->above);
    free(stage->rows);
    lent_free(&stage->lent);
}
