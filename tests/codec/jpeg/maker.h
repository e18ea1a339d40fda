/* JPEGs for the tests, made and decoded with plain libjpeg calls: what the codec is held against. */
#ifndef TESTS_CODEC_JPEG_MAKER_H
#define TESTS_CODEC_JPEG_MAKER_H

#include <stdbool.h>
#include <stdio.h>

#include <jpeglib.h>

#include "base/buffer.h"

struct jpeg_recipe {
    uint32_t width, height;
    J_COLOR_SPACE in, out; /* in also says how many channels the samples have */
    int h, v;              /* sampling factors of luma (and K); the others have 1, 1. 0 means 1 */
    int quality;           /* 0 means 90 */
    bool progressive, no_adobe, no_jfif, optimize, arithmetic;
    unsigned restart_rows;
    const jpeg_scan_info *scans; /* NULL: libjpeg's own */
    int nscans;
    const uint8_t *icc;
    size_t icc_size;
    const uint8_t *samples; /* NULL: make_samples' */
};

/* Recipes of YCbCr pictures with luma's sampling factors, of grey ones, and of a scan per component. */
#define JPEG_YCC(pixels_wide, pixels_high, luma_h, luma_v)                                                   \
    .width = (pixels_wide), .height = (pixels_high), .in = JCS_RGB, .out = JCS_YCbCr, .h = (luma_h),         \
    .v = (luma_v)
#define JPEG_GREY(pixels_wide, pixels_high)                                                                  \
    .width = (pixels_wide), .height = (pixels_high), .in = JCS_GRAYSCALE, .out = JCS_GRAYSCALE
#define JPEG_APART .scans = jpeg_scans_apart, .nscans = 3

/* Baseline, but each of three components in a scan of its own. */
extern const jpeg_scan_info jpeg_scans_apart[3];

/* A smooth picture with some texture, the same every time: width * height * channels samples; malloc'ed. */
uint8_t *make_samples(uint32_t width, uint32_t height, unsigned channels);

/* The file of make_samples' picture; to be freed with buffer_free. */
struct buffer make_jpeg(const struct jpeg_recipe *recipe);

struct jpeg_factors {
    int h, v;
};

/* A YCbCr file with these sampling factors, which need not divide one another: a smooth picture. */
struct buffer make_jpeg_of_planes(uint32_t width, uint32_t height, const struct jpeg_factors factors[3]);

/* A progressive file of 16 x 16 pixels in so many scans, 64 at least. */
struct buffer make_jpeg_of_scans(unsigned scans);

/* Overwrites width and height in the frame header. */
void set_jpeg_size(struct buffer *file, unsigned width, unsigned height);

/* Inserts a segment behind the SOI. */
void insert_segment(struct buffer *file, unsigned marker, const void *payload, size_t size);

/* Decodes by scanlines, n/8, to `out` space; malloc'ed, width and height set. */
uint8_t *plain_rows(const struct buffer *file, unsigned n, J_COLOR_SPACE out, uint32_t *width,
                    uint32_t *height);

/* Decodes one component alone at n/8: its coefficients become a grey JPEG, which plain libjpeg decodes. */
uint8_t *plain_plane(const struct buffer *file, int component, unsigned n, uint32_t *width, uint32_t *height);

/* Joins tables that follow each other in segments of the same kind, as pixmill's encoder writes them. */
void join_tables(struct buffer *jpeg);

#endif
