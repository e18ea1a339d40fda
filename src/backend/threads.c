/*
 * threads: one process, many POSIX threads; the caller is the first of them.
 *
 * Everything is shared: a job is handed over as a pointer, its bytes are not copied, and a hand-over costs
 * only a lock held for a few instructions. Each thread writes only its own data: its worker with its arenas,
 * and its current job. A crash in one thread ends all of them, and the program.
 *
 * Towards the end of a batch there are fewer jobs than workers. A thread that finds the source ended
 * therefore becomes a helper: a job in progress offers the bands of its image, and each free thread takes the
 * next number from the offer's counter. The owner of the job takes numbers as well, so nothing depends on
 * helpers.
 */
#include <pthread.h>
#include <stdlib.h>

#include "backend/worker.h"

/* The bands of one call of for_bands, offered to helpers; on the owner's stack. */
struct offer {
    band_function *band;
    void *argument;
    unsigned bands;
    atomic_uint next;    /* next band; `bands` or more: none is left */
    atomic_bool stopped; /* a band failed, or the owner's checkpoint stopped the job */
    atomic_bool failed;
    unsigned helpers;    /* currently working on it; protected by workers->lock */
    pthread_cond_t left; /* the last helper left */
    struct offer *older;
};

struct workers {
    struct backend_config config;
    struct worker *list; /* config.workers of them */
    const struct job_source *source;
    const struct job_sink *sink;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a new offer, or the last job has ended */
    struct offer *offers;   /* newest first */
    /* Number of threads that take jobs, and of those that help; changed under the lock, read without it. */
    atomic_uint working, helping;
};

/* Does one band. Returns false if none is left. */
static bool offer_take(struct offer *offer, struct arena *scratch)
{
    if (atomic_load(&offer->stopped))
        return false;
    unsigned band = atomic_fetch_add(&offer->next, 1);
    if (band >= offer->bands)
        return false;
    struct arena_mark mark = arena_mark(scratch);
    if (offer->band(offer->argument, band, scratch) != 0) {
        atomic_store(&offer->failed, true);
        atomic_store(&offer->stopped, true);
    }
    arena_release(scratch, mark);
    return true;
}

static void offer_open(struct workers *workers, struct offer *offer)
{
    pthread_mutex_lock(&workers->lock);
    offer->older = workers->offers;
    workers->offers = offer;
    pthread_cond_broadcast(&workers->changed);
    pthread_mutex_unlock(&workers->lock);
}

/* Waits until no helper uses the offer. */
static void offer_close(struct workers *workers, struct offer *offer)
{
    pthread_mutex_lock(&workers->lock);
    struct offer **link = &workers->offers;
    while (*link != offer)
        link = &(*link)->older;
    *link = offer->older;
    while (offer->helpers > 0)
        pthread_cond_wait(&offer->left, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
    pthread_cond_destroy(&offer->left);
}

static int threads_for_bands(struct context *context, unsigned bands, band_function *band, void *argument)
{
    struct worker *worker = context->lender;
    struct offer offer = {
        .band = band, .argument = argument, .bands = bands, .left = PTHREAD_COND_INITIALIZER};
    offer_open(worker->workers, &offer);
    int status;
    do {
        status = context_checkpoint(context);
    } while (status == 0 && offer_take(&offer, context->arena));
    atomic_store(&offer.stopped, true);
    offer_close(worker->workers, &offer);
    if (status == 0 && atomic_load(&offer.failed))
        return error_memory(context->error, 0);
    return status;
}

/* Divides the free threads evenly among those that still have a job. */
static int threads_checkpoint(struct context *context)
{
    struct workers *workers = ((struct worker *)context->lender)->workers;
    context->lanes = 1 + atomic_load(&workers->helping) / atomic_load(&workers->working);
    return worker_checkpoint(context);
}

static const struct context_ops threads_ops = {
    .for_bands = threads_for_bands,
    .checkpoint = threads_checkpoint,
    .enter = worker_enter,
    .warn = worker_warn,
    .note = worker_note,
};

static struct offer *offer_find(struct workers *workers)
{
    for (struct offer *offer = workers->offers; offer != NULL; offer = offer->older) {
        if (!atomic_load(&offer->stopped) && atomic_load(&offer->next) < offer->bands)
            return offer;
    }
    return NULL;
}

/* Helps until all jobs have ended. */
static void help_until_end(struct worker *worker)
{
    struct workers *workers = worker->workers;
    pthread_mutex_lock(&workers->lock);
    atomic_fetch_sub(&workers->working, 1);
    atomic_fetch_add(&workers->helping, 1);
    pthread_cond_broadcast(&workers->changed);
    while (atomic_load(&workers->working) > 0) {
        struct offer *offer = offer_find(workers);
        if (offer == NULL) {
            pthread_cond_wait(&workers->changed, &workers->lock);
            continue;
        }
        offer->helpers++;
        pthread_mutex_unlock(&workers->lock);
        while (offer_take(offer, &worker->steps[0]))
            ;
        pthread_mutex_lock(&workers->lock);
        if (--offer->helpers == 0)
            pthread_cond_signal(&offer->left);
    }
    pthread_mutex_unlock(&workers->lock);
}

static void work_until_end(struct worker *worker, const struct job_source *source,
                           const struct job_sink *sink)
{
    struct job *job;
    worker_pin(worker->config, (unsigned)(worker - worker->workers->list));
    while ((job = source->take(source->self)) != NULL) {
        worker_run(worker, job);
        sink->give(sink->self, job);
    }
    help_until_end(worker);
}

static void *thread_main(void *argument)
{
    struct worker *worker = argument;
    work_until_end(worker, worker->workers->source, worker->workers->sink);
    return NULL;
}

static const char *threads_why_not(void)
{
    return NULL;
}

static struct workers *threads_open(const struct backend_config *config, struct pm_error *error)
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
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->changed, NULL);
    for (unsigned i = 0; i < config->workers; i++)
        worker_init(&list[i], &workers->config, &threads_ops, workers);
    return workers;
}

/* If a thread can't be started, continue with fewer: the caller's own always exists. */
static int threads_run(struct workers *workers, const struct job_source *source, const struct job_sink *sink,
                       struct backend_report *report, struct pm_error *error)
{
    *report = (struct backend_report){0};
    workers->source = source;
    workers->sink = sink;
    atomic_store(&workers->working, 1);
    atomic_store(&workers->helping, 0);
    pthread_t *threads = calloc(workers->config.workers, sizeof *threads);
    if (threads == NULL)
        return error_memory(error, workers->config.workers * sizeof *threads);
    unsigned started = 1;
    for (; started < workers->config.workers; started++) {
        atomic_fetch_add(&workers->working, 1);
        if (pthread_create(&threads[started], NULL, thread_main, &workers->list[started]) != 0) {
            atomic_fetch_sub(&workers->working, 1);
            break;
        }
    }
    work_until_end(&workers->list[0], source, sink);
    for (unsigned i = 1; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    report->workers = started;
    return 0;
}

static void threads_close(struct workers *workers)
{
    for (unsigned i = 0; i < workers->config.workers; i++)
        worker_free(&workers->list[i]);
    pthread_cond_destroy(&workers->changed);
    pthread_mutex_destroy(&workers->lock);
    free(workers->list);
    free(workers);
}

const struct backend backend_threads = {
    .name = "threads",
    .help = "POSIX threads: all memory is shared, jobs are passed as pointers",
    .why_not = threads_why_not,
    .open = threads_open,
    .run = threads_run,
    .close = threads_close,
};
