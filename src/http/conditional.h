/*
 * What a client has already, and which part it asks for: If-Match, If-Unmodified-Since, If-None-Match,
 * If-Modified-Since, Range and If-Range (RFC 9110, sections 13 and 14). Pure: fields in, decision out.
 *
 * The two halves are separate functions: whether a client has the content already is known before it exists,
 * and a part of it can be chosen only afterwards.
 */
#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include <time.h>

#include "http/request_head.h"

/* Identifies one version of a content. */
struct validators {
    const char *etag; /* strong, with its quotes */
    time_t modified;  /* Last-Modified; 0: none. Give 0 if the format was negotiated, because it does not
                         identify the format */
    time_t now;       /* of the response */
};

/* Does a precondition of the request fail? Then the answer is 412. If-Match is
 * compared strongly; if it is there, If-Unmodified-Since is ignored. Ask this first. */
bool conditional_failed(const struct http_request *request, const struct validators *validators);

/* Does the client already have this version? Then the answer is 304. If-None-Match is compared weakly; if it
 * is there, If-Modified-Since is ignored. */
bool conditional_fresh(const struct http_request *request, const struct validators *validators);

/* Which part of `size` bytes to send: returns 206 with *offset and *length set, 416 if the range is outside,
 * or 200: all. 200 is also the answer to several ranges at once (no client needs them, and a hundred
 * overlapping ones would be an attack), to what is not a range of bytes, to HEAD, and to an If-Range that
 * names another version. */
int conditional_range(const struct http_request *request, const struct validators *validators, uint64_t size,
                      uint64_t *offset, uint64_t *length);

#endif
