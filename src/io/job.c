#include "io/job.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

int recall_open(struct recall *recall, struct pm_error *error)
{
    atomic_init(&recall->asked, false);
    recall->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (recall->fd >= 0)
        return 0;
    return error_set(error, PM_ERROR_IO, "no event descriptor: %s (raise ulimit -n)", strerror(errno));
}

void recall_ask(struct recall *recall)
{
    atomic_store(&recall->asked, true);
    (void)!eventfd_write(recall->fd, 1); /* fails only if it is readable already */
}

void recall_close(struct recall *recall)
{
    close(recall->fd);
}

int recall_error(struct pm_error *error)
{
    return error_set(error, PM_ERROR_CANCELLED, "was cancelled (its result is no longer needed)");
}

bool job_was_recalled(const struct job *job)
{
    return job->recall != NULL && atomic_load(&job->recall->asked);
}

unsigned job_files(const struct job *job)
{
    return job->outputs != NULL ? job->result.nparts : 1;
}

struct job_file job_file(const struct job *job, unsigned index)
{
    const struct job_part *part = &job->result.parts[index];
    if (job->outputs == NULL)
        return (struct job_file){.path = job->output, .data = job->out.data, .size = job->out.size};
    return (struct job_file){
        .path = job->outputs[index], .data = job->out.data + part->offset, .size = part->size};
}

uint64_t job_bytes_out(const struct job *job)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < job_files(job); i++)
        bytes += job_file(job, i).size;
    return bytes;
}

bool job_fail(struct job *job)
{
    job->status = JOB_FAILED;
    return false;
}

void job_cancel(struct job *job)
{
    job->result.error = (struct pm_error){0};
    if (job_was_recalled(job))
        recall_error(&job->result.error);
    else
        error_set(&job->result.error, PM_ERROR_CANCELLED, "was not started (the run ended first)");
    job_fail(job);
}

void job_list_init(struct job_list *list)
{
    *list = (struct job_list){.end = &list->first};
}

void job_list_push(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

struct job *job_list_pop(struct job_list *list)
{
    struct job *job = list->first;
    if (job == NULL)
        return NULL;
    list->first = job->next;
    if (list->first == NULL)
        list->end = &list->first;
    return job;
}

bool job_list_remove(struct job_list *list, struct job *job)
{
    struct job **link = &list->first;
    while (*link != NULL && *link != job)
        link = &(*link)->next;
    if (*link == NULL)
        return false;
    *link = job->next;
    if (*link == NULL)
        list->end = link;
    return true;
}

bool budget_charge(struct budget *budget, struct job *job)
{
    bool fits = budget->used <= budget->total && job->charge <= budget->total - budget->used;
    if (!fits && budget->jobs > 0)
        return false;
    budget->used += job->charge;
    budget->jobs++;
    job->charged = job->charge;
    job->admitted = true;
    return true;
}

bool budget_settle(struct budget *budget, struct job *job)
{
    bool less = job->charge < job->charged;
    assert(job->admitted && (job->charge <= job->charged || budget->jobs == 1));
    budget->used += job->charge - job->charged;
    job->charged = job->charge;
    return less;
}

void budget_release(struct budget *budget, uint64_t charged)
{
    assert(budget->jobs > 0 && budget->used >= charged);
    budget->used -= charged;
    budget->jobs--;
}
