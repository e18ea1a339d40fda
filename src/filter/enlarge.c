/* Algorithm: see filter/enlarge.h. */
#include "filter/enlarge.h"

#include <string.h>

#include "base/round.h"

struct enlarging {
    const struct pm_plane *small;
    const struct fir_step *last;
    const struct resample_kernels *resample;
    const struct fir_kernels *fir;
    struct weights x, y;
    int16_t *y_q15; /* y's weights for integers, or NULL */
    unsigned bands;
};

struct ring {
    uint32_t slots; /* rows: a group plus the taps before it */
    uint32_t next;  /* next row of the small plane to stretch */
    size_t stride;
    uint8_t *rows, *turned, *mid;
    uint8_t **group;
    const uint8_t **taps;
};

static uint8_t *ring_row(const struct ring *ring, uint32_t row)
{
    return ring->rows + row % ring->slots * ring->stride;
}

static int ring_init(struct ring *ring, const struct enlarging *job, uint32_t next, struct arena *scratch)
{
    const size_t group = job->resample->rows, mid_bytes = job->resample->mid_bytes;
    const size_t n = (size_t)job->last->out->width * job->small->channels;
    const size_t from = round_up((size_t)job->small->width * job->small->channels, TURN_UNIT);
    ring->slots = (uint32_t)group + job->y.taps;
    ring->next = next;
    ring->stride = round_up(n * mid_bytes + FIR_EXCESS, FIR_EXCESS);
    ring->rows = arena_alloc_array(scratch, ring->slots + 1, ring->stride);
    ring->turned = arena_alloc_array(scratch, from, group * mid_bytes);
    ring->group = arena_alloc(scratch, group * sizeof *ring->group);
    ring->taps = arena_alloc(scratch, job->y.taps * sizeof *ring->taps);
    if (ring->rows == NULL || ring->turned == NULL || ring->group == NULL || ring->taps == NULL)
        return -1;
    ring->mid = ring->rows + ring->slots * ring->stride;
    for (uint32_t slot = 0; slot < ring->slots; slot++) /* initialise the bytes that are read in excess */
        memset(ring_row(ring, slot) + n * mid_bytes, 0, ring->stride - n * mid_bytes);
    return 0;
}

/* Stretches the next group of rows. Rows past the small plane's last are computed but not used. */
static void ring_fill(struct ring *ring, const struct enlarging *job)
{
    const struct resample_kernels *kernels = job->resample;
    const struct pm_plane *small = job->small;
    for (uint32_t r = 0; r < kernels->rows; r++)
        ring->group[r] = ring_row(ring, ring->next + r);
    kernels->turn(plane_row(small, ring->next), small->stride, (size_t)small->width * small->channels,
                  small->channels, ring->turned);
    kernels->horizontal_mid(ring->turned, &job->x, job->last->out->width, small->channels, ring->group);
    ring->next += kernels->rows;
}

static int enlarge_band(void *argument, unsigned band, struct arena *scratch)
{
    const struct enlarging *job = argument;
    const struct fir_step *last = job->last;
    const size_t n = (size_t)last->out->width * last->out->channels, taps = job->y.taps;
    uint32_t first, end;
    context_band_rows(last->out->height, job->bands, band, &first, &end);
    struct ring ring;
    if (ring_init(&ring, job, job->y.first[first], scratch) != 0)
        return -1;
    for (uint32_t y = first; y < end; y++) {
        while (ring.next < job->y.first[y] + taps)
            ring_fill(&ring, job);
        for (uint32_t k = 0; k < taps; k++)
            ring.taps[k] = ring_row(&ring, job->y.first[y] + k);
        const void *weights = job->y_q15 != NULL ? (const void *)(job->y_q15 + y * taps)
                                                 : (const void *)(job->y.floats + y * taps);
        if (last->result == FIR_SAMPLES && job->fir->blend_bytes != NULL) {
            job->fir->blend_bytes(ring.taps, weights, (unsigned)taps, n, plane_row(last->out, y));
            continue;
        }
        job->fir->blend(ring.taps, weights, (unsigned)taps, n, ring.mid);
        fir_finish(job->fir, last->result, last->amount, ring.mid, plane_row(last->in, y), n,
                   plane_row(last->out, y));
    }
    return 0;
}

/* 15 fraction bits; 1 becomes 1 - 2^-15, which rounding compensates. */
static int quantise(struct enlarging *job, struct context *context)
{
    const size_t n = (size_t)job->last->out->height * job->y.taps;
    job->y_q15 = context_alloc(context, n * sizeof *job->y_q15);
    for (size_t i = 0; job->y_q15 != NULL && i < n; i++) {
        int32_t w = (int32_t)(job->y.floats[i] * 32768 + 0.5f);
        job->y_q15[i] = (int16_t)(w > INT16_MAX ? INT16_MAX : w);
    }
    return job->y_q15 != NULL ? 0 : -1;
}

int enlarge_plane(const struct pm_plane *small, const struct enlargement *enlargement,
                  const struct fir_step *last, struct context *context)
{
    const struct pm_plane *out = last->out;
    struct enlarging job = {
        .small = small,
        .last = last,
        .resample = resample_kernels(last->precision, context->simd),
        .fir = fir_kernels(last->precision, context->simd),
    };
    job.bands = context_band_count(context, out->height, 4 * job.resample->rows);
    if (resample_weights_x(&job.x, &enlargement->x, enlargement->kernel_x, EDGE_REFLECT, last->precision,
                           context) != 0 ||
        weights_floats(&job.y, &enlargement->y, enlargement->kernel_y, EDGE_REFLECT, context) != 0)
        return -1;
    if (last->precision == PRECISION_8 && quantise(&job, context) != 0)
        return -1;
    return context_for_bands(context, job.bands, enlarge_band, &job);
}
