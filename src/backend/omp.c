/*
 * omp: OpenMP, the compiler's own threads.
 *
 * As in `threads`, everything is shared and a job is handed over as a pointer, but the compiler and its
 * runtime create, number and join the threads, directed by a few lines that start with `#pragma omp`. A
 * parallel region starts a team; each member takes jobs until the source ends. The bands of an image become
 * tasks, and help comes from the region's closing barrier: members that wait there run tasks of those still
 * working. A crash in one member ends the program, and so does a thread that can't be started, because the
 * runtime can't report that. So the number of threads that can be started is tested first.
 *
 * Waiting members must sleep, not spin, or they take a processor from the threads that read and write. The
 * runtime reads that setting from its environment before main: see omp_environment.h.
 *
 * An OpenMP program must not fork after a team has run. Worker processes therefore never use it.
 */
#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/omp_environment.h"
#include "backend/worker.h"

struct workers {
    struct backend_config config;
    unsigned members; /* of a team: config.workers, or as many as can be started */
    char note[BACKEND_NOTE_MAX];
    struct worker *list; /* config.workers of them, by thread number */
    atomic_uint helping; /* members without a job, after the source has ended */
};

/* One band, done by its owner or by a member waiting at the barrier. Only the owner calls its checkpoint. */
static void do_band(struct context *context, unsigned i, band_function *band, void *argument,
                    atomic_bool *stopped, atomic_bool *failed)
{
    struct worker *owner = context->lender;
    struct worker *self = &owner->workers->list[omp_get_thread_num()];
    if (self == owner && !atomic_load(stopped) && context_checkpoint(context) != 0)
        atomic_store(stopped, true);
    if (atomic_load(stopped))
        return;
    struct arena *scratch = self == owner ? context->arena : &self->steps[0];
    struct arena_mark mark = arena_mark(scratch);
    if (band(argument, i, scratch) != 0) {
        atomic_store(failed, true);
        atomic_store(stopped, true);
    }
    arena_release(scratch, mark);
}

static int omp_for_bands(struct context *context, unsigned bands, band_function *band, void *argument)
{
    atomic_bool stopped = false, failed = false;
    /* One task per band; the owner executes tasks too, and the loop ends when all are done. */
#pragma omp taskloop grainsize(1) default(none) shared(stopped, failed)                                      \
    firstprivate(context, bands, band, argument)
    for (unsigned i = 0; i < bands; i++)
        do_band(context, i, band, argument, &stopped, &failed);
    if (atomic_load(&failed))
        return error_memory(context->error, 0);
    return atomic_load(&stopped) ? -1 : 0;
}

/* Divides the free members evenly among those that still have a job. */
static int omp_checkpoint(struct context *context)
{
    const struct workers *workers = ((struct worker *)context->lender)->workers;
    unsigned members = (unsigned)omp_get_num_threads();
    context->lanes = members / (members - atomic_load(&workers->helping));
    return worker_checkpoint(context);
}

static const struct context_ops omp_ops = {
    .for_bands = omp_for_bands,
    .checkpoint = omp_checkpoint,
    .enter = worker_enter,
    .warn = worker_warn,
    .note = worker_note,
};

static void work_until_end(struct worker *worker, const struct job_source *source,
                           const struct job_sink *sink)
{
    struct job *job;
    worker_pin(worker->config, (unsigned)omp_get_thread_num());
    while ((job = source->take(source->self)) != NULL) {
        worker_run(worker, job);
        sink->give(sink->self, job);
    }
    atomic_fetch_add(&worker->workers->helping, 1);
}

static const char *omp_why_not(void)
{
    return NULL;
}

static struct workers *omp_open(const struct backend_config *config, struct pm_error *error)
{
    struct workers *workers = calloc(1, sizeof *workers);
    struct worker *list = calloc(config->workers, sizeof *list);
    if (workers == NULL || list == NULL) {
        free(workers);
        free(list);
        error_memory(error, config->workers * sizeof *list);
        return NULL;
    }
    workers->config = *config;
    workers->list = list;
    workers->members = omp_members_granted(config->workers, workers->note);
    for (unsigned i = 0; i < config->workers; i++)
        worker_init(&list[i], &workers->config, &omp_ops, workers);
    return workers;
}

/* The runtime calls exit() when it can't get a thread or memory, while other threads still work. So end
 * without running exit handlers and destructors, which would free what those threads use. */
static atomic_bool team_at_work;

static void end_at_once(void)
{
    if (atomic_load(&team_at_work))
        _exit(EXIT_FAILURE);
}

static void watch_exit(void)
{
    (void)atexit(end_at_once);
}

static int omp_run(struct workers *workers, const struct job_source *source, const struct job_sink *sink,
                   struct backend_report *report, struct pm_error *error)
{
    (void)error;
    unsigned members = 0;
    atomic_store(&workers->helping, 0);
    static pthread_once_t watched = PTHREAD_ONCE_INIT;
    pthread_once(&watched, watch_exit);
    atomic_store(&team_at_work, true);
    /* Test again: since `open`, other programs may have started threads. */
#pragma omp parallel default(none) firstprivate(workers, source, sink) shared(members)                       \
    num_threads(omp_members_granted(workers->members, NULL))
    {
#pragma omp masked
        members = (unsigned)omp_get_num_threads();
        work_until_end(&workers->list[omp_get_thread_num()], source, sink);
    }
    atomic_store(&team_at_work, false);
    *report = (struct backend_report){.workers = members};
    return 0;
}

static void omp_close(struct workers *workers)
{
    for (unsigned i = 0; i < workers->config.workers; i++)
        worker_free(&workers->list[i]);
    free(workers->list);
    free(workers);
}

static const char *omp_note(const struct workers *workers)
{
    return workers->note[0] != '\0' ? workers->note : NULL;
}

const struct backend backend_omp = {
    .name = "omp",
    .help = "OpenMP: threads managed by the compiler's runtime",
    .prepare = omp_prepare,
    .why_not = omp_why_not,
    .open = omp_open,
    .run = omp_run,
    .close = omp_close,
    .note = omp_note,
};
