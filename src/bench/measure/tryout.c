#include "bench/measure/tryout.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "batch/batch.h"

struct trying {
    struct inputs *inputs;
    struct tryout *tryout;
    bool *failed; /* by entry of the list */
    size_t first; /* of the failed entries: it is named, whichever worker was faster */
    int stop;
    atomic_bool stopped;
};

static void see_job(void *listener, const struct batch_event *event, const struct batch_counts *counts)
{
    struct trying *trying = listener;
    struct pollfd stop = {.fd = trying->stop, .events = POLLIN};
    (void)counts;
    if (poll(&stop, 1, 0) > 0)
        atomic_store(&trying->stopped, true);
    if (event->outcome != OUTCOME_FAILED)
        return;
    const size_t count = trying->inputs->list.count;
    size_t at = count; /* the first entry of the list that names it */
    for (size_t i = count; i-- > 0;) {
        if (strcmp(trying->inputs->list.entries[i].input, event->input) == 0) {
            trying->failed[i] = true;
            at = i;
        }
    }
    if (trying->tryout->failed++ == 0 || at < trying->first) {
        trying->first = at;
        text_shown(event->input, trying->tryout->culprit, sizeof trying->tryout->culprit);
        trying->tryout->error = event->result->error;
    }
}

static int try_files(struct trying *trying, const char **names, size_t count, const struct settings *chosen,
                     const struct pm_recipe *recipe, unsigned workers, struct pm_error *error)
{
    struct batch_report report;
    struct settings settings = *chosen;
    settings.base = "/";
    settings.backend.kind = backend_find("threads");
    settings.backend.workers = workers;
    settings.engine.kind = engine_find("sync");
    settings.engine.io_jobs = 1;
    settings.engine.read_delay = 0;
    settings_complete(&settings, workers, chosen->backend.max_bytes);
    const struct batch_config config = {
        .settings = &settings,
        .inputs = names,
        .ninputs = count,
        .recipe = recipe,
        .stop = &trying->stopped,
        .event = see_job,
        .listener = trying,
    };
    batch_run(&config, &report, error);
    return error->kind == PM_OK ? 0 : -1;
}

static int none_left(const struct tryout *tryout, struct pm_error *error)
{
    if (tryout->failed == 1)
        return error_set_hint(error, tryout->error.kind, tryout->error.hint, "%s: %s", tryout->culprit,
                              tryout->error.message);
    return error_set(error, tryout->error.kind, "none of the %zu files can be measured: %s: %s",
                     tryout->failed, tryout->culprit, tryout->error.message);
}

int tryout_run(struct inputs *inputs, const struct settings *settings, const struct pm_recipe *recipe,
               unsigned workers, int stop, struct tryout *tryout, struct pm_error *error)
{
    const size_t count = inputs->list.count;
    struct trying trying = {.inputs = inputs, .tryout = tryout, .stop = stop};
    const char **names = calloc(count + 1, sizeof *names);
    size_t files = 0;
    int status = -1;
    *tryout = (struct tryout){0};
    trying.failed = calloc(count + 1, sizeof *trying.failed);
    for (size_t i = 0; names != NULL && i < count; i++) {
        if (inputs->list.entries[i].url == NULL)
            names[files++] = inputs->list.entries[i].input;
    }
    if (names == NULL || trying.failed == NULL)
        error_memory(error, count * sizeof *names);
    else if (files == 0)
        status = 0;
    else
        status = try_files(&trying, names, files, settings, recipe, workers, error);
    if (status == 0 && tryout->failed == count)
        status = none_left(tryout, error);
    if (status == 0 && tryout->failed > 0)
        status = inputs_leave_out(inputs, trying.failed, error);
    free(names);
    free(trying.failed);
    return status;
}
