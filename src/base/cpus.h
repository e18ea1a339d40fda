/*
 * How much of the machine this process may use: processors (affinity mask, cgroup quota, and Slurm's
 * allocation, which Slurm does not enforce by default) and memory (free memory, cgroup limit). Each answer
 * names its source, for `-v`. Linux; cgroup v1 and v2; the limits of all groups from our own up to the root
 * apply.
 */
#ifndef BASE_CPUS_H
#define BASE_CPUS_H

#include <limits.h>
#include <stdint.h>

struct cpus_count {
    unsigned count; /* at least 1 */
    /* The limit that applied: "4 in the affinity mask", "cgroup quota 1.5 of 8", "SLURM_CPUS_ON_NODE of
     * 64". */
    char source[128];
};
struct cpus_count cpus_usable(void);

struct memory_size {
    uint64_t bytes;
    char source[128]; /* "MemAvailable", "memory.max of /sys/fs/cgroup/user.slice" */
};
/* The minimum of free memory and what is left under each cgroup's limit. */
struct memory_size memory_available(void);

/* The same with files read below `root` instead of "/", for tests with a fake /proc and /sys. `affinity` is
 * the number of processors in the mask. Slurm's variables are the environment's. */
struct cpus_count cpus_usable_at(const char *root, unsigned affinity);
struct memory_size memory_available_at(const char *root);

/* This process's own group in the hierarchy that controls memory. */
struct memory_group {
    unsigned version;      /* of cgroups, 1 or 2; 0: no such group is visible */
    char folder[PATH_MAX]; /* its path, which begins with `root` */
    char above[PATH_MAX];  /* that of its parent group; empty: not visible */
};
void memory_group_at(const char *root, struct memory_group *group);

#endif
