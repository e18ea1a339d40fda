/*
 * URLs as inputs: telling them from paths, what of them may be shown, and the names that their results get.
 * Fetching them is remote.h's.
 *
 * Names come from other people, so they are made safe: percent signs are decoded, then slashes, backslashes,
 * control characters and bytes that are not UTF-8 become "_", as does a dot in the first place (so there is
 * neither
 * ".." nor a hidden file); what is too long is cut before its suffix; an empty one is "index".
 */
#ifndef IO_URL_H
#define IO_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

/* Bytes of one part of a name; with a format's suffix added it is still a name that every file system takes.
 */
enum { URL_PART_MAX = 200 };

/* Does it begin with http:// or https://, in letters of any size? */
bool url_is(const char *input);

/* Appends the URL as it may be shown and recorded, NUL-terminated (not counted in out->size): without user,
 * password and fragment. 0, or -1 when there is no memory. */
int url_show(const char *url, struct buffer *out);

/* Appends the safe name of the URL's last part, NUL-terminated, with `addition`, at most 64 harmless bytes,
 * before its suffix. 0, or -1 when there is no memory. */
int url_name(const char *url, const char *addition, struct buffer *out);

/* Appends the safe path, each part by itself, of what is below the URL `base`, both as url_show writes
 * them, with `addition` as above. 0; 1 when it is not below it; -1 when there is no memory. */
int url_name_below(const char *url, const char *base, const char *addition, struct buffer *out);

#endif
