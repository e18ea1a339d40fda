/*
 * The head of an HTTP/1.x request (RFC 9112), parsed strictly: a head that two readers could understand
 * differently is refused. Pure.
 *
 * Only the fields that the server uses are kept; the form of the others is checked and they are skipped.
 */
#ifndef HTTP_REQUEST_HEAD_H
#define HTTP_REQUEST_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_HEAD_MAX = 16384 }; /* bytes of a request line with its fields */

/* A piece of text that is owned elsewhere; data is NULL if there is none. */
struct span {
    const char *data;
    size_t size;
};

/* Without the blanks and tabs at its ends. */
struct span span_trim(struct span text);

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OPTIONS, HTTP_OTHER };

enum http_part {
    HTTP_METHOD_NAME,
    HTTP_PATH,  /* begins with a slash */
    HTTP_QUERY, /* without its "?" */
    HTTP_HOST,  /* the target's authority if it has one, else the Host field */
    HTTP_ACCEPT,
    HTTP_RANGE,
    HTTP_IF_RANGE,
    HTTP_IF_MATCH,
    HTTP_IF_UNMODIFIED_SINCE,
    HTTP_IF_NONE_MATCH,
    HTTP_IF_MODIFIED_SINCE,
    HTTP_USER_AGENT,
    HTTP_REFERER,
    HTTP_PARTS
};

struct http_request {
    const char *head; /* its bytes. Update this when they move: parts are offsets */
    struct {
        uint16_t at, size;
    } parts[HTTP_PARTS]; /* at 0, size 0: not in the head */
    enum http_method method;
    unsigned minor;  /* HTTP/1.minor */
    bool keep_alive; /* the client wants the connection kept open */
    bool has_body;   /* the body is not read here */
};

/* A part of the head; data is NULL when the head does not have it. */
struct span http_part(const struct http_request *request, enum http_part part);

/* Parses the head at the beginning of bytes[size]. Returns its length, 0 when it is not whole yet, or minus
 * the HTTP status of the refusal: 400, 414, 431, 505. `bytes` is the request's head from now on. */
long http_parse(const char *bytes, size_t size, struct http_request *request);

/* The message to a client whose request is refused with that status. */
const char *http_refusal(int status);

/* "Not Found" for 404. Never NULL. */
const char *http_reason(int status);

#endif
