/*
 * The implementation of a fetch: one URL, its libcurl handle, and what the responses so far have said about
 * the file. Responses are interpreted here; handle.c has the options of libcurl, s3.c what is different for
 * objects; blocking.c and loop.c wait for sockets.
 */
#ifndef NET_PULL_H
#define NET_PULL_H

#include <curl/curl.h>

#include "io/remote.h"
#include "net/answer.h"

struct s3_call;

struct pull {
    struct fetch fetch; /* first: a pointer to it is one to this */
    struct remote *remote;
    const char *url;
    CURL *easy;
    CURLM *multi;               /* that contains `easy`; NULL: none */
    struct pull_line *line;     /* blocking.c's; NULL: none */
    struct fetch_loop *loop;    /* loop.c's; NULL: none */
    struct pull *next, *before; /* in the loop's list */
    struct pull *next_moved;    /* in the list of those whose state has changed */
    struct pull **moved;        /* that list, the loop's; NULL: there is no loop */
    bool is_moved;              /* it is in that list */

    unsigned tries;
    double deadline; /* clock_now(); extended by the time for which the fetch was held */
    double held_since;
    bool looked_at; /* the fetch was held: the received bytes were examined and must not change */

    /* Of the response that is being received. */
    struct answer answer;
    bool judged;         /* its status was handled */
    bool unwanted;       /* its body is not the file */
    size_t dropped;      /* bytes of an unwanted body */
    size_t header;       /* bytes of header lines, of all responses in this try */
    uint64_t at;         /* offset of its next byte in the whole file */
    const char *refused; /* the kind of a refused address; NULL: none was refused */

    char validator[192];      /* of the bytes received; "": the fetch can't be resumed */
    bool asked_for_rest;      /* this try requests the rest of the file */
    struct s3_call *s3;       /* the request, for an object; NULL: `url` says all */
    bool ignores_stop;        /* it continues when the run is being stopped */
    struct curl_slist *lines; /* sent with the request */
};

/* handle.c: sets the options that are the same for all tries. */
void handle_set_up(struct pull *pull);

/* Called by libcurl for a line of the header, and a piece of the body. */
size_t pull_take_header(char *line, size_t size, size_t count, void *self);
size_t pull_take_body(char *data, size_t unit, size_t count, void *self);

/* remote_part's begin. */
struct fetch *pull_begin(struct remote *remote, const char *url);

/* Removes it from its multi handle, also during a transfer. */
void pull_leave_multi(struct pull *pull);

/* Frees it; it must be in no multi handle. */
void pull_end(struct pull *pull);

/* Begins a try in `multi`. */
void pull_try(struct pull *pull, CURLM *multi);

/* Handles the end of a try. The fetch is then WHOLE, FAILED or WAITING, and in no multi handle. */
void pull_tried(struct pull *pull, CURLcode code);

/* Fails it: its time is over; the run is being stopped. */
void pull_time_out(struct pull *pull);
void pull_cancel(struct pull *pull);

/* Continues a paused fetch. */
void pull_go_on(struct pull *pull);

/* Calls pull_tried for every try that `multi` reports as ended. */
void pull_messages(CURLM *multi);

/* A multi handle that keeps up to `connections` open; slow name lookups do not delay other transfers. NULL:
 * no memory. Freed by curl_multi_cleanup. */
CURLM *multi_open(long connections);

#endif
