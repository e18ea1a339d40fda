#include "cli/become.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"

int become_program(const char *command, const char *name, char **argv)
{
    static const char *const places[] = {"", "../libexec/pixmill/"};
    char folder[PATH_MAX], program[PATH_MAX + 64], missing[128];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (length < 0) {
        report(command, "the program's own place is not known (mount /proc)");
        return EXIT_USAGE;
    }
    folder[length] = '\0';
    strrchr(folder, '/')[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(program, sizeof program, "%s%s%s", folder, places[i], name);
        argv[1] = program;
        execv(program, argv + 1);
        if (errno == ENOENT)
            continue;
        report(program, strerror(errno));
        return EXIT_USAGE;
    }
    snprintf(missing, sizeof missing, "the program %s is missing (install it beside pixmill, or in libexec)",
             name);
    report(command, missing);
    return EXIT_USAGE;
}

void become_with(const char *environment, char **argv)
{
    char name[64];
    if (environment == NULL)
        return;
    size_t length = strcspn(environment, "=");
    snprintf(name, sizeof name, "%.*s", (int)length, environment);
    if (getenv(name) == NULL && setenv(name, environment + length + 1, 0) == 0)
        execv("/proc/self/exe", argv);
}
