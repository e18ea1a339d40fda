#include "cli/arguments.h"

#include <stdlib.h>

#include "cli/help.h"
#include "cli/report.h"

bool arguments_parse(struct command_line *line, const char *name, const struct option_set *set, int count,
                     char **arguments, int *status)
{
    struct pm_error error = {0};
    line->operands = calloc((size_t)count + 1, sizeof *line->operands);
    if (line->operands == NULL) {
        error_memory(&error, 0);
        *status = report_refusal(NULL, &error);
        return false;
    }
    switch (options_parse(set, count, arguments, line, &error)) {
    case PARSE_HELP:
        *status = help_command(name);
        return false;
    case PARSE_WRONG:
        *status = report_refusal(line->culprit, &error);
        return false;
    case PARSE_OK:
        break;
    }
    return true;
}
