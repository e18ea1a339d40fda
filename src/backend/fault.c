#include "backend/fault.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "backend/forkserver.h"
#include "backend/sandbox.h"
#include "backend/worker.h"
#include "base/error.h"
#include "io/job.h"

int fault_tell_end(const char *process, int ended, const char *cause, struct pm_error *error)
{
    if (ended < 0)
        return error_set(error, PM_ERROR_WORKER, "%s %s (run again)", process,
                         ended == SPAWN_SILENT ? "did not respond" : "was lost");
    if (WIFEXITED(ended))
        return error_set(error, PM_ERROR_WORKER, "%s ended with status %d%s", process, WEXITSTATUS(ended),
                         cause);
    const int number = WTERMSIG(ended);
    const char *name = sigdescr_np(number);
    if (number == SIGKILL) /* sent by the kernel if memory runs out; another sender knows why */
        return error_set_hint(error, PM_ERROR_WORKER, PM_HINT_LESS_AT_ONCE,
                              "%s was killed by signal 9, Killed; memory may have run out", process);
    return error_set(error, PM_ERROR_WORKER, "%s was killed by signal %d, %s%s", process, number,
                     name != NULL ? name : "unknown", cause);
}

static void tell_death(int ended, struct pm_error *error)
{
    if (ended >= 0 && WIFSIGNALED(ended) && WTERMSIG(ended) == SIGXCPU)
        error_set_hint(error, PM_ERROR_TIMEOUT, PM_HINT_MAX_TIME, "the worker process used up its CPU time");
    else
        fault_tell_end("the worker process", ended, " (the image is the likely cause)", error);
}

void fault_tell(const struct fault *fault, const struct backend_config *config, struct pm_error *error)
{
    char call[64];
    switch (fault->kind) {
    case FAULT_NONE:
        break;
    case FAULT_DIED:
        tell_death(fault->ended, error);
        break;
    case FAULT_LATE:
        worker_over_time(config, error);
        break;
    case FAULT_RECALLED:
        recall_error(error);
        break;
    case FAULT_NOT_STARTED:
        error_set(error, PM_ERROR_WORKER, "the worker process did not start the image (run again)");
        break;
    case FAULT_HUNG:
        error_set(error, PM_ERROR_WORKER,
                  "the worker process stopped responding (the image is the likely cause)");
        break;
    case FAULT_INVALID_REPLY:
        error_set(error, PM_ERROR_WORKER,
                  "the worker process sent an invalid reply (the image is the likely cause)");
        break;
    case FAULT_STOPPED:
        error_set(error, PM_ERROR_WORKER,
                  "the worker process was stopped at the forbidden %s (the image is the likely cause)",
                  sandbox_call_name(fault->stopped_at, call, sizeof call));
        break;
    case FAULT_OVER_MEMORY:
        error_set_hint(error, PM_ERROR_MEMORY, PM_HINT_MAX_MEMORY,
                       "the worker process exceeded its memory limit of %.1f MiB",
                       (double)fault->limit / (1 << 20));
        error->limit = fault->limit;
        break;
    }
}
