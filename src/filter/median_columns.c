#include "filter/median_columns.h"

#include <string.h>

enum {
    COARSE = 16,
    FINE = 256,
    STRIPE = 512,
    REACH_MAX = MEDIAN_SIDE_MAX / 2,
    COLUMNS = STRIPE + 2 * REACH_MAX
};

/* Counts of the samples in a column of the window's rows, and in the whole window: of each sample, and of
 * each run of 16. */
struct column {
    uint16_t fine[FINE], coarse[COARSE];
};

/* The sums of 16 columns' counts are made at once. */
typedef uint16_t counts __attribute__((vector_size(COARSE * sizeof(uint16_t))));

/* A part of the picture's columns that stays in the cache, with `reach` more at both sides. */
struct stripe {
    struct column column[COLUMNS];
    uint32_t source[COLUMNS]; /* the picture's columns, mirrored beyond the edges */
    size_t count;
    uint16_t coarse[COARSE];       /* of the window */
    uint16_t fine[COARSE][COARSE]; /* of the window when it was `at` */
    int64_t at[COARSE];
};

size_t median_columns_bytes(void)
{
    return sizeof(struct stripe);
}

static void add(uint16_t *sum, const uint16_t *more)
{
    counts a, b;
    memcpy(&a, sum, sizeof a);
    memcpy(&b, more, sizeof b);
    a += b;
    memcpy(sum, &a, sizeof a);
}

static void subtract(uint16_t *sum, const uint16_t *less)
{
    counts a, b;
    memcpy(&a, sum, sizeof a);
    memcpy(&b, less, sizeof b);
    a -= b;
    memcpy(sum, &a, sizeof a);
}

/* Adds `change` to the counts of one row's samples. */
static void count_row(struct stripe *stripe, const uint8_t *row, unsigned channels, uint16_t change)
{
    for (size_t i = 0; i < stripe->count; i++) {
        const uint8_t sample = row[(size_t)stripe->source[i] * channels];
        struct column *column = &stripe->column[i];
        column->fine[sample] = (uint16_t)(column->fine[sample] + change);
        column->coarse[sample / COARSE] = (uint16_t)(column->coarse[sample / COARSE] + change);
    }
}

/* Brings the counts of one run of samples up to date for the window whose first column is x. */
static void catch_up(struct stripe *stripe, unsigned run, int64_t x, uint32_t size)
{
    uint16_t *fine = stripe->fine[run];
    const size_t bins = (size_t)run * COARSE;
    if (2 * (x - stripe->at[run]) > size) {
        memset(fine, 0, COARSE * sizeof *fine);
        for (uint32_t i = 0; i < size; i++)
            add(fine, stripe->column[x + i].fine + bins);
    } else {
        for (int64_t i = stripe->at[run]; i < x; i++) {
            subtract(fine, stripe->column[i].fine + bins);
            add(fine, stripe->column[i + size].fine + bins);
        }
    }
    stripe->at[run] = x;
}

/* The index of the count that the sample of this rank is in; *rank becomes its rank among those. */
static unsigned find_rank(const uint16_t *count, uint32_t *rank)
{
    unsigned i = 0;
    for (; *rank >= count[i]; i++)
        *rank -= count[i];
    return i;
}

static void make_row(struct stripe *stripe, uint32_t size, size_t samples, unsigned channels, uint8_t *out)
{
    memset(stripe->coarse, 0, sizeof stripe->coarse);
    for (uint32_t i = 0; i < size; i++)
        add(stripe->coarse, stripe->column[i].coarse);
    for (unsigned run = 0; run < COARSE; run++)
        stripe->at[run] = -(int64_t)size;
    for (size_t x = 0; x < samples; x++, out += channels) {
        if (x > 0) {
            subtract(stripe->coarse, stripe->column[x - 1].coarse);
            add(stripe->coarse, stripe->column[x - 1 + size].coarse);
        }
        uint32_t rank = size * size / 2;
        const unsigned run = find_rank(stripe->coarse, &rank);
        catch_up(stripe, run, (int64_t)x, size);
        *out = (uint8_t)(run * COARSE + find_rank(stripe->fine[run], &rank));
    }
}

static const uint8_t *row_at(const struct median_rows *job, int64_t y)
{
    return plane_row(job->in, median_mirrored(y, job->in->height)) + job->channel;
}

/* Makes columns [first, first + samples) of the rows. */
static void make_stripe(const struct median_rows *job, struct stripe *stripe, uint32_t first,
                        uint32_t samples)
{
    const unsigned channels = job->in->channels;
    const int64_t reach = job->size / 2;
    memset(stripe->column, 0, sizeof stripe->column);
    stripe->count = samples + 2 * (size_t)reach;
    for (size_t i = 0; i < stripe->count; i++)
        stripe->source[i] = median_mirrored((int64_t)(first + i) - reach, job->in->width);
    for (int64_t y = job->first - reach; y < job->first + reach; y++)
        count_row(stripe, row_at(job, y), channels, 1);
    for (int64_t y = job->first; y < job->end; y++) {
        uint8_t *out = plane_row(job->out, (uint32_t)y) + (size_t)first * channels + job->channel;
        count_row(stripe, row_at(job, y + reach), channels, 1);
        make_row(stripe, job->size, samples, channels, out);
        count_row(stripe, row_at(job, y - reach), channels, (uint16_t)-1);
    }
}

void median_columns(const struct median_rows *job, void *memory)
{
    const uint32_t width = job->in->width;
    for (uint32_t first = 0; first < width; first += STRIPE)
        make_stripe(job, memory, first, width - first < STRIPE ? width - first : STRIPE);
}
