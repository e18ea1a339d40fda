/*
 * Names of objects in S3 storage: s3://BUCKET/KEY, or s3://BUCKET/PREFIX/ for all objects whose keys begin
 * with the prefix. Nothing is escaped in them: a key is any text, also with "?", "#" or "%". remote.h
 * transfers objects.
 */
#ifndef IO_OBJECT_H
#define IO_OBJECT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buffer.h"

#define OBJECT_SCHEME "s3://"
enum { OBJECT_KEY_MAX = 1024 }; /* bytes of a key, by S3's rules */

/* Does the name begin with s3://? */
static inline bool object_is(const char *name)
{
    return strncmp(name, OBJECT_SCHEME, sizeof OBJECT_SCHEME - 1) == 0;
}

/* The bucket of a name, *length bytes. */
const char *object_bucket(const char *name, size_t *length);

/* The key of a name; "" if it has only a bucket. */
const char *object_key(const char *name);

/* Does it name a prefix: a bucket alone, or does it end with a slash? */
bool object_is_prefix(const char *name);

/* What is wrong with the name; NULL: nothing. */
const char *object_fault(const char *name);

/* Appends text[length] with everything but A-Za-z0-9-._~ percent-encoded, and except slashes in a path.
 * Returns 0, or -1 when there is no memory. */
int object_encode(struct buffer *out, const char *text, size_t length, bool path);

/* What a list of objects, or a question about one, says of it. */
struct object_status {
    uint64_t size;    /* bytes */
    int64_t modified; /* nanoseconds since 1970 */
    uint64_t tag;     /* a hash of its entity tag, which changes with its content */
};

#endif
