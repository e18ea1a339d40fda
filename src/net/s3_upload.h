/*
 * Stores an object. Up to S3_PART_SIZE it is one request; a larger one is begun, stored in parts and
 * completed, and appears with the last request. If a request fails, the parts are removed.
 */
#ifndef NET_S3_UPLOAD_H
#define NET_S3_UPLOAD_H

#include "base/error.h"
#include "net/s3_call.h"

enum { S3_PART_SIZE = 64 << 20, S3_PARTS_MAX = 10000 };

/* data[size], the name and the type are borrowed. NULL: no memory. */
struct s3_upload *s3_upload_new(const char *name, const uint8_t *data, size_t size, const char *type);
void s3_upload_free(struct s3_upload *upload); /* NULL is allowed */

/* Prepares the first request. Returns 0, or -1 when there is no memory. */
int s3_upload_begin(struct s3_upload *upload, struct s3_call *call);

/* A request has succeeded, with this answer: prepares the next one. Returns 1; 0 if the object is stored; -1
 * with `error` filled. */
int s3_upload_next(struct s3_upload *upload, struct s3_call *call, const void *body, size_t size,
                   const char *tag, struct pm_error *error);

/* A request has failed: prepares one that removes the parts, if there are any. Afterwards, or if there are
 * none, returns false with `error` set to the first failure. */
bool s3_upload_gives_up(struct s3_upload *upload, struct s3_call *call, struct pm_error *error);

#endif
