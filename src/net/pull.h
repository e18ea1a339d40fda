/*
 * The implementation of a fetch: one URL, its libcurl handle, and what is known of the file from the answers
 * so far. What an answer means is decided here; blocking.c and loop.c wait for sockets.
 */
#ifndef NET_PULL_H
#define NET_PULL_H

#include <curl/curl.h>

#include "io/remote.h"
#include "net/answer.h"

struct pull {
    struct fetch fetch; /* first: a pointer to it is one to this */
    struct remote *remote;
    const char *url;
    CURL *easy;
    CURLM *multi;               /* that it is in; NULL: none */
    struct pull_line *line;     /* blocking.c's; NULL: none */
    struct fetch_loop *loop;    /* loop.c's; NULL: none */
    struct pull *next, *before; /* in the loop's list */
    struct pull *next_moved;    /* in the list of those whose state has changed */
    struct pull **moved;        /* that list, the loop's; NULL: there is no loop */
    bool is_moved;              /* it is in that list */

    unsigned tries;
    double deadline; /* clock_now() when its time is over; moved by the time for which it was held */
    double held_since;
    bool looked_at; /* it was held: the bytes received must not change */

    /* Of the answer that is coming in. */
    struct answer answer;
    bool judged;         /* its status was looked at */
    bool unwanted;       /* its body is not the image */
    size_t dropped;      /* bytes of that */
    size_t header;       /* bytes of header lines, of all answers of this try */
    uint64_t at;         /* of its next byte, in the whole body */
    const char *refused; /* the kind of the address that was refused; NULL: none was */

    char validator[192];      /* of the bytes received; "": the fetch can't be resumed */
    bool asked_for_rest;      /* of this try */
    struct curl_slist *lines; /* sent with the request */
};

/* remote_part's begin. */
struct fetch *pull_begin(struct remote *remote, const char *url);

/* Takes it out of its multi handle, wherever its transfer is. */
void pull_leave_multi(struct pull *pull);

/* Frees all it has; it is in no multi handle. */
void pull_end(struct pull *pull);

/* Begins a try in `multi`. */
void pull_try(struct pull *pull, CURLM *multi);

/* libcurl says that the try has ended. It is WHOLE, FAILED or WAITING then, and in no multi handle. */
void pull_tried(struct pull *pull, CURLcode code);

/* Its time is over; the run is being stopped. */
void pull_time_out(struct pull *pull);
void pull_cancel(struct pull *pull);

/* Continues a paused fetch. */
void pull_go_on(struct pull *pull);

/* Calls pull_tried for every try that `multi` reports as ended. */
void pull_messages(CURLM *multi);

/* A multi handle that keeps up to `connections` open, and on which slow name lookups delay no other transfer.
 * NULL: no memory. curl_multi_cleanup frees it. */
CURLM *multi_open(long connections);

#endif
