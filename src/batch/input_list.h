/*
 * The list of inputs on standard input: one name per line, or names terminated by NUL. Lists may come from
 * Windows programs, which end lines with CR LF and may start with a byte order mark.
 */
#ifndef BATCH_INPUT_LIST_H
#define BATCH_INPUT_LIST_H

#include <stdbool.h>

#include "base/error.h"

/* Called with each name; it may modify it, and the name is valid only during the call. `separated` is false
 * if a list that should be separated by NUL has no NUL, so the name may be several lines. */
typedef int input_list_visitor(void *self, char *name, bool parted, struct pm_error *error);

/* Calls visit for each name that is not empty. Returns 0, or -1 with `error` filled: the visitor failed, or
 * the list can't be read, is UTF-16, or has a NUL without `nul_separated`. */
int input_list_read(bool nul_separated, input_list_visitor *visit, void *self, struct pm_error *error);

/* The same for a file of names that end with NUL. */
int input_list_read_file(const char *path, input_list_visitor *visit, void *self, struct pm_error *error);

#endif
