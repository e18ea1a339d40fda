#include "bench/results.h"

#include <stdlib.h>

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

const char *workload_name(enum workload workload)
{
    static const char *const names[] = {
        [WORKLOAD_CPU] = "cpu", [WORKLOAD_IO] = "io", [WORKLOAD_OVERHEAD] = "overhead"};
    return workload < WORKLOADS ? names[workload] : "unknown";
}
