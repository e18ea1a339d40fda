/*
 * A snapshot of all that a process can write to: its libraries' variables, its heap, its stack. Restoring it
 * leaves nothing behind of what was done since, wherever a library kept it (a freed block, a static buffer, a
 * cache), and puts the heap's own lists back as they were.
 *
 * What the process does in between must end there: a block that it allocated is gone afterwards, and so is
 * what a library noted. A process that was forked when the snapshot was taken is in the same position, so
 * whatever survives that survives this; random numbers among them, for OpenSSL notices a fork by the pid
 * that it noted, and that note is restored, too.
 *
 * Left alone: up to 16 bytes of the stack, between the variables of the call that restores; shared memory;
 * and memory that was mapped after the snapshot was taken (arenas, which are wiped by arena_wipe). Whoever
 * maps some without unmapping it wipes it. Not for a process with threads, nor under a sanitizer, which keeps
 * notes of its own.
 */
#ifndef BASE_SNAPSHOT_H
#define BASE_SNAPSHOT_H

struct snapshot;

/* Copies what is there now. NULL where /proc does not tell what that is, or without memory. It is kept until
 * the process ends. */
struct snapshot *snapshot_take(void);

/* Restores it; of the stack, clears what is below the caller. Uses no system calls but brk and
 * madvise(MADV_DONTNEED). Returns 0, or -1 when the system refuses one of those: something may be left. */
int snapshot_restore(const struct snapshot *snapshot);

#endif
