/*
 * Secret memory, for keys and passphrases and their temporary copies: locked (never swapped), excluded from
 * core dumps, and wiped when freed. Each allocation has its own pages.
 *
 * The amount of locked memory is limited (ulimit -l); beyond it, an allocation may be swapped.
 */
#ifndef BASE_VAULT_H
#define BASE_VAULT_H

#include <stddef.h>

/* Allocates `size` zeroed bytes; NULL when out of memory. */
void *vault_alloc(size_t size);

/* Wipes and frees; `size` as allocated. NULL is allowed. */
void vault_free(void *piece, size_t size);

#endif
