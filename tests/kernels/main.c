/*
 * Times every kernel at each SIMD level of this machine, and its plain implementation, alternately, and
 * prints medians:
 *
 *     kernels [--repeats=N] [--json] [WORD...]     only kernels with one of the words in their names
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "bench/analysis/stats.h"
#include "kernels/kernels.h"

enum { REPEATS = 7, REPEATS_MOST = 99, PLAIN_REPEATS = 3, PLAIN = SIMD_LEVELS, KINDS };

static const struct kernel_row *const lists[] = {filter_rows,       cipher_rows,  png_rows,
                                                 color_kernel_rows, profile_rows, edit_rows};
enum { LISTS = sizeof lists / sizeof *lists };

struct options {
    unsigned repeats;
    bool json;
    char **words;
    int nwords;
};

/* The result for one column of one row: seconds per sample. */
struct timing {
    double median, spread; /* the spread is a fraction of the median; NAN: not measured */
    size_t samples;
};

static struct timing timing_of(const double *times, unsigned n, size_t samples)
{
    if (n == 0)
        return (struct timing){.median = NAN, .spread = NAN};
    const double median = stats_median(times, n);
    return (struct timing){
        .median = median / (double)samples, .spread = stats_mad(times, n) / median, .samples = samples};
}

static void measure(struct stage *stage, const struct kernel_row *row, unsigned repeats,
                    struct timing timings[KINDS])
{
    double times[KINDS][REPEATS_MOST];
    unsigned counts[KINDS] = {0};
    size_t samples[KINDS] = {0};
    for (unsigned repeat = 0; repeat <= repeats; repeat++) { /* the first run warms up */
        for (int column = 0; column < KINDS; column++) {
            if (column == PLAIN ? counts[PLAIN] == PLAIN_REPEATS : !simd_available((enum simd_level)column))
                continue;
            if (column != PLAIN)
                stage->lent.context.simd = (enum simd_level)column;
            const double start = clock_now();
            samples[column] = (column == PLAIN ? row->plain : row->fast)(stage, row);
            if (repeat > 0)
                times[column][counts[column]++] = clock_now() - start;
        }
    }
    for (int column = 0; column < KINDS; column++)
        timings[column] = timing_of(times[column], counts[column], samples[column]);
}

static const char *column_name(int column)
{
    return column == PLAIN ? "plain" : simd_name((enum simd_level)column);
}

static double gigabytes_a_second(const struct timing *timing, unsigned depth)
{
    return depth / 8 / timing->median / 1e9;
}

static void print_head(void)
{
    printf(
        "ns for a sample of the input, and GB/s of it; medians, in brackets their spread in %%\n\n%-22s %4s",
        "kernel", "bits");
    for (int column = 0; column < KINDS; column++) {
        if (column == PLAIN || simd_available((enum simd_level)column))
            printf("  %18s", column_name(column));
    }
    printf("  %8s\n", "plain /");
}

static void print_row(const struct kernel_row *row, const struct timing timings[KINDS])
{
    double best = INFINITY;
    printf("%-22s %4u", row->name, row->depth);
    for (int column = 0; column < KINDS; column++) {
        const struct timing *timing = &timings[column];
        if (isnan(timing->median))
            continue;
        printf("  %6.3f %6.2f %3.0f%%", timing->median * 1e9, gigabytes_a_second(timing, row->depth),
               timing->spread * 100);
        if (column != PLAIN && timing->median < best)
            best = timing->median;
    }
    printf("  %8.1f\n", timings[PLAIN].median / best);
    fflush(stdout);
}

static void write_row(struct json *json, const struct kernel_row *row, const struct timing timings[KINDS])
{
    json_object(json, NULL);
    json_string(json, "kernel", row->name);
    json_integer(json, "depth", row->depth);
    for (int column = 0; column < KINDS; column++) {
        const struct timing *timing = &timings[column];
        if (isnan(timing->median))
            continue;
        json_object(json, column_name(column));
        json_integer(json, "samples", timing->samples);
        json_number(json, "seconds_per_sample", timing->median);
        json_number(json, "spread", timing->spread);
        json_number(json, "gigabytes_per_second", gigabytes_a_second(timing, row->depth));
        json_end_object(json);
    }
    json_end_object(json);
}

static bool wanted(const struct kernel_row *row, const struct options *options)
{
    for (int i = 0; i < options->nwords; i++) {
        if (strstr(row->name, options->words[i]) != NULL)
            return true;
    }
    return options->nwords == 0;
}

static void run_depth(unsigned depth, const struct options *options, struct json *json)
{
    struct stage stage;
    stage_init(&stage, depth);
    for (size_t list = 0; list < LISTS; list++) {
        for (const struct kernel_row *row = lists[list]; row->name != NULL; row++) {
            struct timing timings[KINDS];
            if (row->depth != depth || !wanted(row, options))
                continue;
            measure(&stage, row, options->repeats, timings);
            if (options->json)
                write_row(json, row, timings);
            else
                print_row(row, timings);
        }
    }
    stage_free(&stage);
}

static int read_options(int argc, char **argv, struct options *options)
{
    *options = (struct options){.repeats = REPEATS};
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        char *end = "";
        unsigned long repeats =
            strncmp(argv[at], "--repeats=", 10) == 0 ? strtoul(argv[at] + 10, &end, 10) : 0;
        if (repeats >= 1 && repeats <= REPEATS_MOST && *end == '\0')
            options->repeats = (unsigned)repeats;
        else if (strcmp(argv[at], "--json") == 0)
            options->json = true;
        else
            return -1;
    }
    options->words = argv + at;
    options->nwords = argc - at;
    return 0;
}

int main(int argc, char **argv)
{
    struct options options;
    if (read_options(argc, argv, &options) != 0) {
        fprintf(stderr, "usage: kernels [--repeats=1..%d] [--json] [WORD...]\n", REPEATS_MOST);
        return 2;
    }
    struct json json = {.out = stdout, .lined = 2};
    if (options.json)
        json_array(&json, NULL);
    else
        print_head();
    for (unsigned depth = 8; depth <= 16; depth += 8)
        run_depth(depth, &options, &json);
    if (options.json)
        json_end_array(&json);
    return 0;
}
