#include "bench/report/report.h"

#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "io/file.h"

const struct report_format *const report_formats[] = {
    &report_text, &report_json, &report_csv, &report_svg, &report_html, NULL,
};

int report_save(const struct report_format *format, const struct results *results, const char *path,
                struct pm_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return error_memory(error, 0);
    format->write(out, results);
    int failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return error_memory(error, size);
    }
    int status = file_write(path, (const uint8_t *)text, size, 0644, FILE_FAST, error);
    free(text);
    return status;
}

const char *report_workload(enum workload workload)
{
    static const char *const texts[] = {
        [WORKLOAD_CPU] = "the recipe on files in the page cache",
        [WORKLOAD_IO] = "the same with every read delayed, as on a remote disk",
        [WORKLOAD_OVERHEAD] = "thousands of tiny jobs, where handing over counts",
    };
    return texts[workload];
}

const char *report_date(const char *date, char *text, size_t size)
{
    struct tm when = {0};
    char rest[64];
    const char *end = strptime(date, "%Y-%m-%dT%H:%M:%SZ", &when);
    if (end == NULL || *end != '\0' || strftime(rest, sizeof rest, "%B %Y, %H:%M UTC", &when) == 0)
        snprintf(text, size, "%s", date);
    else
        snprintf(text, size, "%d %s", when.tm_mday, rest);
    return text;
}
