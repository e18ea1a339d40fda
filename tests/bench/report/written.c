#include "bench/report/written.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "bench/analysis/analysis.h"
#include "bench/analysis/verdict.h"
#include "bench/figure.h"
#include "bench/fixture.h"
#include "bench/report/chart.h"
#include "bench/report/outputs.h"
#include "bench/report/report.h"

struct results written_results;
char *written_text;

const char *written_as(void (*write)(FILE *out, const struct results *results))
{
    size_t size;
    free(written_text);
    FILE *out = open_memstream(&written_text, &size);
    cr_assert_not_null(out);
    write(out, &written_results);
    cr_assert_eq(fclose(out), 0);
    cr_assert_eq(strlen(written_text), size, "it has a NUL within");
    return written_text;
}

void written_sweep(unsigned processors, unsigned jobs)
{
    struct pm_error error = {0};
    results_free(&written_results);
    written_results = fixture_sweep(processors, jobs);
    cr_assert_eq(analyse(&written_results, &error), 0, "%s", error.message);
}

void written_begin(void)
{
    written_sweep(16, 32);
}

void written_end(void)
{
    results_free(&written_results);
    free(written_text);
}

size_t written_count(const char *haystack, const char *needle)
{
    size_t found = 0;
    for (; (haystack = strstr(haystack, needle)) != NULL; haystack += strlen(needle))
        found++;
    return found;
}
