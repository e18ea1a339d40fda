/* The machine: what it is made of, as hwloc sees it, in which order workers are best bound to it, and how a
 * report names it. */
#ifndef BENCH_MEASURE_MACHINE_H
#define BENCH_MEASURE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/results.h"

struct topology {
    char text[128]; /* "1 socket, 8 cores, 16 threads, 1 NUMA node" */
    char cpu[96];   /* the processor's name; "" when it tells none */
    /* The processors that this process may use, as the system numbers them: first one thread of every core,
     * then the second ones. */
    unsigned cpus[1024];
    unsigned ncpus;
    bool described; /* the system told hwloc of it; false without /sys: what the processors tell is all */
};

/* Where hwloc can't see the machine, the text says so and the order is the system's. Call it before any
 * thread starts: it sets an environment variable. */
void topology_read(struct topology *topology);

void machine_describe(const struct topology *topology, struct machine *machine);

#endif
