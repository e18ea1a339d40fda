#include "filter/filter.h"

#include <string.h>

const struct filter *const filters[] = {
    NULL,
};

const struct filter *filter_find(const char *name)
{
    for (const struct filter *const *filter = filters; *filter != NULL; filter++) {
        if (strcmp((*filter)->name, name) == 0)
            return *filter;
    }
    return NULL;
}
