/*
 * What `make bench-kernels` times: one row of a table for each kernel and depth. Every kernel has a plain
 * twin, the one that the tests hold it against, or for a cipher the library's own call on all bytes at once.
 * The fast one works on a picture of KERNEL_WIDTH x KERNEL_HEIGHT pixels of RGB; twins in double precision
 * would take minutes there and are given a small one. Times are therefore told for each sample of the input.
 */
#ifndef TESTS_KERNELS_KERNELS_H
#define TESTS_KERNELS_KERNELS_H

#include "image/image.h"
#include "lent.h"

enum { KERNEL_WIDTH = 5120, KERNEL_HEIGHT = 2880, CHANNELS = 3, SMALL_WIDTH = 320, SMALL_HEIGHT = 180 };

/* What the kernels work on: made once, shared by all of them. */
struct stage {
    struct lent lent; /* its context says at which level to work */
    struct pm_plane in, out;
    struct pm_plane small;     /* for twins */
    struct pm_plane resized;   /* 800 x 450 */
    struct pm_plane framed;    /* noise in the middle half of one colour */
    struct pm_plane thirds[3]; /* Y, Cb, Cr */
    unsigned depth;
    uint8_t *above; /* a row of zeros and what may be read behind it */
    uint8_t *rows;  /* the picture's bytes with a filter byte before each row, as in a PNG */
};

/* Makes the pictures for samples of `depth` bits; stage_free gives them back. */
void stage_init(struct stage *stage, unsigned depth);
void stage_free(struct stage *stage);

struct kernel_row {
    const char *name;
    unsigned depth;
    double sigma; /* of blurs */
    int choice;   /* of a PNG filter or a direction */
    /* Each returns how many samples of input it went through. */
    size_t (*fast)(struct stage *stage, const struct kernel_row *row);
    size_t (*plain)(struct stage *stage, const struct kernel_row *row);
};

/* Each list ends with a NULL name. */
extern const struct kernel_row filter_rows[], cipher_rows[], png_rows[], color_kernel_rows[], edit_rows[];

#endif
