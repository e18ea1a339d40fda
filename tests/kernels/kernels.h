/*
 * The kernels that `make bench-kernels` times: one row of a table per kernel and depth. Every kernel has a
 * plain implementation: the one that the tests compare it with, or one of a library: for a cipher one call on
 * all bytes. The fast one works on an RGB picture of KERNEL_WIDTH x KERNEL_HEIGHT pixels; plain ones in
 * double precision would take minutes on that and get a small picture. Times are therefore per sample of the
 * input.
 */
#ifndef TESTS_KERNELS_KERNELS_H
#define TESTS_KERNELS_KERNELS_H

#include "image/image.h"
#include "lent.h"

enum { KERNEL_WIDTH = 5120, KERNEL_HEIGHT = 2880, CHANNELS = 3, SMALL_WIDTH = 320, SMALL_HEIGHT = 180 };

/* The kernels' inputs and buffers: created once and shared by all kernels. */
struct stage {
    struct lent lent; /* its context selects the SIMD level */
    struct pm_plane in, out;
    struct pm_plane small;     /* for plain implementations */
    struct pm_plane resized;   /* 800 x 450 */
    struct pm_plane framed;    /* noise in the middle half, one colour around it */
    struct pm_plane thirds[3]; /* Y, Cb, Cr */
    unsigned depth;
    uint8_t *above; /* a row of zeros, with room for reads past its end */
    uint8_t *rows;  /* the picture's bytes with a filter byte before each row, as in a PNG */
};

/* Makes the pictures with samples of `depth` bits; free with stage_free. */
void stage_init(struct stage *stage, unsigned depth);
void stage_free(struct stage *stage);

struct kernel_row {
    const char *name;
    unsigned depth;
    double sigma; /* for blurs */
    int choice;   /* a PNG filter or a direction */
    /* Each returns how many input samples it processed. */
    size_t (*fast)(struct stage *stage, const struct kernel_row *row);
    size_t (*plain)(struct stage *stage, const struct kernel_row *row);
};

/* Each list ends with an entry whose name is NULL. */
extern const struct kernel_row filter_rows[], cipher_rows[], png_rows[], color_kernel_rows[], profile_rows[],
    edit_rows[];

#endif
