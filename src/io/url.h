/*
 * URLs as inputs: distinguishes them from paths, removes secrets before they are shown, and names their
 * results. remote.h fetches them.
 *
 * Names come from other people, so they are made safe: percent escapes are decoded, then slashes,
 * backslashes, control characters and bytes that are not UTF-8 become "_", as does a leading dot (so there is
 * neither ".." nor a hidden file). Names that are too long are cut before their suffix; an empty name becomes
 * "index".
 */
#ifndef IO_URL_H
#define IO_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <strings.h>

#include "base/buffer.h"

/* Max bytes of one part of a name; with a format's suffix added, every file system accepts it. */
enum { URL_PART_MAX = 200 };

/* Does it begin with http:// or https://, in letters of any case? */
static inline bool url_is(const char *input)
{
    return (input[0] == 'h' || input[0] == 'H') &&
           (strncasecmp(input, "http://", 7) == 0 || strncasecmp(input, "https://", 8) == 0);
}

/* Appends the URL without user, password and fragment, for display and logs; NUL-terminated (not counted in
 * out->size). Returns 0, or -1 if there is no memory. */
int url_show(const char *url, struct buffer *out);

/* Appends the safe name of the URL's last part, NUL-terminated, with `addition` (at most 64 safe bytes)
 * inserted before its suffix. Returns 0, or -1 if there is no memory. */
int url_name(const char *url, const char *addition, struct buffer *out);

/* Appends the safe path of `url` relative to the URL `base`, each part made safe on its own, with `addition`
 * as above. Both URLs are as url_show writes them. Returns 0; 1 if `url` is not below `base`; -1 if there is
 * no memory. */
int url_name_below(const char *url, const char *base, const char *addition, struct buffer *out);

#endif
