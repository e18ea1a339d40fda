#include "cli/become.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/beside.h"
#include "cli/report.h"

int become_program(const char *command, const char *name, char **argv)
{
    struct pm_error error = {0};
    char program[PATH_MAX];
    if (beside_find(name, program, &error) != 0) {
        report_error(command, &error);
        return EXIT_USAGE;
    }
    argv[1] = program;
    execv(program, argv + 1);
    report(program, strerror(errno));
    return EXIT_USAGE;
}

void become_prepared(const struct backend *backend, bool quiet, char **argv)
{
    char note[BACKEND_NOTE_MAX], program[PATH_MAX];
    if (backend->prepare == NULL || !backend->prepare(note))
        return;
    if (note[0] != '\0' && !quiet)
        report_note("%s", note);
    /* By its own name, which ps shows; one that was replaced or removed meanwhile is still to be had. */
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = '\0';
        execv(program, argv);
    }
    execv("/proc/self/exe", argv);
}
