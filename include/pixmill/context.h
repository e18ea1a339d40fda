/*
 * transform in a loop: a context keeps memory and tables from one call to the next, so that later calls touch
 * no new pages; and a call may have a time limit and be stopped by another thread. Results are those of
 * pm_transform, byte for byte.
 *
 *     struct pm_context *context = pm_context_new(64 << 20, &error);
 *     struct pm_call call = {.timeout = 5};
 *     while (...)
 *         if (pm_context_transform(context, recipe, data, size, &call, &result, &result_size, &error) == 0)
 *             write(fd, result, result_size);
 *     pm_context_free(context);
 *
 * A context may be used by one thread at a time: have one per thread, or a pool.
 */
#ifndef PIXMILL_CONTEXT_H
#define PIXMILL_CONTEXT_H

#include <stdatomic.h>

#include "pixmill/transform.h"

#pragma GCC visibility push(default)

struct pm_context;

/* A context that keeps up to `keep` bytes of memory for pictures from call to call, and as much for results;
 * what a call needs beyond that is released when it ends. It allocates them when they are needed. Returns a
 * context that the caller frees with pm_context_free, or NULL with `error` filled (PM_ERROR_MEMORY). */
struct pm_context *pm_context_new(size_t keep, struct pm_error *error);

void pm_context_free(struct pm_context *context); /* NULL is allowed */

/* What one call may have; all zero is a plain call. */
struct pm_call {
    struct pm_limits limits;
    /* For encrypt and decrypt, else NULL. The context's memory of such a call is overwritten when it ends,
     * that of its result by the next call. */
    const struct pm_secrets *secrets;
    const struct pm_listener *listener; /* called in the calling thread; NULL: none */
    double timeout; /* seconds from the beginning of the call (PM_ERROR_TIMEOUT); 0: no limit */
    /* Any thread may set it, to stop the work (PM_ERROR_CANCELLED); NULL: the work can't be stopped. It is
     * read, like the clock, at checkpoints: between bands of rows, every few milliseconds. An AVIF or JPEG XL
     * that is being encoded is encoded to its end before, which may take seconds. */
    const atomic_bool *stop;
};

/* Runs `recipe` on data[size] in the calling thread. `call` may be NULL: a plain call. On success *result is
 * *result_size bytes of the context's memory, valid until its next call or pm_context_free. Returns 0, or -1
 * with `error` filled and *result NULL; the context may be used again. */
int pm_context_transform(struct pm_context *context, const struct pm_recipe *recipe, const uint8_t *data,
                         size_t size, const struct pm_call *call, const uint8_t **result, size_t *result_size,
                         struct pm_error *error);

#pragma GCC visibility pop

#endif
