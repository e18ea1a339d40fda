/*
 * The progress bar on a terminal: share done, rate, time left. It has no thread: progress_draw is called when
 * a job ends and redraws at most ten times a second. The bar occupies the last line of standard error; clear
 * it before printing there.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

struct progress {
    bool enabled, visible;
    double begun, drawn; /* clock_now() of the start and of the last drawing */
    double every;        /* instead of the bar: seconds between lines; 0: none */
};

/* Where no bar is drawn, let progress_draw print a line each `seconds`, for the log of an unattended run. */
void progress_use_lines(struct progress *progress, double seconds);

/* AUTO: enabled when standard error is a terminal that can move its cursor. */
void progress_init(struct progress *progress, enum progress_mode mode);

/* `done` of `total` jobs have ended, `skipped` of them without work. Redraws if the last drawing is old
 * enough. */
void progress_draw(struct progress *progress, size_t done, size_t skipped, size_t total);

/* Draws `line` (ASCII, cut to the terminal's width) in place of the bar, immediately. */
void progress_show(struct progress *progress, const char *line);

/* "0:07", "1:02:03". */
void progress_time(char text[24], double seconds);

/* Erases the bar; the next progress_draw redraws it immediately. */
void progress_clear(struct progress *progress);

/* The bar as text of at most `width` columns (all ASCII): "[####....]  45% 108/240  74.8/s  0:02 left", less
 * important parts left out if it is narrow. `line` holds at least width + 1 bytes; `seconds` is the time
 * since the start. The rate counts only jobs that were worked on: skipped ones (--skip-existing) take no
 * time. */
void progress_text(char *line, size_t width, size_t done, size_t skipped, size_t total, double seconds);

#endif
