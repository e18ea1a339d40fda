/* Where a result lands: its path, worked out from its input's. */
#ifndef BATCH_PLACE_H
#define BATCH_PLACE_H

#include "base/names.h"
#include "batch/walk.h"

struct place {
    const struct walk_options *options;
    size_t output_length;  /* without trailing slashes */
    struct buffer here;    /* the working folder, absolute; only with --base */
    bool base_is_url;      /* base is then --base as url_show writes it */
    struct buffer base;    /* --base, absolute and without ".", ".." and double slashes */
    struct buffer scratch; /* the same of an input */
};

/* `options` must outlive it. 0, or -1 with `error` filled. */
int place_init(struct place *place, const struct walk_options *options, struct pm_error *error);
void place_free(struct place *place);

/* The result's path for `input`, kept in `names`. input + skip is what is kept of its name unless there is a
 * --base. *name becomes the input's path below the folder; it lives as long as `input` and `names`. NULL with
 * `error` filled: no memory, or outside --base. */
const char *place_result(struct place *place, const char *input, size_t skip, struct names *names,
                         const char **name, struct pm_error *error);

/* The part of a result's path that is below the output folder. */
const char *place_below_output(const char *output, const char *result);

/* The same for a URL as it is shown: its safe last part, or below a --base that is a URL its safe path. As
 * long as its format is not known its suffix may be another in the end; see place_of_format. `addition` is
 * put before the name's suffix; "": nothing. */
const char *place_url_result(struct place *place, const char *url, const char *addition, struct names *names,
                             struct pm_error *error);

/* The same for a name that a list gives to a result: DIR/name, with the format's suffix. */
const char *place_named_result(struct place *place, const char *name, struct names *names,
                               struct pm_error *error);

/* Is `name` a path below the folder that it is put behind: relative, no part of it empty, "." or ".."? */
bool place_is_below(const char *name);

/* What the result `path` is called in a format: as it is when its suffix says so, with another suffix when it
 * names another format, else with one added. Into named[size]; false when it does not fit. */
bool place_of_format(const char *path, const struct codec *format, char *named, size_t size);

#endif
