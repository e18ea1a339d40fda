#include "batch/settings.h"

#include <string.h>

void settings_init(struct settings *settings)
{
    enum { MAX_PIXELS = 16383 * 16383 };
    *settings = (struct settings){
        .backend = {.kind = backends[0], .max_pixels = MAX_PIXELS},
        .engine = {.kind = engines[0]},
    };
    remote_config_init(&settings->remote);
}

void settings_complete(struct settings *settings, unsigned processors, uint64_t available)
{
    enum {
        BUDGET_SHARE = 4, /* a quarter of the available memory */
        KEEP_SHARE = 8,   /* an eighth of the budget; malloc's heap keeps as much (heap.h) */
    };
    struct backend_config *backend = &settings->backend;
    if (backend->workers == 0)
        backend->workers = backend->kind->one_worker ? 1 : processors;
    if (settings->engine.io_jobs == 0)
        settings->engine.io_jobs = settings->engine.kind->io_jobs;
    /* Of the process itself while the workers run: data of libraries, tables, stacks, memory of the kernel.
     */
    const uint64_t own = (4 << 20) + ((uint64_t)backend->workers << 20);
    const uint64_t free = available > own ? available - own : 0;
    if (settings->engine.memory == 0)
        settings->engine.memory = available / BUDGET_SHARE;
    /* Memory that is kept must leave room for images, however large the budget is. */
    const uint64_t share = free / BUDGET_SHARE, memory = settings->engine.memory;
    const uint64_t keep = (memory < share ? memory : share) / KEEP_SHARE;
    backend->keep_bytes = keep / backend->workers;
    settings->engine.keep_bytes = keep;
    /* Bytes kept by the workers and malloc's heap, and for inputs and results. */
    const uint64_t kept = 4 * keep;
    backend->max_bytes = free > kept ? free - kept : 0;
    if (settings->engine.memory > backend->max_bytes)
        settings->engine.memory = backend->max_bytes;
}

void settings_reserve(struct settings *settings, uint64_t bytes)
{
    uint64_t *const limits[] = {&settings->engine.memory, &settings->backend.max_bytes};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        *limits[i] = *limits[i] > bytes ? *limits[i] - bytes : 0;
    /* Of a budget that is used up, one byte is left: images are processed one at a time. */
    if (settings->engine.memory == 0 && settings->backend.max_bytes > 0)
        settings->engine.memory = 1;
}

const char *settings_key(const struct settings *settings)
{
    return settings->key_file != NULL ? settings->key_file : settings->passphrase_file;
}

const char *settings_log_file(const struct settings *settings)
{
    return settings->log != NULL && strcmp(settings->log, "-") != 0 ? settings->log : NULL;
}
