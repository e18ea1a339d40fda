/*
 * The response to a request: its status, fields and content, and the head as it is sent. Nothing here uses
 * sockets.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/buffer.h"
#include "http/request_head.h"

/* Content that several responses share. Freed when the last user drops it. */
struct shared_bytes {
    unsigned users;
    struct buffer bytes;
    int fd;                  /* the file that holds the bytes instead; -1: none */
    struct blocking *closer; /* closes it; NULL: it is closed at once */
    size_t *total; /* sum over all such contents, from which these bytes are subtracted when freed; NULL: not
                      counted */
};

/* Takes over the bytes; the caller is the first user. NULL when there is no memory; the caller still owns the
 * bytes then. */
struct shared_bytes *shared_bytes_new(struct buffer bytes);

/* The same for a file: takes over its descriptor, which `closer` closes (NULL: at once). */
struct shared_bytes *shared_bytes_of_file(int fd, struct blocking *closer);

/* Closes `out`, a memory stream with that text and size, and takes over the text. NULL when there is no
 * memory. */
struct shared_bytes *shared_bytes_written(FILE *out, char **text, const size_t *size);

struct shared_bytes *shared_bytes_hold(struct shared_bytes *bytes);
void shared_bytes_drop(struct shared_bytes *bytes); /* NULL is allowed */

/* Where a response's content is: in one of the first three members, or in none if there is no content. */
struct content {
    const void *fixed;           /* lives as long as the program */
    struct shared_bytes *shared; /* held by the response */
    int fd;                      /* a file: of `shared`, or the response's own; -1: none */
    struct blocking *closer;     /* closes the response's own file; NULL: it is closed at once */
    bool on_disk;                /* the file is on a disk, not in memory */
    uint64_t size;               /* bytes of the whole content */
};

/* The beginning of every response's head. */
#define RESPONSE_START "HTTP/1.1 "

enum { RESPONSE_ETAG_MAX = 40, RESPONSE_HEAD_MAX = 1536 };

/* A file of up to this many bytes is copied into the socket together with the head, which is faster than
 * sendfile. */
enum { RESPONSE_COPIED = 32 << 10 };

struct response {
    int status;
    char *error;      /* for the log: why the request was refused; owned; NULL: it was not */
    char *warnings;   /* for the log: the transform's warnings, one per line; owned; NULL: none */
    const char *type; /* Content-Type; NULL: no content */
    struct content content;
    uint64_t offset, length; /* the part of the content that is sent; less than all of it only with 206 */
    uint64_t whole;          /* with 416: the size of the whole content */
    char etag[RESPONSE_ETAG_MAX]; /* with its quotes; "": none */
    time_t modified;              /* Last-Modified; 0: none */
    long max_age;                 /* Cache-Control, seconds; -1: no-store */
    const char *policy;           /* Content-Security-Policy; NULL: none */
    const char *allow_origin;     /* Access-Control-Allow-Origin; NULL: none */
    bool accepts_ranges, varies;  /* by Accept */
    unsigned retry_after;         /* seconds; 0: none */
    bool allow;                   /* Allow: GET, HEAD, OPTIONS */
    bool preflight;               /* says what pages on other sites may request (Fetch Standard, 3.3) */
    bool close;                   /* close the connection after it */
    bool linger; /* wait with closing: the client may still be sending, and must be able to read this */
};

/* An empty response with that status. */
struct response response_of(int status);

/* The response of a refusal: {"status": 404, "error": "Not Found", "message": "..."}; without memory an empty
 * one. */
struct response response_refusal(int status, const char *message);

/* Writes the head into text[RESPONSE_HEAD_MAX]; `date` is now as HTTP writes it. Returns its length. */
size_t response_head(const struct response *response, const char *date, bool keep_alive, unsigned minor,
                     char text[RESPONSE_HEAD_MAX]);

/* Releases the content. */
void response_drop_content(struct response *response);

/* Releases the content and the texts for the log. */
void response_free(struct response *response);

#endif
