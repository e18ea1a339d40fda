/* --recipe and --preset: options from a file, one per line, without their dashes. */
#ifndef CLI_RECIPE_FILE_H
#define CLI_RECIPE_FILE_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/names.h"
#include "base/option.h"

struct recipe_file {
    struct buffer text;
    size_t at;       /* start of the next line */
    unsigned number; /* number of the previous line, from 1 */
};

/* Reads the file that --recipe or --preset names. Returns 0, or -1 with `error` filled. */
int recipe_file_open(const struct option *option, const char *argument, struct recipe_file *file,
                     struct pm_error *error);

/* The next line as an argument, "--name=value", stored in `names`. Skips blank lines and lines that begin
 * with #. NULL at the end, or with `error` filled. */
char *recipe_file_next(struct recipe_file *file, struct names *names, struct pm_error *error);

void recipe_file_close(struct recipe_file *file);

#endif
