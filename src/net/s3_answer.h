/* What S3 storage says in XML: pages of a list, the id of an upload, and errors. Documents are whole in
 * memory, and bounded; image/xml.h parses them strictly. */
#ifndef NET_S3_ANSWER_H
#define NET_S3_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "io/object.h"

enum { S3_PAGE_KEYS = 1000, S3_PAGE_MAX = 8 << 20, S3_CODE_MAX = 48 };

struct s3_page {
    bool more;           /* there is another page */
    struct buffer token; /* that asks for it, NUL-terminated */
};

/* Gets the key of an object, valid until it returns 0, or -1 with `error` filled. */
typedef int s3_key_visitor(void *self, const char *key, const struct object_status *status,
                           struct pm_error *error);

/* Parses a page completely, then visits its objects. The caller frees page->token. Returns 0, or -1 with
 * `error` filled. */
int s3_page_read(const void *text, size_t size, struct s3_page *page, s3_key_visitor *visit, void *self,
                 struct pm_error *error);

/* Appends the text of the first element `name` below the outermost element `root`, NUL-terminated. Returns 0;
 * 1 if the document is not such a one; -1 when there is no memory. */
int s3_element_read(const void *text, size_t size, const char *root, const char *name, struct buffer *value);

/* The code of an error's document, such as NoSuchKey, or "". Returns `code`. */
const char *s3_error_code(const char *text, size_t size, char code[S3_CODE_MAX]);

/* What to do about a status and its code. */
const char *s3_advice(unsigned status, const char *code);

/* A time in nanoseconds; 0 if it is before 1970 or, which 64 bits do not hold, after 2262. */
int64_t s3_time(time_t seconds);

/* The hash of an entity tag, without its quotes. */
uint64_t s3_tag(const char *tag);

#endif
