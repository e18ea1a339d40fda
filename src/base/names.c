#include "base/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 * 1024, ALIGNMENT = 16 };

struct names_block {
    struct names_block *older;
    size_t size, used; /* of the bytes after this header */
};

void *names_alloc(struct names *names, size_t size)
{
    struct names_block *block = names->newest;
    size_t start = block != NULL ? block->used : 0;
    if (size % ALIGNMENT == 0)
        start = (start + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (block == NULL || start > block->size || size > block->size - start) {
        size_t room = size > BLOCK ? size : BLOCK;
        _Static_assert(sizeof(struct names_block) <= 2 * ALIGNMENT, "the header must fit its space");
        if (room > SIZE_MAX / 2 || (block = malloc(2 * ALIGNMENT + room)) == NULL)
            return NULL;
        *block = (struct names_block){.older = names->newest, .size = room};
        names->newest = block;
        start = 0;
    }
    block->used = start + size;
    return (char *)block + 2 * ALIGNMENT + start;
}

char *names_add(struct names *names, const char *bytes, size_t size)
{
    char *copy = names_alloc(names, size + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

void names_free(struct names *names)
{
    while (names->newest != NULL) {
        struct names_block *older = names->newest->older;
        free(names->newest);
        names->newest = older;
    }
}
