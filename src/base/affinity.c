#include "base/affinity.h"

#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's mask format, for 8192 processors. Static: nothing can be allocated yet. */
static unsigned long noted[8192 / (8 * sizeof(unsigned long))];
static long noted_bytes;

/* Runs before the C library and sanitizers are set up: raw system call, no instrumentation. */
__attribute__((no_sanitize("address", "thread", "undefined"), no_stack_protector)) void affinity_note(void)
{
    noted_bytes = syscall(SYS_sched_getaffinity, 0, sizeof noted, noted);
}

void affinity_restore(void)
{
    if (noted_bytes > 0)
        (void)syscall(SYS_sched_setaffinity, 0, (size_t)noted_bytes, noted);
}
