/* The kernels of a pipeline (color/pipeline.h). */
#ifndef COLOR_PIPELINE_ROWS_H
#define COLOR_PIPELINE_ROWS_H

#include "color/pipeline.h"

enum { PIPELINE_BLOCK = 128 }; /* pixels */

struct pipeline_rows {
    /* Transforms all channels of a block, one array after the other, in place. */
    void (*run)(const struct color_stage *stage, unsigned count, float v[PIPELINE_CHANNELS][PIPELINE_BLOCK]);
    /* pipeline_row's */
    void (*row)(const struct pipeline *pipeline, unsigned depth, bool alpha, const void *in, void *out,
                size_t width);
};

/* Of one stage: a table. */
struct table_rows {
    void (*run)(const struct color_stage *stage, float v[PIPELINE_CHANNELS][PIPELINE_BLOCK]);
};

#endif
