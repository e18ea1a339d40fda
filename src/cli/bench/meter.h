/* How far a sweep is, on a terminal: a bar, the trial in hand, and the time left. */
#ifndef CLI_BENCH_METER_H
#define CLI_BENCH_METER_H

#include "bench/measure/sweep.h"
#include "cli/progress.h"

/* The line as text of at most `width` columns (all ASCII):
 * "[####....]  45%  0:31 left  threads, 2 jobs, io". `line` holds width + 1 bytes. */
void meter_text(char *line, size_t width, const struct sweep_step *step);

/* Draws it. */
void meter_draw(struct progress *progress, const struct sweep_step *step);

#endif
