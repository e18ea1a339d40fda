/*
 * What a worker process is granted for one job: so much CPU time, and so much memory of its own. The parent
 * sets both from outside with prlimit, before it hands the job over, so that whatever an image makes of its
 * worker, it ends.
 *
 * CPU time: the job's --timeout and a little, as a second line behind the parent's own clock. Without a
 * timeout a minute, and four seconds for each MiB that the job is charged: some hundred times what the
 * costliest of recipes' steps takes. A job without a charge (of the library's user) has no end then.
 *
 * Memory: three times what the job is charged, for arenas commit ahead and keep what they have committed, and
 * 256 MiB for the libraries and the heap. What a worker was granted once it keeps. The limit is RLIMIT_DATA,
 * which counts addresses. Page tables, and whatever else it should miss, are found by what is resident; and a
 * cgroup, where there can be one, counts them in the kernel (cgroup.h).
 */
#ifndef BACKEND_GRANT_H
#define BACKEND_GRANT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct grant {
    pid_t worker;
    uint64_t cpu, memory; /* its limits as they were set last, seconds and bytes; 0: never */
};

/* Can processes' limits be set from outside here? */
bool grant_works(pid_t worker);

/* Grants a job that is charged `charge` bytes and may take `timeout` seconds (0: without end). Returns 0, or
 * -1 with errno set (ESRCH: the worker is no more). */
int grant_job(struct grant *grant, uint64_t charge, double timeout);

/* Bytes that may be resident in a worker whose jobs were charged up to `charge` bytes: what is granted, and
 * as much again as page tables and the stack take. UINT64_MAX: any. */
uint64_t grant_resident_max(uint64_t charge);

/* Memory of its own that the process has now, page tables and what is swapped out included, bytes; or -1 when
 * that can't be found out. */
int64_t grant_memory_taken(pid_t worker);

/* CPU time that the process has taken so far, seconds; or -1 when it is no more. */
double grant_cpu_taken(pid_t worker);

#endif
