#include "cli/summaries.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json_read.h"
#include "base/text.h"
#include "cli/report.h"
#include "io/file.h"

enum { SUMMARY_BYTES_MAX = 1 << 20 };

static const char *const names[SUMMARY_SUMS] = {"images",      "ok",      "skipped",  "failed",
                                                "not_started", "results", "bytes_in", "bytes_out",
                                                "megapixels",  "seconds"};
enum { IMAGES, OK, SKIPPED, FAILED, BYTES_IN = 6, BYTES_OUT, MEGAPIXELS, SECONDS };

static int add_text(struct summaries *summaries, const struct buffer *text, struct pm_error *error)
{
    struct json_document document;
    const struct json_value *root = json_read(&document, (const char *)text->data, text->size, error);
    double numbers[SUMMARY_SUMS];
    if (root == NULL)
        return -1;
    int status = 0;
    for (size_t i = 0; i < SUMMARY_SUMS && status == 0; i++) {
        numbers[i] = json_member_number(root, names[i]);
        if (isnan(numbers[i]))
            status = error_set(error, PM_ERROR_USAGE,
                               "not a summary: it has no \"%s\" (name what --summary wrote)", names[i]);
    }
    for (size_t i = 0; i < SUMMARY_SUMS && status == 0; i++)
        summaries->sums[i] += numbers[i];
    if (status == 0) {
        summaries->files++;
        summaries->incomplete += !json_member_bool(root, "complete");
        summaries->longest_seconds = fmax(summaries->longest_seconds, numbers[SECONDS]);
        summaries->peak_bytes = fmax(summaries->peak_bytes, json_member_number(root, "peak_bytes"));
    }
    json_close(&document);
    return status;
}

static int add_file(struct summaries *summaries, const char *path, struct pm_error *error)
{
    struct buffer text = {0};
    struct pm_error why = {0};
    char shown[96];
    int status = file_load(path, SUMMARY_BYTES_MAX, &text, &why);
    if (status == 0 && text.size == 0) { /* of a run that was killed */
        summaries->files++;
        summaries->incomplete++;
    } else if (status == 0) {
        status = add_text(summaries, &text, &why);
    }
    buffer_free(&text);
    return status == 0
               ? 0
               : error_set(error, why.kind, "%s: %s", text_shown(path, shown, sizeof shown), why.message);
}

static bool is_json(const char *name)
{
    const size_t length = strlen(name);
    return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".json") == 0;
}

int summaries_add(struct summaries *summaries, const char *path, struct pm_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return add_file(summaries, path, error);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return error_set(error, PM_ERROR_IO, "%s", strerror(errno));
    int end = 0;
    for (const struct dirent *entry; end == 0 && (entry = readdir(folder)) != NULL;) {
        char file[PATH_MAX];
        if (!is_json(entry->d_name))
            continue;
        if ((size_t)snprintf(file, sizeof file, "%s/%s", path, entry->d_name) >= sizeof file)
            end = error_set(error, PM_ERROR_IO, "%s", strerror(ENAMETOOLONG));
        else
            end = add_file(summaries, file, error);
    }
    closedir(folder);
    return end;
}

void summaries_print(const struct summaries *summaries)
{
    const double *sums = summaries->sums;
    if (summaries->files == 0)
        return;
    report_note(
        "%zu summaries: %.0f images: %.0f ok, %.0f skipped, %.0f failed in %.1f s of all runs, the longest "
        "%.1f s, %.0f MP, %.1f MB in, %.1f MB out, peak %.0f MiB%s",
        summaries->files, sums[IMAGES], sums[OK], sums[SKIPPED], sums[FAILED], sums[SECONDS],
        summaries->longest_seconds, sums[MEGAPIXELS], sums[BYTES_IN] / 1e6, sums[BYTES_OUT] / 1e6,
        summaries->peak_bytes / (1 << 20), summaries->incomplete > 0 ? "; not all runs were complete" : "");
}

void summaries_write(const struct summaries *summaries, struct json *json)
{
    json_object(json, "summaries");
    json_integer(json, "files", summaries->files);
    json_integer(json, "incomplete", summaries->incomplete);
    for (size_t i = 0; i < SUMMARY_SUMS; i++)
        json_number(json, names[i], summaries->sums[i]);
    json_number(json, "longest_seconds", summaries->longest_seconds);
    json_number(json, "peak_bytes", summaries->peak_bytes);
    json_end_object(json);
}
