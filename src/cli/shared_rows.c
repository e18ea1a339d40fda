#include "cli/shared_rows.h"

#include "backend/backend.h"
#include "cli/values.h"

const char *backend_choice(size_t index)
{
    return backends[index] != NULL ? backends[index]->name : NULL;
}

int option_backend(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    int index = option_find_word(option, argument, error);
    if (index < 0)
        return -1;
    *(const struct backend **)(void *)((char *)settings + option->offset) = backends[index];
    return 0;
}

int option_pixels(const struct option *option, void *settings, const char *argument, struct pm_error *error)
{
    uint64_t *pixels = (uint64_t *)(void *)((char *)settings + option->offset);
    return value_count(argument, 1, (uint64_t)1 << 40, pixels, error);
}
