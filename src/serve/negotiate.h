/* format=auto: the format that a client prefers by its Accept field (RFC 9110, section 12.5.1), among those
 * that the codecs write. A response that depends on it has `Vary: Accept`. Pure. */
#ifndef SERVE_NEGOTIATE_H
#define SERVE_NEGOTIATE_H

#include "codec/codec.h"
#include "http/request_head.h"

/* The formats of --auto-formats, best first; none: all, and none is better. */
struct auto_formats {
    const struct codec *format[CODECS_MAX];
    size_t count;
};

/* The input's format `own` (NULL: unknown), unless the client prefers another. With a list, the first one on
 * it among those that the client names and likes best; what it takes only by a wildcard it may not know. If
 * the client accepts none, it is `own` as well: a picture is more useful than a refusal. */
const struct codec *negotiate_format(struct span accept, const struct codec *own,
                                     const struct auto_formats *formats);

#endif
