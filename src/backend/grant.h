/*
 * The CPU time and memory that a worker process may use for one job. The parent sets both from outside with
 * prlimit, before it sends the job, so a worker is stopped even if an image controls it.
 *
 * CPU time: the job's --timeout plus a margin, in addition to the parent's own clock. Without a timeout: one
 * minute, plus four seconds per MiB of the job's charge, about a hundred times the cost of the most expensive
 * recipe steps. A job without a charge (from a user of the library) has no limit then.
 *
 * Memory: three times the job's charge, because arenas commit ahead and keep what they have committed, plus
 * 256 MiB for the libraries and the heap. The limit never shrinks. It is RLIMIT_DATA, which counts addresses.
 * Page tables and other memory that it misses are found by checking resident memory; a cgroup, if available,
 * counts them in the kernel (cgroup.h).
 */
#ifndef BACKEND_GRANT_H
#define BACKEND_GRANT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct grant {
    pid_t worker;
    uint64_t cpu, memory; /* its limits as last set, seconds and bytes; 0: not set */
};

/* Can processes' limits be set from outside here? */
bool grant_works(pid_t worker);

/* Sets the limits for a job that is charged `charge` bytes and may take `timeout` seconds (0: no limit).
 * Returns 0, or -1 with errno set (ESRCH: the worker has ended). */
int grant_job(struct grant *grant, uint64_t charge, double timeout);

/* Max resident bytes of a worker whose jobs were charged up to `charge` bytes: what is granted, plus page
 * tables and stack. UINT64_MAX: no limit. */
uint64_t grant_resident_max(uint64_t charge);

/* Private memory of the process in bytes, including page tables and swapped memory; or -1 if unknown. */
int64_t grant_memory_taken(pid_t worker);

/* CPU time used by the process so far, seconds; -1 if it has ended. */
double grant_cpu_taken(pid_t worker);

#endif
