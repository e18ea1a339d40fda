#include "backend/grant.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    CPU_BASE = 60,
    CPU_EACH_MIB = 4,
    CPU_SLACK = 2,
    MEMORY_BASE = 256 << 20,
    MEMORY_FACTOR = 3,
    MEMORY_SLACK = 32 << 20
};

bool grant_works(pid_t worker)
{
    struct rlimit limit;
    return prlimit(worker, RLIMIT_CPU, NULL, &limit) == 0 && prlimit(worker, RLIMIT_CPU, &limit, NULL) == 0 &&
           grant_cpu_taken(worker) >= 0;
}

double grant_cpu_taken(pid_t worker)
{
    clockid_t clock;
    struct timespec taken;
    if (clock_getcpuclockid(worker, &clock) != 0 || clock_gettime(clock, &taken) != 0)
        return -1;
    return (double)taken.tv_sec + (double)taken.tv_nsec * 1e-9;
}

/* Sets the soft limit, up to the hard limit, which is unchanged because it could not be raised again. */
static int set_limit(pid_t worker, int resource, uint64_t max)
{
    struct rlimit limit;
    if (prlimit(worker, (enum __rlimit_resource)resource, NULL, &limit) != 0)
        return -1;
    limit.rlim_cur = limit.rlim_max < max ? limit.rlim_max : max;
    return prlimit(worker, (enum __rlimit_resource)resource, &limit, NULL);
}

/* Seconds; 0: no limit. */
static double cpu_for(uint64_t charge, double timeout)
{
    if (timeout > 0)
        return timeout + CPU_SLACK;
    return charge > 0 ? CPU_BASE + CPU_EACH_MIB * ((double)charge / (1 << 20)) : 0;
}

static int grant_cpu(struct grant *grant, double seconds)
{
    uint64_t limit = RLIM_INFINITY;
    if (seconds > 0) {
        double taken = grant_cpu_taken(grant->worker);
        if (taken < 0) {
            errno = ESRCH;
            return -1;
        }
        double end = ceil(taken + seconds);
        limit = end < 1e9 ? (uint64_t)end : RLIM_INFINITY;
    }
    if (limit == grant->cpu)
        return 0;
    grant->cpu = limit;
    return set_limit(grant->worker, RLIMIT_CPU, limit);
}

static uint64_t memory_for(uint64_t charge)
{
    if (charge > 0 && charge < RLIM_INFINITY / MEMORY_FACTOR - MEMORY_BASE)
        return MEMORY_BASE + MEMORY_FACTOR * charge;
    return RLIM_INFINITY;
}

uint64_t grant_resident_max(uint64_t charge)
{
    const uint64_t memory = memory_for(charge);
    return memory != RLIM_INFINITY ? memory + MEMORY_SLACK : UINT64_MAX;
}

/* The number of KiB after `name` in text, as /proc writes it; 0 if it is missing. */
static int64_t kib_of(const char *text, const char *name)
{
    const char *found = strstr(text, name);
    return found != NULL ? strtoll(found + strlen(name), NULL, 10) : 0;
}

int64_t grant_memory_taken(pid_t worker)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", (int)worker);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (size <= 0)
        return -1;
    text[size] = '\0';
    const int64_t own = kib_of(text, "\nRssAnon:");
    return own > 0 ? (own + kib_of(text, "\nVmPTE:") + kib_of(text, "\nVmSwap:")) * 1024 : -1;
}

static int grant_memory(struct grant *grant, uint64_t charge)
{
    const uint64_t limit = memory_for(charge);
    if (limit <= grant->memory)
        return 0;
    grant->memory = limit;
    return set_limit(grant->worker, RLIMIT_DATA, limit);
}

int grant_job(struct grant *grant, uint64_t charge, double timeout)
{
    return grant_cpu(grant, cpu_for(charge, timeout)) == 0 && grant_memory(grant, charge) == 0 ? 0 : -1;
}
