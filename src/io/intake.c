#include "io/intake.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

/* All static functions are called with the lock held. tests/models/intake.pml is a model of the queue with
 * the names of these functions; it shows that no wake-up is lost and that each job is finished once (make
 * check-models). */

static void slot_free(struct intake *intake, struct intake_slot *slot)
{
    *slot = (struct intake_slot){.state = SLOT_FREE, .next = intake->free};
    intake->free = slot;
}

static void line_join(struct intake *intake, struct intake_slot *slot)
{
    slot->in_line = true;
    slot->next = NULL;
    *intake->line_end = slot;
    intake->line_end = &slot->next;
}

static void line_leave(struct intake *intake, struct intake_slot *slot)
{
    struct intake_slot **link = &intake->line;
    if (!slot->in_line)
        return;
    while (*link != slot)
        link = &(*link)->next;
    *link = slot->next;
    if (*link == NULL)
        intake->line_end = link;
    slot->in_line = false;
    intake->recalled &= intake->line != NULL;
}

/* Which steps are possible now. */

static bool ends_early(const struct intake *intake)
{
    const struct engine_client *client = &intake->config->client;
    return intake->closing || intake->stopping ||
           (client->stopping != NULL && client->stopping(client->batch));
}

/* A slot whose job will not be read: the run ends, or the job was cancelled. */
static struct intake_slot *closable(const struct intake *intake)
{
    const bool all = ends_early(intake);
    if (!all && !intake->recalled)
        return NULL;
    for (struct intake_slot *slot = intake->line; slot != NULL; slot = slot->next) {
        if (slot->state == SLOT_EXAMINED && (all || job_was_recalled(slot->job)))
            return slot;
    }
    for (unsigned i = 0; all && intake->later > 0 && i < intake->options.slots; i++) {
        if (intake->slots[i].state == SLOT_LATER)
            return &intake->slots[i];
    }
    return NULL;
}

/* The oldest job, if only the budget can keep it from being read. */
static struct intake_slot *readable(const struct intake *intake)
{
    struct intake_slot *oldest = intake->line;
    bool may = oldest != NULL && oldest->state == SLOT_EXAMINED && !intake->refused &&
               intake->results.first == NULL && intake->reading + intake->ready_count < intake->config->depth;
    return may ? oldest : NULL;
}

static bool may_open(const struct intake *intake)
{
    const bool named = intake->config->client.next != NULL;
    return intake->free != NULL && !intake->exhausted && !intake->closing &&
           (intake->options.max_jobs == 0 || intake->jobs < intake->options.max_jobs) &&
           (named || (intake->queue.first != NULL && !intake->paused));
}

/* The slot in LATER whose time comes first, or NULL. */
static struct intake_slot *next_later(const struct intake *intake)
{
    struct intake_slot *next = NULL;
    for (unsigned i = 0; intake->later > 0 && i < intake->options.slots; i++) {
        struct intake_slot *slot = &intake->slots[i];
        if (slot->state == SLOT_LATER && (next == NULL || slot->again_at < next->again_at))
            next = slot;
    }
    return next;
}

/* Will no further job become ready? */
static bool source_ended(const struct intake *intake)
{
    return (intake->exhausted || intake->closing) && intake->line == NULL && intake->opening == 0 &&
           intake->reading == 0 && intake->later == 0 && intake->ready.first == NULL;
}

/* A URL waits for its next try, and no thread waits for that time. */
static bool needs_watch(const struct intake *intake)
{
    return intake->later > 0 && !intake->watched && intake->config->remote != NULL &&
           intake->options.wake == NULL;
}

/* Waking. One thread is woken at a time; when it takes up a step and there is another, it wakes the next. */

/* Can the work be left to threads that are busy with a step, and ask for the next one afterwards? One such
 * thread is enough while there is a ready job for each worker; waking another would only take time. Submitted
 * jobs are urgent, so they are never left. */
static bool is_left_to_others(const struct intake *intake)
{
    const struct engine_config *config = intake->config;
    return intake->steps > 0 && intake->ready_count >= config->workers && config->client.next != NULL &&
           !intake->closing;
}

void intake_wake(struct intake *intake)
{
    bool useful = intake->results.first != NULL || readable(intake) != NULL || may_open(intake) ||
                  closable(intake) != NULL || intake->closing;
    useful &= intake->options.wake != NULL || !is_left_to_others(intake);
    intake->wakes |= useful || needs_watch(intake);
}

void intake_unlock(struct intake *intake)
{
    const bool wakes = intake->wakes, watched = intake->watched;
    intake->wakes = false;
    pthread_mutex_unlock(&intake->lock);
    if (!wakes)
        return;
    if (intake->options.wake != NULL)
        intake->options.wake(intake->options.engine);
    else
        pthread_cond_signal(&intake->useful);
    if (watched)
        eventfd_write(intake->bell, 1);
}

static void wake_all(struct intake *intake)
{
    pthread_cond_broadcast(&intake->fed);
    pthread_cond_broadcast(&intake->useful);
}

static void wake_at_end(struct intake *intake)
{
    if (source_ended(intake))
        wake_all(intake);
}

/* Steps. */

/* Jobs that are ready when the run ends are cancelled. */
static void cancel_ready(struct intake *intake)
{
    struct job *job;
    if (intake->ready.first == NULL)
        return;
    while ((job = job_list_pop(&intake->ready)) != NULL) {
        intake->ready_count--;
        job_cancel(job);
        job_list_push(&intake->results, job);
    }
    intake_wake(intake);
}

static struct intake_step slot_step(enum intake_kind kind, struct intake_slot *slot)
{
    return (struct intake_step){.kind = kind, .job = slot->job, .slot = slot};
}

static struct intake_step begin_close(struct intake *intake, struct intake_slot *slot)
{
    line_leave(intake, slot);
    if (slot->state == SLOT_LATER) {
        intake->later--;
        intake->reading -= slot->job->admitted;
    }
    slot->state = SLOT_CLOSING;
    return slot_step(INTAKE_CLOSE, slot);
}

/* The step to read the oldest job, if the budget admits it. */
static bool begin_read(struct intake *intake, struct intake_step *step)
{
    struct intake_slot *slot = readable(intake);
    if (slot == NULL)
        return false;
    if (!budget_charge(&intake->budget, slot->job)) {
        intake->refused = true;
        return false;
    }
    line_leave(intake, slot);
    slot->state = SLOT_READING;
    intake->reading++;
    *step = slot_step(INTAKE_READ, slot);
    return true;
}

/* The step to retry a URL whose time has come. */
static bool begin_again(struct intake *intake, struct intake_step *step)
{
    struct intake_slot *slot = next_later(intake);
    if (slot == NULL || slot->again_at > clock_now())
        return false;
    intake->later--;
    intake->opening += !slot->job->admitted;
    slot->state = slot->job->admitted ? SLOT_READING : SLOT_OPENING;
    *step = slot_step(slot->job->admitted ? INTAKE_READ : INTAKE_OPEN, slot);
    return true;
}

static struct job *name_job(struct intake *intake)
{
    const struct engine_client *client = &intake->config->client;
    if (client->next != NULL)
        return client->next(client->batch);
    intake->queued--;
    return job_list_pop(&intake->queue);
}

/* Files join the line now, URLs once they are examined. */
static bool begin_open(struct intake *intake, struct intake_step *step)
{
    if (!may_open(intake))
        return false;
    struct job *job = name_job(intake);
    if (job == NULL) {
        intake->exhausted = true;
        wake_at_end(intake);
        return false;
    }
    struct intake_slot *slot = intake->free;
    intake->free = slot->next;
    *slot = (struct intake_slot){.job = job, .state = SLOT_OPENING};
    if (job->url == NULL)
        line_join(intake, slot);
    intake->opening++;
    intake->jobs++;
    *step = slot_step(INTAKE_OPEN, slot);
    return true;
}

static struct intake_step choose(struct intake *intake, unsigned can)
{
    struct intake_step step = {.kind = INTAKE_NOTHING};
    struct intake_slot *closed;
    if (ends_early(intake))
        cancel_ready(intake);
    if ((can & INTAKE_WRITES) != 0 && (step.job = job_list_pop(&intake->results)) != NULL) {
        step.kind = INTAKE_WRITE;
    } else if ((can & INTAKE_TAKES) != 0 && (step.job = job_list_pop(&intake->ready)) != NULL) {
        intake->ready_count--;
        step.kind = INTAKE_TAKE;
    } else if ((can & INTAKE_READS) != 0 && (closed = closable(intake)) != NULL) {
        step = begin_close(intake, closed);
    } else if ((can & INTAKE_READS) != 0 &&
               (begin_read(intake, &step) || begin_again(intake, &step) || begin_open(intake, &step))) {
        return step;
    } else if ((intake->closing && intake->jobs == 0) ||
               ((can & INTAKE_TAKES) != 0 && source_ended(intake))) {
        step.kind = INTAKE_ENDED;
    }
    return step;
}

/* While a URL waits for its next try, one of the waiting threads watches the clock and whether the run is
 * being stopped. When it gets a step, intake_wake has another thread watch. */
static void wait_for_use(struct intake *intake)
{
    if (!needs_watch(intake)) {
        pthread_cond_wait(&intake->useful, &intake->lock);
        return;
    }
    double until = next_later(intake)->again_at;
    intake->watched = true;
    pthread_mutex_unlock(&intake->lock);
    bool stopping = !remote_wait(intake->config->remote, until, intake->bell);
    pthread_mutex_lock(&intake->lock);
    intake->watched = false;
    intake->stopping |= stopping;
}

struct intake_step intake_next(struct intake *intake, unsigned can, enum intake_mode mode)
{
    struct intake_step step;
    pthread_mutex_lock(&intake->lock);
    while ((step = choose(intake, can)).kind == INTAKE_NOTHING && mode == INTAKE_WAIT) {
        if (intake->wakes) {
            intake_unlock(intake);
            pthread_mutex_lock(&intake->lock);
        } else if (can == INTAKE_TAKES) {
            pthread_cond_wait(&intake->fed, &intake->lock);
        } else {
            wait_for_use(intake);
        }
    }
    if (step.kind == INTAKE_TAKE)
        wake_at_end(intake);
    else
        intake->steps += step.kind < INTAKE_NOTHING;
    /* An engine that does not wait here polls by itself. */
    if (step.kind == INTAKE_TAKE || (step.kind < INTAKE_NOTHING && intake->options.wake == NULL))
        intake_wake(intake);
    intake_unlock(intake);
    return step;
}

/* Returns the job to the batch and releases its charge afterwards, because it holds its result until then.
 * Releases the lock meanwhile. */
static void finish(struct intake *intake, struct job *job)
{
    const struct engine_client *client = &intake->config->client;
    const bool charged = job->admitted;
    const uint64_t charge = job->charged;
    intake_unlock(intake);
    client->finish(client->batch, job);
    pthread_mutex_lock(&intake->lock);
    const bool held_up = intake->refused || intake->options.max_jobs > 0;
    intake->jobs--;
    if (charged) {
        budget_release(&intake->budget, charge);
        intake->refused = false;
    }
    if (held_up)
        intake_wake(intake);
    wake_at_end(intake);
    intake_unlock(intake);
}

/* The thread that watches the clock may be waiting for a later time. */
static void put_off(struct intake *intake, struct intake_slot *slot)
{
    slot->state = SLOT_LATER;
    intake->later++;
    if (intake->watched)
        eventfd_write(intake->bell, 1);
}

void intake_opened(struct intake *intake, struct intake_slot *slot, enum intake_result result)
{
    struct job *job = slot->job;
    pthread_mutex_lock(&intake->lock);
    intake->steps--;
    intake->opening--;
    if (result == INTAKE_FAILED) {
        line_leave(intake, slot);
        slot_free(intake, slot);
        finish(intake, job);
        return;
    }
    if (result == INTAKE_LATER) {
        put_off(intake, slot);
    } else {
        slot->state = SLOT_EXAMINED;
        if (!slot->in_line)
            line_join(intake, slot);
    }
    intake_unlock(intake);
}

void intake_read(struct intake *intake, struct intake_slot *slot, enum intake_result result)
{
    struct job *job = slot->job;
    pthread_mutex_lock(&intake->lock);
    intake->steps--;
    if (result == INTAKE_LATER) {
        put_off(intake, slot);
        intake_unlock(intake);
        return;
    }
    intake->reading--;
    slot_free(intake, slot);
    if (budget_settle(&intake->budget, job))
        intake->refused = false;
    if (result == INTAKE_FAILED) {
        finish(intake, job);
        return;
    }
    job_list_push(&intake->ready, job);
    intake->ready_count++;
    pthread_cond_signal(&intake->fed);
    intake_unlock(intake);
}

void intake_closed(struct intake *intake, struct intake_slot *slot)
{
    struct job *job = slot->job;
    pthread_mutex_lock(&intake->lock);
    intake->steps--;
    slot_free(intake, slot);
    finish(intake, job);
}

void intake_written(struct intake *intake, struct job *job)
{
    pthread_mutex_lock(&intake->lock);
    intake->steps--;
    finish(intake, job);
}

void intake_kept(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    intake->steps--;
    intake_wake(intake);
    intake_unlock(intake);
}

struct job *intake_take(void *self)
{
    return intake_next(self, INTAKE_TAKES, INTAKE_WAIT).job;
}

void intake_give(void *self, struct job *job)
{
    struct intake *intake = self;
    pthread_mutex_lock(&intake->lock);
    job_list_push(&intake->results, job);
    intake_wake(intake);
    intake_unlock(intake);
}

void intake_close(struct intake *intake)
{
    struct job *job;
    pthread_mutex_lock(&intake->lock);
    intake->closing = true;
    cancel_ready(intake);
    while ((job = job_list_pop(&intake->queue)) != NULL) {
        intake->queued--;
        intake->jobs++;
        job_cancel(job);
        job_list_push(&intake->results, job);
    }
    intake_wake(intake);
    wake_all(intake);
    intake_unlock(intake);
    if (intake->config->remote != NULL)
        remote_stop(intake->config->remote);
}

int intake_init(struct intake *intake, const struct engine_config *config,
                const struct intake_options *options, struct pm_error *error)
{
    *intake = (struct intake){
        .config = config, .options = *options, .bell = -1, .budget.total = config->settings.memory};
    intake->line_end = &intake->line;
    job_list_init(&intake->queue);
    job_list_init(&intake->ready);
    job_list_init(&intake->results);
    intake->slots = calloc(options->slots, sizeof *intake->slots);
    if (intake->slots == NULL)
        return error_memory(error, options->slots * sizeof *intake->slots);
    if (config->remote != NULL && !config->pumped && options->wake == NULL &&
        (intake->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
        free(intake->slots);
        return error_set(error, PM_ERROR_INTERNAL, "no event descriptor: %s (raise ulimit -n)",
                         strerror(errno));
    }
    for (unsigned i = options->slots; i > 0; i--)
        slot_free(intake, &intake->slots[i - 1]);
    pthread_mutex_init(&intake->lock, NULL);
    pthread_cond_init(&intake->useful, NULL);
    pthread_cond_init(&intake->fed, NULL);
    return 0;
}

void intake_free(struct intake *intake)
{
    assert(intake->jobs == 0 && intake->budget.jobs == 0 && intake->budget.used == 0);
    pthread_cond_destroy(&intake->fed);
    pthread_cond_destroy(&intake->useful);
    pthread_mutex_destroy(&intake->lock);
    if (intake->bell >= 0)
        close(intake->bell);
    free(intake->slots);
}
