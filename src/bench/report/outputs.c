#include "bench/report/outputs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "codec/codec.h"
#include "io/log_file.h"

#define REPORT_ROW(format, help) [REPORT_##format] = {.name = #format, .write = report_##format},
const struct report_format report_formats[REPORTS] = {REPORT_FORMATS(REPORT_ROW)};

bool output_is_standard(const struct output *output)
{
    return output->path != NULL && strcmp(output->path, "-") == 0;
}

/* A terminal, a pipe or /dev/null: written directly. Any other file is replaced once the report is complete.
 */
static bool is_stream(const char *path)
{
    struct stat status;
    if (strcmp(path, "-") == 0)
        return true;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

static bool is_image(const char *path)
{
    uint8_t head[16];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t got = pread(fd, head, sizeof head, 0);
    close(fd);
    return got > 0 && codec_sniff(head, (size_t)got) != NULL;
}

/* The report is first written to a temporary file in its folder: test that one can be created. */
static int check_folder(const char *folder, struct pm_error *error)
{
    struct stat status;
    char probe[PATH_MAX];
    if (stat(folder, &status) != 0 && errno == ENOENT)
        return error_set(error, PM_ERROR_IO, "no such folder (create it)");
    if (snprintf(probe, sizeof probe, "%s/.pixmill-XXXXXX", folder) >= PATH_MAX)
        return error_set(error, PM_ERROR_IO, "the path is too long");
    int fd = mkostemp(probe, O_CLOEXEC);
    if (fd < 0)
        return error_set(error, PM_ERROR_IO, "its folder is not writable: %s (choose another folder)",
                         strerror(errno));
    unlink(probe);
    close(fd);
    return 0;
}

static int check_file(const char *path, struct pm_error *error)
{
    struct stat status;
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    if (slash != NULL && snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path) >= PATH_MAX)
        return error_set(error, PM_ERROR_IO, "the path is too long");
    if ((stat(path, &status) == 0 && S_ISDIR(status.st_mode)) || path[strlen(path) - 1] == '/')
        return error_set(error, PM_ERROR_USAGE, "is a folder (name a file)");
    if (is_image(path))
        return error_set(error, PM_ERROR_USAGE,
                         "is an image, which the report would replace (choose another name)");
    return check_folder(folder, error);
}

static int check_stream(const char *path, struct pm_error *error)
{
    if (strcmp(path, "-") != 0 && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
        return error_set(error, PM_ERROR_IO, "is not writable: %s (choose another file)", strerror(errno));
    return 0;
}

/* Are both the same file, however its path is written? Their folders exist. */
static bool is_same(const char *a, const char *b)
{
    const char *paths[] = {a, b}, *names[2];
    struct stat folders[2];
    if (strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
        return strcmp(a, b) == 0;
    for (int i = 0; i < 2; i++) {
        const char *slash = strrchr(paths[i], '/');
        char folder[PATH_MAX] = ".";
        if (slash != NULL)
            snprintf(folder, sizeof folder, "%.*s", (int)(slash - paths[i] + 1), paths[i]);
        names[i] = slash != NULL ? slash + 1 : paths[i];
        if (stat(folder, &folders[i]) != 0)
            return false;
    }
    return folders[0].st_dev == folders[1].st_dev && folders[0].st_ino == folders[1].st_ino &&
           strcmp(names[0], names[1]) == 0;
}

int outputs_check(const struct output outputs[REPORTS], const char **culprit, struct pm_error *error)
{
    for (size_t i = 0; i < REPORTS; i++) {
        *culprit = outputs[i].path;
        if (outputs[i].path == NULL)
            continue;
        const bool stream = is_stream(outputs[i].path);
        if ((stream ? check_stream : check_file)(outputs[i].path, error) != 0)
            return -1;
        if (stream && !output_is_standard(&outputs[i]))
            continue;
        for (size_t other = 0; other < i; other++) {
            if (outputs[other].path != NULL && is_same(outputs[other].path, outputs[i].path))
                return error_set(error, PM_ERROR_USAGE, "is named for two reports (name two files)");
        }
    }
    return 0;
}

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
    int status = log_file_write(path, (const uint8_t *)text, size, error);
    free(text);
    return status;
}

static int write_stream(const struct output *output, const struct report_format *format,
                        const struct results *results, struct pm_error *error)
{
    FILE *out = output_is_standard(output) ? stdout : fopen(output->path, "we");
    if (out == NULL)
        return error_set(error, PM_ERROR_IO, "can't be written: %s", strerror(errno));
    format->write(out, results);
    if (out == stdout) /* flushed at the end of the program */
        return 0;
    int failed = ferror(out);
    if (fclose(out) != 0 || failed)
        return error_set(error, PM_ERROR_IO, "could not be written: %s", strerror(errno));
    return 0;
}

int outputs_write(struct output outputs[REPORTS], const struct results *results, const char **culprit,
                  struct pm_error *error)
{
    int status = 0;
    for (size_t i = 0; i < REPORTS; i++) {
        struct output *output = &outputs[i];
        if (output->path == NULL)
            continue;
        const struct report_format *format = &report_formats[i];
        int written = is_stream(output->path) ? write_stream(output, format, results, error)
                                              : report_save(format, results, output->path, error);
        output->written = written == 0;
        if (written != 0 && status == 0) {
            *culprit = output->path;
            status = -1;
        }
    }
    return status;
}
