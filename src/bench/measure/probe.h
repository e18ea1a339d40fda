/*
 * What /proc reports of a group of processes that are paused: memory, processor time, switches and faults. It
 * is read once, at a trial's end (trial_report.h), so that measuring costs the trial nothing.
 *
 * Memory is the proportional set size: a page that several processes map counts for each with its share, so
 * that the sum over worker processes is what they use together. The kernel records no peak of it, only one of
 * the resident set (VmHWM): memory that a process freed since that peak was its own, and is added again. The
 * peaks of several processes need not be simultaneous; their sum is an upper bound.
 *
 * Never getrusage(RUSAGE_CHILDREN): its memory is that of the largest child so far.
 */
#ifndef BENCH_MEASURE_PROBE_H
#define BENCH_MEASURE_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct probe {
    unsigned processes;
    bool knows_pss; /* the kernel reported the PSS of each */
    uint64_t peak_pss_bytes, peak_rss_bytes;
    /* Of all processes except the group's leader, which reports its own more exactly. */
    double user_s, system_s;
    uint64_t voluntary_switches, involuntary_switches, minor_faults, major_faults;
};

/* Reads the processes of `group`, whose leader has the same number. 0, or -1 when /proc can't be read or
 * shows none. */
int probe_group(pid_t group, struct probe *probe);

/* How the processors that this process may use spent their time since the machine was started, summed:
 * seconds in which anything ran, and seconds that the hypervisor took. Resolution: 1/100 s. 0 where the
 * kernel does not report them. */
struct probe_time {
    double busy_s, steal_s;
};
struct probe_time probe_time(void);

/* The one-minute load average, or NAN. */
double probe_load(void);

#endif
