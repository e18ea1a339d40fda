/*
 * transform() with all that its caller may lend: decode, filters, encode. Pure; see pixmill/transform.h.
 */
#ifndef TRANSFORM_TRANSFORM_H
#define TRANSFORM_TRANSFORM_H

#include "base/buffer.h"
#include "base/context.h"
#include "transform/plan.h"

/* What came out, beside the bytes. */
struct transform_result {
    uint32_t width, height;
    uint64_t pixels_in; /* of the input picture */
};

/* Appends the result to `out`. `plan` is of this recipe and of a file with this header; NULL: nobody has
 * looked at the file yet, and it is planned here. Sets error->stage when it fails. The context's arenas are
 * used and not reset. */
int transform(const struct pm_recipe *recipe, const struct plan *plan, const uint8_t *data, size_t size,
              const struct pm_secrets *secrets, struct context *context, struct buffer *out,
              struct transform_result *result, struct pm_error *error);

#endif
