#include "io/object.h"

#include <stdio.h>

const char *object_bucket(const char *name, size_t *length)
{
    const char *bucket = name + sizeof OBJECT_SCHEME - 1;
    *length = strcspn(bucket, "/");
    return bucket;
}

const char *object_key(const char *name)
{
    size_t length;
    const char *bucket = object_bucket(name, &length);
    return bucket[length] == '/' ? bucket + length + 1 : bucket + length;
}

bool object_is_prefix(const char *name)
{
    const char *key = object_key(name);
    const size_t length = strlen(key);
    return length == 0 || key[length - 1] == '/';
}

/* Does the key have a part "." or ".."? */
static bool has_dots(const char *key)
{
    for (;;) {
        const size_t length = strcspn(key, "/");
        if ((length == 1 && key[0] == '.') || (length == 2 && key[0] == '.' && key[1] == '.'))
            return true;
        if (key[length] == '\0')
            return false;
        key += length + 1;
    }
}

/* Buckets may have other names on old or private servers, which refuse what they do not know. These bytes
 * would change the meaning of a URL. */
const char *object_fault(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    size_t length;
    const char *bucket = object_bucket(name, &length);
    if (length == 0)
        return "has no bucket (write s3://BUCKET/KEY, or s3://BUCKET/PREFIX/)";
    if (strspn(bucket, plain) < length || bucket[0] == '.')
        return "the bucket's name has characters that no bucket has (check it)";
    if (strlen(object_key(name)) > OBJECT_KEY_MAX)
        return "the key is longer than 1024 bytes (check it)";
    /* libcurl would resolve them. Newer ones (8.14) refuse to sign a URL whose path they must not change. */
    if (has_dots(object_key(name)))
        return "the key has a part \".\" or \"..\" (rename the object)";
    return NULL;
}

int object_encode(struct buffer *out, const char *text, size_t length, bool path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; i < length; i++) {
        char escaped[4];
        const bool unchanged =
            (text[i] != '\0' && strchr(plain, text[i]) != NULL) || (path && text[i] == '/');
        const int size =
            snprintf(escaped, sizeof escaped, unchanged ? "%c" : "%%%02X", (unsigned char)text[i]);
        if (buffer_append(out, escaped, (size_t)size) != 0)
            return -1;
    }
    return 0;
}
