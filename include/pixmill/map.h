/*
 * A recipe over many images in memory, under the concurrency model of your choice. All give the same bytes.
 */
#ifndef PIXMILL_MAP_H
#define PIXMILL_MAP_H

#include "pixmill/recipe.h"
#include "pixmill/transform.h"

#pragma GCC visibility push(default)

/* The name of backend number `index` ("threads" is 0, the default), or NULL after the last. */
const char *pm_backend_name(size_t index);

/* Why the backend of that name can't be used here; NULL when it can. */
const char *pm_backend_why_not(const char *name);

struct pm_map_options {
    const char *backend;     /* NULL: the default */
    unsigned workers;        /* 0: as many as this process may use processors; `serial` has one */
    struct pm_limits limits; /* of each image */
    double timeout;          /* seconds for each image; 0: no limit */
};

/* One image: the caller fills the first part, pm_map the second. */
struct pm_map_item {
    const uint8_t *data; /* stays the caller's; must live until `done` was called for it */
    size_t size;
    const struct pm_secrets *secrets; /* for encrypt and decrypt, else NULL; copied */
    void *tag;                        /* the caller's own */

    uint8_t *result; /* NULL when it failed; `done` takes it over and frees it with free() */
    size_t result_size;
    struct pm_error error; /* PM_OK when it went well */
    /* What the result lacks or a user should know, and that is no error: lines of UTF-8, each ended by '\n';
     * "" if nothing. Valid until `done` returns. */
    const char *warnings;
};

/* Calls next(user, item) until it returns 0 (it returns 1 for an image), transforms each, and calls
 * done(user, item) once for each in whatever order they end. The two are called from any thread, but never at
 * the same time. The backend `procs` forks its workers at the beginning: call it from a process of one
 * thread. Returns 0, failed images included, or -1 with `error` filled when the workers could not be started
 * or were lost. */
int pm_map(const struct pm_recipe *recipe, const struct pm_map_options *options,
           int (*next)(void *user, struct pm_map_item *item),
           void (*done)(void *user, struct pm_map_item *item), void *user, struct pm_error *error);

#pragma GCC visibility pop

#endif
