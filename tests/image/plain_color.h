/* Straightforward colour conversions, one pixel at a time: the reference for the fast row functions. */
#ifndef TESTS_IMAGE_PLAIN_COLOR_H
#define TESTS_IMAGE_PLAIN_COLOR_H

#include <stdbool.h>
#include <stdint.h>

/* One YCbCr pixel by JFIF's equations, in double precision. */
void plain_ycc_to_rgb(unsigned y, unsigned cb, unsigned cr, uint8_t rgb[3]);

/* The same for other luma weights of red and blue (ITU-T H.273, 8.3), and for limited range. */
void plain_ycc_to_rgb_by(double y, double cb, double cr, double red, double blue, bool limited,
                         uint8_t rgb[3]);

/* JFIF's from wide samples, whose values may be outside 0 .. 255. */
void plain_wide_to_rgb(const uint16_t ycc[3], uint8_t rgb[3]);

/* Y, Cb and Cr of plain_wide_to_rgb's result, clamped but not rounded. */
void plain_wide_to_ycc(const uint16_t ycc[3], uint8_t out[3]);

/* From the areas that each combination of inks covers (image/inks.h), not rounded. */
void plain_cmyk_to_rgb(const uint8_t cmyk[4], double rgb[3]);

/* round(v / 257) */
uint8_t plain_to_8bit(uint16_t v);

#endif
