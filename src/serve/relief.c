#include "serve/relief.h"

#include "base/clock.h"
#include "http/output.h"

/* How long a client is watched before it is called slow, and how long in all it may take for a result while
 * others wait for the memory. */
static const double watched_s = 1, whole_s = 30;

bool relief_is_needed(struct site *site)
{
    return site->full && pool_counts(site->pool).queued > 0;
}

static bool is_slow(const struct connection *connection, double now)
{
    const double watched = now - connection->behind_since;
    return watched >= watched_s &&
           watched + (double)output_left(connection) / output_rate(connection, now, 0) > whole_s;
}

/* The slow connection of the client that holds most; the slowest of its. */
static struct connection *find_slow(const struct connections *all, double now)
{
    struct connection *found = NULL;
    double found_rate = 0;
    for (struct connection *one = all->newest; one != NULL; one = one->older) {
        if (one->held == 0 || one->deadline.kind != DEADLINE_WRITE || !is_slow(one, now))
            continue;
        const double rate = output_rate(one, now, 0);
        const size_t held = one->account->held;
        if (found == NULL || held > found->account->held ||
            (one->account == found->account && rate < found_rate)) {
            found = one;
            found_rate = rate;
        }
    }
    return found;
}

void relief_give(struct site *site, struct connections *connections)
{
    struct connection *slow;
    const double now = clock_now();
    while (relief_is_needed(site) && (slow = find_slow(connections, now)) != NULL)
        connection_give_up(slow, "the client took the result slowly while others waited for its memory");
}
