/* What a file that was found is: by its first bytes, as everywhere. */
#ifndef BATCH_CONTENT_H
#define BATCH_CONTENT_H

#include "codec/codec.h"
#include "codec/kinds.h"

/* Does the name say that it is an image? */
bool content_promised(const char *path);

struct content {
    bool readable;        /* pixmill reads it, or can't tell: reading it will */
    enum image_kind kind; /* of what is not readable: a known kind of image, or none */
};

/* An empty file has no content to tell by; there its name does. */
struct content content_identify(struct byte_source *source, const char *path);
struct content content_identify_file(const char *path);

/* Does a file in the tree below `folder` have an image's name? Links are not followed. */
bool content_promised_in(const char *folder);

#endif
