/* Resamples a plane with two tables of weights, in bands of output rows. */
#include "image/resample_job.h"

#include <assert.h>
#include <string.h>

#include "base/prefetch.h"
#include "base/round.h"

/* Max input rows that a group of output rows needs. */
static size_t max_rows_read(const struct resampling *job)
{
    size_t max = 0;
    const uint32_t group = group_rows(job);
    for (uint32_t y = 0; y < job->out->height; y++) {
        uint32_t end = y + group < job->out->height ? y + group : job->out->height;
        size_t rows = (size_t)last_row(job, end - 1) + 1 - job->y->first[y];
        max = rows > max ? rows : max;
    }
    return max;
}

/* Pieces of light are so short that all rows read stay in the L2 cache. */
static void set_piece(struct resampling *job)
{
    job->piece = PIECE;
    if (light_of(job) == NULL)
        return;
    scatter_set(job);
    if (job->scatters)
        return;
    const size_t fit = READ_BYTES / (max_rows_read(job) * job->kernels->sample_bytes);
    if (fit < PIECE)
        job->piece = fit < PIECE_UNIT ? PIECE_UNIT : fit / PIECE_UNIT * PIECE_UNIT;
}

/* Two adjacent output rows are summed together if they need nearly the same input rows, which are then loaded
 * and widened once. */
enum { TOGETHER_SHARE = 4 }; /* the second row may start later by at most 1/4 of the taps */

/* Max input rows of two output rows; even, as vertical sums of 8-bit rows require. */
static uint32_t max_taps(const struct weights *weights)
{
    return (weights->taps + weights->taps / TOGETHER_SHARE + 1) / 2 * 2;
}

static size_t weight_bytes(const struct weights *weights)
{
    return weights->integers != NULL ? sizeof *weights->integers : sizeof *weights->floats;
}

/* The weights of one output row. */
static const void *weights_of(const struct weights *weights, uint32_t row)
{
    const size_t at = (size_t)row * weights->taps;
    return weights->integers != NULL ? (const void *)(weights->integers + at)
                                     : (const void *)(weights->floats + at);
}

static int workspace_init(struct workspace *space, const struct resampling *job, struct arena *scratch)
{
    const struct resample_kernels *kernels = job->kernels;
    const size_t n = round_up((size_t)job->in->width * job->out->channels, TURN_UNIT),
                 longest = n < 2 * job->piece ? n : 2 * job->piece;
    space->mid_stride = round_up(longest, 2 * TURN_UNIT) * kernels->mid_bytes;
    if (kernels->read_pairs != NULL || job->scatters) /* sums are written by whole units */
        space->mid_stride = round_up(longest, PIECE_UNIT) * kernels->mid_bytes;
    const size_t mid_size = kernels->rows * space->mid_stride;
    if (job->scatters && !scatter_init(space, job, longest, scratch))
        return -1;
    if (job->reading != NULL && !job->scatters) {
        const size_t rows = max_rows_read(job);
        space->read_stride = round_up(longest, READ_UNIT) * kernels->sample_bytes;
        space->read = arena_alloc_array(scratch, rows + rows % 2, space->read_stride);
        if (space->read == NULL)
            return -1;
    }
    if (light_of(job) != NULL) {
        space->light_stride = (size_t)job->out->width * job->out->channels * job->out_bytes;
        space->light = arena_alloc_array(scratch, kernels->rows, space->light_stride);
        if (space->light == NULL)
            return -1;
    }
    space->taps = arena_alloc(scratch, max_taps(job->y) * sizeof *space->taps);
    space->padded[0] = arena_alloc(scratch, max_taps(job->y) * weight_bytes(job->y));
    space->padded[1] = arena_alloc(scratch, max_taps(job->y) * weight_bytes(job->y));
    space->mid = arena_alloc(scratch, mid_size + TURN_MARGIN);
    space->turned_size = n * kernels->rows * kernels->mid_bytes;
    space->turned = arena_alloc_array(scratch, kernels->groups, space->turned_size);
    space->out = arena_alloc(scratch, kernels->rows * sizeof *space->out);
    space->spare = arena_alloc(scratch, (size_t)job->out->width * job->out->channels * job->out_bytes);
    if (space->taps == NULL || space->padded[0] == NULL || space->padded[1] == NULL || space->mid == NULL ||
        space->turned == NULL || space->out == NULL || space->spare == NULL)
        return -1;
    memset(space->mid, 0,
           mid_size + TURN_MARGIN); /* transposing also reads samples that are not summed: initialise them */
    return 0;
}

/* The piece of one input row in the form in which it is summed. */
static const uint8_t *row_piece(const struct resampling *job, const struct workspace *space,
                                const struct piece *piece, uint32_t row)
{
    if (job->reading != NULL)
        return space->read + (row - piece->first) * space->read_stride;
    return input_row(job, row) + piece->at * job->kernels->sample_bytes;
}

/* The pair of rows that is read soon: pieces are too short for the hardware prefetcher. */
static void fetch_ahead(const struct resampling *job, const struct piece *piece, uint32_t row)
{
    enum { ROWS_AHEAD = 4 };
    for (uint32_t ahead = row + ROWS_AHEAD; ahead < row + ROWS_AHEAD + 2 && ahead <= piece->last; ahead++)
        prefetch(input_row(job, ahead) + piece->at, piece->n);
}

/* A last row without a second one is paired with itself, at a weight of 0. */
static void read_pairs(const struct resampling *job, struct workspace *space, const struct piece *piece)
{
    for (uint32_t row = piece->first; row <= piece->last; row += 2) {
        fetch_ahead(job, piece, row);
        job->kernels->read_pairs(light_segments(light_of(job)), input_row(job, row) + piece->at,
                                 input_row(job, row < piece->last ? row + 1 : row) + piece->at, piece->n,
                                 space->read + (row - piece->first) * space->read_stride);
    }
}

static void read_piece(const struct resampling *job, struct workspace *space, const struct piece *piece)
{
    if (job->kernels->read_pairs != NULL) {
        read_pairs(job, space, piece);
        return;
    }
    for (uint32_t row = piece->first; row <= piece->last; row++)
        alpha_read_row(job->reading, stored_piece(job, piece, row),
                       space->read + (row - piece->first) * space->read_stride,
                       (uint32_t)(piece->n / job->out->channels));
}

/* The weights of an output row, padded with zeros to `under` rows; its own begin at `ahead`. */
static void pad_weights(const struct weights *weights, uint32_t row, uint32_t ahead, uint32_t under,
                        uint8_t *padded)
{
    const size_t bytes = weight_bytes(weights);
    memset(padded, 0, under * bytes);
    memcpy(padded + ahead * bytes, weights_of(weights, row), weights->taps * bytes);
}

/* Writes the vertical sums of output row `row`, or of `row` and the next one below `end`, to consecutive rows
 * of `mid`. Returns how many. */
static uint32_t sum_rows(const struct resampling *job, struct workspace *space, const struct piece *piece,
                         uint32_t row, uint32_t end, uint8_t *mid)
{
    const struct weights *weights = job->y;
    const uint32_t taps = weights->taps, first = weights->first[row];
    const uint32_t ahead = row + 1 < end ? weights->first[row + 1] - first : taps;
    const bool two = ahead <= taps / TOGETHER_SHARE;
    const uint32_t under = two ? (taps + ahead + 1) / 2 * 2 : taps;
    const uint32_t last = job->kernels->read_pairs != NULL ? piece->last & ~1u : piece->last;
    for (uint32_t k = 0; k < under; k++) /* rows past the last have weight 0 */
        space->taps[k] = row_piece(job, space, piece, first + k < last ? first + k : last);
    if (!two) {
        job->kernels->vertical(space->taps, weights_of(weights, row), taps, weights->shift, piece->n, mid);
        return 1;
    }
    pad_weights(weights, row, 0, under, space->padded[0]);
    pad_weights(weights, row + 1, ahead, under, space->padded[1]);
    job->kernels->vertical_two(space->taps, (const void *const[]){space->padded[0], space->padded[1]}, under,
                               weights->shift, piece->n, (void *const[]){mid, mid + space->mid_stride});
    return 2;
}

/* Computes the vertical sums of output rows [y, end) and transposes them. */
static void sum_and_turn(const struct resampling *job, struct workspace *space, uint32_t y, uint32_t end)
{
    const struct resample_kernels *kernels = job->kernels;
    const unsigned channels = job->out->channels;
    const size_t n = (size_t)job->in->width * channels;
    struct piece piece = {.first = job->y->first[y], .last = last_row(job, end - 1)};
    if (space->scatter.count > 0)
        piece.first = space->scatter.next;
    for (; piece.at < n; piece.at += piece.n) {
        piece.n = n - piece.at < 2 * job->piece ? n - piece.at : job->piece;
        if (job->scatters)
            scatter_piece(job, space, &piece, y, end);
        else if (job->reading != NULL)
            read_piece(job, space, &piece);
        uint8_t *turned = space->turned + piece.at * kernels->rows * kernels->mid_bytes;
        for (uint32_t first = y; first < end; first += kernels->rows, turned += space->turned_size) {
            const uint32_t last = end - first < kernels->rows ? end : first + kernels->rows;
            for (uint32_t row = first; row < last && !job->scatters;)
                row +=
                    sum_rows(job, space, &piece, row, last, space->mid + (row - first) * space->mid_stride);
            kernels->turn(space->mid, space->mid_stride, piece.n, channels, turned);
        }
    }
    if (job->scatters)
        scatter_end(job, space, &piece, end);
}

/* Makes samples of the rows of light of output rows [y, end). */
static void write_light(const struct resampling *job, const struct workspace *space, uint32_t y, uint32_t end)
{
    const struct light *light = light_of(job);
    const unsigned channels = job->out->channels;
    for (uint32_t r = 0; r < end - y; r++) {
        const void *from = space->light + r * space->light_stride;
        if (job->kernels->read_pairs != NULL)
            light_write_integers(light, from, plane_row(job->out, y + r), (size_t)job->out->width * channels);
        else
            light_write_row(light, job->reading->simd, from, plane_row(job->out, y + r), job->out->width,
                            channels);
    }
}

/* Makes the rows of one group that were summed and transposed. */
static void finish_group(const struct resampling *job, struct workspace *space, const uint8_t *turned,
                         uint32_t y, uint32_t end)
{
    for (uint32_t r = 0; r < job->kernels->rows; r++) {
        if (space->light != NULL)
            space->out[r] = space->light + r * space->light_stride;
        else
            space->out[r] = y + r < end ? plane_row(job->out, y + r) : space->spare;
    }
    job->horizontal(turned, job->x, job->out->width, job->out->channels, space->out);
    if (space->light != NULL)
        write_light(job, space, y, end);
}

/* Makes output rows [y, end): the groups that are made together, or the remainder of them. */
static void resample_group(const struct resampling *job, struct workspace *space, uint32_t y, uint32_t end)
{
    const uint32_t rows = job->kernels->rows;
    const uint8_t *turned = space->turned;
    sum_and_turn(job, space, y, end);
    for (; y < end; y += rows, turned += space->turned_size)
        finish_group(job, space, turned, y, end - y < rows ? end : y + rows);
}

static int resample_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct resampling *job = argument;
    const uint32_t rows = group_rows(job);
    struct workspace space = {0};
    if (workspace_init(&space, job, scratch) != 0)
        return -1;
    uint32_t first, end;
    context_band_rows(job->out->height, job->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y += rows)
        resample_group(job, &space, y, end - y < rows ? end : y + rows);
    return 0;
}

static void set_result(struct resampling *job, enum resample_result result)
{
    const struct resample_kernels *kernels = job->kernels;
    switch (result) {
    case RESAMPLE_INTERMEDIATE:
        job->horizontal = kernels->horizontal_mid;
        job->out_bytes = kernels->mid_bytes;
        return;
    case RESAMPLE_WIDE:
        job->horizontal = kernels->horizontal_wide;
        job->out_bytes = sizeof(uint16_t);
        return;
    case RESAMPLE_SAMPLES:
    default:
        job->horizontal = kernels->horizontal;
        job->out_bytes = kernels->sample_bytes; /* of light too: floats, or integers of 16 bits */
    }
}

int resample_plane(const struct pm_plane *in, const struct alpha_reading *reading, enum precision precision,
                   const struct weights *x, const struct weights *y, enum resample_result result,
                   const struct pm_plane *out, struct context *context)
{
    const struct resample_kernels *kernels = resample_kernels(precision, context->simd);
    struct resampling job = {
        .in = in,
        .out = out,
        .window = in->height,
        .reading = reading,
        .x = x,
        .y = y,
        .kernels = kernels,
        .bands = context_band_count(context, out->height, 2 * kernels->rows),
    };
    set_result(&job, result);
    set_piece(&job);
    assert(job.horizontal != NULL); /* not every precision supports this result */
    return context_for_bands(context, job.bands, resample_band, &job);
}

/* Makes rows up to `end`, at most a window per call, because all rows must be checked, including those that
 * no group needs. Returns 1 when a row assumed opaque is not. */
static int fetch(struct row_source *in, const struct alpha_reading *reading, uint32_t end,
                 struct context *context)
{
    while (in->made < end) {
        uint32_t y = in->made;
        if (row_source_make(in, end - y < in->window ? end : y + in->window, context) != 0)
            return -1;
        for (; reading != NULL && y < in->made; y++) {
            if (!alpha_reading_holds(reading, row_source_row(in, y), in->plane.width))
                return 1;
        }
    }
    return 0;
}

/* Makes the groups in order, each as soon as its input rows exist; then the rows that no group needs. */
static int resample_groups(const struct resampling *job, struct row_source *in, struct context *context)
{
    const uint32_t rows = group_rows(job), height = job->out->height;
    struct workspace space = {0};
    if (workspace_init(&space, job, context->arena) != 0)
        return error_memory(context->error, 0);
    int status = 0;
    for (uint32_t y = 0; y < height && status == 0; y += rows) {
        const uint32_t end = height - y < rows ? height : y + rows;
        status = fetch(in, job->reading, last_row(job, end - 1) + 1, context);
        if (status != 0)
            break;
        context_native_begin(context);
        resample_group(job, &space, y, end);
        context_native_end(context);
    }
    if (status == 0)
        status = fetch(in, job->reading, in->plane.height, context);
    return status;
}

int resample_rows(struct row_source *in, const struct alpha_reading *reading, enum precision precision,
                  const struct weights *x, const struct weights *y, const struct pm_plane *out,
                  struct context *context)
{
    const struct resample_kernels *kernels = resample_kernels(precision, context->simd);
    struct resampling job = {
        .in = &in->plane,
        .out = out,
        .reading = reading,
        .x = x,
        .y = y,
        .kernels = kernels,
    };
    set_result(&job, RESAMPLE_SAMPLES);
    set_piece(&job);
    if (row_source_begin(in, (uint32_t)max_rows_read(&job), context) != 0)
        return -1;
    job.window = in->window;
    return resample_groups(&job, in, context);
}

uint32_t resample_window(const struct kernel *kernel, bool light, uint32_t in_height, uint32_t out_height)
{
    enum { ROWS_MAX = 16, GROUPS_MAX = 2, ROUNDING = 8 }; /* rows of a group, at any SIMD level */
    const double step = (double)in_height / out_height;
    const double unit = kernel->point || step < 1 ? 1 : step;
    const double rows = ROWS_MAX * (light ? GROUPS_MAX : 1) * step + 2 * kernel->radius * unit + ROUNDING;
    return rows < in_height ? (uint32_t)rows : in_height;
}

/* --- driven by the caller's rows --------------------------------------------------------------------- */

struct resample_stream {
    struct resampling job;
    struct workspace space;
    uint32_t next; /* output row */
};

struct resample_stream *resample_begin(const struct row_source *in, enum precision precision,
                                       const struct weights *x, const struct weights *y,
                                       enum resample_result result, const struct pm_plane *out,
                                       uint32_t *window, struct context *context)
{
    struct resample_stream *stream = context_alloc(context, sizeof *stream);
    if (stream == NULL)
        return NULL;
    *stream = (struct resample_stream){
        .job = {.in = &in->plane,
                .out = out,
                .x = x,
                .y = y,
                .kernels = resample_kernels(precision, context->simd)},
    };
    set_result(&stream->job, result);
    set_piece(&stream->job);
    *window = (uint32_t)max_rows_read(&stream->job);
    if (workspace_init(&stream->space, &stream->job, context->arena) != 0) {
        error_memory(context->error, 0);
        return NULL;
    }
    return stream;
}

void resample_made(struct resample_stream *stream, const struct row_source *in)
{
    const uint32_t rows = group_rows(&stream->job), height = stream->job.out->height;
    stream->job.window = in->window;
    while (stream->next < height) {
        const uint32_t end = height - stream->next < rows ? height : stream->next + rows;
        if (last_row(&stream->job, end - 1) >= in->made)
            break;
        resample_group(&stream->job, &stream->space, stream->next, end);
        stream->next = end;
    }
}
