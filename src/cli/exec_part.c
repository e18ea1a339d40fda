/*
 * Starts `pixmill bench` and `pixmill serve`, which are programs of their own: only they are linked to the
 * libraries that they need, so that the command itself starts fast.
 */
#include "cli/exec_part.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/find_part.h"
#include "cli/command.h"
#include "cli/report.h"

/* Replaces this process by the program `name`, with the arguments from argv[2] on. Returns only if it fails:
 * the exit status. */
static int exec_part(const char *command, const char *name, char **argv)
{
    struct pm_error error = {0};
    char program[PATH_MAX];
    if (find_part(name, program, &error) != 0) {
        report_error(command, &error);
        return EXIT_USAGE;
    }
    argv[1] = program;
    execv(program, argv + 1);
    report(program, strerror(errno));
    return EXIT_USAGE;
}

int cmd_bench(int argc, char **argv)
{
    (void)argc;
    return exec_part("bench", "pixmill-bench", argv);
}

int cmd_serve(int argc, char **argv)
{
    (void)argc;
    return exec_part("serve", "pixmill-serve", argv);
}

void exec_prepared(const struct backend *backend, bool quiet, char **argv)
{
    char note[BACKEND_NOTE_MAX], program[PATH_MAX];
    if (backend->prepare == NULL || !backend->prepare(note))
        return;
    if (note[0] != '\0' && !quiet)
        report_note("%s", note);
    /* Executes the file by its name, which ps shows; if it was replaced or removed meanwhile, by
     * /proc/self/exe. */
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0) {
        program[length] = '\0';
        execv(program, argv);
    }
    execv("/proc/self/exe", argv);
}
