/* Vertical sums of rows that cost much to read: each is read once, and added to all output rows that need it,
 * while it is in the L1 cache. The sums are those of the other way round, in the same order: to the last bit.
 */
#include "base/round.h"
#include "image/resample_job.h"

/* Of so many samples SPREAD_ROWS rows and the sums of about 7 stay in the L1 cache. */
enum { SPREAD_PIECE = 4 * PIECE_UNIT };

/* More are not worth keeping: an enlargement, whose groups have few input rows in common. */
enum { AHEAD_MAX = 16 };

/* The first output row that does not need input row `row` or one above. */
static uint32_t first_without(const struct resampling *job, uint32_t from, uint32_t row)
{
    while (from < job->out->height && job->y->first[from] <= row)
        from++;
    return from;
}

void spread_set(struct resampling *job)
{
    const uint32_t height = job->out->height;
    if (light_of(job) == NULL || job->kernels->spread == NULL)
        return;
    for (uint32_t end = 1; end < height; end++) { /* bands begin anywhere */
        const uint32_t ahead = first_without(job, end, last_row(job, end - 1)) - end;
        job->ahead = ahead > job->ahead ? ahead : job->ahead;
        if (ahead > AHEAD_MAX)
            return;
    }
    job->spreads = true;
    job->piece = SPREAD_PIECE;
}

bool spread_init(struct workspace *space, const struct resampling *job, size_t longest, struct arena *scratch)
{
    struct spread *spread = &space->spread;
    const size_t row = (size_t)job->in->width * job->out->channels;
    const uint32_t sums = job->kernels->rows + job->ahead;
    space->read_stride = round_up(longest, READ_UNIT) * sizeof(float);
    space->read = arena_alloc_array(scratch, SPREAD_ROWS, space->read_stride);
    spread->stride = round_up(row, READ_UNIT);
    spread->begun = arena_alloc_array(scratch, job->ahead + 1, spread->stride * sizeof *spread->begun);
    spread->weights = arena_alloc_array(scratch, sums, SPREAD_ROWS * sizeof *spread->weights);
    spread->sums = arena_alloc_array(scratch, sums, sizeof *spread->sums);
    if (space->read == NULL || spread->begun == NULL || spread->weights == NULL || spread->sums == NULL)
        return false;
    memset(space->read, 0, SPREAD_ROWS * space->read_stride); /* sums are made of whole units */
    return true;
}

static float *begun_at(const struct workspace *space, uint32_t k, size_t at)
{
    return space->spread.begun + k * space->spread.stride + at;
}

static float *mid_at(const struct workspace *space, uint32_t k)
{
    return (float *)(void *)(space->mid + k * space->mid_stride);
}

/* The sums of the group's rows, and of those after it, continue those that have begun, or begin at 0. */
static void begin_sums(const struct resampling *job, struct workspace *space, const struct piece *piece,
                       uint32_t rows)
{
    const size_t bytes = round_up(piece->n, READ_UNIT) * sizeof(float);
    const uint32_t count = space->spread.count;
    for (uint32_t k = 0; k < rows + job->ahead; k++) {
        float *to = k < rows ? mid_at(space, k) : begun_at(space, k - rows, piece->at);
        if (k < count)
            memcpy(to, begun_at(space, k, piece->at), bytes);
        else
            memset(to, 0, bytes);
    }
}

static float weight_of(const struct weights *weights, uint32_t row, uint32_t in)
{
    const uint32_t first = weights->first[row];
    return in >= first && in - first < weights->taps
               ? weights->floats[(size_t)row * weights->taps + in - first]
               : 0;
}

/* Reads up to SPREAD_ROWS rows from `row` on, and adds them. */
static void add_rows(const struct resampling *job, struct workspace *space, const struct piece *piece,
                     uint32_t row, uint32_t y, uint32_t end)
{
    struct spread *spread = &space->spread;
    const uint32_t rows = piece->last - row < SPREAD_ROWS ? piece->last - row + 1 : SPREAD_ROWS;
    const uint8_t *read[SPREAD_ROWS];
    for (uint32_t k = 0; k < SPREAD_ROWS; k++) {
        uint8_t *to = space->read + k * space->read_stride;
        read[k] = k < rows ? to : space->read; /* its weight is 0 */
        if (k < rows)
            alpha_read_row(job->reading, stored_piece(job, piece, row + k), to,
                           (uint32_t)(piece->n / job->out->channels));
    }
    uint32_t outputs = 0;
    for (uint32_t o = y; o < job->out->height && job->y->first[o] < row + rows; o++) {
        if (last_row(job, o) < row)
            continue;
        for (uint32_t k = 0; k < SPREAD_ROWS; k++)
            spread->weights[outputs * SPREAD_ROWS + k] = k < rows ? weight_of(job->y, o, row + k) : 0;
        spread->sums[outputs++] = o < end ? mid_at(space, o - y) : begun_at(space, o - end, piece->at);
    }
    job->kernels->spread(read, round_up(piece->n, READ_UNIT), spread->weights, outputs, spread->sums);
}

void spread_piece(const struct resampling *job, struct workspace *space, const struct piece *piece,
                  uint32_t y, uint32_t end)
{
    begin_sums(job, space, piece, end - y);
    for (uint32_t row = piece->first; row <= piece->last; row += SPREAD_ROWS)
        add_rows(job, space, piece, row, y, end);
}

void spread_end(const struct resampling *job, struct workspace *space, const struct piece *piece,
                uint32_t end)
{
    space->spread.next = piece->last + 1;
    space->spread.count = first_without(job, end, piece->last) - end;
}
