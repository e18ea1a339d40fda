#include "filter/tables.h"

#include <math.h>
#include <string.h>

#include "image/rows.h"

/* clang-format off */
const struct pm_pixel_format tables_accept[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    {.depth = 0},
};
/* clang-format on */

static uint32_t white_of(unsigned depth)
{
    return depth == 8 ? UINT8_MAX : UINT16_MAX;
}

void *table_make(unsigned depth, tone_function *tone, const void *argument, struct context *context)
{
    const uint32_t white = white_of(depth);
    uint8_t *table = context_alloc_array(context, white + 1, depth / 8);
    for (uint32_t i = 0; table != NULL && i <= white; i++) {
        const double value = tone((double)i / white, argument);
        const double clamped = value > 0 ? (value < 1 ? value : 1) : 0;
        const uint16_t sample = (uint16_t)floor(clamped * white + 0.5);
        if (depth == 8)
            table[i] = (uint8_t)sample;
        else
            memcpy(table + i * sizeof sample, &sample, sizeof sample);
    }
    return table;
}

/* What the rows of a map need. `colors`: channels without alpha. */
struct job {
    const void *tables[3];
    unsigned channels, colors, depth, out_channels;
    int64_t matrix[3][3]; /* in units of 1 / MATRIX_ONE */
};

static struct job job_for(const struct pm_image *in)
{
    const unsigned channels = in->plane[0].channels;
    return (struct job){.channels = channels,
                        .colors = channels - (in->format.alpha == PM_ALPHA_STRAIGHT),
                        .depth = in->format.depth};
}

static void table_row_8(const uint8_t *in, uint8_t *out, size_t width, const struct job *job)
{
    const uint8_t *table = job->tables[0];
    if (job->colors == job->channels) {
        for (size_t i = 0; i < width * job->channels; i++)
            out[i] = table[in[i]];
        return;
    }
    for (size_t x = 0; x < width; x++, in += job->channels, out += job->channels) {
        for (unsigned c = 0; c < job->colors; c++)
            out[c] = table[in[c]];
        out[job->colors] = in[job->colors];
    }
}

static void table_row_16(const uint16_t *in, uint16_t *out, size_t width, const struct job *job)
{
    const uint16_t *table = job->tables[0];
    for (size_t x = 0; x < width; x++, in += job->channels, out += job->channels) {
        for (unsigned c = 0; c < job->channels; c++)
            out[c] = c < job->colors ? table[in[c]] : in[c];
    }
}

static void table_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    if (job->depth == 8)
        table_row_8(in, out, width, job);
    else
        table_row_16(in, out, width, job);
}

int table_map(const void *table, const struct pm_image *in, struct pm_image *out, struct context *context)
{
    struct job job = job_for(in);
    job.tables[0] = table;
    if (image_alloc_like(out, in, in->format, context) != 0)
        return -1;
    return plane_map_rows(&in->plane[0], &out->plane[0], table_row, &job, context);
}

int tone_map(tone_function *tone, const void *argument, const struct pm_image *in, struct pm_image *out,
             struct context *context)
{
    const void *table = table_make(in->format.depth, tone, argument, context);
    return table != NULL ? table_map(table, in, out, context) : -1;
}

static uint32_t sample_of(const void *row, unsigned depth, size_t i)
{
    return depth == 8 ? ((const uint8_t *)row)[i] : ((const uint16_t *)row)[i];
}

static uint32_t luma_of(const void *row, size_t x, const struct job *job)
{
    const size_t at = x * job->channels;
    if (job->colors == 1)
        return sample_of(row, job->depth, at);
    return luma_bt601(sample_of(row, job->depth, at), sample_of(row, job->depth, at + 1),
                      sample_of(row, job->depth, at + 2));
}

static void luma_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    const bool has_alpha = job->colors < job->channels;
    const unsigned colors = job->out_channels - has_alpha;
    uint8_t *narrow = out;
    uint16_t *wide = out;
    for (uint32_t x = 0; x < width; x++) {
        const uint32_t luma = luma_of(in, x, job);
        const size_t to = (size_t)x * job->out_channels, alpha = (size_t)x * job->channels + job->colors;
        for (unsigned c = 0; c < job->out_channels; c++) {
            const uint32_t made =
                c < colors ? sample_of(job->tables[c], job->depth, luma) : sample_of(in, job->depth, alpha);
            if (job->depth == 8)
                narrow[to + c] = (uint8_t)made;
            else
                wide[to + c] = (uint16_t)made;
        }
    }
}

int table_map_luma(const void *const tables[3], bool gray, const struct pm_image *in, struct pm_image *out,
                   struct context *context)
{
    struct job job = job_for(in);
    struct pm_pixel_format format = in->format;
    format.color = gray ? PM_COLOR_GRAY : PM_COLOR_RGB;
    memcpy(job.tables, tables, sizeof job.tables);
    job.out_channels = pm_channels(&format);
    if (image_alloc_like(out, in, format, context) != 0)
        return -1;
    return plane_map_rows(&in->plane[0], &out->plane[0], luma_row, &job, context);
}

/* Sums of 8-bit samples fit 32 bits, by matrices with values up to 100. */
enum { NARROW_BITS = 16, WIDE_FACTOR_BITS = 32 };

static void matrix_row_8(const uint8_t *in, uint8_t *out, size_t width, const struct job *job)
{
    int32_t m[3][3];
    for (unsigned i = 0; i < 9; i++)
        m[i / 3][i % 3] = (int32_t)job->matrix[i / 3][i % 3];
    for (size_t x = 0; x < width; x++, in += job->channels, out += job->channels) {
        const int32_t r = in[0], g = in[1], b = in[2];
        for (unsigned c = 0; c < 3; c++) {
            const int32_t sum =
                (m[c][0] * r + m[c][1] * g + m[c][2] * b + (1 << (NARROW_BITS - 1))) >> NARROW_BITS;
            out[c] = (uint8_t)(sum < 0 ? 0 : sum > UINT8_MAX ? UINT8_MAX : sum);
        }
        if (job->channels > 3)
            out[3] = in[3];
    }
}

static void matrix_row_16(const uint16_t *in, uint16_t *out, size_t width, const struct job *job)
{
    for (size_t x = 0; x < width; x++, in += job->channels, out += job->channels) {
        for (unsigned c = 0; c < 3; c++) {
            const int64_t sum = (job->matrix[c][0] * in[0] + job->matrix[c][1] * in[1] +
                                 job->matrix[c][2] * in[2] + (1ll << (WIDE_FACTOR_BITS - 1))) >>
                                WIDE_FACTOR_BITS;
            out[c] = (uint16_t)(sum < 0 ? 0 : sum > UINT16_MAX ? UINT16_MAX : sum);
        }
        if (job->channels > 3)
            out[3] = in[3];
    }
}

static void matrix_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct job *job = argument;
    if (job->depth == 8)
        matrix_row_8(in, out, width, job);
    else
        matrix_row_16(in, out, width, job);
}

int matrix_map(double matrix[3][3], const struct pm_image *in, struct pm_image *out, struct context *context)
{
    struct job job = job_for(in);
    const int64_t one = 1ll << (in->format.depth == 8 ? NARROW_BITS : WIDE_FACTOR_BITS);
    for (unsigned row = 0; row < 3; row++) {
        int64_t sum = 0;
        for (unsigned c = 0; c < 3; c++)
            sum += job.matrix[row][c] = (int64_t)floor(matrix[row][c] * (double)one + 0.5);
        job.matrix[row][row] += one - sum;
    }
    if (image_alloc_like(out, in, in->format, context) != 0)
        return -1;
    return plane_map_rows(&in->plane[0], &out->plane[0], matrix_row, &job, context);
}

enum { COUNT_BANDS_MAX = 8 };

struct count_job {
    struct job job;
    const struct pm_plane *plane;
    unsigned bands;
    uint32_t *counts[COUNT_BANDS_MAX];
};

static int count_band(void *argument, unsigned band, struct arena *scratch)
{
    (void)scratch;
    struct count_job *count = argument;
    const struct job *job = &count->job;
    uint32_t first, end, *counts = count->counts[band];
    context_band_rows(count->plane->height, count->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y++) {
        const uint8_t *row = plane_row(count->plane, y);
        for (uint32_t x = 0; x < count->plane->width; x++) {
            if (job->colors == job->channels ||
                sample_of(row, job->depth, (size_t)x * job->channels + job->colors) > 0)
                counts[luma_of(row, x, job)]++;
        }
    }
    return 0;
}

int luma_count(const struct pm_image *in, uint64_t *counts, struct context *context)
{
    enum { MIN_ROWS = 64 };
    const size_t levels = (size_t)white_of(in->format.depth) + 1;
    const unsigned bands = context_band_count(context, in->plane[0].height, MIN_ROWS);
    struct count_job count = {
        .job = job_for(in),
        .plane = &in->plane[0],
        .bands = bands < COUNT_BANDS_MAX ? bands : COUNT_BANDS_MAX,
    };
    const struct arena_mark mark = arena_mark(context->arena);
    for (unsigned i = 0; i < count.bands; i++) {
        count.counts[i] = context_alloc_array(context, levels, sizeof *count.counts[i]);
        if (count.counts[i] == NULL)
            return -1;
        memset(count.counts[i], 0, levels * sizeof *count.counts[i]);
    }
    const int status = context_for_bands(context, count.bands, count_band, &count);
    memset(counts, 0, levels * sizeof *counts);
    for (size_t level = 0; status == 0 && level < levels; level++) {
        for (unsigned i = 0; i < count.bands; i++)
            counts[level] += count.counts[i][level];
    }
    arena_release(context->arena, mark);
    return status;
}

uint64_t luma_count_bytes(unsigned depth)
{
    return ((uint64_t)white_of(depth) + 1) * (COUNT_BANDS_MAX * sizeof(uint32_t) + sizeof(uint64_t));
}
