/* What the site keeps with each exchange: what it waits for, what it takes of its client's share, and what
 * the log is to tell of it. */
#ifndef SERVE_VISIT_H
#define SERVE_VISIT_H

#include "http/http.h"

struct visit {
    struct flight *flight;                /* that it waits for, or NULL; and */
    struct http_exchange *before, *after; /* the others who wait for the same */
    struct lookup *lookup;                /* that it waits for, or NULL */
    bool listed;                          /* it waits for the page's list */
    bool counted;                         /* among the account's requests */
    size_t held;                          /* bytes of the account's that are this exchange's */
    bool waited, served;                  /* it had a transform, in the queue and with a worker, for */
    double wait_s, service_s;
    const char *cache; /* "hit", "miss", "joined"; NULL: not a picture */
};

static inline struct visit *visit_of(const struct http_exchange *exchange)
{
    return exchange->own;
}

#endif
