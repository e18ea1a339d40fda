/*
 * transform() with all that its caller may lend: decode, filters, encode. Pure; see pixmill/transform.h.
 */
#ifndef TRANSFORM_TRANSFORM_H
#define TRANSFORM_TRANSFORM_H

#include "base/buffer.h"
#include "base/context.h"
#include "transform/recipe.h"

/* What a recipe will make of a file, told from its header alone. */
struct forecast {
    struct shape result;
    const struct codec *format;
    uint64_t work_bytes;   /* memory for decoding and filtering at most */
    uint64_t result_bytes; /* the largest possible result */
};

/* Returns 0, or -1 with `error` filled: the recipe can't be done on such a file (too large, a crop outside
 * it, ...). */
int transform_forecast(const struct pm_recipe *recipe, const struct pm_info *info, uint64_t max_pixels,
                       struct forecast *forecast, struct pm_error *error);

/* What came out, beside the bytes. */
struct transform_result {
    uint32_t width, height;
    uint64_t pixels_in; /* of the input picture */
};

/* Appends the result to `out`. Sets error->stage when it fails. The context's arenas are used and not reset.
 */
int transform(const struct pm_recipe *recipe, const uint8_t *data, size_t size,
              const struct pm_secret *secret, struct context *context, struct buffer *out,
              struct transform_result *result, struct pm_error *error);

#endif
