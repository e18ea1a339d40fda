/* The machine, as a report names it. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include "bench/results.h"
#include "bench/topology.h"

void machine_describe(const struct topology *topology, struct machine *machine);

#endif
