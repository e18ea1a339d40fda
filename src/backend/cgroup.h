/*
 * Cgroups that bound the memory of worker processes, if this process may create them: a second limit in
 * addition to the handler's check every 50 ms. The kernel refuses the first page above the limit and kills
 * the worker; page tables and other kernel memory count.
 *
 * A run has one group, which contains a group for each worker slot; the workers of the slot enter it one
 * after the other:
 *
 *     OWN GROUP/pixmill-PID-XXXXXX/SLOT       cgroup v1 (mounted with memory.use_hierarchy, the default)
 *     GROUP ABOVE/pixmill-PID-XXXXXX/SLOT     cgroup v2, where a group with processes can't control others:
 *                                             only if that group is delegated to us and ours has no limit to
 *                                             evade
 *
 * The run's group is locked (flock) while the run lives. Each run removes the unlocked groups of killed runs.
 */
#ifndef BACKEND_CGROUP_H
#define BACKEND_CGROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct cgroups {
    unsigned version;      /* 1 or 2; 0: no group can be made here */
    int lock;              /* the run's group; -1: none */
    char folder[PATH_MAX]; /* and its path */
};

/* What is known of the group of one slot; begins as zeroes. */
struct cgroup_bound {
    uint64_t limit; /* bytes, as set last */
    uint64_t kills; /* processes that the kernel had killed in it when that was last read, */
    uint64_t hits;  /* and how often because of its limit (v2) */
};

/* Makes the run's group, if one can be made. `root` is "/", or where a test has its /proc and /sys. */
void cgroups_open(struct cgroups *groups, const char *root);

/* Moves the calling process, which has one thread, into the slot's group, which the first one makes. Returns
 * 0, or -1 with errno set. */
int cgroup_enter(const struct cgroups *groups, unsigned slot);

/* Limits the slot's group to `bytes` (UINT64_MAX: no limit). */
void cgroup_limit(const struct cgroups *groups, unsigned slot, struct cgroup_bound *bound, uint64_t bytes);

/* Was a process of the slot killed at its group's limit since this was last asked? */
bool cgroup_has_killed(const struct cgroups *groups, unsigned slot, struct cgroup_bound *bound);

/* Removes the run's groups, once no process is left in them. */
void cgroups_close(struct cgroups *groups);

#endif
