/* A list of jobs, first in, first out. */
#ifndef IO_JOB_LIST_H
#define IO_JOB_LIST_H

#include "io/job.h"

struct job_list {
    struct job *first, **end; /* end: where the next one is hung */
};

static inline void job_list_init(struct job_list *list)
{
    *list = (struct job_list){.end = &list->first};
}

static inline void job_list_push(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

/* NULL when it is empty. */
static inline struct job *job_list_pop(struct job_list *list)
{
    struct job *job = list->first;
    if (job == NULL)
        return NULL;
    list->first = job->next;
    if (list->first == NULL)
        list->end = &list->first;
    return job;
}

#endif
