/* What the site stores with each exchange: what it waits for, what it counts towards its client's limits, and
 * data for the log. */
#ifndef SERVE_VISIT_H
#define SERVE_VISIT_H

#include "http/http.h"

struct visit {
    struct flight *flight;                /* that it waits for, or NULL */
    struct http_exchange *before, *after; /* others that wait for the same */
    struct lookup *lookup;                /* that it waits for, or NULL */
    bool listed;                          /* it waits for the page's list */
    bool counted;                         /* in account->requests */
    size_t held;                          /* bytes of this exchange in account->held */
    bool waited, served; /* it had a transform: in the queue for wait_s, with a worker for service_s */
    double wait_s, service_s;
    const char *cache; /* "hit", "miss", "joined"; NULL: not a picture */
};

static inline struct visit *visit_of(const struct http_exchange *exchange)
{
    return exchange->own;
}

#endif
