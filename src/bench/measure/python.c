#include "bench/measure/python.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "bench/measure/models.h"

static const struct python_model {
    const char *name, *title, *about;
    unsigned since;
    bool one_worker;
} python_models[] = {
#define ROW(name, title, since, one_worker, about) {name, title, about, since, one_worker},
    PYTHON_MODELS(ROW)
#undef ROW
};

enum { PYTHON_COUNT = sizeof python_models / sizeof *python_models };

static const char kept_about[] = " The transform keeps the interpreter's lock while it works.";
static const char free_about[] = " This build of Python has no lock.";

/* The words of a model: its own, and those about the lock. */
static void describe(const struct python_model *python, const struct interpreter *interpreter, bool kept,
                     struct model *model)
{
    const bool threads = strcmp(python->name, "python-threads") == 0;
    const char *title = threads && interpreter->free_threaded ? "Free-threaded Python" : python->title;
    snprintf(model->title, sizeof model->title, "%s%s", title, kept ? ", kept" : "");
    snprintf(model->about, sizeof model->about, "%s%s", python->about,
             interpreter->free_threaded ? free_about
             : kept                     ? kept_about
                                        : "");
}

static int choose_one(const struct python_model *python, bool kept, const struct interpreters *interpreters,
                      struct results *results, struct pm_error *error)
{
    int status = 0;
    for (unsigned i = 0; status == 0 && i < interpreters->count; i++) {
        const struct interpreter *interpreter = &interpreters->items[i];
        struct model model = {.one_worker = python->one_worker, .program = interpreter->path};
        snprintf(model.backend, sizeof model.backend, "%s", python->name);
        snprintf(model.name, sizeof model.name, "%s%s@%s", python->name, kept ? PYTHON_KEPT : "",
                 interpreter->version);
        snprintf(model.engine, sizeof model.engine, "%s",
                 strstr(python->name, "asyncio") != NULL ? "asyncio" : "sync");
        snprintf(model.python, sizeof model.python, "%s", interpreter->version);
        snprintf(model.lock, sizeof model.lock, "%s",
                 interpreter->free_threaded ? "none"
                 : kept                     ? "kept"
                                            : "released");
        describe(python, interpreter, kept, &model);
        if (interpreter->minor >= python->since)
            status = models_add(results, &model, error);
        else if (results_note(results, "", "The model %s is left out: it needs Python 3.%u.", model.name,
                              python->since) != 0)
            status = error_memory(error, 0);
    }
    return status;
}

int python_choose(const char *name, const struct interpreters *interpreters, struct results *results,
                  struct pm_error *error)
{
    const bool all = strcmp(name, PYTHON_ALL) == 0;
    bool found = false;
    int status = 0;
    for (size_t i = 0; status == 0 && i < 2 * PYTHON_COUNT; i++) {
        const struct python_model *python = &python_models[i / 2];
        const bool kept = i % 2 == 1;
        char own[48];
        snprintf(own, sizeof own, "%s%s", python->name, kept ? PYTHON_KEPT : "");
        /* "python-procs" is all start methods. */
        const bool group =
            !kept && strcmp(name, "python-procs") == 0 && strncmp(own, name, strlen(name)) == 0;
        if (!all && !group && strcmp(name, own) != 0)
            continue;
        found = true;
        status = choose_one(python, kept, interpreters, results, error);
    }
    if (!found)
        return error_set(error, PM_ERROR_USAGE,
                         "unknown Python model %.40s (see pixmill help models; python: all of them)", name);
    if (interpreters->count == 0)
        return error_set(error, PM_ERROR_USAGE, "%.40s needs an interpreter (add --python=PATH)", name);
    return status;
}

bool python_is_model(const char *name)
{
    const size_t length = strlen(PYTHON_ALL);
    return strncmp(name, PYTHON_ALL, length) == 0 && (name[length] == '\0' || name[length] == '-');
}
