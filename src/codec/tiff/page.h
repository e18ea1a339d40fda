/* Reads one page; for codec/tiff/probe.c, which finds it. */
#ifndef CODEC_TIFF_PAGE_H
#define CODEC_TIFF_PAGE_H

#include "codec/tiff/directory.h"
#include "codec/tiff/tiff.h"

/* The relevant fields of one directory. */
struct tiff_directory {
    struct tiff_field offsets, sizes; /* of strips or tiles */
    uint64_t rows_per_strip;
    unsigned extra[TIFF_SAMPLES_MAX]; /* ExtraSamples */
    unsigned nextra;
    uint64_t bits, samples, photometric, planar, ink_set, format, unit;
    uint64_t sampling[2]; /* of YCbCr */
    double x_resolution, y_resolution;
    struct tiff_field smaller; /* SubIFDs */
    uint64_t chunks;           /* strips or tiles that were looked at */
    bool reduced;              /* a smaller version of another page */
    bool raw;                  /* of a camera */
    bool mixed;                /* samples have different sizes or formats */
};

enum { TIFF_CHUNKS_MAX = 1 << 22 /* strips or tiles of a page; of all pages twice as many */ };

/* Reads the directory at `at` and checks that the file has all of its strips or tiles; *next is the offset of
 * the next directory, 0 after the last. Returns 0, or -1 with `error` filled. */
int tiff_page_read(const struct tiff_file *file, uint64_t at, struct tiff_header *header,
                   struct tiff_directory *directory, uint64_t *next, struct pm_error *error);

/* Completes *header. Returns 0, or -1 with `error` filled: not supported. */
int tiff_page_settle(struct tiff_header *header, const struct tiff_directory *directory,
                     struct pm_error *error);

/* Finds IPTC in the page's Photoshop resources if it has no tag of its own. Returns 0, or -1 with `error`
 * filled: the file can't be read. */
int tiff_find_iptc(const struct tiff_file *file, struct tiff_header *header, struct pm_error *error);

#endif
