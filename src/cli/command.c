#include "cli/command.h"

#include <string.h>

#include "cli/run_options.h"

const struct command commands[] = {
    {.name = "run",
     .synopsis = "[FILTER...] [OPTION...] INPUT... -o DIR",
     .help = "process a batch",
     .options = &run_option_set,
     .run = cmd_run},
    {.name = "info",
     .synopsis = "[--json] FILE...",
     .help = "show format, size, depth, channels, orientation, profile",
     .options = &info_option_set,
     .run = cmd_info},
    {.name = "help",
     .synopsis = "[TOPIC]",
     .help = "explain a command or a topic",
     .options = &help_option_set,
     .run = cmd_help},
    {.name = NULL},
};

const struct command *command_find(const char *name)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
    }
    return NULL;
}
