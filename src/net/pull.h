/*
 * A fetch from this side: one URL, its libcurl handle, and what is known of the file from the answers so far.
 * What an answer means is decided here; who waits for sockets is blocking.c's and loop.c's affair.
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
    struct pull *next_moved;    /* of those whose state is another */
    struct pull **moved;        /* the loop's list of them; NULL: there is no loop */
    bool is_moved;              /* it stands there */

    unsigned tries;
    double deadline; /* clock_now() when its time is over; of a held one that clock stands still */
    double held_since;
    bool looked_at; /* it was held: what has come must stay as it is */

    /* Of the answer that is coming in. */
    struct answer answer;
    bool judged;         /* its status was looked at */
    bool unwanted;       /* its body is no image's */
    size_t dropped;      /* bytes of that */
    size_t header;       /* bytes of header lines, of all answers of this try */
    uint64_t at;         /* of its next byte, in the whole body */
    const char *refused; /* the kind of the address that was not to be asked; NULL: none was */

    char validator[192];      /* of the bytes that have come; "": they can't be gone on from */
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

/* Lets a held one go on. */
void pull_go_on(struct pull *pull);

/* Hands what `multi` tells of ended tries to pull_tried. */
void pull_messages(CURLM *multi);

#endif
