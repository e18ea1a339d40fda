/*
 * Names by the hundred thousand: strings packed one behind the other and freed all at once. And how to show
 * one to a person: a file name is bytes, of any encoding and with newlines if it likes.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stddef.h>

struct names_block;

/* {0} is empty. */
struct names {
    struct names_block *newest;
};

/* Room for `size` bytes, aligned for any type if `size` is a multiple of 16; NULL when there is no memory. */
void *names_alloc(struct names *names, size_t size);

/* A NUL-terminated copy of bytes[size], or NULL. */
char *names_add(struct names *names, const char *bytes, size_t size);

void names_free(struct names *names);

/* Writes `name` into text[size] as one line of UTF-8: control characters and bytes that are no UTF-8 become
 * \xNN, and of a long name the end is shown, after "...". Returns text. `size` is at least 16. */
const char *name_show(const char *name, char *text, size_t size);

#endif
