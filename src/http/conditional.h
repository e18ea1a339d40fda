/*
 * What a client has already, and which part it wants: If-Match, If-Unmodified-Since, If-None-Match,
 * If-Modified-Since, Range and If-Range (RFC 9110, sections 13 and 14). Pure: fields in, decision out.
 *
 * The two halves are asked apart, for whether a client has the picture already is known before it was made,
 * and a part of it can be cut only afterwards.
 */
#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include <time.h>

#include "http/request_head.h"

/* What tells one state of a picture from another. */
struct validators {
    const char *etag; /* strong, with its quotes */
    time_t
        modified; /* Last-Modified; 0: none. It says nothing of a format that was negotiated: give 0 then */
    time_t now;   /* when the answer is made */
};

/* Does the client want this state and no other, and it is another? Then the answer is 412. If-Match is
 * compared strongly, and where it stands If-Unmodified-Since is not looked at. Asked first. */
bool conditional_failed(const struct http_request *request, const struct validators *validators);

/* Has the client got it? Then the answer is 304. If-None-Match is compared weakly, and where it stands
 * If-Modified-Since is not looked at. */
bool conditional_fresh(const struct http_request *request, const struct validators *validators);

/* Which part of `size` bytes the client is to be sent: returns 206 with *offset and *length set, 416 when
 * what it wants lies outside, or 200: all. That is also the answer to several ranges at once (a picture in
 * pieces serves nobody, and a hundred overlapping ones would be an attack), to what is no range of bytes, to
 * HEAD, and to an If-Range that names another state. */
int conditional_range(const struct http_request *request, const struct validators *validators, uint64_t size,
                      uint64_t *offset, uint64_t *length);

#endif
