/*
 * Secret memory, for keys and passphrases and their temporary copies: locked (never swapped), excluded from
 * core dumps, and wiped when freed. Each allocation has its own pages.
 *
 * The amount of locked memory is limited (ulimit -l); beyond it, an allocation may be swapped.
 */
#ifndef BASE_SECRET_MEMORY_H
#define BASE_SECRET_MEMORY_H

#include <stddef.h>

/* Allocates `size` zeroed bytes; NULL when out of memory. */
void *secret_alloc(size_t size);

/* Wipes and frees; `size` as allocated. NULL is allowed. */
void secret_free(void *piece, size_t size);

#endif
