/*
 * A request to S3 storage: its method, address and body, and its signature (AWS Signature Version 4, which
 * libcurl makes). A fetch of an object (pull.h) has one; an upload in parts sets several, one after the
 * other.
 *
 * What libcurl 7.88 needs for a right signature: the header x-amz-content-sha256, which it does not add; a
 * path in which everything but A-Za-z0-9-._~/ is percent-encoded; a query that is sorted, each name with "=";
 * no header line that is signed but not sent ("Expect:").
 */
#ifndef NET_S3_CALL_H
#define NET_S3_CALL_H

#include <curl/curl.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "net/s3_account.h"

enum s3_method { S3_GET, S3_HEAD, S3_PUT, S3_POST, S3_DELETE };

enum { S3_REFUSAL_MAX = 4096 };

struct s3_upload;

struct s3_call {
    const struct s3_account *account;
    enum s3_method method;
    struct buffer url;
    const uint8_t *body; /* borrowed; NULL: none */
    size_t body_size, sent;
    char hash[65];                /* SHA-256 of the body, hexadecimal */
    const char *type;             /* media type of the body; NULL: none */
    bool kept;                    /* the caller wants the response's body: a page of a list */
    char refusal[S3_REFUSAL_MAX]; /* the document of an error, as far as it came */
    size_t refusal_size;
    struct s3_upload *upload; /* in several steps; NULL: this request is all */
};

/* Prepares the request for the object `name` (s3://BUCKET/KEY), with a query that is sorted and encoded, or
 * "". Returns 0, or -1 when there is no memory. */
int s3_call_set(struct s3_call *call, enum s3_method method, const char *name, const char *query,
                const uint8_t *body, size_t size, const char *type);

/* Sets the options of a try, and appends its header lines. Returns 0, or -1 when there is no memory. */
int s3_call_begin(struct s3_call *call, CURL *easy, struct curl_slist **lines);

/* Keeps the beginning of a refusal. */
void s3_call_refused(struct s3_call *call, const char *data, size_t size);

void s3_call_free(struct s3_call *call);

#endif
