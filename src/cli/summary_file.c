#include "cli/summary_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "io/log_file.h"

int summary_file_begin(const char *path, bool *made, struct pm_error *error)
{
    *made = false;
    if (path == NULL)
        return 0;
    if (log_file_check(path, error) != 0)
        return -1;
    *made = access(path, F_OK) != 0;
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    if (fd < 0)
        return error_set(error, PM_ERROR_IO, "can't be written: %s%s", strerror(errno),
                         errno == ENOENT ? " (create its folder first)" : "");
    close(fd);
    return 0;
}

static void write_failures(struct json *json, const struct warnings *failures)
{
    json_array(json, "failures");
    for (size_t i = 0; i < failures->nkinds; i++) {
        json_object(json, NULL);
        json_string(json, "reason", failures->kinds[i].words);
        json_integer(json, "images", failures->kinds[i].count);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_numbers(struct json *json, const struct batch_report *batch)
{
    const struct batch_counts *counts = &batch->counts;
    const size_t images = counts->total - counts->left_out,
                 done = counts->ok + counts->skipped + counts->failed;
    json_integer(json, "images", images);
    json_integer(json, "ok", counts->ok);
    json_integer(json, "skipped", counts->skipped);
    json_integer(json, "failed", counts->failed);
    json_integer(json, "failed_before", counts->failed_before);
    json_integer(json, "not_started", images - done);
    json_integer(json, "left_out", counts->left_out);
    json_integer(json, "with_warnings", counts->warned);
    json_integer(json, "results", counts->results);
    json_bool(json, "complete", done == images);
    json_integer(json, "bytes_in", counts->bytes_in);
    json_integer(json, "bytes_out", counts->bytes_out);
    json_number(json, "megapixels", (double)counts->pixels / 1e6);
    json_number(json, "seconds", batch->seconds);
    json_integer(json, "peak_bytes", batch->peak_bytes);
    json_integer(json, "worker_deaths", batch->backend.deaths);
}

int summary_file_write(const char *path, const struct batch_report *batch, const struct warnings *failures,
                       struct pm_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json json = {.out = out, .lined = 1};
    int status = -1;
    if (out != NULL) {
        json_object(&json, NULL);
        write_numbers(&json, batch);
        write_failures(&json, failures);
        json_end_object(&json);
        status = fclose(out);
    }
    if (status != 0)
        error_memory(error, size);
    else
        status = log_file_write(path, (const uint8_t *)text, size, error);
    free(text);
    return status;
}
