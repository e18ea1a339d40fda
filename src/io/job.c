#include "io/job.h"

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
