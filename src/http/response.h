/*
 * What is answered to a request: its status, fields and content, and from them the head of the response as it
 * goes over the wire. Nothing here knows of sockets.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "base/buffer.h"
#include "http/request_head.h"

/* Bytes that several responses share: content that many wait for. The last to drop them frees them. */
struct shared_bytes {
    unsigned users;
    struct buffer bytes;
    int fd;                  /* the file that holds them instead; -1 */
    struct blocking *closer; /* closes it; NULL: it is closed at once */
    size_t *total; /* bytes of all such; those of this one are subtracted in the end; NULL: nobody counts */
};

/* Takes the bytes over, with one user. NULL when there is no memory; they stay the caller's then. */
struct shared_bytes *shared_bytes_new(struct buffer bytes);

/* The same of a file, whose descriptor is taken over, and closed by `closer` (NULL: at once). */
struct shared_bytes *shared_bytes_of_file(int fd, struct blocking *closer);

/* Closes `out`, a memory stream of that text and size, and takes over what was written. NULL when not all of
 * it could be kept. */
struct shared_bytes *shared_bytes_written(FILE *out, char **text, const size_t *size);

struct shared_bytes *shared_bytes_hold(struct shared_bytes *bytes);
void shared_bytes_drop(struct shared_bytes *bytes); /* NULL is allowed */

/* Where a response's content is: in one of the first three, or nowhere if it has none. */
struct content {
    const void *fixed;           /* lives as long as the program */
    struct shared_bytes *shared; /* held by the response */
    int fd;                      /* a file, that of `shared` or else the response's own; -1 */
    struct blocking *closer;     /* closes it, where it is the response's own; NULL: it is closed at once */
    bool on_disk;                /* the file is; else it is in memory */
    uint64_t size;               /* all of it, bytes */
};

/* What the head of every response begins with. */
#define RESPONSE_START "HTTP/1.1 "

enum { RESPONSE_ETAG_MAX = 40, RESPONSE_HEAD_MAX = 1536 };

/* Up to so many bytes of a file are copied into the socket with the head, which costs less than to have the
 * kernel send the file's pages. */
enum { RESPONSE_COPIED = 32 << 10 };

struct response {
    int status;
    char *error;      /* for the log: why it was refused, the response's own; NULL: it was not */
    char *warnings;   /* for the log: lines, of the transform, the response's own; NULL: none */
    const char *type; /* Content-Type; NULL: no content */
    struct content content;
    uint64_t offset, length; /* the part of the content that is sent; less than all of it only with 206 */
    uint64_t whole;          /* with 416: the size of what a part was asked of */
    char etag[RESPONSE_ETAG_MAX]; /* with its quotes; "": none */
    time_t modified;              /* Last-Modified; 0: none */
    long max_age;                 /* Cache-Control, seconds; -1: no-store */
    const char *policy;           /* Content-Security-Policy; NULL: none */
    const char *allow_origin;     /* Access-Control-Allow-Origin; NULL: none */
    bool accepts_ranges, varies;  /* by Accept */
    unsigned retry_after;         /* seconds; 0: none */
    bool allow;                   /* Allow: GET, HEAD, OPTIONS */
    bool preflight;               /* what a page on another site may ask for (Fetch Standard, 3.3) */
    bool close;                   /* the connection, after it */
    bool linger;                  /* the client may still be sending: let it read this before */
};

/* An empty response with that status. */
struct response response_of(int status);

/* A refusal's response: {"status": 404, "error": "Not Found", "message": "..."}, in shared bytes. Without
 * memory for them it is empty. */
struct response response_refusal(int status, const char *message);

/* Writes the head into text[RESPONSE_HEAD_MAX]; `date` is now as HTTP writes it. Returns its length. */
size_t response_head(const struct response *response, const char *date, bool keep_alive, unsigned minor,
                     char text[RESPONSE_HEAD_MAX]);

/* Releases the content. */
void response_drop_content(struct response *response);

/* Releases the content and what is for the log. */
void response_free(struct response *response);

#endif
