/* The options of other programs (sharp-cli, vipsthumbnail, ImageMagick's mogrify, cwebp, jpegoptim, ...) that
 * pixmill has under another name, or not at all, so that an error can say it. */
#ifndef CLI_ELSEWHERE_H
#define CLI_ELSEWHERE_H

#include "cli/options.h"

struct elsewhere {
    const char *theirs; /* without dashes, with "=value" for what depends on the value */
    const char *ours;   /* the option that a command must have for this row; what is not supported: quality */
    /* Each word of it that begins with "--" is an option with an argument that may be given so; in capitals:
     * WIDTH, HEIGHT, N, FILE, DIR. Or "not supported: why". */
    const char *words;
};

/* What to say of the option `name`[length], whose value is `value` or NULL; NULL: nothing is known. Case and
 * hyphens within names make no difference: withoutEnlargement is without-enlargement. */
const char *elsewhere_option(const struct option_set *set, const char *name, size_t length,
                             const char *value);

/* The row at `index`, for tests; NULL past the last. */
const struct elsewhere *elsewhere_at(size_t index);

#endif
