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

/* State of one slot's group; initialise with zeros. */
struct cgroup_bound {
    uint64_t limit; /* bytes, as last set */
    uint64_t kills; /* processes killed in it by the kernel, as last read, */
    uint64_t hits;  /* and how often its limit was the reason (v2) */
};

/* Creates the run's group, if possible. `root` is "/", or a test's folder with proc and sys. */
void cgroups_open(struct cgroups *groups, const char *root);

/* Moves the calling process, which must have one thread, into the slot's group, created on first use. Returns
 * 0, or -1 with errno set. */
int cgroup_enter(const struct cgroups *groups, unsigned slot);

/* Limits the slot's group to `bytes` (UINT64_MAX: no limit). */
void cgroup_limit(const struct cgroups *groups, unsigned slot, struct cgroup_bound *bound, uint64_t bytes);

/* Was a process of the slot killed at its group's limit since the last call? */
bool cgroup_has_killed(const struct cgroups *groups, unsigned slot, struct cgroup_bound *bound);

/* Removes the run's groups. No process may be left in them. */
void cgroups_close(struct cgroups *groups);

#endif
