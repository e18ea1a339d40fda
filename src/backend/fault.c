#include "backend/fault.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "backend/sandbox.h"
#include "backend/worker.h"
#include "base/error.h"
#include "io/job.h"

static void tell_signal(int number, struct pm_error *error)
{
    const char *name = sigdescr_np(number);
    if (number == SIGXCPU)
        error_set_hint(error, PM_ERROR_TIMEOUT, PM_HINT_MAX_TIME, "the worker process used up its CPU time");
    else if (number == SIGKILL)
        error_set_hint(error, PM_ERROR_WORKER, PM_HINT_LESS_AT_ONCE,
                       "the worker process was killed by signal 9, Killed; memory may have run out");
    else
        error_set(error, PM_ERROR_WORKER,
                  "the worker process was killed by signal %d, %s (the image is the likely cause)", number,
                  name != NULL ? name : "unknown");
}

static void tell_end(int ended, struct pm_error *error)
{
    if (ended < 0)
        error_set(error, PM_ERROR_WORKER, "the worker process was lost (run again)");
    else if (WIFEXITED(ended))
        error_set(error, PM_ERROR_WORKER,
                  "the worker process ended with status %d (the image is the likely cause)",
                  WEXITSTATUS(ended));
    else
        tell_signal(WTERMSIG(ended), error);
}

void fault_tell(const struct fault *fault, const struct backend_config *config, struct pm_error *error)
{
    char call[64];
    switch (fault->kind) {
    case FAULT_NONE:
        break;
    case FAULT_DIED:
        tell_end(fault->ended, error);
        break;
    case FAULT_LATE:
        worker_over_time(config, error);
        break;
    case FAULT_RECALLED:
        recall_error(error);
        break;
    case FAULT_DEAF:
        error_set(error, PM_ERROR_WORKER, "the worker process did not start the image (run again)");
        break;
    case FAULT_ASLEEP:
        error_set(error, PM_ERROR_WORKER,
                  "the worker process stopped responding (the image is the likely cause)");
        break;
    case FAULT_SENSELESS:
        error_set(error, PM_ERROR_WORKER,
                  "the worker process sent an invalid reply (the image is the likely cause)");
        break;
    case FAULT_STOPPED:
        error_set(error, PM_ERROR_WORKER,
                  "the worker process was stopped at the forbidden %s (the image is the likely cause)",
                  sandbox_call_name(fault->stopped_at, call, sizeof call));
        break;
    case FAULT_GREEDY:
        error_set_hint(error, PM_ERROR_MEMORY, PM_HINT_MAX_MEMORY,
                       "the worker process exceeded its memory limit of %.1f MiB",
                       (double)fault->limit / (1 << 20));
        error->limit = fault->limit;
        break;
    }
}
