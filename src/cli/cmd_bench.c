/*
 * `pixmill bench`: becomes the program pixmill-bench, which is linked to what measuring needs, so that the
 * command itself starts as fast as it can. The program stands beside the command, as built, or in the libexec
 * folder, as installed.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"

int cmd_bench(int argc, char **argv)
{
    static const char *const places[] = {"", "../libexec/pixmill/"};
    (void)argc;
    char folder[PATH_MAX], program[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (length < 0) {
        report("bench", "the program's own place is not known (mount /proc)");
        return EXIT_USAGE;
    }
    folder[length] = '\0';
    strrchr(folder, '/')[1] = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(program, sizeof program, "%s%spixmill-bench", folder, places[i]);
        argv[1] = program;
        execv(program, argv + 1);
        if (errno == ENOENT)
            continue;
        report(program, strerror(errno));
        return EXIT_USAGE;
    }
    report("bench", "the program pixmill-bench is missing (install it beside pixmill, or in libexec)");
    return EXIT_USAGE;
}
