/*
 * The bar on a terminal: how far the batch is, how fast, and how long it will still take. It has no thread of
 * its own; whoever reports that a job ended draws it, at most ten times a second. It stands on the last line
 * of standard error, so whoever prints there clears it before.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

struct progress {
    bool enabled, visible;
    double begun, drawn; /* clock_now() of the start and of the last drawing */
};

/* AUTO: enabled when standard error is a terminal that can move its cursor. */
void progress_init(struct progress *progress, enum progress_mode mode);

/* `done` of `total` jobs have ended, `skipped` of them without work. Draws when it is time to. */
void progress_draw(struct progress *progress, size_t done, size_t skipped, size_t total);

/* Draws `line` (ASCII, cut to the terminal's width) where the bar would stand, at once. */
void progress_show(struct progress *progress, const char *line);

/* "0:07", "1:02:03". */
void progress_time(char text[24], double seconds);

/* Wipes the bar off; the next progress_draw draws it at once. */
void progress_clear(struct progress *progress);

/* The bar as text of at most `width` columns (all ASCII): "[####....]  45% 108/240  74.8/s  0:02 left", its
 * less important parts left out when it is narrow. `line` holds at least width + 1 bytes; `seconds` is the
 * time since the start. The rate is that of the jobs that were worked on: what is skipped when a run is taken
 * up again goes by at once and says nothing of the rest. */
void progress_text(char *line, size_t width, size_t done, size_t skipped, size_t total, double seconds);

#endif
