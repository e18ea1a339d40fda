/* Starts other programs in place of this one, or this one again in the environment that a backend needs. */
#ifndef CLI_EXEC_PART_H
#define CLI_EXEC_PART_H

#include <stdbool.h>

#include "backend/backend.h"

/* Some backends need a runtime that reads environment variables before main. For these the program sets the
 * variables and executes itself again. Reports variables that override the user's, unless `quiet`. If it
 * can't be executed again, the program continues. */
void exec_prepared(const struct backend *backend, bool quiet, char **argv);

#endif
