/* The command `pixmill`: makes the standard streams safe, and calls a subcommand (command.c). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/preinit.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/hints.h"
#include "cli/report.h"
#include "cli/run_options.h"
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

/* Is it an option of run, or an input? "-" is an input. */
static bool belongs_to_run(const char *word)
{
    struct option option;
    size_t length = strcspn(word, "=");
    if (word[0] != '-')
        return access(word, F_OK) == 0;
    if (word[1] == '\0')
        return true;
    for (size_t i = 0; option_at(&run_option_set, i, &option); i++) {
        if (word[1] != '-' && word[1] == option.letter)
            return true;
        if (word[1] == '-' && strlen(option.name) == length - 2 &&
            memcmp(option.name, word + 2, length - 2) == 0)
            return true;
    }
    return false;
}

static int unknown_command(const char *name)
{
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
    if (belongs_to_run(name)) {
        char message[256];
        snprintf(message, sizeof message, "unknown command '%.64s'; did you mean: pixmill run %.64s ...?",
                 name, name);
        report(NULL, message);
        return EXIT_USAGE;
    }
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
    return command != NULL ? command->run(argc, argv) : unknown_command(name);
}
