/*
 * How much of the machine this process may use: processors (affinity mask, cgroup quota, and what Slurm gave
 * the job or task, which by its default settings binds nothing) and memory (what is free and what the cgroup
 * allows). Each answer comes with where it came from, for `-v`. Linux; cgroup v1 and v2, the limits of every
 * group from our own up to the root counted.
 */
#ifndef BASE_CPUS_H
#define BASE_CPUS_H

#include <stdint.h>

struct cpus_count {
    unsigned count; /* at least 1 */
    /* Which bound held: "4 in the affinity mask", "cgroup quota 1.5 of 8", "SLURM_CPUS_ON_NODE of 64". */
    char source[128];
};
struct cpus_count cpus_usable(void);

struct memory_size {
    uint64_t bytes;
    char source[128]; /* "MemAvailable", "memory.max of /sys/fs/cgroup/user.slice" */
};
/* The smaller of free memory and what each cgroup's limit leaves. */
struct memory_size memory_available(void);

/* The same with the files looked up below `root` instead of "/": for tests on a made-up /proc and /sys.
 * `affinity` is the number of processors in the mask. Slurm's variables are the environment's. */
struct cpus_count cpus_usable_at(const char *root, unsigned affinity);
struct memory_size memory_available_at(const char *root);

#endif
