/*
 * --name: the paths of results by a template, such as "{stem}-{width}w.{ext}". A template with a slash is the
 * whole path below the output folder; without one it names the file in the folder that the result would have
 * anyway. Every run with several results per input has a template, if only a standard one.
 *
 * Most names are known when the list of inputs is. A name with the hash of the content, or with a size that
 * the recipe alone does not give, is known late: when the result is there.
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

/* What one result's name is made of. */
struct name_facts {
    const char *below;          /* the path of the input below its folder, DIR/NAME.SUFFIX, borrowed */
    size_t number;              /* of the input in the list, from 1 */
    const struct codec *format; /* of the result; NULL: the input's, as its suffix says */
    uint32_t width, height;     /* of the result; 0: not known yet */
    const char *hash;           /* of the content, hexadecimal; NULL: not known yet */
};

/* The template of --name, or NULL: the standard one for these variants. Returns 0, or -1 with `error` filled:
 * unknown variables, or two variants of one input would have one name. */
int naming_init(struct naming *naming, const char *name_template, const struct variants *variants,
                struct pm_error *error);

/* Is the name of this variant's result known late? `late_format`: so is its format, if it is the input's. */
bool naming_is_late(const struct naming *naming, size_t variant, bool late_format);

/* Any of them, of files? */
bool naming_any_is_late(const struct naming *naming);

/* May results of several inputs have the same name, because the same name means the same content? */
bool naming_by_content(const struct naming *naming);

/* Writes the path, below `output`, of a variant's result to path[size]. What is not known yet is left as the
 * variable in braces. Returns 0, or -1 with `error` filled: too long, or not below the folder. */
int naming_path(const struct naming *naming, const char *output, size_t variant,
                const struct name_facts *facts, char *path, size_t size, struct pm_error *error);

#endif
