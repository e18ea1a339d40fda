#include "cli/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/hints.h"
#include "io/key_file.h"

void report(const char *about, const char *message)
{
    fputs("pixmill: ", stderr);
    if (about != NULL && about[0] != '\0') {
        text_show(stderr, about);
        fputs(": ", stderr);
    }
    text_show_message(stderr, message);
    fputc('\n', stderr);
}

void report_error(const char *about, const struct pm_error *error)
{
    char message[HINT_MESSAGE_MAX];
    report(about, hint_message(error, message, sizeof message));
}

int report_refusal(const char *about, const struct pm_error *error)
{
    report_error(about, error);
    return error->hint == PM_HINT_LOCKED ? EXIT_LOCKED : EXIT_USAGE;
}

void report_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("pixmill: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void report_exposed_key(const char *path)
{
    if (key_file_is_exposed(path))
        report(path, key_file_exposed);
}

void report_little_memory(uint64_t bytes)
{
    if (bytes > 0 && bytes < 1 << 20)
        report_note("warning: --memory is only %" PRIu64
                    " bytes, so images are processed one at a time (append K, M or G to the number: 256M)",
                    bytes);
}

int report_output(int status)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (errno != EPIPE) /* the reader closed the pipe: it has read enough */
        report("standard output", errno != 0 ? strerror(errno) : "could not be written");
    return EXIT_JOBS_FAILED;
}
