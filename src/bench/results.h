/*
 * What a sweep measured and what follows from it: the data that flows from the measurement (trial.c, sweep.c)
 * through the analysis (stats.c, scaling.c, verdict.c) to the reports (report_*.c). Plain data; a `struct
 * results` owns all of it.
 *
 * A point is one model at one number of jobs on one workload; it has several trials. A series is one model on
 * one workload over all its numbers of jobs.
 */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pixmill/error.h"

enum workload { WORKLOAD_CPU, WORKLOAD_IO, WORKLOAD_OVERHEAD, WORKLOADS };

struct interval {
    double low, high;
};

/* One run of one model, in a process tree of its own. */
struct trial {
    size_t model; /* index into results.models */
    enum workload workload;
    unsigned jobs;
    unsigned number;         /* in its point, from 0; the cold one is not counted among them */
    bool cold;               /* the first of its point: caches empty; reported apart, in no statistics */
    double wall_s;           /* from the first job taken to the last result given, start-up left out */
    double startup_s;        /* from exec to the first job taken */
    double user_s, system_s; /* processor time of the whole tree, start-up included */
    uint64_t images, pixels;
    uint64_t peak_pss_bytes; /* proportional set size summed over the tree, at its highest sample */
    uint64_t peak_rss_bytes; /* VmHWM summed over the tree */
    uint64_t voluntary_switches, involuntary_switches, minor_faults, major_faults;
    double stage_s[PM_STAGES]; /* summed over all jobs */
    double blocked_s;          /* async: the longest time that the loop was blocked; else 0 */
    double steal_s;            /* time stolen from this machine meanwhile, all processors */
    double load;               /* one-minute load average before it began */
};

/* What stats.c makes of the trials of one point. */
struct summary {
    size_t model;
    enum workload workload;
    unsigned jobs;
    size_t trials;
    double wall_s; /* median */
    struct interval ci95;
    double images_per_s, megapixels_per_s;
    double speedup; /* against the same model at 1 job */
    struct interval speedup_ci95;
    double speedup_vs_serial; /* 0 when serial was not measured */
    double efficiency;        /* speedup / jobs */
    double karp_flatt;        /* the serial fraction that this point alone implies; NAN at 1 job */
    double cold_wall_s;       /* of the cold trial; NAN without one */
    double startup_s, cpu_s;  /* medians */
    uint64_t peak_pss_bytes;  /* median */
    double voluntary_switches, involuntary_switches; /* medians */
    double stage_s[PM_STAGES];                       /* medians */
    double blocked_s;                                /* largest */
    size_t outliers;     /* trials over 3.5 scaled MAD from the median; counted, never dropped */
    double spread;       /* scaled MAD / median */
    bool oversubscribed; /* more jobs than processors */
};

/* What scaling.c fits to a series. */
struct fit {
    size_t model;
    enum workload workload;
    bool fitted; /* false: too few points; why_not says it */
    char why_not[160];
    double serial_fraction; /* Amdahl */
    struct interval serial_fraction_ci95;
    bool has_usl; /* Universal Scalability Law: X(n) = lambda n / (1 + sigma (n - 1) + kappa n (n - 1)) */
    double sigma, kappa, lambda;
    struct interval sigma_ci95, kappa_ci95, lambda_ci95;
    double peak_jobs; /* where throughput peaks; INFINITY when it never does */
};

/* One row of the textbook's table, with the figures and the rules that decided it. */
struct verdict {
    size_t model;
    bool parallel_cpu, overlaps_io, held_by_lock;
    bool knows_parallel_cpu, knows_overlaps_io, knows_held_by_lock; /* false: not measured */
    double memory_bytes_per_worker, startup_s, handover_s;          /* NAN: not measured */
    char best_for[96];
    char parallel_why[200], overlap_why[200], lock_why[200], memory_why[200], handover_why[200],
        best_why[200];
};

struct machine {
    char cpu[96], os[96], compiler[64], version[32]; /* version: pixmill's */
    char topology[128];                              /* "1 socket, 8 cores, 16 threads, 1 NUMA node" */
    unsigned processors;                             /* usable by this process */
    char processors_source[128];
    uint64_t memory_bytes;
    char date[32]; /* ISO 8601, UTC */
    bool frequency_scaling;
    double load;
};

struct settings {
    char recipe[4096];
    char command[4096]; /* the exact command to repeat it, shell-quoted */
    unsigned repeat;
    double min_time_s, io_delay_ms;
    bool pin;
    uint64_t seed;
    size_t inputs;
    uint64_t input_bytes;
};

/* A model is a backend doing its I/O its own textbook way, or with another engine asked for
 * ("threads+async"). */
struct model {
    char name[48];                /* as asked for */
    const char *backend, *engine; /* names in their tables */
    const char *title; /* the textbook's word: "Multiprocessing", "Threading", "Async/await", "GIL", ... */
};

struct note {
    char text[240]; /* noise and outliers named, with a remedy */
};

struct results {
    struct machine machine;
    struct settings settings;
    struct model *models;
    size_t nmodels;
    struct trial *trials;
    size_t ntrials;
    struct summary *summaries;
    size_t nsummaries;
    struct fit *fits;
    size_t nfits;
    struct verdict *verdicts;
    size_t nverdicts;
    struct note *notes;
    size_t nnotes;
    bool interrupted; /* Ctrl-C: what stands here is what was measured until then */
};

void results_free(struct results *results);

/* "cpu", "io" or "overhead". */
const char *workload_name(enum workload workload);

#endif
