/* Becoming another program, or the same one in another environment. */
#ifndef CLI_BECOME_H
#define CLI_BECOME_H

#include <stdbool.h>

#include "backend/backend.h"

/* Becomes the program `name`, which stands beside the command, as built, or in the libexec folder, as
 * installed. It is linked to what `command` needs and the rest does not, so that the command itself starts as
 * fast as it can. Its arguments are those from argv[2] on. Returns only when it can't, with the exit status.
 */
int become_program(const char *command, const char *name, char **argv);

/* Some backends need a runtime that reads its environment before main. So the program sets what that must
 * find and starts itself once more, with a note of what was set against the user's wish, unless `quiet`.
 * Where that can't be done, it goes on as it is. */
void become_prepared(const struct backend *backend, bool quiet, char **argv);

#endif
