/*
 * Constant memory: bytes that no process can change, not even this one and its children. It is a shared
 * mapping that can't be made writable, so forked processes have it in memory once, a snapshot
 * (base/snapshot.h) need not copy it, and a process that an attacker controls can't change it for others.
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
