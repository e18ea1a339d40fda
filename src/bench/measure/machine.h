/* The machine: its topology as hwloc reports it, the order in which to bind workers to its processors, and
 * its description for reports. */
#ifndef BENCH_MEASURE_MACHINE_H
#define BENCH_MEASURE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/results.h"

struct topology {
    char text[128]; /* "1 socket, 8 cores, 16 threads, 1 NUMA node" */
    char cpu[96];   /* the processor's name; "" if unknown */
    /* The processors that this process may use, by the system's numbers: first one thread of every core, then
     * the second threads. */
    unsigned cpus[1024];
    unsigned ncpus;
    bool described; /* by the system (/sys); false: only by the processors themselves */
};

/* Where hwloc can't read the machine, the text says so and the order is the system's. Call it before any
 * thread starts: it sets an environment variable. */
void topology_read(struct topology *topology);

void machine_describe(const struct topology *topology, struct machine *machine);

#endif
