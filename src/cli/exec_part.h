/* Starting this program again in the environment that a backend needs. */
#ifndef CLI_EXEC_PART_H
#define CLI_EXEC_PART_H

#include <stdbool.h>

#include "backend/backend.h"

/* Some backends need a runtime that reads its environment before main. So the program sets the variables and
 * executes itself again. Reports variables that override the user's, unless `quiet`. If the program can't be
 * executed, it continues as it is. */
void exec_prepared(const struct backend *backend, bool quiet, char **argv);

#endif
