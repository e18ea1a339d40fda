/*
 * What /proc tells of a group of processes that hold still: memory, processor time, switches and faults. It
 * is read once, at a trial's end (order.h), so that measuring costs the trial nothing.
 *
 * Memory is the proportional set size: a page that several processes map counts for each with its share, so
 * that the sum over worker processes is what they really take together. The kernel keeps no peak of it, but
 * one of the resident set (VmHWM): what a process has given back since its peak was its own, and is added
 * again. The peaks of several processes need not have come at one time; their sum is an upper bound.
 *
 * Never getrusage(RUSAGE_CHILDREN): its memory is that of the largest child ever seen.
 */
#ifndef BENCH_MEASURE_PROBE_H
#define BENCH_MEASURE_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct probe {
    unsigned processes;
    bool knows_pss; /* the kernel told the PSS of each */
    uint64_t peak_pss_bytes, peak_rss_bytes;
    /* Of all processes but the group's leader, which tells its own more exactly. */
    double user_s, system_s;
    uint64_t voluntary_switches, involuntary_switches, minor_faults, major_faults;
};

/* Looks at the processes of `group`, whose leader has the same number. 0, or -1 when /proc can't be read or
 * shows none. */
int probe_group(pid_t group, struct probe *probe);

/* What became of the time of the processors that this process may use, summed over them, since the machine
 * was started: seconds that somebody computed, and that the hypervisor kept from them. Of a hundredth of a
 * second each. 0 where the kernel doesn't tell. */
struct probe_time {
    double busy_s, steal_s;
};
struct probe_time probe_time(void);

/* The one-minute load average, or NAN. */
double probe_load(void);

#endif
