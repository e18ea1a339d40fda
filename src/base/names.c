#include "base/names.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64 * 1024, ALIGNMENT = 16 };

struct names_block {
    struct names_block *older;
    size_t size, used; /* of the bytes behind this header */
};

void *names_alloc(struct names *names, size_t size)
{
    struct names_block *block = names->newest;
    size_t start = block != NULL ? block->used : 0;
    if (size % ALIGNMENT == 0)
        start = (start + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (block == NULL || start > block->size || size > block->size - start) {
        size_t room = size > BLOCK ? size : BLOCK;
        _Static_assert(sizeof(struct names_block) <= 2 * ALIGNMENT, "the header must fit its place");
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

/* The length of the UTF-8 character at `at` (RFC 3629, section 4), or 0 when there is none that may be
 * printed. */
static size_t printable(const unsigned char *at)
{
    if (at[0] < 0x80)
        return at[0] >= 0x20 && at[0] != 0x7f;
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Overlong forms, surrogates, beyond U+10FFFF, and the control characters U+0080 to U+009F. */
    if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
        (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f) || (at[0] == 0xc2 && at[1] < 0xa0))
        return 0;
    return length;
}

/* One character as shown: its bytes into shown[5], their number; *length bytes of the name are used up. */
static size_t show_one(const unsigned char *at, size_t *length, char shown[5])
{
    *length = printable(at);
    if (*length == 0) {
        *length = 1;
        return (size_t)snprintf(shown, 5, "\\x%02x", at[0]);
    }
    memcpy(shown, at, *length);
    return *length;
}

const char *name_show(const char *name, char *text, size_t size)
{
    const unsigned char *from = (const unsigned char *)name;
    size_t left = 0, used = 0, length;
    char shown[5];
    for (const unsigned char *at = from; *at != '\0'; at += length)
        left += show_one(at, &length, shown);

    size_t room = size - 1;
    if (left > room) {
        memcpy(text, "...", 3);
        used = 3;
        room -= 3;
    }
    for (; left > room; from += length)
        left -= show_one(from, &length, shown);
    for (; *from != '\0'; from += length) {
        size_t width = show_one(from, &length, shown);
        memcpy(text + used, shown, width);
        used += width;
    }
    text[used] = '\0';
    return text;
}
