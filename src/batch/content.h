/* Identifies the kind of a file by its first bytes. */
#ifndef BATCH_CONTENT_H
#define BATCH_CONTENT_H

#include "codec/codec.h"
#include "codec/kinds.h"

/* Does the name have an image suffix? */
bool content_promised(const char *path);

struct content {
    bool readable;        /* pixmill supports it, or this is known only after reading it */
    enum image_kind kind; /* if not readable: a known kind of image, or none */
};

/* An empty file is judged by its name. */
struct content content_identify(struct byte_source *source, const char *path);
struct content content_identify_file(const char *path);

/* Does a file in the tree below `folder` have an image suffix? Links are not followed. */
bool content_promised_in(const char *folder);

#endif
