/* The options of `serve` as given; the others are zero and get their values from the machine. The program
 * pixmill-serve parses them; the command uses the table for help, manual and completion. */
#ifndef CLI_SERVE_OPTIONS_H
#define CLI_SERVE_OPTIONS_H

#include "cli/options.h"
#include "serve/settings.h"

/* The defaults that are the same on every machine. */
void serve_options_init(struct serve_settings *settings);

extern const struct option_set serve_option_set; /* its settings are a struct serve_settings */

#endif
