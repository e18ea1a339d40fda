/* The public transform and probe: each call allocates its own memory. */
#include <stdlib.h>

#include "pixmill/transform.h"
#include "transform/transform.h"

int pm_probe(const uint8_t *data, size_t size, struct pm_info *info, struct pm_error *error)
{
    struct memory_source memory;
    memory_source_init(&memory, data, size);
    return codec_probe(&memory.source, info, error) != NULL ? 0 : -1;
}

static void tell_listener(struct context *context, const char *message)
{
    const struct pm_listener *listener = context->lender;
    listener->warning(listener->user, message);
}

static const struct context_ops listened = {.warn = tell_listener};

int pm_transform_with(const struct pm_recipe *recipe, const uint8_t *data, size_t size,
                      const struct pm_limits *limits, const struct pm_secrets *secrets,
                      const struct pm_listener *listener, uint8_t **result, size_t *result_size,
                      struct pm_error *error)
{
    enum { STEP, SPARE, JOB, ARENAS };
    struct arena arenas[ARENAS];
    for (int i = 0; i < ARENAS; i++)
        arena_init(&arenas[i], 0);
    const bool listens = listener != NULL && listener->warning != NULL;
    struct context context = {
        .ops = listens ? &listened : NULL,
        .lender = listens ? (void *)(uintptr_t)listener : NULL,
        .arena = &arenas[STEP],
        .spare = &arenas[SPARE],
        .job_arena = &arenas[JOB],
        .simd = simd_detect(),
        .lanes = 1,
        .error = error,
        .max_pixels = limits != NULL ? limits->max_pixels : 0,
        .max_bytes = limits != NULL ? limits->max_bytes : 0,
    };
    struct buffer out = {0};
    struct transform_result ignored;
    int status = transform(recipe, NULL, data, size, secrets, &context, &out, &ignored);
    for (int i = 0; i < ARENAS; i++)
        arena_free(&arenas[i]);
    if (status != 0)
        buffer_free(&out);
    *result = out.data;
    *result_size = out.size;
    return status;
}

int pm_transform(const struct pm_recipe *recipe, const uint8_t *data, size_t size,
                 const struct pm_limits *limits, const struct pm_secrets *secrets, uint8_t **result,
                 size_t *result_size, struct pm_error *error)
{
    return pm_transform_with(recipe, data, size, limits, secrets, NULL, result, result_size, error);
}
