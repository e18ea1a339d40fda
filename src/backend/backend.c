#include "backend/backend.h"

#include <string.h>

#define BACKEND(name, ...) extern const struct backend backend_##name;
#include "backend/backends.def"
#undef BACKEND

#define BACKEND(name, ...) &backend_##name,
const struct backend *const backends[] = {
#include "backend/backends.def"
    NULL,
};
#undef BACKEND

const struct backend *backend_find(const char *name)
{
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        if (strcmp((*backend)->name, name) == 0)
            return *backend;
    }
    return NULL;
}
