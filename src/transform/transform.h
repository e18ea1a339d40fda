/*
 * transform(): decode, filters, encode, with the caller's context. Pure; see pixmill/transform.h.
 */
#ifndef TRANSFORM_TRANSFORM_H
#define TRANSFORM_TRANSFORM_H

#include "base/buffer.h"
#include "base/context.h"
#include "transform/plan.h"

/* How colours were converted: with or without the rendering intent. */
enum color_use { COLORS_KEPT, COLORS_BY_CURVES, COLORS_BY_INTENT };

/* The result, except its bytes. */
struct transform_result {
    uint32_t width, height;
    enum color_use colors;
    uint64_t pixels_in; /* of the input picture */
};

/* Appends the result to `out`. `plan`: made for this recipe and a file with this header; NULL: planned here.
 * Sets error->stage on failure. Uses the context's arenas without resetting them. */
int transform(const struct pm_recipe *recipe, const struct plan *plan, const uint8_t *data, size_t size,
              const struct pm_secrets *secrets, struct context *context, struct buffer *out,
              struct transform_result *result);

#endif
