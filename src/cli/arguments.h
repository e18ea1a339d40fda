/* Parsing the command line of a command or program, including --help and errors. */
#ifndef CLI_ARGUMENTS_H
#define CLI_ARGUMENTS_H

#include "cli/options.h"

/* Parses arguments[count] of the command `name`. The caller has set line->settings and all other input;
 * line->operands is allocated here and freed by the caller. True: continue. False: --help was printed or an
 * error reported, and *status is the exit status. */
bool arguments_parse(struct command_line *line, const char *name, const struct option_set *set, int count,
                     char **arguments, int *status);

#endif
