/*
 * What a sweep measured and what follows from it: the data that flows from the measurement (trial.c, sweep.c)
 * through the analysis (analysis.h) to the reports (report.h). Plain data; a `struct results` owns all of it.
 *
 * A point is one model at one number of jobs on one workload; it has several trials. A series is one model on
 * one workload over all its numbers of jobs. A number that was not measured or can't be computed is NAN.
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

/* One run of one model, in a process tree of its own. A valid trial has images and a wall_s above 0. */
struct trial {
    size_t model; /* index into results.models */
    enum workload workload;
    unsigned jobs;
    unsigned number; /* its round, from 0; the cold one is not counted */
    bool cold; /* the first of its point, with empty caches: reported separately, not in the statistics */
    unsigned workers;        /* threads or processes granted for these jobs: fewer where the system, or
                              * OMP_THREAD_LIMIT, allowed no more */
    double wall_s;           /* from the first job taken to the last result, without start-up */
    double startup_s;        /* from exec to the first job taken */
    double user_s, system_s; /* processor time of the whole tree, start-up included */
    uint64_t images, pixels;
    uint64_t
        peak_pss_bytes; /* proportional set size summed over the tree, at its peak (probe.h); 0: unknown */
    uint64_t peak_rss_bytes; /* VmHWM summed over the tree */
    uint64_t voluntary_switches, involuntary_switches, minor_faults, major_faults;
    double stage_s[PM_STAGES]; /* summed over all jobs */
    double blocked_s;          /* async: the longest time that the loop was blocked; else 0 */
    double steal_s;            /* time that the hypervisor took meanwhile, all usable processors */
    double others_s;           /* time of other programs on them */
    double load;               /* one-minute load average before it began */
};

/* What summary.c makes of the trials of one point. Medians over its trials, unless noted otherwise. */
struct summary {
    size_t model;
    enum workload workload;
    unsigned jobs;
    size_t trials; /* without the cold one */
    double wall_s;
    struct interval ci95; /* of wall_s; NAN with a single trial */
    double images;        /* in a trial */
    double images_per_s, megapixels_per_s;
    struct interval images_per_s_ci95;
    double speedup; /* of images_per_s, against the same model at 1 job; NAN without that point */
    struct interval speedup_ci95;
    double speedup_vs_serial; /* compared round by round (ranking.h); NAN if serial was not measured */
    struct interval vs_serial_ci95;
    double efficiency; /* speedup / jobs */
    struct interval efficiency_ci95;
    double karp_flatt; /* the serial fraction that this point alone implies; NAN at 1 job */
    double cold_wall_s, cold_images_per_s; /* of the cold trial; NAN without one */
    double startup_s, cpu_s;
    double cpu_per_image_s; /* start-up included */
    struct interval cpu_per_image_ci95;
    double peak_pss_bytes;
    struct interval startup_ci95, peak_pss_ci95;
    double voluntary_switches, involuntary_switches;
    double stage_s[PM_STAGES]; /* summed over all jobs of a trial; NAN intervals: a stage took no time */
    double stages_s;           /* of all stages together */
    struct interval stage_ci95[PM_STAGES], stages_ci95;
    double blocked_s;    /* largest */
    double others;       /* share of the usable processors' time that other programs used, 0 to 1 */
    double spread;       /* scaled MAD of wall_s / its median; NAN with a single trial */
    size_t outliers;     /* trials far from the median; counted, never removed */
    bool oversubscribed; /* more jobs than processors */
    bool superlinear;    /* the speedup's whole interval is above the number of jobs */
};

/* A law of scaling, fitted: X(n) = lambda n / (1 + sigma (n - 1) + kappa n (n - 1)) images per second at n
 * jobs. Universal Scalability Law (Gunther 1993); with kappa = 0 it is Amdahl's, sigma the serial fraction.
 */
struct law {
    double lambda, sigma, kappa;
    struct interval lambda_ci95, sigma_ci95, kappa_ci95;
    double covariance[3][3]; /* of log lambda, sigma, kappa */
    double residual;         /* relative standard deviation of the points around the law */
    unsigned freedom;        /* points beyond the number of parameters */
};

/* What scaling.c fits to a series. */
struct fit {
    size_t model;
    enum workload workload;
    size_t points; /* numbers of jobs that the fit could use */
    bool has_amdahl, has_usl;
    struct law amdahl, usl;
    double peak_jobs; /* where the USL's throughput peaks; INFINITY when it never does */
    struct interval peak_jobs_ci95;
    char why_not[160]; /* of a law that was not fitted; empty when both were */
};

/* The columns of the textbook's table. */
enum column {
    COLUMN_PARALLEL, /* parallel on CPU? */
    COLUMN_LOCK,     /* affected by the lock? */
    COLUMN_OVERLAP,  /* overlaps I/O? */
    COLUMN_MEMORY,   /* memory per worker */
    COLUMN_STARTUP,
    COLUMN_HANDOVER, /* cost of one hand-over */
    COLUMN_BEST,     /* best for */
    COLUMNS,
};

enum answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };

/* A model's best throughput on a workload compared with the fastest model's. */
enum standing {
    STANDING_NONE, /* not measured */
    STANDING_FASTEST,
    STANDING_NEAR,    /* nearly equal to the fastest */
    STANDING_UNCLEAR, /* nearly equal or slower: the interval includes both */
    STANDING_SLOWER,
};

struct rank {
    enum standing standing;
    unsigned jobs; /* where its throughput is highest */
    /* How many times as fast the fastest is, trial by trial of the same round; 1 for the fastest itself. */
    double ratio;
    struct interval ratio_ci95;
};

/* One row of the textbook's table. */
struct verdict {
    size_t model;
    enum answer parallel_cpu, held_by_lock, overlaps_io;
    double memory_bytes_per_worker, startup_s, handover_s;
    bool memory_in_all; /* the memory is that of the whole process: it has one worker */
    struct interval memory_ci95, startup_ci95, handover_ci95;
    struct rank ranks[WORKLOADS];
    bool disturbed; /* whether it is parallel is unclear because other programs used the processors */
    char best_for[96];
    /* The figures that decided each cell; the rules are in verdict_columns (verdict.h). */
    char why[COLUMNS][320];
};

struct machine {
    char cpu[96], os[96], compiler[64], version[32]; /* version: pixmill's */
    char topology[128];                              /* "1 socket, 8 cores, 16 threads, 1 NUMA node" */
    unsigned processors;                             /* usable by this process */
    char processors_source[128];
    uint64_t memory_bytes;
    char date[32]; /* ISO 8601, UTC */
    bool frequency_scaling;
    double load; /* one-minute load average before the sweep */
};

/* How trials are chosen and run: options fill it, the sweep follows it, and reports repeat it. */
struct sampling {
    unsigned repeat;   /* trials per point, without the cold one */
    double min_time_s; /* of a trial; 0: the inputs once */
    bool pin;          /* bind worker i to core i */
    uint64_t seed;     /* of the trials' order */
};

struct sweep_settings {
    char recipe[4096];
    char command[4096]; /* the exact command to repeat it, shell-quoted */
    struct sampling sampling;
    double io_delay_ms;
    size_t inputs, urls;  /* all; URLs among them */
    unsigned io_jobs;     /* files or URLs in transfer at once, of engines that have a number; 0: their own */
    uint64_t input_bytes; /* of files */
};

/* A model is a backend doing its I/O its own textbook way, or with another engine asked for
 * ("threads+async"). */
struct model {
    char name[48];                /* as asked for */
    char backend[24], engine[16]; /* names in their tables; of Python "python-threads", "asyncio", ... */
    char title[32];  /* the textbook's word: "Multiprocessing", "Threading", "Async/await", "GIL", ... */
    char about[256]; /* the model in two sentences */
    bool one_worker; /* measured at 1 job only */
    /* Of a Python model (measure/python.h), else "" and NULL: */
    char python[24];     /* version, "3.13.5t" of a free-threaded build */
    char lock[16];       /* the interpreter's lock in the transform: "released", "kept", or "none" */
    const char *program; /* the interpreter; NULL if it was read from a report, too */
};

/* Something that makes the figures less certain, and what to do about it. */
struct note {
    char text[240], remedy[240]; /* sentences; the remedy may be empty */
    bool busy;                   /* other programs used the processors: shown at the top of a report */
    bool derived;                /* from the trials, by the analysis */
};

struct results {
    struct machine machine;
    struct sweep_settings settings;
    struct model *models;
    size_t nmodels;
    struct trial *trials; /* in the order in which they ran */
    size_t ntrials;
    struct summary *summaries; /* by model, then workload, then jobs */
    size_t nsummaries;
    struct fit *fits;
    size_t nfits;
    struct verdict *verdicts; /* one a model */
    size_t nverdicts;
    struct note *notes;
    size_t nnotes;
    bool interrupted; /* Ctrl-C: the results are what was measured until then */
};

void results_free(struct results *results);

/* Adds a note. 0, or -1 when there is no memory. */
__attribute__((format(printf, 3, 4))) int results_note(struct results *results, const char *remedy,
                                                       const char *format, ...);

/* The point of `model` on `workload` at `jobs` (0: its min jobs), or NULL when it was not measured. */
const struct summary *results_point(const struct results *results, size_t model, enum workload workload,
                                    unsigned jobs);

/* The point with the highest throughput on `workload`, of a model and of all; NULL when none was measured. */
const struct summary *results_best(const struct results *results, size_t model, enum workload workload);
const struct summary *results_fastest(const struct results *results, enum workload workload);

/* Is one of the models a Python model? */
bool results_python(const struct results *results);

/* The point of the serial model, or NULL. */
const struct summary *results_serial(const struct results *results, enum workload workload);

/* "cpu", "io" or "overhead". */
const char *workload_name(enum workload workload);

/* Describes a workload: "the recipe on files in the page cache". */
const char *workload_text(enum workload workload);

/* What a workload consists of: "image", or of the overhead workload "job". */
const char *workload_item(enum workload workload);

#endif
