/*
 * Filters that compute each pixel from itself: by a table of samples, by a table of lumas, or by a 3 x 3
 * matrix. Tables and matrices are made in double precision, of operations that round alike on all machines;
 * pixels are computed in integers. Pictures are grey or RGB with straight alpha, which is kept, or without;
 * tables also take CMYK.
 */
#ifndef FILTER_TABLES_H
#define FILTER_TABLES_H

#include "filter/filter.h"

/* The formats that they accept: grey and RGB. */
extern const struct pm_pixel_format tables_accept[];

/* From a sample, 0 to 1, to its new value, which is clamped to 0 to 1 and rounded to nearest. */
typedef double tone_function(double sample, const void *argument);

/* A table for samples of `depth` bits: 256 of uint8_t, or 65536 of uint16_t. NULL with `error` filled. */
void *table_make(unsigned depth, tone_function *tone, const void *argument, struct context *context);

/* Makes *out: each sample of a colour, or of an ink, by the table. Returns 0, or -1 with `error` filled. */
int table_map(const void *table, const struct pm_image *in, struct pm_image *out, struct context *context);

/* The same by a function: for filters whose tables nobody else needs. */
int tone_map(tone_function *tone, const void *argument, const struct pm_image *in, struct pm_image *out,
             struct context *context);

/* Makes *out, RGB or with `gray` grey: each sample by its own table, or the first, of the pixel's luma
 * (BT.601, as gray makes it). */
int table_map_luma(const void *const tables[3], bool gray, const struct pm_image *in, struct pm_image *out,
                   struct context *context);

/* Makes *out from RGB: red, green and blue are rows of the matrix times the pixel. The rows' sums are 1, so
 * grey stays as it is. */
int matrix_map(double matrix[3][3], const struct pm_image *in, struct pm_image *out, struct context *context);

/* Counts the lumas of all pixels that are not fully transparent: counts[256] or, for 16 bits, counts[65536].
 */
int luma_count(const struct pm_image *in, uint64_t *counts, struct context *context);

/* Temporary memory of luma_count, in bytes. */
uint64_t luma_count_bytes(unsigned depth);

#endif
