#include "cli/become.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/beside.h"
#include "cli/report.h"

int become_program(const char *command, const char *name, char **argv)
{
    struct pm_error error = {0};
    char program[PATH_MAX];
    if (beside_find(name, program, &error) != 0) {
        report(command, error.message);
        return EXIT_USAGE;
    }
    argv[1] = program;
    execv(program, argv + 1);
    report(program, strerror(errno));
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
