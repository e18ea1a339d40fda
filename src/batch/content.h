/* Is a file that was found an image at all? By its first bytes, as everywhere. */
#ifndef BATCH_CONTENT_H
#define BATCH_CONTENT_H

#include "codec/codec.h"

/* Does the name say that it is an image? */
bool content_promised(const char *path);

/* Is it nothing that pixmill reads? An empty file has no content to tell by; there its name does. False also
 * when it can't be read. */
bool content_is_no_image(struct byte_source *source, const char *path);
bool content_of_file_is_no_image(const char *path);

#endif
