#include "backend/backend.h"

#include <string.h>

extern const struct backend backend_threads, backend_procs, backend_omp, backend_gil, backend_async,
    backend_serial;

const struct backend *const backends[] = {
    &backend_threads, &backend_procs, &backend_omp, &backend_gil, &backend_async, &backend_serial, NULL,
};

const struct backend *backend_find(const char *name)
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        if (strcmp((*backend)->name, name) == 0)
            return *backend;
    }
    return NULL;
}
