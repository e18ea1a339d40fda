#include "backend/backend.h"

#include <string.h>

const struct backend *const backends[] = {
    NULL,
};

const struct backend *backend_find(const char *name)
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        if (strcmp((*backend)->name, name) == 0)
            return *backend;
    }
    return NULL;
}
