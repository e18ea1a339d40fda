#include "bench/results.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void results_free(struct results *results)
{
    free(results->models);
    free(results->trials);
    free(results->summaries);
    free(results->fits);
    free(results->verdicts);
    free(results->notes);
    *results = (struct results){0};
}

int results_note(struct results *results, const char *remedy, const char *format, ...)
{
    struct note *notes = realloc(results->notes, (results->nnotes + 1) * sizeof *notes);
    if (notes == NULL)
        return -1;
    results->notes = notes;
    struct note *note = &notes[results->nnotes++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note->text, sizeof note->text, format, arguments);
    va_end(arguments);
    snprintf(note->remedy, sizeof note->remedy, "%s", remedy);
    note->busy = note->derived = false;
    return 0;
}

const struct summary *results_point(const struct results *results, size_t model, enum workload workload,
                                    unsigned jobs)
{
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->model == model && point->workload == workload && (jobs == 0 || point->jobs == jobs))
            return point;
    }
    return NULL;
}

const struct summary *results_best(const struct results *results, size_t model, enum workload workload)
{
    const struct summary *best = NULL;
    for (size_t i = 0; i < results->nsummaries; i++) {
        const struct summary *point = &results->summaries[i];
        if (point->model == model && point->workload == workload &&
            (best == NULL || point->images_per_s > best->images_per_s))
            best = point;
    }
    return best;
}

const struct summary *results_fastest(const struct results *results, enum workload workload)
{
    const struct summary *fastest = NULL;
    for (size_t model = 0; model < results->nmodels; model++) {
        const struct summary *best = results_best(results, model, workload);
        if (best != NULL && (fastest == NULL || best->images_per_s > fastest->images_per_s))
            fastest = best;
    }
    return fastest;
}

bool results_python(const struct results *results)
{
    for (size_t i = 0; i < results->nmodels; i++) {
        if (results->models[i].python[0] != '\0')
            return true;
    }
    return false;
}

const struct summary *results_serial(const struct results *results, enum workload workload)
{
    for (size_t model = 0; model < results->nmodels; model++) {
        if (strcmp(results->models[model].name, "serial") == 0)
            return results_point(results, model, workload, 1);
    }
    return NULL;
}

const char *workload_name(enum workload workload)
{
    static const char *const names[] = {
        [WORKLOAD_CPU] = "cpu", [WORKLOAD_IO] = "io", [WORKLOAD_OVERHEAD] = "overhead"};
    return workload < WORKLOADS ? names[workload] : "unknown";
}

const char *workload_text(enum workload workload)
{
    static const char *const texts[] = {
        [WORKLOAD_CPU] = "the recipe on files in the page cache",
        [WORKLOAD_IO] = "the same with every read delayed, as on a remote disk",
        [WORKLOAD_OVERHEAD] = "thousands of tiny jobs, where handing over counts",
    };
    return texts[workload];
}

const char *workload_item(enum workload workload)
{
    return workload == WORKLOAD_OVERHEAD ? "job" : "image";
}
