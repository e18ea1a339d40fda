/* Jobs that are submitted, not named by client.next: the queue of the server. */
#include "io/intake.h"

bool intake_submit(struct intake *intake, struct job *job)
{
    pthread_mutex_lock(&intake->lock);
    bool room = intake->queued < intake->config->queue && !intake->closing;
    if (room) {
        job_list_push(&intake->queue, job);
        intake->queued++;
        intake_wake(intake);
    }
    intake_unlock(intake);
    return room;
}

bool intake_withdraw(struct intake *intake, struct job *job)
{
    pthread_mutex_lock(&intake->lock);
    bool found = job_list_remove(&intake->queue, job);
    intake->queued -= found;
    intake->recalled |= intake->line != NULL;
    intake_wake(intake);
    intake_unlock(intake);
    return found;
}

void intake_pause(struct intake *intake, bool paused)
{
    pthread_mutex_lock(&intake->lock);
    intake->paused = paused;
    intake_wake(intake);
    intake_unlock(intake);
}

struct intake_counts intake_counts(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    struct intake_counts counts = {.queued = intake->queued, .jobs = intake->jobs};
    intake_unlock(intake);
    return counts;
}
