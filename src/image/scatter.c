/* Vertical sums of rows that cost much to read, by scattering: each is read once, and added to all output
 * rows that need it, while it is in a cache. The sums are those of gathering, in the same order: to the last
 * bit. */
#include "base/prefetch.h"
#include "base/round.h"
#include "image/resample_job.h"

/* Stored bytes of a row that are read at a time: enough for the memory to deliver them in a stream, few
 * enough for the sums of about 7 rows to stay in the nearest caches. */
enum { SCATTER_BYTES = 16 * PIECE_UNIT };

/* More are not worth keeping: an enlargement, whose groups have few input rows in common. */
enum { AHEAD_MAX = 16 };

/* The first output row that does not need input row `row` or one above. */
static uint32_t first_without(const struct resampling *job, uint32_t from, uint32_t row)
{
    while (from < job->out->height && job->y->first[from] <= row)
        from++;
    return from;
}

void scatter_set(struct resampling *job)
{
    const uint32_t height = job->out->height;
    if (light_of(job) == NULL || job->kernels->scatter == NULL)
        return;
    for (uint32_t end = 1; end < height; end++) { /* bands begin anywhere */
        const uint32_t ahead = first_without(job, end, last_row(job, end - 1)) - end;
        job->ahead = ahead > job->ahead ? ahead : job->ahead;
        if (ahead > AHEAD_MAX)
            return;
    }
    job->scatters = true;
    job->piece = SCATTER_BYTES / (job->reading->depth / 8);
}

enum { SUM_BYTES = 4 };

bool scatter_init(struct workspace *space, const struct resampling *job, size_t longest,
                  struct arena *scratch)
{
    struct scatter *scatter = &space->scatter;
    const uint32_t rows = job->kernels->rows, sums = rows + job->ahead, together = job->kernels->scatter_rows;
    scatter->own_stride = space->read_stride = round_up(longest, READ_UNIT) * SUM_BYTES;
    space->read = arena_alloc_array(scratch, together, space->read_stride);
    scatter->stride = round_up((size_t)job->in->width * job->out->channels, READ_UNIT) * SUM_BYTES;
    scatter->begun = arena_alloc_array(scratch, job->ahead + 1, scatter->stride);
    scatter->own = arena_alloc_array(scratch, job->kernels->finish != NULL ? rows : 1, scatter->own_stride);
    scatter->weights = arena_alloc_array(scratch, sums, together * sizeof(float));
    scatter->sums = arena_alloc_array(scratch, sums, sizeof *scatter->sums);
    if (space->read == NULL || scatter->begun == NULL || scatter->own == NULL || scatter->weights == NULL ||
        scatter->sums == NULL)
        return false;
    memset(space->read, 0, together * space->read_stride); /* sums are made of whole units */
    return true;
}

/* The sums of output row k after the group, and of row k of the group. */
static uint8_t *begun_at(const struct workspace *space, uint32_t k, size_t at)
{
    return space->scatter.begun + k * space->scatter.stride + at * SUM_BYTES;
}

static uint8_t *group_at(const struct resampling *job, const struct workspace *space, uint32_t k)
{
    return job->kernels->finish != NULL ? space->scatter.own + k * space->scatter.own_stride
                                        : space->mid + k * space->mid_stride;
}

/* The sums of the group's rows, and of those after it, continue those that have begun, or begin at 0. */
static void begin_sums(const struct resampling *job, struct workspace *space, const struct piece *piece,
                       uint32_t rows)
{
    const size_t bytes = round_up(piece->n, READ_UNIT) * SUM_BYTES;
    const uint32_t count = space->scatter.count;
    for (uint32_t k = 0; k < rows + job->ahead; k++) {
        uint8_t *to = k < rows ? group_at(job, space, k) : begun_at(space, k - rows, piece->at);
        if (k < count)
            memcpy(to, begun_at(space, k, piece->at), bytes);
        else
            memset(to, 0, bytes);
    }
}

/* The weights that output row `row` gives to `together` input rows from `in` on, those past `last` without
 * any. */
static void set_weights(const struct weights *weights, uint32_t row, uint32_t in, uint32_t last,
                        uint32_t together, void *out, uint32_t number)
{
    for (uint32_t k = 0; k < together; k++, in++) {
        const uint32_t tap = in - weights->first[row];
        const bool has = in >= weights->first[row] && tap < weights->taps && in <= last;
        const size_t from = (size_t)row * weights->taps + tap, to = (size_t)number * together + k;
        if (weights->integers != NULL)
            ((int16_t *)out)[to] = has ? weights->integers[from] : 0;
        else
            ((float *)out)[to] = has ? weights->floats[from] : 0;
    }
}

/* A row's piece is too short for the hardware prefetcher. */
static void fetch(const struct resampling *job, const struct piece *piece, uint32_t row)
{
    if (row <= piece->last)
        prefetch(stored_piece(job, piece, row),
                 piece->n / job->out->channels * job->reading->channels * (job->reading->depth / 8));
}

/* Reads the rows that are added together, from `row` on. A row after the last is read like it, and has no
 * weight. */
static void read_rows(const struct resampling *job, const struct workspace *space, const struct piece *piece,
                      uint32_t row, const uint8_t *read[SCATTER_ROWS_MAX])
{
    const bool pairs = job->kernels->read_pairs != NULL;
    const uint32_t together = job->kernels->scatter_rows;
    for (uint32_t k = 0; k < together; k += pairs ? 2 : 1) {
        const uint32_t i = pairs ? k / 2 : k;
        uint8_t *to = space->read + i * space->read_stride;
        read[i] = row + k <= piece->last ? to : space->read;
        if (row + k > piece->last)
            continue;
        fetch(job, piece, row + together + k);
        if (pairs)
            fetch(job, piece, row + together + k + 1);
        const uint8_t *from = stored_piece(job, piece, row + k);
        if (pairs)
            job->kernels->read_pairs(light_segments(light_of(job)), from,
                                     row + k < piece->last ? stored_piece(job, piece, row + k + 1) : from,
                                     piece->n, to);
        else
            alpha_read_row(job->reading, from, to, (uint32_t)(piece->n / job->out->channels));
    }
}

static void add_rows(const struct resampling *job, struct workspace *space, const struct piece *piece,
                     uint32_t row, uint32_t y, uint32_t end)
{
    struct scatter *scatter = &space->scatter;
    const uint8_t *read[SCATTER_ROWS_MAX];
    uint32_t outputs = 0;
    const uint32_t together = job->kernels->scatter_rows;
    read_rows(job, space, piece, row, read);
    for (uint32_t o = y; o < job->out->height && job->y->first[o] < row + together; o++) {
        if (last_row(job, o) < row || job->y->first[o] > piece->last)
            continue;
        set_weights(job->y, o, row, piece->last, together, scatter->weights, outputs);
        scatter->sums[outputs++] =
            o < end ? group_at(job, space, o - y) : begun_at(space, o - end, piece->at);
    }
    job->kernels->scatter(read, round_up(piece->n, READ_UNIT), scatter->weights, outputs, scatter->sums);
}

void scatter_piece(const struct resampling *job, struct workspace *space, const struct piece *piece,
                   uint32_t y, uint32_t end)
{
    begin_sums(job, space, piece, end - y);
    for (uint32_t row = piece->first; row <= piece->last; row += job->kernels->scatter_rows)
        add_rows(job, space, piece, row, y, end);
    for (uint32_t k = 0; job->kernels->finish != NULL && k < end - y; k++)
        job->kernels->finish(group_at(job, space, k), job->y->shift, round_up(piece->n, READ_UNIT),
                             space->mid + k * space->mid_stride);
}

void scatter_end(const struct resampling *job, struct workspace *space, const struct piece *piece,
                 uint32_t end)
{
    space->scatter.next = piece->last + 1;
    space->scatter.count = first_without(job, end, piece->last) - end;
}
