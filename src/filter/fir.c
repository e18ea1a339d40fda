/* The two traversals of a plane, both in bands of rows: by tiles of columns, with a ring of intermediate rows
 * moving down each; and directly on rows of bytes, in blocks of rows and pieces of columns. */
#include "filter/fir.h"

#include <assert.h>
#include <string.h>

#include "base/prefetch.h"
#include "base/round.h"

SIMD_TABLE(struct fir_kernels, fir_kernels_8)
SIMD_TABLE(struct fir_kernels, fir_kernels_8_fine)
SIMD_TABLE(struct fir_kernels, fir_kernels_16)
SIMD_TABLE(struct fir_kernels, fir_kernels_float)

const struct fir_kernels *fir_kernels(enum precision precision, enum simd_level level)
{
    switch (precision) {
    case PRECISION_8:
        return fir_kernels_8(level);
    case PRECISION_8_FINE:
        return fir_kernels_8_fine(level);
    case PRECISION_FLOAT:
        return fir_kernels_float(level);
    case PRECISION_16:
    default:
        return fir_kernels_16(level);
    }
}

void fir_finish(const struct fir_kernels *kernels, enum fir_result result, float amount, const uint8_t *mid,
                const uint8_t *in, size_t n, uint8_t *out)
{
    switch (result) {
    case FIR_SAMPLES:
        kernels->narrow(mid, n, out);
        return;
    case FIR_SHARPEN:
        kernels->sharpen(mid, in, amount, n, out);
        return;
    case FIR_INTERMEDIATE:
        memcpy(out, mid, n * kernels->mid_bytes);
        return;
    }
}

/* The weights of one axis in the inner loops' format. */
union fir_table {
    /* An int16_t in both halves: 32 bits are broadcast as they are loaded. */
    int32_t q15_twice[FIR_RADIUS_MAX + 1];
    float floats[FIR_RADIUS_MAX + 1];
};

struct walk {
    const struct fir_step *step;
    const struct fir_kernels *kernels;
    union fir_table x, y;
    size_t sample_bytes; /* in the planes */
    unsigned bands;
};

/* A band's working memory in the first traversal: intermediate rows of a tile and its margins. */
struct tile {
    size_t width, margin; /* samples; a tile is up to `width` wide, plus `margin` on each side */
    size_t stride;        /* bytes from row to row of the ring */
    unsigned rows;        /* of the ring: the vertical window */
    uint8_t *sum, *smooth;
    uint8_t **window; /* the ring's rows in image order */
};

static int32_t twice(int32_t weight)
{
    return weight << 16 | weight;
}

/* Integer weights are rounded from the outside in; the centre gets 1 minus their sum. */
static void table_init(union fir_table *table, const struct fir_weights *weights, enum precision precision)
{
    const double one = 32768;
    if (precision != PRECISION_8) {
        for (unsigned k = 0; k <= weights->radius; k++)
            table->floats[k] = (float)weights->exact[k];
        return;
    }
    double sum = 0;
    int32_t done = 0;
    for (unsigned k = weights->radius; k > 0; k--) {
        sum += weights->exact[k];
        int32_t upto = (int32_t)(sum * one + 0.5);
        table->q15_twice[k] = twice(upto - done);
        done = upto;
    }
    int32_t centre = 32768 - 2 * done;
    table->q15_twice[0] = twice(centre > INT16_MAX ? INT16_MAX : centre);
}

static int tile_init(struct tile *tile, const struct walk *walk, struct arena *scratch)
{
    /* Keep the ring (nearly) in the L1 cache; with at least 512 samples per piece, the margins are a small
     * part of the work. */
    enum { RING_BYTES = 32768, MIN_WIDTH = 512 };
    const struct fir_step *step = walk->step;
    const size_t n = (size_t)step->in->width * step->in->channels, mid_bytes = walk->kernels->mid_bytes;
    tile->rows = 2 * step->y.radius + 1;
    tile->margin = (size_t)step->x.radius * step->in->channels;
    tile->width = RING_BYTES / mid_bytes / tile->rows / MIN_WIDTH * MIN_WIDTH;
    tile->width = tile->width < MIN_WIDTH ? MIN_WIDTH : tile->width;
    tile->width = tile->width > n ? n : tile->width;
    tile->stride = round_up((tile->width + 2 * tile->margin) * mid_bytes + FIR_EXCESS, FIR_EXCESS);
    const size_t size = (tile->rows + 2) * tile->stride;
    uint8_t *memory = arena_alloc(scratch, size);
    tile->window = arena_alloc(scratch, tile->rows * sizeof *tile->window);
    if (memory == NULL || tile->window == NULL)
        return -1;
    memset(memory, 0, size); /* initialise the bytes that are read in excess */
    for (unsigned k = 0; k < tile->rows; k++)
        tile->window[k] = memory + k * tile->stride;
    tile->sum = memory + tile->rows * tile->stride;
    tile->smooth = tile->sum + tile->stride;
    return 0;
}

static void widen(const struct walk *walk, const uint8_t *in, size_t n, uint8_t *mid)
{
    if (walk->step->result == FIR_INTERMEDIATE)
        memcpy(mid, in, n * walk->kernels->mid_bytes);
    else
        walk->kernels->widen(in, n, mid);
}

/* Loads row y of the plane, samples [at, at + n) and their margins, as the last row of the window. */
static void take_row(const struct walk *walk, const struct tile *tile, int64_t y, size_t at, size_t n)
{
    const struct pm_plane *in = walk->step->in;
    const size_t channels = in->channels, all = (size_t)in->width * channels,
                 mid_bytes = walk->kernels->mid_bytes;
    const uint8_t *row = plane_row(in, reflect_index(y, in->height));
    uint8_t *to = tile->window[0];
    memmove(tile->window, tile->window + 1, (tile->rows - 1) * sizeof *tile->window);
    tile->window[tile->rows - 1] = to;
    const size_t left = at < tile->margin ? tile->margin - at : 0; /* samples outside the plane */
    const size_t end = at + n + tile->margin, right = end > all ? end - all : 0;
    const size_t first = at + left - tile->margin;
    for (size_t i = 0; i < left; i += channels) {
        uint32_t x = reflect_index(-(int64_t)((left - i) / channels), in->width);
        widen(walk, row + x * channels * walk->sample_bytes, channels, to + i * mid_bytes);
    }
    widen(walk, row + first * walk->sample_bytes, end - right - first, to + left * mid_bytes);
    for (size_t i = 0; i < right; i += channels) {
        uint32_t x = reflect_index((int64_t)(in->width + i / channels), in->width);
        widen(walk, row + x * channels * walk->sample_bytes, channels,
              to + (end - right - first + left + i) * mid_bytes);
    }
}

/* What take_row reads next: a tile's rows are too far apart for the hardware prefetcher. */
static void fetch_ahead(const struct walk *walk, int64_t y, size_t at, size_t n)
{
    enum { ROWS_AHEAD = 3 };
    const uint8_t *row = plane_row(walk->step->in, reflect_index(y + ROWS_AHEAD, walk->step->in->height));
    prefetch(row + at * walk->sample_bytes, n * walk->sample_bytes);
}

/* Makes output row y, samples [at, at + n), from the window around it. */
static void make_row(const struct walk *walk, const struct tile *tile, uint32_t y, size_t at, size_t n)
{
    const struct fir_step *step = walk->step;
    const struct fir_kernels *kernels = walk->kernels;
    kernels->vertical((const uint8_t *const *)tile->window, &walk->y, step->y.radius, n + 2 * tile->margin,
                      tile->sum);
    kernels->horizontal(tile->sum + tile->margin * kernels->mid_bytes, &walk->x, step->x.radius,
                        step->in->channels, n, tile->smooth);
    fir_finish(kernels, step->result, step->amount, tile->smooth,
               plane_row(step->in, y) + at * walk->sample_bytes, n,
               plane_row(step->out, y) + at * walk->sample_bytes);
}

static int fir_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct walk *walk = argument;
    const struct pm_plane *in = walk->step->in;
    const size_t all = (size_t)in->width * in->channels;
    const int64_t radius = walk->step->y.radius;
    struct tile tile;
    if (tile_init(&tile, walk, scratch) != 0)
        return -1;
    uint32_t first, end;
    context_band_rows(in->height, walk->bands, band, &first, &end);
    for (size_t at = 0, n; at < all; at += n) {
        n = all - at < tile.width ? all - at : tile.width;
        for (int64_t y = first - radius; y < end + radius; y++) {
            fetch_ahead(walk, y, at, n);
            take_row(walk, &tile, y, at, n);
            if (y >= first + radius)
                make_row(walk, &tile, (uint32_t)(y - radius), at, n);
        }
    }
    return 0;
}

/* Samples per piece and output rows per block when bytes are summed directly. */
enum { PIECE = 2048, BLOCK_ROWS = 8 };

/* A band's working memory in the second traversal: the vertical sums of a piece and its margins. */
struct direct {
    size_t margin;           /* extra samples of a piece's sums on each side */
    int16_t *sum;            /* of a piece's first sample */
    const uint8_t **rows;    /* input rows of a block, from the top down */
    size_t *before, *behind; /* indices of the mirrored samples beyond a row's two ends */
};

/* The index of sample `sample` of a row that is mirrored beyond its ends. */
static size_t mirrored(const struct pm_plane *plane, int64_t sample)
{
    const int64_t channels = plane->channels, channel = (sample % channels + channels) % channels;
    return (size_t)reflect_index((sample - channel) / channels, plane->width) * plane->channels +
           (size_t)channel;
}

static int direct_init(struct direct *direct, const struct walk *walk, struct arena *scratch)
{
    enum { ALIGNMENT = 64 }; /* so that a piece's loads do not straddle cache lines */
    const struct fir_step *step = walk->step;
    const size_t all = (size_t)step->in->width * step->in->channels;
    const size_t wanted = (size_t)step->x.radius * step->in->channels;
    direct->margin = round_up(wanted, ALIGNMENT);
    const size_t size = (PIECE + 2 * direct->margin) * sizeof(int16_t) + FIR_SUMS_EXCESS;
    int16_t *sums = arena_alloc(scratch, size);
    direct->rows = arena_alloc(scratch, (BLOCK_ROWS + 2 * step->y.radius) * sizeof *direct->rows);
    direct->before = arena_alloc(scratch, wanted * sizeof *direct->before);
    direct->behind = arena_alloc(scratch, wanted * sizeof *direct->behind);
    if (sums == NULL || direct->rows == NULL || direct->before == NULL || direct->behind == NULL)
        return -1;
    memset(sums, 0, size); /* initialise the bytes that are read in excess */
    direct->sum = sums + direct->margin;
    for (size_t i = 0; i < wanted; i++) {
        direct->before[i] = mirrored(step->in, (int64_t)i - (int64_t)wanted);
        direct->behind[i] = mirrored(step->in, (int64_t)(all + i));
    }
    return 0;
}

/* Makes samples [at, at + n) of an output row from its input rows. */
static void direct_piece(const struct walk *walk, const struct direct *direct, const uint8_t *const *rows,
                         size_t at, size_t n, uint8_t *out)
{
    const struct fir_step *step = walk->step;
    const struct pm_plane *in = step->in;
    const size_t all = (size_t)in->width * in->channels, wanted = (size_t)step->x.radius * in->channels;
    _Static_assert(PIECE >= 4 * FIR_RADIUS_MAX, "a piece must hold what is mirrored beyond the ends");
    const size_t first = at < direct->margin ? 0 : at - direct->margin;
    const size_t end = all - at < n + wanted ? all : at + n + wanted;
    int16_t *sum = direct->sum;
    walk->kernels->vertical_bytes(rows, first, &walk->y, step->y.radius, end - first, sum - (at - first));
    for (size_t i = 0; at == 0 && i < wanted; i++) /* only the first piece touches the left end */
        sum[(ptrdiff_t)(i - wanted)] = sum[direct->before[i]];
    for (size_t i = end; i < at + n + wanted; i++)
        sum[i - at] = sum[(ptrdiff_t)(direct->behind[i - all] - at)];
    walk->kernels->horizontal_bytes(sum, &walk->x, step->x.radius, in->channels, n, out + at);
}

/* Makes output rows [y, end): a block, or the remainder of one. */
static void direct_block(const struct walk *walk, const struct direct *direct, uint32_t y, uint32_t end)
{
    const struct pm_plane *in = walk->step->in;
    const size_t all = (size_t)in->width * in->channels;
    const uint32_t radius = walk->step->y.radius;
    for (uint32_t k = 0; k < end - y + 2 * radius; k++)
        direct->rows[k] = plane_row(in, reflect_index((int64_t)y + k - radius, in->height));
    for (size_t at = 0, n; at < all; at += n) {
        n = all - at < PIECE ? all - at : PIECE;
        for (uint32_t row = y; row < end; row++)
            direct_piece(walk, direct, direct->rows + (row - y), at, n, plane_row(walk->step->out, row));
    }
}

static int direct_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct walk *walk = argument;
    struct direct direct;
    if (direct_init(&direct, walk, scratch) != 0)
        return -1;
    uint32_t first, end;
    context_band_rows(walk->step->in->height, walk->bands, band, &first, &end);
    for (uint32_t y = first; y < end; y += BLOCK_ROWS)
        direct_block(walk, &direct, y, end - y < BLOCK_ROWS ? end : y + BLOCK_ROWS);
    return 0;
}

int fir_plane(const struct fir_step *step, struct context *context)
{
    enum { ROWS_MIN = 32 };
    const struct fir_kernels *kernels = fir_kernels(step->precision, context->simd);
    assert(step->x.radius <= FIR_RADIUS_MAX && step->y.radius <= FIR_RADIUS_MAX);
    assert(step->result != FIR_SHARPEN || kernels->sharpen != NULL);
    struct walk walk = {
        .step = step,
        .kernels = kernels,
        .sample_bytes = step->result == FIR_INTERMEDIATE ? kernels->mid_bytes : kernels->sample_bytes,
        .bands = context_band_count(context, step->in->height, ROWS_MIN),
    };
    table_init(&walk.x, &step->x, step->precision);
    table_init(&walk.y, &step->y, step->precision);
    const bool direct = step->result == FIR_SAMPLES && kernels->vertical_bytes != NULL;
    return context_for_bands(context, walk.bands, direct ? direct_band : fir_band, &walk);
}
