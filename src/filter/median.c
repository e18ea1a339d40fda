/*
 * median: each sample becomes the median of the N x N samples around it, each channel for itself; colours are
 * multiplied by alpha. Beyond the edges the image is mirrored, as for blur. Windows of 3 x 3 and 5 x 5 are
 * sorted by networks, and up to 15 x 15 searched by bits, for many pixels at a time. Larger ones are counted:
 * of 8 bits by columns (median_columns.h), of 16 bits, whose counts are too many for that, in a histogram
 * that moves along the row (Huang, Yang and Tang, "A Fast Two-Dimensional Median Filtering Algorithm", 1979),
 * with coarse counts beside the fine ones.
 */
#include <string.h>

#include "filter/filter.h"
#include "filter/median_columns.h"
#include "filter/median_kernels.h"

SIMD_TABLE(struct median_kernels, median_kernels)

struct params {
    int size; /* of the window, pixels, odd */
};

static const struct param rows[] = {
    {.name = "size",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct params, size),
     .min = 3,
     .max = MEDIAN_SIDE_MAX,
     .unit = "pixels"},
    {.name = NULL},
};

static int median_check(const void *params, struct pm_error *error)
{
    const int size = ((const struct params *)params)->size;
    if (size % 2 == 1)
        return 0;
    return error_set(error, PM_ERROR_USAGE, "the size of median=%d must be odd (%d or %d)", size, size - 1,
                     size + 1);
}

/* clang-format off */
static const struct pm_pixel_format accepts[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_PREMULTIPLIED,
    PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),
    {.depth = 0},
};
/* clang-format on */

struct job {
    const struct median_kernels *kernels;
    const struct pm_plane *in, *out;
    uint32_t size, reach;   /* of the window; pixels to each side of its middle */
    unsigned sample, bands; /* bytes of a sample */
};

/* Counts of 16-bit samples in a window. A coarse count is the sum of 1 << COARSE_SHIFT fine ones. */
struct histogram {
    uint16_t *fine, *coarse;
    uint32_t at, below; /* a coarse count's index near the median, and the samples below it */
};

enum { COARSE_SHIFT = 8, FINE_COUNTS = 1 << 16, COARSE_COUNTS = FINE_COUNTS >> COARSE_SHIFT };

/* The rows around a row of the result, with `reach` pixels more at both ends. */
struct window {
    uint8_t *memory; /* `size` rows; input row y is in row y % size of them */
    size_t row_bytes;
    const uint8_t *row[MEDIAN_SIDE_MAX]; /* in order */
    uint8_t *sorted;                     /* as many rows, for the networks */
    struct histogram histogram;
};

/* Reads input row y, which may be beyond the edges. */
static void read_row(const struct job *job, struct window *window, int64_t y)
{
    const size_t pixel = (size_t)job->in->channels * job->sample;
    const uint8_t *from = plane_row(job->in, median_mirrored(y, job->in->height));
    uint8_t *to = window->memory + (size_t)((y + job->size) % job->size) * window->row_bytes;
    const int64_t width = job->in->width, reach = job->reach;
    memcpy(to + job->reach * pixel, from, (size_t)width * pixel);
    for (int64_t x = 1; x <= reach; x++) {
        memcpy(to + (size_t)(reach - x) * pixel, from + median_mirrored(-x, job->in->width) * pixel, pixel);
        memcpy(to + (size_t)(reach + width - 1 + x) * pixel,
               from + median_mirrored(width - 1 + x, job->in->width) * pixel, pixel);
    }
}

/* Adds `change` to the count of each sample in column x of the padded rows. */
static void count_column(const struct job *job, struct window *window, size_t x, unsigned channel, int change)
{
    struct histogram *histogram = &window->histogram;
    const size_t i = x * job->in->channels + channel;
    for (uint32_t k = 0; k < job->size; k++) {
        const uint32_t sample = ((const uint16_t *)(const void *)window->row[k])[i];
        const uint32_t coarse = sample >> COARSE_SHIFT;
        histogram->fine[sample] = (uint16_t)(histogram->fine[sample] + change);
        histogram->coarse[coarse] = (uint16_t)(histogram->coarse[coarse] + change);
        histogram->below += coarse < histogram->at ? (uint32_t)change : 0;
    }
}

/* The sample that `rank` others are not larger than. */
static uint32_t find_rank(struct histogram *histogram, uint32_t rank)
{
    while (histogram->below > rank)
        histogram->below -= histogram->coarse[--histogram->at];
    while (histogram->below + histogram->coarse[histogram->at] <= rank)
        histogram->below += histogram->coarse[histogram->at++];
    uint32_t sample = histogram->at << COARSE_SHIFT, below = histogram->below;
    while (below + histogram->fine[sample] <= rank)
        below += histogram->fine[sample++];
    return sample;
}

static void make_row_by_counting(const struct job *job, struct window *window, unsigned channel,
                                 uint16_t *out)
{
    const uint32_t rank = job->size * job->size / 2;
    for (uint32_t x = 0; x < job->size; x++)
        count_column(job, window, x, channel, 1);
    for (uint32_t x = 0; x < job->out->width; x++) {
        out[(size_t)x * job->out->channels + channel] = (uint16_t)find_rank(&window->histogram, rank);
        count_column(job, window, x, channel, -1);
        if (x + 1 < job->out->width)
            count_column(job, window, (size_t)x + job->size, channel, 1);
    }
    for (uint32_t x = 1; x < job->size; x++) /* the last window's: all counts are 0 again */
        count_column(job, window, job->out->width - 1 + x, channel, -1);
}

static void make_row(const struct job *job, struct window *window, uint8_t *out)
{
    const size_t samples = (size_t)job->out->width * job->out->channels;
    const unsigned channels = job->out->channels;
    const void *in = window->row;
    if (job->size > MEDIAN_SEARCHED) {
        for (unsigned c = 0; c < channels; c++)
            make_row_by_counting(job, window, c, (uint16_t *)(void *)out);
    } else if (job->size > 5 && job->sample == 1) {
        job->kernels->search_8(in, job->size, samples, channels, out);
    } else if (job->size > 5) {
        job->kernels->search_16(in, job->size, samples, channels, (uint16_t *)(void *)out);
    } else if (job->sample == 1) {
        (job->size == 3 ? job->kernels->three_8 : job->kernels->five_8)(in, samples, channels, window->sorted,
                                                                        out);
    } else {
        (job->size == 3 ? job->kernels->three_16 : job->kernels->five_16)(
            in, samples, channels, (uint16_t *)(void *)window->sorted, (uint16_t *)(void *)out);
    }
}

static size_t padded_bytes(const struct job *job)
{
    return ((size_t)job->in->width + 2 * (size_t)job->reach) * job->in->channels * job->sample +
           MEDIAN_EXCESS;
}

/* False if there is no memory. */
static bool make_window(const struct job *job, struct window *window, struct arena *scratch)
{
    *window = (struct window){.row_bytes = padded_bytes(job)};
    window->memory = arena_alloc(scratch, window->row_bytes * job->size);
    if (window->memory == NULL)
        return false;
    memset(window->memory, 0, window->row_bytes * job->size); /* the rows' ends are read, but not used */
    if (job->size <= MEDIAN_SEARCHED) {
        window->sorted = arena_alloc(scratch, window->row_bytes * job->size);
        return window->sorted != NULL;
    }
    uint16_t *memory = arena_alloc(scratch, (FINE_COUNTS + COARSE_COUNTS) * sizeof *memory);
    if (memory == NULL)
        return false;
    memset(memory, 0, (FINE_COUNTS + COARSE_COUNTS) * sizeof *memory);
    window->histogram = (struct histogram){.fine = memory, .coarse = memory + FINE_COUNTS};
    return true;
}

/* Large windows of 8-bit samples. */
static int make_columns(const struct job *job, uint32_t first, uint32_t end, struct arena *scratch)
{
    void *memory = arena_alloc(scratch, median_columns_bytes());
    if (memory == NULL)
        return -1;
    for (unsigned c = 0; c < job->in->channels; c++) {
        const struct median_rows rows_of_one = {
            .in = job->in, .out = job->out, .channel = c, .size = job->size, .first = first, .end = end};
        median_columns(&rows_of_one, memory);
    }
    return 0;
}

static int median_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct job *job = argument;
    const int64_t reach = job->reach;
    struct window window;
    uint32_t first, end;
    context_band_rows(job->out->height, job->bands, band, &first, &end);
    if (job->size > MEDIAN_SEARCHED && job->sample == 1)
        return make_columns(job, first, end, scratch);
    if (!make_window(job, &window, scratch))
        return -1;
    for (int64_t y = first - reach; y < first + reach; y++)
        read_row(job, &window, y);
    for (int64_t y = first; y < end; y++) {
        read_row(job, &window, y + reach);
        for (int64_t k = 0; k < job->size; k++)
            window.row[k] =
                window.memory + (size_t)((y - reach + k + job->size) % job->size) * window.row_bytes;
        make_row(job, &window, plane_row(job->out, (uint32_t)y));
    }
    return 0;
}

/* Of one band: its rows and a histogram, or the columns' histograms. */
static uint64_t median_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    enum { COUNTS_BYTES = (FINE_COUNTS + COARSE_COUNTS) * sizeof(uint16_t), ROWS = 2 };
    const uint64_t size = (uint64_t)((const struct params *)params)->size;
    (void)out;
    if (size > MEDIAN_SEARCHED && in->format.depth == 8)
        return median_columns_bytes();
    return COUNTS_BYTES + ROWS * size * (in->width + size) * pm_channels(&in->format) * sizeof(uint16_t);
}

static int median_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                        struct pm_image *out, struct context *context)
{
    enum { MIN_ROWS = 32 };
    const uint32_t size = (uint32_t)((const struct params *)params)->size;
    (void)planned;
    if (image_alloc_like(out, in, in->format, context) != 0)
        return -1;
    struct job job = {
        .kernels = median_kernels(context->simd),
        .in = &in->plane[0],
        .out = &out->plane[0],
        .size = size,
        .reach = size / 2,
        .sample = in->format.depth / 8,
        .bands = context_band_count(context, out->height, MIN_ROWS),
    };
    return context_for_bands(context, job.bands, median_band, &job);
}

const struct filter median_filter = {
    .name = "median",
    .argument = "N",
    .help =
        "the median of the N x N samples around each (N odd, 3 to 63), which removes specks; the picture is "
        "mirrored beyond its edges",
    .example = "3",
    .accepts = accepts,
    .params = rows,
    .check = median_check,
    .scratch_bytes = median_scratch_bytes,
    .apply = median_apply,
};
