#include "bench/settings.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/error.h"

static const double USUAL_IO_DELAY = 0.020; /* seconds */

/* Is a model of this backend measured? */
static bool is_measured(const struct results *results, const struct backend *backend)
{
    for (size_t i = 0; i < results->nmodels; i++) {
        if (strcmp(results->models[i].backend, backend->name) == 0)
            return true;
    }
    return false;
}

int bench_settings_check(const struct bench_settings *settings, const struct results *results,
                         const char **about, struct pm_error *error)
{
    const bool files = settings->workloads[WORKLOAD_CPU] || settings->workloads[WORKLOAD_IO];
    const bool python = results_python(results);
    bool transfers = false;
    for (size_t i = 0; i < results->nmodels; i++) {
        const struct model *model = &results->models[i];
        const struct engine *engine = engine_find(model->engine);
        transfers |= files && (engine != NULL ? engine->io_jobs > 0 : strcmp(model->engine, "asyncio") == 0);
    }
    *about = "--python";
    if (settings->npythons > 0 && !python)
        return error_set(error, PM_ERROR_USAGE, "no Python model is measured (add python to --models)");
    *about = settings->run.key_file != NULL ? "--key-file" : "--passphrase-file";
    if (python && settings_key(&settings->run) != NULL)
        return error_set(error, PM_ERROR_USAGE,
                         "encryption is not measured with Python models (leave out --python or the key)");
    *about = "--io-delay";
    if (settings->run.engine.read_delay > 0 && !settings->workloads[WORKLOAD_IO])
        return error_set(error, PM_ERROR_USAGE,
                         "applies only to the io workload, which is not measured (--workloads)");
    *about = "--io-jobs";
    if (settings->run.engine.io_jobs > 0 && !transfers)
        return error_set(
            error, PM_ERROR_USAGE,
            "applies only to models with engine threads or async on cpu or io; none is measured (--models)");
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        *about = (*backend)->option_given != NULL ? (*backend)->option_given(&settings->run.backend) : NULL;
        if (*about != NULL && !is_measured(results, *backend))
            return error_set(error, PM_ERROR_USAGE,
                             "applies only to the model %s, which is not measured (--models)",
                             (*backend)->name);
    }
    return 0;
}

/* A number that another run is unlikely to draw, short enough to type. */
static uint64_t draw_seed(void)
{
    uint32_t seed = 1;
    (void)!getrandom(&seed, sizeof seed, 0); /* without random numbers the order would always be the same */
    return seed;
}

void bench_settings_complete(struct bench_settings *settings, unsigned processors)
{
    if (settings->njobs == 0) {
        for (unsigned jobs = 1; jobs < processors; jobs *= 2)
            settings->jobs[settings->njobs++] = jobs;
        settings->jobs[settings->njobs++] = processors;
    }
    if (settings->run.engine.read_delay == 0)
        settings->run.engine.read_delay = USUAL_IO_DELAY;
    if (!settings->has_seed)
        settings->sampling.seed = draw_seed();
}
