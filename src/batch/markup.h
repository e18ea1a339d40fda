/* The HTML of a source's results: srcset attributes and a <picture> element. */
#ifndef BATCH_MARKUP_H
#define BATCH_MARKUP_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "codec/codec.h"

struct markup_result {
    const char *file; /* relative to the output folder */
    const struct codec *format;
    const char *variant; /* the variant's name; "": it comes from --widths and formats */
    uint32_t width, height;
    uint64_t bytes;
};

/* Adds the members "srcset" and "picture" to an object. The formats in <picture> have the order of the
 * results, but the last format that every browser supports (JPEG, PNG, GIF) is used for <img>. Both omit
 * results with a name if there are results without one. */
void markup_write(struct json *json, const struct markup_result *results, size_t count);

#endif
