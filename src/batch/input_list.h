/*
 * The list of inputs on standard input: a name a line, or names that each end with a NUL. Lists come from
 * shells and from Windows programs, which end lines with CR LF and mark UTF-8 by a byte order mark.
 */
#ifndef BATCH_INPUT_LIST_H
#define BATCH_INPUT_LIST_H

#include <stdbool.h>

#include "base/error.h"

/* Takes a name, which it may change, and which ends with the call. `parted` is false when a list that should
 * be separated by NUL has none, so that the name may be all its lines. */
typedef int input_list_visitor(void *self, char *name, bool parted, struct pm_error *error);

/* Calls visit for each name that is not empty. Returns 0, or -1 with `error` filled, by the visitor or
 * because the list can't be read, is UTF-16, or has a NUL without `nul_separated`. */
int input_list_read(bool nul_separated, input_list_visitor *visit, void *self, struct pm_error *error);

#endif
