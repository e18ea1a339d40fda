/* The rules: each compares answers of the textbook's table (verdict.h) for models of one interpreter, so that
 * their thresholds are the table's. */
#include "bench/analysis/statements.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/figure.h"

struct about {
    const struct results *results;
    const char *python; /* version */
    bool has_lock;
    struct statement *statement;
    bool main_kind; /* of the next finding */
};

/* The verdict of the model `name` of this interpreter; NULL if it was not measured. */
static const struct verdict *find(const struct about *about, const char *name)
{
    char full[sizeof about->results->models->name];
    snprintf(full, sizeof full, "%s@%s", name, about->python);
    for (size_t i = 0; i < about->results->nverdicts; i++) {
        if (strcmp(about->results->models[about->results->verdicts[i].model].name, full) == 0)
            return &about->results->verdicts[i];
    }
    return NULL;
}

static enum answer not(enum answer answer) {
    return answer == ANSWER_UNKNOWN ? answer
           : answer == ANSWER_YES   ? ANSWER_NO
                                    : ANSWER_YES;
}

/* "holds in 3.11.2, 3.14.10; does not hold in 3.13.5t", of the findings about the main kind of work. */
static void write_versions(struct statement *statement)
{
    static const enum answer order[] = {ANSWER_YES, ANSWER_NO, ANSWER_UNKNOWN};
    const size_t size = sizeof statement->versions;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        bool begun = false;
        for (size_t k = 0; k < statement->nfindings; k++) {
            const struct finding *finding = &statement->findings[k];
            const size_t used = strlen(statement->versions);
            if (!finding->main_kind || finding->holds != order[i])
                continue;
            if (begun)
                snprintf(statement->versions + used, size - used, ", %s", finding->python);
            else
                snprintf(statement->versions + used, size - used, "%s%s in %s", used > 0 ? "; " : "",
                         statement_word(order[i]), finding->python);
            begun = true;
        }
    }
}

__attribute__((format(printf, 3, 4))) static void add(struct about *about, enum answer holds,
                                                      const char *format, ...)
{
    struct statement *statement = about->statement;
    if (statement->nfindings == FINDINGS_MAX)
        return;
    struct finding *finding = &statement->findings[statement->nfindings++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
    finding->holds = holds;
    snprintf(finding->python, sizeof finding->python, "%s", about->python);
    finding->main_kind = about->main_kind;
    about->main_kind = false;
}

static void threads_are_not_parallel(struct about *about)
{
    const struct verdict *kept = find(about, "python-threads-kept"),
                         *released = find(about, "python-threads");
    if (!about->has_lock) {
        if (kept != NULL || released != NULL)
            add(about, not((kept != NULL ? kept : released)->parallel_cpu), "threads, without a lock: %s",
                (kept != NULL ? kept : released)->why[COLUMN_PARALLEL]);
        return;
    }
    if (kept != NULL)
        add(about, not(kept->parallel_cpu), "threads that keep the lock, as Python code does: %s",
            kept->why[COLUMN_PARALLEL]);
    about->main_kind = false;
    if (released != NULL)
        add(about, not(released->parallel_cpu), "threads in C code that releases the lock: %s",
            released->why[COLUMN_PARALLEL]);
}

/* The processes that were measured, of whichever start method. */
static const struct verdict *processes(const struct about *about)
{
    static const char *const names[] = {"python-procs-fork-kept",       "python-procs-fork",
                                        "python-procs-forkserver-kept", "python-procs-forkserver",
                                        "python-procs-spawn-kept",      "python-procs-spawn"};
    const struct verdict *verdict = NULL;
    for (size_t i = 0; verdict == NULL && i < sizeof names / sizeof *names; i++)
        verdict = find(about, names[i]);
    return verdict;
}

/* Processes are needed for the CPU where they compute in parallel and what shares one process does not. */
static void add_alternative(struct about *about, const struct verdict *procs, const struct verdict *other,
                            const char *kind)
{
    if (other == NULL)
        return;
    enum answer needed = ANSWER_UNKNOWN;
    if (procs->parallel_cpu == ANSWER_NO || other->parallel_cpu == ANSWER_YES)
        needed = ANSWER_NO;
    else if (procs->parallel_cpu == ANSWER_YES)
        needed = not(other->parallel_cpu);
    add(about, needed, "%s: %s, with %s a worker; processes: %s, with %s", kind, other->why[COLUMN_PARALLEL],
        figure_bytes(other->memory_bytes_per_worker).text, procs->why[COLUMN_PARALLEL],
        figure_bytes(procs->memory_bytes_per_worker).text);
}

static void processes_for_cpu(struct about *about)
{
    const struct verdict *procs = processes(about), *kept = find(about, "python-threads-kept");
    const struct verdict *own = find(about, "python-interpreters-kept");
    if (procs == NULL)
        return;
    add_alternative(about, procs, kept,
                    about->has_lock ? "threads that keep the lock" : "threads, without a lock");
    about->main_kind = false;
    if (about->has_lock)
        add_alternative(about, procs, find(about, "python-threads"),
                        "threads in C code that releases the lock");
    add_alternative(about, procs, own != NULL ? own : find(about, "python-interpreters"),
                    "interpreters of their own in one process");
}

/* Images per second where the model is fastest on io. */
static const struct summary *best_io(const struct about *about, const struct verdict *verdict)
{
    return results_best(about->results, verdict->model, WORKLOAD_IO);
}

static void asyncio_for_io(struct about *about)
{
    const struct verdict *loop = find(about, "python-asyncio"), *threads = find(about, "python-threads");
    if (loop == NULL || best_io(about, loop) == NULL)
        return;
    const struct summary *of_loop = best_io(about, loop);
    add(about, loop->overlaps_io, "its waits overlap: %s", loop->why[COLUMN_OVERLAP]);
    if (threads == NULL || best_io(about, threads) == NULL)
        return;
    const struct summary *of_threads = best_io(about, threads);
    const struct interval a = of_loop->images_per_s_ci95, b = of_threads->images_per_s_ci95;
    const enum answer faster = a.low > b.high ? ANSWER_YES : a.high < b.low ? ANSWER_NO : ANSWER_UNKNOWN;
    add(about, faster, "faster than threads: %s images/s in one thread (%s), against %s of %u threads (%s)",
        figure_rate(of_loop->images_per_s).text, figure_range(a, figure_rate).text,
        figure_rate(of_threads->images_per_s).text, of_threads->jobs, figure_range(b, figure_rate).text);
}

static const struct rule {
    const char *text;
    void (*judge)(struct about *about);
} rules[STATEMENTS] = {
    {"Threads can't run Python in parallel", threads_are_not_parallel},
    {"Multiprocessing for CPU-bound work", processes_for_cpu},
    {"asyncio for I/O-bound work", asyncio_for_io},
};

bool statement_find(const struct results *results, size_t index, struct statement *statement)
{
    *statement = (struct statement){.text = rules[index].text};
    for (size_t i = 0; i < results->nmodels; i++) {
        const struct model *model = &results->models[i];
        bool first = model->python[0] != '\0';
        for (size_t other = 0; first && other < i; other++)
            first = strcmp(results->models[other].python, model->python) != 0;
        if (!first)
            continue;
        struct about about = {.results = results,
                              .python = model->python,
                              .has_lock = strcmp(model->lock, "none") != 0,
                              .statement = statement,
                              .main_kind = true};
        rules[index].judge(&about);
    }
    write_versions(statement);
    return statement->nfindings > 0;
}

const char *statement_word(enum answer holds)
{
    static const char *const words[] = {
        [ANSWER_UNKNOWN] = "unclear", [ANSWER_NO] = "does not hold", [ANSWER_YES] = "holds"};
    return words[holds];
}
