#include "cli/bench/meter.h"

#include <stdio.h>
#include <string.h>

enum { WIDTH = 100, BAR = 30 };

void meter_text(char *line, size_t width, const struct sweep_step *step)
{
    char bar[BAR + 1], left[24] = "", time[24];
    double share = step->total > 0 ? (double)step->done / (double)step->total : 1;
    size_t filled = (size_t)(share * BAR);
    memset(bar, '#', filled);
    memset(bar + filled, '.', BAR - filled);
    bar[BAR] = '\0';
    if (step->left_s > 0) {
        progress_time(time, step->left_s);
        snprintf(left, sizeof left, "  %.12s left", time);
    }
    snprintf(line, width + 1, "[%s] %3.0f%%%s  %s, %u job%s, %s", bar, 100 * share, left, step->model,
             step->jobs, step->jobs == 1 ? "" : "s", workload_name(step->workload));
}

void meter_draw(struct progress *progress, const struct sweep_step *step)
{
    char line[WIDTH + 1];
    if (step->model == NULL) {
        progress_clear(progress);
        return;
    }
    meter_text(line, WIDTH, step);
    progress_show(progress, line);
}
