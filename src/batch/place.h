/* Where results go: computes the path of a result from the path of its input, and collects the folders of
 * results. */
#ifndef BATCH_PLACE_H
#define BATCH_PLACE_H

#include "base/names.h"
#include "base/set.h"
#include "batch/walk.h"

struct place {
    const struct walk_options *options;
    size_t output_length;  /* without trailing slashes */
    struct buffer here;    /* the absolute path of the current folder; only with --base */
    bool base_is_url;      /* `base` is then --base as written by url_show */
    bool base_is_object;   /* or as it was given, for objects */
    struct buffer base;    /* --base, absolute and without ".", ".." and double slashes */
    struct buffer scratch; /* the same for an input */
};

/* `options` must outlive `place`. 0, or -1 with `error` filled. */
int place_init(struct place *place, const struct walk_options *options, struct pm_error *error);
void place_free(struct place *place);

/* The result's path for `input`, kept in `names`. input + skip is what is kept of its name unless there is a
 * --base. *name becomes the input's path below the folder; it lives as long as `input` and `names`. NULL with
 * `error` filled: no memory, or outside --base. */
const char *place_result(struct place *place, const char *input, size_t skip, struct names *names,
                         const char **name, struct pm_error *error);

/* Is the result for `input` in this run's shard? input + skip as in place_result. Returns 0, or -1 with
 * `error` filled. */
int place_in_shard(struct place *place, const char *input, size_t skip, bool *yes, struct pm_error *error);

/* The same for a URL as shown, or for a result name given in a list. */
int place_url_in_shard(struct place *place, const char *url, const char *name, bool *yes,
                       struct pm_error *error);

/* In place: sets entry->output, which is the input with links resolved, and entry->backup. input + skip is
 * the input's path below its folder. Returns 0, or -1 with `error` filled. */
int place_in_place(const struct place *place, struct walk_entry *entry, size_t skip, struct names *names,
                   struct pm_error *error);

/* The part of a result's path that is below the output folder; or NULL if `result` may be none of it. */
const char *place_below_output(const char *output, const char *result);
const char *place_find_below_output(const char *output, const char *result);

/* The same for a URL as shown: its last part made safe, or its path relative to a --base that is a URL. The
 * suffix may change when the format becomes known; see place_of_format. `addition` is inserted before the
 * suffix; "": nothing. */
const char *place_url_result(struct place *place, const char *url, const char *addition, struct names *names,
                             struct pm_error *error);

/* The same for a result name given in a list: DIR/name, with the format's suffix. */
const char *place_named_result(struct place *place, const char *name, struct names *names,
                               struct pm_error *error);

/* Sets entry->results: the paths of the results of the naming's variants, kept in `names`. Those that are
 * known late have variables in braces (naming.h). `number` is the entry's in the list, from 1. Returns 0, or
 * -1 with `error` filled. */
int place_variants(const struct place *place, struct walk_entry *entry, size_t number, struct names *names,
                   struct pm_error *error);

/* Does `name`, appended to a folder, stay below it: relative, without empty, "." or ".." parts? */
bool place_is_below(const char *name);

/* The name of the result `path` in a format: unchanged if its suffix is the format's, with the suffix
 * replaced if it is another format's, else with a suffix added. Written to named[size]; false if it does not
 * fit. */
bool place_of_format(const char *path, const struct codec *format, char *named, size_t size);

/* The distinct folders of many files. */
struct folders {
    struct names memory;
    struct set set;
};

void folders_init(struct folders *folders);
void folders_free(struct folders *folders);

/* Adds the folder of the file `path` ("." when it has none). 0, or -1 when there is no memory. */
int folders_add(struct folders *folders, const char *path);

/* Adds the folders of all results in the list. 0, or -1 when there is no memory. */
int folders_add_results(struct folders *folders, const struct walk_list *list);

/* Iterates over the folders in no particular order; start with *at = 0. NULL after the last. */
const char *folders_next(const struct folders *folders, size_t *at);

#endif
