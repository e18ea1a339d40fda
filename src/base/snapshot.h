/*
 * A snapshot of all writable memory of a process: variables of its libraries, heap, stack. Restoring it
 * erases everything done since, wherever a library kept it (a freed block, a static buffer, a cache), and
 * restores the heap's internal lists.
 *
 * Nothing done in between may be used afterwards: blocks allocated since are gone, and so is library state.
 * The effect is that of forking a process at the snapshot, so code that is safe after fork is safe here. This
 * includes random numbers: OpenSSL detects a fork by its saved pid, which is restored too.
 *
 * Not restored: up to 16 bytes of the stack, between the variables of the restoring call; shared memory; and
 * memory mapped after the snapshot (arenas, which arena_wipe wipes). Code that maps memory and keeps it must
 * wipe it. Not for a process with threads, nor under a sanitizer, which has its own shadow state.
 */
#ifndef BASE_SNAPSHOT_H
#define BASE_SNAPSHOT_H

struct snapshot;

/* Takes a snapshot; it is kept until the process ends. NULL if /proc lacks the information or when out of
 * memory. */
struct snapshot *snapshot_take(void);

/* Restores it and clears the stack below the caller. The only system calls used are brk and
 * madvise(MADV_DONTNEED). Returns 0, or -1 when one of them fails: data may then remain. */
int snapshot_restore(const struct snapshot *snapshot);

#endif
