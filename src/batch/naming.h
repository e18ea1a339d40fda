/*
 * --name: the paths of results by a template, such as "{stem}-{width}w.{ext}". A template with a slash gives
 * the whole path below the output folder; one without a slash gives the file name, and the folder stays the
 * usual one. Every run with several results per input has a template, at least a standard one.
 *
 * Most names are known as soon as the list of inputs is. A name with the hash of the content, or with a size
 * that the recipe alone does not determine, is known late: when the result exists.
 */
#ifndef BATCH_NAMING_H
#define BATCH_NAMING_H

#include "transform/variants.h"

enum { NAME_HASH_DIGITS = 16 };

struct naming {
    const char *name_template; /* borrowed */
    const struct variants *variants;
    bool whole_path; /* it contains a slash */
    unsigned used;   /* bit i: the variable at i of naming.c's table */
};

/* The values that a result's name can contain. */
struct name_facts {
    const char *below;          /* the path of the input below its folder, DIR/NAME.SUFFIX, borrowed */
    size_t number;              /* position of the input in the list, from 1 */
    const struct codec *format; /* format of the result; NULL: the input's, according to its suffix */
    uint32_t width, height;     /* of the result; 0: not known yet */
    const char *hash;           /* of the content, hexadecimal; NULL: not known yet */
};

/* Sets up the template of --name; NULL: the standard one for these variants. Returns 0, or -1 with `error`
 * filled if there are unknown variables, or two variants of one input would have the same name. */
int naming_init(struct naming *naming, const char *name_template, const struct variants *variants,
                struct pm_error *error);

/* Is the name of this variant's result known late? `late_format`: if the result has the input's format, that
 * is known late, too. */
bool naming_is_late(const struct naming *naming, size_t variant, bool late_format);

/* Any of them, of files? */
bool naming_any_is_late(const struct naming *naming);

/* Does a name contain the number of the input in the list? May inputs of several folders have the same names?
 */
bool naming_counts(const struct naming *naming);
bool naming_mixes_folders(const struct naming *naming);

/* May results of several inputs have the same name, because the same name means the same content? */
bool naming_by_content(const struct naming *naming);

/* What to do about two inputs that differ in their suffixes alone, and whose results have one name. NULL: the
 * suffix is in the name already. A naming of NULL is the standard one. */
const char *naming_by_suffix(const struct naming *naming);

/* Writes the path, below `output`, of a variant's result to path[size]. Values that are not known yet remain
 * as variables in braces. Returns 0, or -1 with `error` filled if the path is too long or not below the
 * folder. */
int naming_path(const struct naming *naming, const char *output, size_t variant,
                const struct name_facts *facts, char *path, size_t size, struct pm_error *error);

#endif
