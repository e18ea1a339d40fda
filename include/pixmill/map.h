/*
 * Applies a recipe to many images in memory, with any concurrency model. All models give the same bytes.
 */
#ifndef PIXMILL_MAP_H
#define PIXMILL_MAP_H

#include "pixmill/recipe.h"
#include "pixmill/transform.h"

#pragma GCC visibility push(default)

/* The name of the backend with this index (0: "threads", the default), or NULL after the last. */
const char *pm_backend_name(size_t index);

/* Why the backend with this name can't be used here; NULL if it can. */
const char *pm_backend_why_not(const char *name);

struct pm_map_options {
    const char *backend;     /* NULL: the default */
    unsigned workers;        /* 0: one per processor that this process may use; `serial` has one */
    struct pm_limits limits; /* of each image */
    double timeout;          /* seconds for each image; 0: no limit */
    bool separate; /* `next` may be called while `done` is: `next` may wait for other images' results */
};

/* One image: the caller fills the first part, pm_map the second. */
struct pm_map_item {
    const uint8_t *data; /* owned by the caller; must exist until `done` was called for it */
    size_t size;
    const struct pm_secrets *secrets; /* for encrypt and decrypt, else NULL; copied */
    void *tag;                        /* any pointer of the caller */

    uint8_t *result; /* NULL when it failed; `done` takes it over and frees it with free() */
    size_t result_size;
    struct pm_error error; /* PM_OK when it went well */
    /* Warnings: what the result lacks, or the user should know. Lines of UTF-8, each ended by '\n'; "": none.
     * Valid until `done` returns. */
    const char *warnings;
};

/* Calls next(user, item) until it returns 0 (it returns 1 for an image), transforms each image, and calls
 * done(user, item) once for each, in the order in which they end. Any thread may call the two functions, but
 * never two at the same time, except with `separate`: then it is one `next` and one `done`. The backend
 * `procs` forks its workers at the beginning, so with it the process must have only one thread; else it is
 * refused (PM_ERROR_USAGE). Returns 0, also if images failed; -1 with `error` filled if the workers could not
 * be started or were lost. */
int pm_map(const struct pm_recipe *recipe, const struct pm_map_options *options,
           int (*next)(void *user, struct pm_map_item *item),
           void (*done)(void *user, struct pm_map_item *item), void *user, struct pm_error *error);

#pragma GCC visibility pop

#endif
