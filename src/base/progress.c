#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"

enum { WIDTH_DEFAULT = 80, WIDTH_MAX = 160, BAR_MIN = 8, BAR_MAX = 40 };
static const double redraw_seconds = 0.1;

static bool is_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

void progress_init(struct progress *progress, enum progress_mode mode)
{
    *progress = (struct progress){
        .enabled = mode == PROGRESS_ALWAYS || (mode == PROGRESS_AUTO && is_terminal()),
        .begun = clock_now(),
    };
}

void progress_use_lines(struct progress *progress, double seconds)
{
    progress->every = progress->enabled ? 0 : seconds;
    progress->drawn = progress->begun;
}

static void print_line(struct progress *progress, size_t done, size_t skipped, size_t total, double now)
{
    char left[24] = "", passed[24];
    const double seconds = now - progress->begun, rate = seconds > 0 ? (double)(done - skipped) / seconds : 0;
    progress_time(passed, seconds);
    if (rate > 0)
        progress_time(left, (double)(total - done) / rate);
    fprintf(stderr, "pixmill: %zu of %zu (%.1f%%) in %s, %.1f images/s%s%s\n", done, total,
            100 * (double)done / (double)total, passed, rate, rate > 0 ? ", left: " : "", left);
    progress->drawn = now;
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return size.ws_col - 1u; /* some terminals wrap after writing the last column */
}

void progress_time(char text[24], double seconds)
{
    unsigned long s = seconds < 359999 ? (unsigned long)(seconds + 0.5) : 359999;
    if (s < 3600)
        snprintf(text, 24, "%lu:%02lu", s / 60, s % 60);
    else
        snprintf(text, 24, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
}

void progress_text(char *line, size_t width, size_t done, size_t skipped, size_t total, double seconds)
{
    char left[24], counts[64], rates[64] = "";
    double share = total > 0 ? (double)done / (double)total : 1;
    double rate = seconds > 0 ? (double)(done - skipped) / seconds : 0;
    snprintf(counts, sizeof counts, "%3.0f%% %zu/%zu", 100 * share, done, total);
    if (rate > 0) {
        progress_time(left, (double)(total - done) / rate);
        snprintf(rates, sizeof rates, "  %.1f/s  %s left", rate, left);
    }
    size_t text = strlen(counts), more = strlen(rates);
    size_t frame = strlen("[] ");
    if (text + more > width)
        *rates = '\0', more = 0;
    if (text + more + frame + BAR_MIN > width) {
        snprintf(line, width + 1, "%s%s", counts, rates);
        return;
    }
    size_t bar = width - text - more - frame;
    if (bar > BAR_MAX)
        bar = BAR_MAX;
    size_t filled = (size_t)(share * (double)bar);
    line[0] = '[';
    memset(line + 1, '#', filled);
    memset(line + 1 + filled, '.', bar - filled);
    snprintf(line + 1 + bar, width - bar, "] %s%s", counts, rates);
}

void progress_show(struct progress *progress, const char *line)
{
    if (!progress->enabled)
        return;
    fprintf(stderr, "\r%.*s\033[K", (int)terminal_width(), line);
    fflush(stderr);
    progress->visible = true;
}

void progress_draw(struct progress *progress, size_t done, size_t skipped, size_t total)
{
    double now = clock_now();
    if (progress->every > 0 && done > 0 && done < total && now - progress->drawn >= progress->every)
        print_line(progress, done, skipped, total, now);
    if (!progress->enabled || (now - progress->drawn < redraw_seconds && done < total))
        return;
    char line[WIDTH_MAX + 1];
    size_t width = terminal_width();
    progress_text(line, width < WIDTH_MAX ? width : WIDTH_MAX, done, skipped, total, now - progress->begun);
    progress_show(progress, line);
    progress->drawn = now;
}

void progress_clear(struct progress *progress)
{
    if (!progress->visible)
        return;
    fputs("\r\033[K", stderr);
    progress->visible = false;
    progress->drawn = 0;
}
