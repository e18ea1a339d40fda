#include "batch/folders.h"

#include <string.h>

struct folder {
    const char *name;
    size_t length;
};

static uint64_t folder_hash(const void *item)
{
    const struct folder *folder = item;
    return set_hash(folder->name, folder->length);
}

static bool folder_equal(const void *a, const void *b)
{
    const struct folder *first = a, *second = b;
    return first->length == second->length && memcmp(first->name, second->name, first->length) == 0;
}

void folders_init(struct folders *folders)
{
    *folders = (struct folders){0};
    set_init(&folders->set, folder_hash, folder_equal);
}

void folders_free(struct folders *folders)
{
    set_free(&folders->set);
    names_free(&folders->memory);
}

int folders_add(struct folders *folders, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct folder folder = {.name = ".", .length = 1};
    if (slash != NULL)
        folder = (struct folder){.name = path, .length = slash > path ? (size_t)(slash - path) : 1};
    if (set_find(&folders->set, &folder) != NULL)
        return 0;
    struct folder *kept = names_alloc(&folders->memory, sizeof *kept);
    char *name = names_add(&folders->memory, folder.name, folder.length);
    if (kept == NULL || name == NULL)
        return -1;
    *kept = (struct folder){.name = name, .length = folder.length};
    return set_put(&folders->set, kept);
}

const char *folders_next(const struct folders *folders, size_t *at)
{
    while (*at < folders->set.capacity) {
        const struct folder *folder = folders->set.slots[(*at)++];
        if (folder != NULL)
            return folder->name;
    }
    return NULL;
}
