/*
 * Constant memory: bytes that nobody can change any more, this process and those that it forks included. It
 * is a shared mapping that can't be made writable, so forked processes have it in memory once, a snapshot
 * (base/snapshot.h) need not copy it, and code that was taken over in one of them can't change it for others.
 */
#ifndef BASE_CONSTANT_H
#define BASE_CONSTANT_H

#include <stddef.h>

/* A copy of bytes[size], at the beginning of a page. NULL: the system can't make one (no memory, no /proc, or
 * ulimit -f is lower). */
void *constant_copy(const void *bytes, size_t size);

/* Frees a copy of `size` bytes. NULL is allowed. */
void constant_free(void *copy, size_t size);

#endif
