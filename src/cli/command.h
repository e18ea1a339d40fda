/* The table of subcommands: main dispatches through it; help, manual page and completion are made from it. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

struct command {
    const char *name, *synopsis, *help;
    const char *examples; /* command lines */
    const struct option_set *options;
    /* argv[0] is the program, argv[1] the command. Returns the exit status. */
    int (*run)(int argc, char **argv);
};

extern const struct command commands[]; /* ends with a NULL name */

const struct command *command_find(const char *name); /* NULL when there is none */

int cmd_run(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_version(int argc, char **argv);

extern const struct option_set info_option_set, verify_option_set, plan_option_set, help_option_set,
    version_option_set;

#endif
