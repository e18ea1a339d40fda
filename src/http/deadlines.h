/*
 * Deadlines of connections, with the timer that reports those that have passed. There are a few kinds, and
 * all deadlines of a kind are equally long; so each kind's list is in the order in which they were set, the
 * first is the next to pass, and setting one takes constant time.
 */
#ifndef HTTP_DEADLINES_H
#define HTTP_DEADLINES_H

#include <stddef.h>

enum deadline_kind {
    DEADLINE_NONE,
    DEADLINE_IDLE,  /* between two requests */
    DEADLINE_HEAD,  /* for a whole request head, from its first byte on */
    DEADLINE_WRITE, /* for the next stretch of a response */
    DEADLINE_FILE,  /* for a file to be opened */
    DEADLINE_KINDS,
};

struct event;
struct event_base;

/* A deadline, embedded in its owner's struct. */
struct deadline {
    struct deadline *before, *after;
    enum deadline_kind kind;
    double at; /* clock_now() */
};

struct deadlines {
    struct deadline first[DEADLINE_KINDS]; /* the rings' heads */
    double seconds[DEADLINE_KINDS];
    struct event *timer; /* for the next deadline */
    double timer_at;     /* when it fires; infinite: it is not set */
    void (*passed)(struct deadline *deadline);
};

/* `passed` is called in the event loop with each deadline that has passed; it sets another one or
 * DEADLINE_NONE. 0, or -1 when there is no memory. */
int deadlines_open(struct deadlines *deadlines, struct event_base *base, const double seconds[DEADLINE_KINDS],
                   void (*passed)(struct deadline *deadline));
void deadlines_close(struct deadlines *deadlines);

/* Replaces the deadline by one of that kind, counted from `now`, which is clock_now(); DEADLINE_NONE removes
 * it. A zeroed deadline is not set. */
void deadline_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind,
                  double now);

/* The next to pass, or NULL; it passes at deadline->at. */
struct deadline *deadlines_next(const struct deadlines *deadlines);

/* The one of that kind that was set first, or NULL. */
struct deadline *deadlines_oldest(const struct deadlines *deadlines, enum deadline_kind kind);

#endif
