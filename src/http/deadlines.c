#include "http/deadlines.h"

#include <event2/event.h>
#include <math.h>

#include "base/clock.h"
#include "http/timer.h"

static void set_timer(struct deadlines *deadlines, double at, double now)
{
    deadlines->timer_at = timer_add(deadlines->timer, fmax(0, at - now) + 1e-6) == 0 ? at : INFINITY;
}

static void on_timer(evutil_socket_t fd, short what, void *argument)
{
    (void)fd, (void)what;
    struct deadlines *deadlines = argument;
    struct deadline *next;
    const double now = clock_now();
    deadlines->timer_at = INFINITY;
    while ((next = deadlines_next(deadlines)) != NULL && next->at <= now)
        deadlines->passed(next);
    if (next != NULL && next->at < deadlines->timer_at)
        set_timer(deadlines, next->at, clock_now());
}

int deadlines_open(struct deadlines *deadlines, struct event_base *base, const double seconds[DEADLINE_KINDS],
                   void (*passed)(struct deadline *deadline))
{
    for (int kind = 0; kind < DEADLINE_KINDS; kind++) {
        struct deadline *ring = &deadlines->first[kind];
        *ring = (struct deadline){.before = ring, .after = ring};
        deadlines->seconds[kind] = seconds[kind];
    }
    deadlines->passed = passed;
    deadlines->timer_at = INFINITY;
    deadlines->timer = event_new(base, -1, 0, on_timer, deadlines);
    return deadlines->timer != NULL ? 0 : -1;
}

void deadlines_close(struct deadlines *deadlines)
{
    if (deadlines->timer != NULL)
        event_free(deadlines->timer);
}

void deadline_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind, double now)
{
    if (deadline->kind != DEADLINE_NONE) {
        deadline->before->after = deadline->after;
        deadline->after->before = deadline->before;
    }
    deadline->kind = kind;
    if (kind == DEADLINE_NONE)
        return;
    struct deadline *ring = &deadlines->first[kind];
    deadline->at = now + deadlines->seconds[kind];
    deadline->before = ring->before;
    deadline->after = ring;
    ring->before->after = deadline;
    ring->before = deadline;
    if (deadline->at < deadlines->timer_at)
        set_timer(deadlines, deadline->at, now);
}

struct deadline *deadlines_oldest(const struct deadlines *deadlines, enum deadline_kind kind)
{
    struct deadline *first = deadlines->first[kind].after;
    return first != &deadlines->first[kind] ? first : NULL;
}

struct deadline *deadlines_next(const struct deadlines *deadlines)
{
    struct deadline *next = NULL;
    for (enum deadline_kind kind = DEADLINE_NONE + 1; kind < DEADLINE_KINDS; kind++) {
        struct deadline *first = deadlines_oldest(deadlines, kind);
        if (first != NULL && (next == NULL || first->at < next->at))
            next = first;
    }
    return next;
}
