#include "bench/measure/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "io/engine.h"

/* In the order of reports; backends that are not listed follow under their own names. */
static const struct textbook {
    const char *backend, *engine, *title, *about;
} textbooks[] = {
    {"serial", "sync", "Serial",
     "One thread processes one image after the other, and waits for each read and write. The other models "
     "are compared with it."},
    {"threads", "sync", "Threading",
     "Several threads of one process take images from one queue; each reads, computes and writes its own. "
     "They share all memory, so a job is handed over as a pointer, and a crash in one ends the program."},
    {"procs", "sync", "Multiprocessing",
     "Several processes get their images from a parent process, and each has its own memory. Handing over a "
     "job takes two messages and two copies, and a crash costs one image."},
    {"omp", "sync", "OpenMP",
     "Threads as in Threading, but the compiler's runtime starts them and gives them work. They share all "
     "memory, and a crash in one ends the program."},
    {"gil", "sync", "GIL",
     "Threads that must hold one lock to compute, like those of the Python interpreter CPython. A thread "
     "that reads or writes a file releases the lock, so waiting overlaps but computing does not."},
    {"async", "async", "Async/await",
     "One thread runs an event loop: it has many reads and writes in progress, and computes whichever image "
     "has arrived. Waiting overlaps without further threads, but only one image is computed at a time."},
    {"gil-released", "sync", "GIL, released",
     "Threads under one lock as in CPython, but they release it while a decoder or a filter works, as NumPy "
     "and Pillow do. Only the little code in between needs the lock, so images are computed in parallel."},
};

static const struct textbook *textbook_of(const char *backend)
{
    for (size_t i = 0; i < sizeof textbooks / sizeof *textbooks; i++) {
        if (strcmp(textbooks[i].backend, backend) == 0)
            return &textbooks[i];
    }
    return NULL;
}

const char *model_about(const char *name)
{
    char backend[48];
    snprintf(backend, sizeof backend, "%.*s", (int)strcspn(name, "+"), name);
    const struct textbook *textbook = textbook_of(backend);
    return textbook != NULL ? textbook->about : "";
}

int models_add(struct results *results, const struct model *model, struct pm_error *error)
{
    for (size_t i = 0; i < results->nmodels; i++) {
        if (strcmp(results->models[i].name, model->name) == 0)
            return 0;
    }
    struct model *models = realloc(results->models, (results->nmodels + 1) * sizeof *models);
    if (models == NULL)
        return error_memory(error, sizeof *models);
    models[results->nmodels++] = *model;
    results->models = models;
    return 0;
}

/* Adds the pair, unless one of the two is not available here. `engine` NULL: the textbook's. */
static int choose(const struct backend *backend, const struct engine *engine,
                  const struct backend_config *config, struct results *results, struct pm_error *error)
{
    const bool released = config->gil == GIL_RELEASED && strcmp(backend->name, "gil") == 0;
    const struct textbook *textbook = textbook_of(released ? "gil-released" : backend->name);
    const char *textbook_engine = textbook != NULL ? textbook->engine : "sync";
    struct model model = {.one_worker = backend->one_worker};
    snprintf(model.name, sizeof model.name, "%s%s%s%s", backend->name, released ? "-released" : "",
             engine != NULL ? "+" : "", engine != NULL ? engine->name : "");
    snprintf(model.backend, sizeof model.backend, "%s", backend->name);
    snprintf(model.engine, sizeof model.engine, "%s", engine != NULL ? engine->name : textbook_engine);
    snprintf(model.title, sizeof model.title, "%s", textbook != NULL ? textbook->title : backend->name);
    snprintf(model.about, sizeof model.about, "%s", textbook != NULL ? textbook->about : backend->help);
    const char *why_not = backend->why_not();
    if (why_not == NULL)
        why_not = engine_find(model.engine)->why_not();
    if (why_not == NULL)
        return models_add(results, &model, error);
    return results_note(results, "", "The model %s is left out: %s.", model.name, why_not) == 0
               ? 0
               : error_memory(error, 0);
}

static int unknown(const char *name, struct pm_error *error)
{
    char known[160] = "";
    size_t used = 0;
    for (const struct backend *const *backend = backends; *backend != NULL; backend++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used > 0 ? ", " : "",
                                 (*backend)->name);
    return error_set(error, PM_ERROR_USAGE,
                     "unknown model %.40s (choose from %s; with another engine: threads+async; of Python: "
                     "see pixmill help models)",
                     name, known);
}

/* "threads" or "threads+async". */
static int choose_name(const char *name, const struct backend_config *config, struct results *results,
                       struct pm_error *error)
{
    char first[48];
    size_t length = strcspn(name, "+");
    snprintf(first, sizeof first, "%.*s", (int)length, name);
    const struct backend *backend = backend_find(first);
    const struct engine *engine = name[length] == '+' ? engine_find(name + length + 1) : NULL;
    if (backend == NULL || (name[length] == '+' && engine == NULL))
        return unknown(name, error);
    return choose(backend, engine, config, results, error);
}

static int choose_all(const struct backend_config *config, struct results *results, struct pm_error *error)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof textbooks / sizeof *textbooks; i++) {
        const struct backend *backend = backend_find(textbooks[i].backend);
        if (backend != NULL)
            status = choose(backend, NULL, config, results, error);
    }
    for (const struct backend *const *backend = backends; status == 0 && *backend != NULL; backend++)
        status = choose(*backend, NULL, config, results, error);
    return status;
}

static int choose_any(const char *name, const struct backend_config *config,
                      const struct interpreters *interpreters, struct results *results,
                      struct pm_error *error)
{
    if (strcmp(name, "all") == 0)
        return choose_all(config, results, error);
    return python_is_model(name) ? python_choose(name, interpreters, results, error)
                                 : choose_name(name, config, results, error);
}

int models_choose(const char *list, const struct backend_config *config,
                  const struct interpreters *interpreters, struct results *results, struct pm_error *error)
{
    int status = 0;
    if (list == NULL) {
        status = choose_all(config, results, error);
        if (status == 0 && interpreters->count > 0)
            status = python_choose(PYTHON_ALL, interpreters, results, error);
    } else {
        char *names = strdup(list), *rest = names, *name;
        if (names == NULL)
            return error_memory(error, 0);
        while (status == 0 && (name = strsep(&rest, ",")) != NULL)
            status = choose_any(name, config, interpreters, results, error);
        free(names);
    }
    if (status == 0 && results->nmodels == 0)
        status =
            error_set(error, PM_ERROR_USAGE, "none of the models works here (see pixmill help backends)");
    return status;
}
