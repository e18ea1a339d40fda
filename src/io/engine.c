#include "io/engine.h"

#include <string.h>

extern const struct engine engine_threads, engine_async, engine_sync;

const struct engine *const engines[] = {
    &engine_threads,
    &engine_async,
    &engine_sync,
    NULL,
};

const struct engine *engine_find(const char *name)
{
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        if (strcmp((*engine)->name, name) == 0)
            return *engine;
    }
    return NULL;
}
