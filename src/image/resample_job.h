/* The parts of resampling a plane (image/resample.c) that adding rows as they are read (image/scatter.c)
 * needs, too. */
#ifndef IMAGE_RESAMPLE_JOB_H
#define IMAGE_RESAMPLE_JOB_H

#include <string.h>

#include "image/resample.h"

struct resampling {
    const struct pm_plane *in, *out;
    uint32_t window;                     /* rows of `in` that are in memory: row y is at y % window */
    const struct alpha_reading *reading; /* NULL: rows are summed as stored */
    const struct weights *x, *y;
    const struct resample_kernels *kernels;
    size_t out_bytes; /* of a sample as `horizontal` makes it */
    size_t piece;     /* samples */
    void (*horizontal)(const uint8_t *turned, const struct weights *weights, uint32_t width,
                       unsigned channels, uint8_t *const *out);
    unsigned bands;
    bool scatters;  /* each input row is read once, and added to the output rows that need it */
    uint32_t ahead; /* then: max output rows after a group that its input rows begin */
};

/* Samples of a row that are summed vertically before they are transposed: few enough for a group's rows to
 * stay in the L2 cache, enough for the hardware prefetcher. A multiple of TURN_UNIT, so that pieces join
 * without gaps; the last piece of a row is up to twice as long. */
enum { PIECE = 4032, PIECE_UNIT = 192, READ_BYTES = 1 << 20 };
_Static_assert(PIECE_UNIT % TURN_UNIT == 0 && PIECE_UNIT % READ_UNIT == 0, "pieces must join");

/* What a band that scatters its input rows (image/scatter.c) keeps. */
struct scatter {
    uint8_t *begun; /* whole rows of sums: of the output rows after a group that have begun */
    size_t stride;  /* of begun, bytes */
    uint8_t *own;   /* sums of a piece of the group's rows, if they are no intermediate samples */
    size_t own_stride;
    uint32_t count; /* of rows that have begun */
    uint32_t next;  /* the input row to be added next */
    void *weights;  /* scatter_rows for each output row */
    uint8_t **sums;
};

/* A band's working memory. */
struct workspace {
    const uint8_t **taps; /* input rows of one output row, or of two */
    uint8_t *padded[2];   /* their weights for each of two output rows */
    uint8_t *read;        /* with a reading: a piece of each input row of a group of output rows */
    size_t read_stride;
    uint8_t *mid; /* `rows` intermediate rows, a piece of each */
    size_t mid_stride;
    uint8_t *turned;
    size_t turned_size; /* of a group */
    uint8_t **out;
    uint8_t *spare; /* dummy row for outputs past the last */
    uint8_t *light; /* rows of light that become samples; NULL: rows are samples */
    size_t light_stride;
    struct scatter scatter;
};

static inline const struct light *light_of(const struct resampling *job)
{
    return job->reading != NULL ? job->reading->light : NULL;
}

static inline uint32_t group_rows(const struct resampling *job)
{
    return job->kernels->rows * (job->scatters ? 1 : job->kernels->groups);
}

static inline uint32_t last_row(const struct resampling *job, uint32_t row)
{
    uint32_t last = job->y->first[row] + job->y->taps - 1;
    return last < job->in->height ? last : job->in->height - 1;
}

static inline const uint8_t *input_row(const struct resampling *job, uint32_t row)
{
    return plane_row(job->in, row % job->window);
}

/* Samples [at, at + n) of input rows [first, last], those of a group of output rows. */
struct piece {
    size_t at, n;
    uint32_t first, last;
};

/* The piece of one input row as it is stored. */
static inline const uint8_t *stored_piece(const struct resampling *job, const struct piece *piece,
                                          uint32_t row)
{
    const size_t pixel_bytes = (size_t)job->reading->channels * (job->reading->depth / 8);
    return input_row(job, row) + piece->at / job->out->channels * pixel_bytes;
}

/* Decides whether to scatter, and sets the job's fields for it. */
void scatter_set(struct resampling *job);

/* Allocates the band's part, and space->read. Returns false if out of memory. */
bool scatter_init(struct workspace *space, const struct resampling *job, size_t longest,
                  struct arena *scratch);

/* Makes the sums of a piece of output rows [y, end) in space->mid; piece->first and ->last are the input rows
 * to be added. Bands make their groups in order. */
void scatter_piece(const struct resampling *job, struct workspace *space, const struct piece *piece,
                   uint32_t y, uint32_t end);

/* After all pieces. */
void scatter_end(const struct resampling *job, struct workspace *space, const struct piece *piece,
                 uint32_t end);

#endif
