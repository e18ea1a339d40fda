/* The command `pixmill`: makes the standard streams safe, and calls a subcommand (command.c). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/preinit.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/hints.h"
#include "cli/report.h"
#include "cli/suggest_run.h"
#include "transform/recipe.h"

PREINIT_AT_START;

/* Replaces closed standard streams by /dev/null, so that no result file gets their descriptors. The
 * replacement is opened for the wrong direction, so that using it fails, as with a closed stream. */
static void occupy_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(EXIT_USAGE);
    }
}

/* `name` belongs to run: says how to write it. */
static int missing_run(int argc, char **argv)
{
    char line[256], name[64], message[384];
    text_shown(argv[1], name, sizeof name);
    if (suggest_run(argc, argv, line, sizeof line))
        snprintf(message, sizeof message, "unknown command '%s'; try: %s", name, line);
    else
        snprintf(message, sizeof message,
                 "unknown command '%s' (write 'run' first: pixmill run INPUT... -o DIR)", name);
    report(NULL, message);
    return EXIT_USAGE;
}

static int unknown_command(int argc, char **argv)
{
    const char *name = argv[1];
    if (recipe_is_step(name)) {
        char message[128];
        snprintf(message, sizeof message,
                 "is a filter, not a command (pixmill run --%s; see 'pixmill help %s')", name, name);
        report(name, message);
        return EXIT_USAGE;
    }
    if (strcmp(name, "-v") == 0) {
        report(NULL, "unknown command '-v'; did you mean: pixmill --version, or pixmill run -v ...?");
        return EXIT_USAGE;
    }
    if (suggest_belongs_to_run(name))
        return missing_run(argc, argv);
    struct suggestion suggestion = {.wrong = name};
    struct pm_error error = {0};
    for (const struct command *command = commands; command->name != NULL; command++)
        suggest_consider(&suggestion, command->name);
    suggest_consider(&suggestion, "--version");
    suggest_consider(&suggestion, "--help");
    suggest_error(&suggestion, "command", "", "'pixmill help' lists them", &error);
    report_error(name, &error);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static char error_line[512];
    preinit_restore();
    occupy_standard_streams();
    setvbuf(stderr, error_line, _IOLBF, sizeof error_line); /* one system call per line */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        help_write_overview(stderr);
        fputc('\n', stderr);
        report(NULL, "no command ('pixmill help' lists them)");
        return EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        return help_overview();
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        return help_version();
    const struct command *command = command_find(name);
    return command != NULL ? command->run(argc, argv) : unknown_command(argc, argv);
}
