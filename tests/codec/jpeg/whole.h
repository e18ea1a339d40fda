/* Whole files of every kind, and places in them. */
#ifndef TESTS_CODEC_JPEG_WHOLE_H
#define TESTS_CODEC_JPEG_WHOLE_H

#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"

static const struct jpeg_recipe whole_files[] = {
    {JPEG_YCC(49, 40, 2, 2)},
    {JPEG_YCC(49, 40, 2, 1), .progressive = true},
    {JPEG_YCC(49, 40, 1, 1), .restart_rows = 1},
    {JPEG_GREY(49, 40)},
    {.width = 49, .height = 40, .in = JCS_CMYK, .out = JCS_YCCK, .h = 2, .v = 2},
    {JPEG_YCC(49, 40, 2, 2), JPEG_APART},
    {JPEG_YCC(49, 40, 2, 2), .arithmetic = true},
    {JPEG_YCC(49, 40, 2, 1), .progressive = true, .arithmetic = true},
};
enum { WHOLE = sizeof whole_files / sizeof *whole_files };

/* Where the first segment of that marker begins. */
size_t find_segment(const struct buffer *file, unsigned marker);

/* The same numbers in every run. */
uint32_t next_random(uint32_t *state);

#endif
