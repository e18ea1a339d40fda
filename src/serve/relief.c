#include "serve/relief.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "serve/visit.h"

/* A client counts as slow after it was watched this long, if it needs more than that long for a whole result.
 */
static const double watched_s = 1, whole_s = 30;

static bool is_needed(struct site *site)
{
    return site->full && pool_counts(site->pool).queued > 0;
}

void relief_watch(struct site *site)
{
    static const struct itimerspec soon = {.it_value.tv_nsec = 250000000};
    if (!site->relief_set && is_needed(site))
        site->relief_set = timerfd_settime(site->relief_timer, 0, &soon, NULL) == 0;
}

void relief_held_changed(struct site *site)
{
    const bool full = site->held >= site->config->settings->run.engine.memory;
    if (full != site->full)
        pool_pause(site->pool, full);
    site->full = full;
    relief_watch(site);
}

/* The slowest exchange of the slow client that holds most memory. */
static struct http_exchange *find_slow(const struct http *http)
{
    struct http_exchange *found = NULL;
    double found_rate = 0;
    for (struct http_exchange *one = NULL; (one = http_next(http, one)) != NULL;) {
        struct http_progress progress;
        if (visit_of(one)->held == 0 || !http_progress(one, &progress) || progress.watched < watched_s ||
            !(progress.watched + (double)progress.left / progress.rate > whole_s))
            continue;
        const size_t held = one->account->held;
        if (found == NULL || held > found->account->held ||
            (one->account == found->account && progress.rate < found_rate)) {
            found = one;
            found_rate = progress.rate;
        }
    }
    return found;
}

void relief_give(void *self)
{
    struct site *site = self;
    struct http_exchange *slow;
    uint64_t times;
    (void)!read(site->relief_timer, &times, sizeof times);
    site->relief_set = false;
    while (is_needed(site) && (slow = find_slow(site->http)) != NULL)
        http_cut_off(slow, "the client read the result slowly while others waited for its memory");
    relief_watch(site);
}
