/* Starting this program again in the environment that a backend needs. */
#ifndef CLI_EXEC_PART_H
#define CLI_EXEC_PART_H

#include <stdbool.h>

#include "backend/backend.h"

/* Some backends need a runtime that reads its environment before main. So the program sets what that must
 * find and executes itself once more, with a note of what was set against the user's own setting, unless
 * `quiet`. Where that can't be done, it goes on as it is. */
void exec_prepared(const struct backend *backend, bool quiet, char **argv);

#endif
