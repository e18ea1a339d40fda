/*
 * Storage for many strings (hundreds of thousands): packed contiguously, freed all at once.
 */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stddef.h>

struct names_block;

/* {0} is empty. */
struct names {
    struct names_block *newest;
};

/* Allocates `size` bytes, aligned for any type if `size` is a multiple of 16; NULL when out of memory. */
void *names_alloc(struct names *names, size_t size);

/* A NUL-terminated copy of bytes[size], or NULL. */
char *names_add(struct names *names, const char *bytes, size_t size);

void names_free(struct names *names);

#endif
