/* The walk over a plane: bands of rows, in each tiles of columns, in each a ring of rows going down. */
#include "filter/fir.h"

#include <assert.h>
#include <string.h>

SIMD_TABLE(struct fir_kernels, fir_kernels_8)
SIMD_TABLE(struct fir_kernels, fir_kernels_8_fine)
SIMD_TABLE(struct fir_kernels, fir_kernels_16)

const struct fir_kernels *fir_kernels(enum precision precision, enum simd_level level)
{
    switch (precision) {
    case PRECISION_8:
        return fir_kernels_8(level);
    case PRECISION_8_FINE:
        return fir_kernels_8_fine(level);
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

/* One axis's weights in the form that the inner loops take. */
union fir_table {
    int16_t q15[FIR_RADIUS_MAX + 1];
    float floats[FIR_RADIUS_MAX + 1];
};

struct walk {
    const struct fir_step *step;
    const struct fir_kernels *kernels;
    union fir_table x, y;
    size_t sample_bytes; /* in the planes */
    unsigned bands;
};

/* A band's working memory: intermediate rows of a tile and its margins. */
struct tile {
    size_t width, margin; /* samples; a tile's pieces are up to `width`, with `margin` more on either side */
    size_t stride;        /* bytes from row to row of the ring */
    unsigned rows;        /* of the ring: the vertical window */
    uint8_t *sum, *smooth;
    uint8_t **window; /* the ring's rows in the order of the picture's */
};

/* Integer weights are rounded from the outside in; the centre takes what is left of one. */
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
        table->q15[k] = (int16_t)(upto - done);
        done = upto;
    }
    int32_t centre = 32768 - 2 * done;
    table->q15[0] = (int16_t)(centre > INT16_MAX ? INT16_MAX : centre);
}

static int tile_init(struct tile *tile, const struct walk *walk, struct arena *scratch)
{
    /* The ring should stay in the first cache, or nearly; a piece of 512 samples at least keeps the margins
     * a small part of the work. */
    enum { RING_BYTES = 32768, LEAST_WIDTH = 512 };
    const struct fir_step *step = walk->step;
    const size_t n = (size_t)step->in->width * step->in->channels, mid_bytes = walk->kernels->mid_bytes;
    tile->rows = 2 * step->y.radius + 1;
    tile->margin = (size_t)step->x.radius * step->in->channels;
    tile->width = RING_BYTES / mid_bytes / tile->rows / LEAST_WIDTH * LEAST_WIDTH;
    tile->width = tile->width < LEAST_WIDTH ? LEAST_WIDTH : tile->width;
    tile->width = tile->width > n ? n : tile->width;
    tile->stride =
        ((tile->width + 2 * tile->margin) * mid_bytes + 2 * FIR_EXCESS - 1) / FIR_EXCESS * FIR_EXCESS;
    const size_t size = (tile->rows + 2) * tile->stride;
    uint8_t *memory = arena_alloc(scratch, size);
    tile->window = arena_alloc(scratch, tile->rows * sizeof *tile->window);
    if (memory == NULL || tile->window == NULL)
        return -1;
    memset(memory, 0, size); /* what is read in excess has a value, too */
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

/* Takes row y of the plane, samples [at, at + n) and their margins, into the window as its last row. */
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

/* Asks for what take_row will read soon: a tile's rows lie too far apart for the hardware to guess. */
static void fetch_ahead(const struct walk *walk, int64_t y, size_t at, size_t n)
{
    enum { ROWS_AHEAD = 3, LINE = 64 };
    const uint8_t *row = plane_row(walk->step->in, reflect_index(y + ROWS_AHEAD, walk->step->in->height));
    for (size_t i = at * walk->sample_bytes; i < (at + n) * walk->sample_bytes; i += LINE)
        __builtin_prefetch(row + i);
}

/* Output row y, samples [at, at + n), from the window around it. */
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

/* Where a band works when bytes are summed as they lie. Its columns of samples are cut twice: into tiles,
 * whose rows under one output row stay in the second cache, and those into pieces, whose sums stay in the
 * first. */
struct direct {
    size_t tile, piece, margin; /* samples; a piece's sums have `margin` more on either side */
    int16_t *sum;               /* of a piece's first sample */
    const uint8_t **rows;
};

static int direct_init(struct direct *direct, const struct walk *walk, struct arena *scratch)
{
    enum { CACHE_BYTES = 262144, LEAST_TILE = 4096, PIECE = 2048, BLOCKS_BYTES = 256 };
    const struct fir_step *step = walk->step;
    const size_t rows = 2 * step->y.radius + 1;
    direct->tile = CACHE_BYTES / rows < LEAST_TILE ? LEAST_TILE : CACHE_BYTES / rows;
    direct->piece = PIECE;
    direct->margin = (size_t)step->x.radius * step->in->channels;
    const size_t size = (PIECE + 2 * direct->margin) * sizeof(int16_t) + BLOCKS_BYTES;
    int16_t *sums = arena_alloc(scratch, size);
    direct->rows = arena_alloc(scratch, rows * sizeof *direct->rows);
    if (sums == NULL || direct->rows == NULL)
        return -1;
    memset(sums, 0, size); /* what is read in excess has a value, too */
    direct->sum = sums + direct->margin;
    return 0;
}

/* Sample `sample` of a row that goes on mirrored beyond its ends. */
static size_t mirrored(const struct pm_plane *plane, int64_t sample)
{
    const int64_t channels = plane->channels, channel = (sample % channels + channels) % channels;
    return (size_t)reflect_index((sample - channel) / channels, plane->width) * plane->channels +
           (size_t)channel;
}

/* Output row y, samples [at, at + n). */
static void direct_piece(const struct walk *walk, const struct direct *direct, uint32_t y, size_t at,
                         size_t n)
{
    const struct fir_step *step = walk->step;
    const struct pm_plane *in = step->in;
    const size_t all = (size_t)in->width * in->channels, margin = direct->margin;
    const size_t first = at < margin ? 0 : at - margin, end = all - at < n + margin ? all : at + n + margin;
    const int64_t above = (int64_t)y - step->y.radius;
    int16_t *sum = direct->sum - at; /* of the plane's first sample */
    for (unsigned k = 0; k <= 2 * step->y.radius; k++)
        direct->rows[k] = plane_row(in, reflect_index(above + k, in->height)) + first;
    walk->kernels->vertical_bytes(direct->rows, &walk->y, step->y.radius, end - first, sum + first);
    for (int64_t i = (int64_t)at - (int64_t)margin; i < 0; i++)
        sum[i] = sum[mirrored(in, i)];
    for (size_t i = end; i < at + n + margin; i++)
        sum[i] = sum[mirrored(in, (int64_t)i)];
    walk->kernels->horizontal_bytes(sum + at, &walk->x, step->x.radius, in->channels, n,
                                    plane_row(step->out, y) + at);
}

static int direct_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct walk *walk = argument;
    const struct pm_plane *in = walk->step->in;
    const size_t all = (size_t)in->width * in->channels;
    const int64_t radius = walk->step->y.radius;
    struct direct direct;
    if (direct_init(&direct, walk, scratch) != 0)
        return -1;
    uint32_t first, end;
    context_band_rows(in->height, walk->bands, band, &first, &end);
    for (size_t tile = 0, right; tile < all; tile = right) {
        right = all - tile < direct.tile ? all : tile + direct.tile;
        for (uint32_t y = first; y < end; y++) {
            for (size_t at = tile, n; at < right; at += n) {
                n = right - at < direct.piece ? right - at : direct.piece;
                fetch_ahead(walk, y + radius, at, n);
                direct_piece(walk, &direct, y, at, n);
            }
        }
    }
    return 0;
}

int fir_plane(const struct fir_step *step, struct context *context, struct pm_error *error)
{
    enum { LEAST_ROWS = 32 };
    const struct fir_kernels *kernels = fir_kernels(step->precision, context->simd);
    assert(step->x.radius <= FIR_RADIUS_MAX && step->y.radius <= FIR_RADIUS_MAX);
    assert(step->result != FIR_SHARPEN || kernels->sharpen != NULL);
    struct walk walk = {
        .step = step,
        .kernels = kernels,
        .sample_bytes = step->result == FIR_INTERMEDIATE ? kernels->mid_bytes : kernels->sample_bytes,
        .bands = context_band_count(context, step->in->height, LEAST_ROWS),
    };
    table_init(&walk.x, &step->x, step->precision);
    table_init(&walk.y, &step->y, step->precision);
    const bool direct = step->result == FIR_SAMPLES && kernels->vertical_bytes != NULL;
    return context_for_bands(context, walk.bands, direct ? direct_band : fir_band, &walk, error);
}
