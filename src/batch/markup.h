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
    const char *variant; /* its name; "": one of a product of widths and formats */
    uint32_t width, height;
    uint64_t bytes;
};

/* Adds the members "srcset" and "picture" to an object. In <picture> the formats have the order of the
 * results, except that the last of them that every browser shows (JPEG, PNG, GIF) is <img>'s. Results with a
 * name of their own are left out of both if there are others. */
void markup_write(struct json *json, const struct markup_result *results, size_t count);

#endif
