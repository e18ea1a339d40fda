/*
 * The head of an HTTP/1.x request (RFC 9112), as strict as a server may be that nobody stands behind: a head
 * that two readers could understand differently is refused. Pure: bytes in, parts of them out.
 *
 * Only what the server acts upon is kept; other fields are checked for their form and passed over.
 */
#ifndef HTTP_REQUEST_HEAD_H
#define HTTP_REQUEST_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_HEAD_MAX = 16384 }; /* bytes of a request line with its fields */

/* A part of the head; data is NULL when it is not there. */
struct span {
    const char *data;
    size_t size;
};

/* Without the blanks and tabs at its ends. */
struct span span_trim(struct span text);

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OPTIONS, HTTP_OTHER };

struct http_request {
    enum http_method method;
    struct span method_name, path, query; /* the path begins with a slash; the query stands without its "?" */
    unsigned minor;                       /* HTTP/1.minor */
    bool keep_alive;                      /* as the client wishes */
    bool has_body;                        /* which is not read here */
    struct span accept, range, if_range, if_match, if_unmodified_since, if_none_match, if_modified_since;
    /* The host that is asked for: the target's authority where it has one, else the Host field. */
    struct span host;
    struct span user_agent, referer;
};

/* Parses the head at the beginning of bytes[size]. Returns its length, 0 when it is not whole yet, or minus
 * the HTTP status of the refusal: 400, 414, 431, 505. The spans point into `bytes`. */
long http_parse(const char *bytes, size_t size, struct http_request *request);

/* What to tell a client whose request is refused with that status. */
const char *http_refusal(int status);

/* "Not Found" for 404. Never NULL. */
const char *http_reason(int status);

#endif
