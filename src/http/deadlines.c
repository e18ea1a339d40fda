#include "http/deadlines.h"

void deadlines_init(struct deadlines *deadlines, const double seconds[DEADLINE_KINDS])
{
    for (int kind = 0; kind < DEADLINE_KINDS; kind++) {
        struct deadline *ring = &deadlines->first[kind];
        *ring = (struct deadline){.before = ring, .after = ring};
        deadlines->seconds[kind] = seconds[kind];
    }
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
