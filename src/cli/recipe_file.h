/* --recipe and --preset: options from a file, one a line, without their dashes. */
#ifndef CLI_RECIPE_FILE_H
#define CLI_RECIPE_FILE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/names.h"
#include "base/option.h"

struct recipe_file {
    struct buffer text;
    size_t at;       /* of the next line */
    unsigned number; /* of the line before it, from 1 */
};

/* Reads the file that --recipe names, or that a --preset is. Returns 0, or -1 with `error` filled. */
int recipe_file_open(const struct option *option, const char *argument, struct recipe_file *file,
                     struct pm_error *error);

/* The next line as an argument, "--name=value", kept in `names`. Blank lines and those that begin with # are
 * skipped. NULL at the end, or with `error` filled. */
char *recipe_file_next(struct recipe_file *file, struct names *names, struct pm_error *error);

void recipe_file_close(struct recipe_file *file);

#endif
