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
        BUDGET_SHARE = 4, /* a quarter of what is available */
        KEEP_SHARE = 8,   /* of the budget; malloc's heap keeps as much (heap.h) */
    };
    struct backend_config *backend = &settings->backend;
    if (backend->workers == 0)
        backend->workers = backend->kind->one_worker ? 1 : processors;
    if (settings->engine.io_jobs == 0)
        settings->engine.io_jobs = settings->engine.kind->io_jobs;
    if (settings->engine.memory == 0)
        settings->engine.memory = available / BUDGET_SHARE;
    backend->max_bytes = available;
    backend->keep_bytes = settings->engine.memory / KEEP_SHARE / backend->workers;
}

const char *settings_key(const struct settings *settings)
{
    return settings->key_file != NULL ? settings->key_file : settings->passphrase_file;
}

const char *settings_log_file(const struct settings *settings)
{
    return settings->log != NULL && strcmp(settings->log, "-") != 0 ? settings->log : NULL;
}
