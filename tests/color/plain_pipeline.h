/* A pipeline's stages for one pixel, in straightforward code with the kernels' operations in their order: the
 * reference for them. */
#ifndef TESTS_COLOR_PLAIN_PIPELINE_H
#define TESTS_COLOR_PLAIN_PIPELINE_H

#include "color/pipeline.h"

/* Transforms channels of 0 to 1 in place. */
void plain_pipeline(const struct pipeline *pipeline, float v[PIPELINE_CHANNELS]);

/* The same in doubles, and without rounding to 16 bits at tables: what the profile itself says. */
void plain_pipeline_exact(const struct pipeline *pipeline, double v[PIPELINE_CHANNELS]);

#endif
