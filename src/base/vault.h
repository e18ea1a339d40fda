/*
 * Memory for keys and passphrases, and for what holds them for a moment. It is locked, so that it is never
 * written to swap, left out of core dumps, and wiped when it is given back. Each piece has pages of its own.
 *
 * How much may be locked is limited (ulimit -l); a piece beyond that is as good as the others, but for swap.
 */
#ifndef BASE_VAULT_H
#define BASE_VAULT_H

#include <stddef.h>

/* `size` bytes, zero; NULL when there is no memory. */
void *vault_alloc(size_t size);

/* Wipes them and gives them back; `size` is what was asked for. NULL is allowed. */
void vault_free(void *piece, size_t size);

#endif
